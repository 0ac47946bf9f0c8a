"""Pure: what is seen of an Amplify branch, and the moves that `decide` can answer."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, ClassVar

from rollback.engine.moves import Move
from rollback.report.commits import is_sha, same_commit, tells_commits_apart

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollback.frontend.record import ZipRecord
    from rollback.frontend.zips import Origin

HEAD = "HEAD"
"""What Amplify shows as the commit of a job that was started without one: nobody can tell which commit it built."""

RETRY, MANUAL = "RETRY", "MANUAL"
SUCCEED, FAILED, CANCELLED, CANCELLING = "SUCCEED", "FAILED", "CANCELLED", "CANCELLING"
ENDED = frozenset({SUCCEED, FAILED, CANCELLED})


@dataclass(frozen=True)
class Source:
    """What a MANUAL job deployed: JobSummary's sourceUrl and sourceUrlType. An address may be signed: see `told`."""

    url: str
    kind: str = "ZIP"

    @property
    def is_s3(self) -> bool:
        """Return whether it is an object, or a folder of them, that S3 can be asked about."""
        return self.url.startswith("s3://")

    @property
    def told(self) -> str:
        """Return the address as people may see it: what follows a question mark may be a signature."""
        return self.url.partition("?")[0] + ("?…" if "?" in self.url and not self.is_s3 else "")


@dataclass(frozen=True)
class Job:
    """An Amplify job as ListJobs shows it. `commit` is a SHA, full or short, HEAD, or any other text, such as a tag.

    `type` may be missing in old answers. `again` says that a MANUAL job deploys what an older one deployed, as a RETRY
    builds what an older one built; `may_be_again`, that nobody can tell.
    """

    id: str
    status: str
    commit: str = HEAD
    type: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    message: str = ""
    source: Source | None = None
    again: bool = False
    may_be_again: bool = False

    @property
    def is_repeat(self) -> bool:
        """Return whether the job brings an older one's deployment again: it may be a rollback's."""
        return self.type == RETRY or self.again

    @property
    def number(self) -> int:
        """Return the id as a number: jobs are ordered by it."""
        return int(self.id)

    @property
    def is_over(self) -> bool:
        """Return whether the job has ended."""
        return self.status in ENDED

    @property
    def names_no_commit(self) -> bool:
        """Return whether nobody can tell the commit that it built: a tag or a branch can't be compared either."""
        return not tells_commits_apart(self.commit)

    @property
    def is_head(self) -> bool:
        """Return whether Amplify shows no commit at all."""
        return self.commit.upper() in {"", HEAD}

    def began_before(self, moment: datetime) -> bool:
        """Return whether the job certainly began before; a start that isn't known may have been later."""
        return self.started is not None and self.started < moment

    def is_of(self, commit: str | None) -> bool:
        """Return whether the job built `commit`; either may be short."""
        return same_commit(self.commit, commit or "")

    def same_commit(self, other: Job) -> bool:
        """Return whether both certainly built the same commit, or are one job."""
        return self.id == other.id or same_commit(self.commit, other.commit)


@dataclass(frozen=True)
class App:
    """An Amplify app; the environment's values are often secrets and are shown nowhere."""

    id: str
    name: str = ""
    domain: str = ""
    environment: Mapping[str, str] | None = None
    arn: str = ""


@dataclass(frozen=True)
class Branch:
    """A branch of an app; `backend` is the ARN of the stack or environment that its builds deploy too, if any.

    `display_name` is the label of its address.
    """

    name: str
    auto_build: bool | None = None
    environment: Mapping[str, str] | None = None
    backend: str = ""
    display_name: str = ""


@dataclass(frozen=True)
class Deployment:
    """What is known of the failed deployment and of what the user wants redeployed; None or empty where unknown.

    `started_at` is what a person gave, a hard bound; `pushed_at` is only a guess at it. `frontend_result` is that of
    the workflow's own frontend jobs, empty where they don't agree: `success` says that something was built, `failure`
    and `skipped` that nothing was, `cancelled` nothing.
    """

    commit: str | None = None
    started_at: datetime | None = None
    pushed_at: datetime | None = None
    failed_job_id: str | None = None
    target_job_id: str | None = None
    target_commit: str | None = None
    snapshot_job_id: str = ""
    frontend_result: str = ""


