"""Errors that Amplify gives now and then, for orders of trouble: `Fault("ListJobs", Kind.THROTTLING, error=...)`.

The codes and statuses are the API reference's; which of them a call may answer is often not what its name says.
"""

from __future__ import annotations

from sandbox.errors import AwsError

UNAUTHORIZED = AwsError("UnauthorizedException", "You are not authorized to perform this operation.", 401)
"""A missing permission, in every operation's list of errors."""

RATE_EXCEEDED = AwsError("BadRequestException", "Rate exceeded", 400)
"""Throttling under another name [seen]."""

LIMIT_EXCEEDED = AwsError("LimitExceededException", "Too many requests", 429)
"""Throttling too, where the operation creates nothing: ListJobs and GetJob have it in their lists of errors."""

REPOSITORY_LOST = AwsError(
    "BadRequestException", "Unable to connect to the repository. Reconnect your repository and try again.", 400
)
"""An expired connection to Git: a BadRequest of StartJob that has nothing to do with the job's type."""
