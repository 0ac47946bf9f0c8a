"""What functions logged as errors. The door to CloudWatch Logs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rollback.aws import Aws, speaking_to_aws
from rollback.engine.trouble import Rejected
from rollback.evidence.errors import PATTERN, Logged

if TYPE_CHECKING:
    from rollback.evidence.resources import Owned

_MOST_PAGES = 5


def errors_in(aws: Aws, function: Owned, group: str, since: datetime) -> tuple[Logged, ...]:
    """Return what the log group holds since then that may be an error, five pages of it. Raises AwsTrouble.

    A group that is not there is an empty one: Lambda makes it with the first line.
    """
    found: list[Logged] = []
    query: dict[str, Any] = {
        "logGroupName": group,
        "filterPattern": PATTERN,
        "startTime": int(since.timestamp() * 1000),
    }
    client = aws.client("logs")
    for _ in range(_MOST_PAGES):
        try:
            with speaking_to_aws("logs", "FilterLogEvents"):
                answer: Any = client.filter_log_events(**query)
                found += [_logged(function, group, event) for event in answer["events"]]
        except Rejected as rejection:
            if rejection.code == "ResourceNotFoundException":
                break
            raise
        if not answer.get("nextToken"):
            break
        query["nextToken"] = answer["nextToken"]
    return tuple(found)


def _logged(function: Owned, group: str, event: Any) -> Logged:
    at = datetime.fromtimestamp(int(event["timestamp"]) / 1000, UTC)
    return Logged(function.logical_id, group, at, str(event["message"]))