@dataclass(frozen=True)
class Environment:
    """The environment variables that a snapshot recorded, of the app and of the branch."""

    app: Mapping[str, str] | None = None
    branch: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Wishes:
    """What the user asked for, as far as the frontend is concerned.

    `kept` is the zip of the snapshot's job, and `copies` the folder beside an S3 snapshot where zips are kept.
    """

    branch: str
    region: str
    app_id: str = ""
    app_name: str = ""
    deployment: Deployment = Deployment()
    if_needed: bool = False
    lock_auto_build: bool = False
    environment: Environment | None = None
    recorded_app_id: str = ""
    kept: ZipRecord | None = None
    copies: str = ""


@dataclass(frozen=True)
class Redeployment:
    """A RETRY of the target: its job now, whether it was found under way, and why it failed, as Amplify's steps say."""

    job: Job
    adopted: bool = False
    failure: str = ""


@dataclass(frozen=True)
class Seen:
    """All that `decide` looks at.

    `jobs` are newest first and reach back far enough to choose, or are `complete`. `redeployments` are this run's,
    oldest first. After a StartJob whose answer got lost, `looks_since_lost_start` counts the looks that did not show
    its job (None: no answer is missing), and `lost_starts` how often that happened. `environment` names the variables
    that differ from the snapshot's. `origin` says what to deploy where the target is a zip deployment, and `copied`
    that its copy was made.
    """

    jobs: tuple[Job, ...]
    complete: bool
    deployment: Deployment
    target: Job | None = None
    redeployments: tuple[Redeployment, ...] = ()
    looks_since_lost_start: int | None = None
    lost_starts: int = 0
    start_rejection: str = ""
    stop_rejections: int = 0
    environment: tuple[str, ...] = ()
    origin: Origin | None = None
    copied: bool = False
    ends_in: float | None = None
    if_needed: bool = False
    app_id: str = ""
    branch: str = ""
    region: str = ""

    @property
    def live(self) -> Job | None:
        """Return the job that the site serves: the newest that succeeded. A build that failed changed nothing."""
        return next((job for job in self.jobs if job.status == SUCCEED), None)


@dataclass(frozen=True)
class ReadOlder(Move):
    """Read one more page of the history: what was read doesn't tell yet."""

    writes: ClassVar[bool] = False

    @property
    def says(self) -> str:
        """Return what the move does."""
        return "read older jobs"


@dataclass(frozen=True)
class StopJob(Move):
    """Stop a build of the failed commit that still runs or waits."""

    job: Job

    @property
    def says(self) -> str:
        """Return what the move does."""
        return f"stop job {self.job.id}, a build of the failed deployment that is {self.job.status}"

    @property
    def did(self) -> str:
        """Return what was done."""
        return f"stopped job {self.job.id}, a build of the failed deployment"


@dataclass(frozen=True)
class Adopt(Move):
    """Take a RETRY of the target that is already under way for ours."""

    writes: ClassVar[bool] = False

    job: Job

    @property
    def says(self) -> str:
        """Return what the move does."""
        return f"job {self.job.id} already redeploys the last known good: adopt it"

    @property
    def did(self) -> str:
        """Return what was done."""
        return f"adopted job {self.job.id}, which already redeployed the last known good"


@dataclass(frozen=True)
class RestoreEnvironment(Move):
    """Put back the environment variables that the snapshot recorded: the rebuild uses today's."""

    names: tuple[str, ...]

    @property
    def says(self) -> str:
        """Return what the move does; names, never values."""
        return f"put back the environment variables that changed: {', '.join(self.names)}"

    @property
    def did(self) -> str:
        """Return what was done."""
        return f"put back the environment variables that had changed: {', '.join(self.names)}"


@dataclass(frozen=True)
class Redeploy(Move):
    """StartJob RETRY of the last known good."""

    target: Job

    @property
    def says(self) -> str:
        """Return what the move does."""
        return f"redeploy job {self.target.id} ({short(self.target.commit)}): Amplify rebuilds its commit"

    @property
    def did(self) -> str:
        """Return what was done."""
        return f"redeployed job {self.target.id} ({short(self.target.commit)})"


def usual_seconds(jobs: tuple[Job, ...]) -> float | None:
    """Return how long this branch's builds take: the median of the newest ten that succeeded, if there are any."""
    took = [
        (job.ended - job.started).total_seconds() for job in jobs if job.status == SUCCEED and job.started and job.ended
    ][:10]
    return median(took) if took else None


def short(commit: str) -> str:
    """Return a commit as people read it: its first seven digits, the tag, or HEAD."""
    return (commit[:7] if is_sha(commit) else commit) or HEAD
