"""One Amplify job: what it was asked to build, what it built, and the times at which its status changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.amplify.content import Content, Source

HEAD = "HEAD"
"""What a job shows as its commit when it was started without one."""

CLONE_FAILURE = "!!! Unable to clone repository. git clone exited with code 128"
"""The reason of a failure that comes and goes [seen]."""

NO_DIFFERENCE = "Cancelling build because no changes found for appRoot apps/shop"
"""Why Amplify itself cancels a build of a monorepo whose app did not change [seen]."""

SKIPPED = "Build skipped because of a newer one"
"""Why Amplify itself cancels a build that waits; the words are ours."""


class JobStatus(StrEnum):
    """Amplify's eight job statuses."""

    CREATED = "CREATED"
    PENDING = "PENDING"
    PROVISIONING = "PROVISIONING"
    RUNNING = "RUNNING"
    CANCELLING = "CANCELLING"
    SUCCEED = "SUCCEED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


TERMINAL = frozenset({JobStatus.SUCCEED, JobStatus.FAILED, JobStatus.CANCELLED})


class JobType(StrEnum):
    """Amplify's four job types."""

    RELEASE = "RELEASE"
    RETRY = "RETRY"
    MANUAL = "MANUAL"
    WEB_HOOK = "WEB_HOOK"


@dataclass(frozen=True)
class Ending:
    """How a build ends: its status, the reason that its step tells, which step that is, and the step's log.

    `step` is the first one where the job has none of that name; `log` empty is an ordinary log that ends in the reason.
    """

    status: JobStatus = JobStatus.SUCCEED
    reason: str = ""
    step: str = ""
    log: str = ""


@dataclass(eq=False)
class Job:
    """A job. Times are epoch seconds of the sandbox's clock.

    `commit` is what the API shows; `builds` is what the build really checked out, known once it has begun.
    `timeline` is every change of status, planned ones too, oldest first. `reason` is StartJob's jobReason, `ending`
    how the build ends if nobody stops it, `built_with` the environment variables that the build saw. A MANUAL job has a
    `source` or `uploads` (None until they came), and the `content` that it deploys; it `builds` that content's ETag.
    """

    id: int
    job_type: JobType
    commit: str
    message: str
    created: float
    commit_time: float
    timeline: list[tuple[float, JobStatus]] = field(default_factory=list)
    builds: str = ""
    retry_of: Job | None = None
    reason: str = ""
    by_api: bool = False
    ending: Ending = Ending()
    built_with: dict[str, str] | None = None
    waiting: bool = False
    source: Source | None = None
    content: Content | None = None
    uploads: dict[str, bytes | None] = field(default_factory=dict)

    def status(self, now: float) -> JobStatus:
        """Return the status at this time."""
        current = self.timeline[0][1]
        for since, status in self.timeline:
            if since > now:
                break
            current = status
        return current

    @property
    def ends(self) -> float | None:
        """When the job reaches its final status; None if it waits in the queue or hangs."""
        since, status = self.timeline[-1]
        return since if status in TERMINAL else None

    @property
    def outcome(self) -> JobStatus | None:
        """The final status, planned or reached; None if it waits in the queue or hangs."""
        status = self.timeline[-1][1]
        return status if status in TERMINAL else None

    def cut(self, now: float, rest: list[tuple[float, JobStatus]]) -> None:
        """Replace everything planned after `now`."""
        self.timeline = [entry for entry in self.timeline if entry[0] <= now] + rest
