"""A branch of an Amplify app: one build at a time, the others queued, and what its site serves."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.amplify.job import HEAD, SKIPPED, TERMINAL, Ending, Job, JobStatus, JobType

if TYPE_CHECKING:
    from sandbox.amplify.rules import Quirks, Timing


_WHOLE = re.compile(r"[0-9a-f]{40}")
_SHORT = re.compile(r"[0-9a-f]{4,39}")


@dataclass
class Endings:
    """Builds that shall not succeed: the next ones, and every one of some commits."""

    next: deque[Ending] = field(default_factory=deque)
    commits: dict[str, Ending] = field(default_factory=dict)

    def take(self, commit: str) -> Ending:
        """Return how the build of this commit that begins now will end."""
        if commit in self.commits:
            return self.commits[commit]
        return self.next.popleft() if self.next else Ending()


@dataclass(eq=False)
class App:
    """An Amplify app. `settings` are the members of the API's App that UpdateApp changes and nothing here reads.

    `names` are other names of its repository's commits: tags, branches. `release_builds_tip` is the app's own quirk.
    """

    id: str
    name: str
    region: str
    created: float
    updated: float
    repository: str
    environment: dict[str, str]
    settings: dict[str, object] = field(default_factory=dict)
    branches: dict[str, Branch] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    commits: set[str] = field(default_factory=set)
    release_builds_tip: bool | None = None

    def commit(self, name: str) -> str:
        """Return the whole commit that a job's commitId means; the text itself where the repository lacks it."""
        if name in self.names:
            return self.names[name]
        if not _SHORT.fullmatch(name):
            return name
        found = [commit for commit in self.commits if commit.startswith(name)]
        return found[0] if len(found) == 1 else name


@dataclass(eq=False)
class Branch:
    """A branch and its jobs. Time passes in `advance` alone; whoever looks or acts calls it first."""

    app: App
    name: str
    created: float
    updated: float
    timing: Timing
    quirks: Quirks
    endings: Endings
    environment: dict[str, str] = field(default_factory=dict)
    auto_build: bool = True
    settings: dict[str, object] = field(default_factory=dict)
    tip: str = ""
    jobs: dict[int, Job] = field(default_factory=dict)
    queue: deque[Job] = field(default_factory=deque)
    active: Job | None = None
    live: Job | None = None
    """The job whose build the site serves: the one that succeeded last, by its end."""
    next_id: int = 1

    @property
    def live_commit(self) -> str:
        """The commit that the site really serves; empty if nothing was ever deployed."""
        return self.live.builds if self.live else ""

    def advance(self, now: float) -> None:
        """Let everything happen that was due by `now`: ends of builds, and the begin of those that waited."""
        while True:
            if self.active is not None:
                ends = self.active.ends
                if ends is None or ends > now:
                    return
                self.settle(self.active)
                self.active = None
                free_since = ends
            else:
                free_since = float("-inf")
            if not self.queue:
                return
            job = self.queue.popleft()
            self._begin(job, max(free_since, job.created), job.timeline)

    def settle(self, job: Job) -> None:
        """Serve the build of a finished job, if it succeeded after the one that is live."""
        ends = job.ends
        if job.outcome is not JobStatus.SUCCEED or ends is None:
            return
        if self.live is None or self.live.ends is None or ends >= self.live.ends:
            self.live = job

    def is_busy(self) -> bool:
        """Say whether a job is pending or running: Amplify then starts no other."""
        return self.active is not None or bool(self.queue)

    def new_job(self, now: float, job_type: JobType, commit: str, message: str, commit_time: float) -> Job:
        """Return a new job with the next id, known to the branch but not begun."""
        job = Job(self.next_id, job_type, commit, message, now, commit_time)
        self.add(job)
        return job

    def add(self, job: Job) -> None:
        """Take a job in. Its id must be higher than all others'."""
        self.jobs[job.id] = job
        self.app.commits.update(_WHOLE.findall(job.commit))
        self.next_id = job.id + 1

    def submit(self, job: Job, now: float) -> None:
        """Begin the job, or queue it behind the one that is building."""
        if self.is_busy():
            self._skip_waiting(now)
            job.waiting = True
            job.timeline = [(now, JobStatus.PENDING)]
            self.queue.append(job)
            return
        pending = now + self.timing.created
        self._begin(job, pending + self.timing.pending, [(now, JobStatus.CREATED), (pending, JobStatus.PENDING)])

    def deploy(self, job: Job, now: float, ending: Ending) -> None:
        """Begin a deployment without a build. No other job may be under way."""
        running = now + self.timing.manual_pending
        job.ending = ending
        job.timeline = [
            *job.timeline,
            (now, JobStatus.PENDING),
            (running, JobStatus.RUNNING),
            (running + self.timing.manual_running, ending.status),
        ]
        self.active = job

    def stop(self, job: Job, now: float) -> None:
        """Cancel a job that isn't finished. One that waits in the queue is cancelled at once."""
        if job in self.queue:
            self.queue.remove(job)
            job.waiting = False
            job.timeline.append((now, JobStatus.CANCELLED))
            return
        if job.status(now) is JobStatus.CANCELLING:
            return
        job.ending = Ending()
        rest = [(now, JobStatus.CANCELLING)]
        if not self.quirks.cancelling_hangs:
            rest.append((now + self.timing.cancelling, JobStatus.CANCELLED))
        job.cut(now, rest)

    def _skip_waiting(self, now: float) -> None:
        """Cancel what waits, where a newer build does so."""
        for job in list(self.queue) if self.quirks.newer_skips else []:
            self.stop(job, now)
            job.ending = Ending(JobStatus.CANCELLED, SKIPPED)

    def remove(self, job: Job) -> None:
        """Forget a job."""
        del self.jobs[job.id]
        if job is self.active:
            self.active = None
        if job in self.queue:
            self.queue.remove(job)

    def _begin(self, job: Job, when: float, before: list[tuple[float, JobStatus]]) -> None:
        """Plan the build that leaves the queue at `when`, with that moment's tip and environment variables."""
        job.waiting = False
        job.builds = self._commit_to_build(job)
        job.built_with = {**self.app.environment, **self.environment}
        job.ending = self.endings.take(job.builds)
        if job.commit == HEAD and job.retry_of is not None and self.quirks.show_built_commit:
            job.commit = job.builds
        running = when + self.timing.provisioning
        job.timeline = [
            *before,
            (when, JobStatus.PROVISIONING),
            (running, JobStatus.RUNNING),
            (running + self.timing.running, job.ending.status),
        ]
        self.active = job

    def _commit_to_build(self, job: Job) -> str:
        if job.retry_of is not None:
            if job.retry_of.commit != HEAD:
                named = self.app.commit(job.commit)
                return named if _WHOLE.fullmatch(named) else job.retry_of.builds or named
            same = job.retry_of.builds or self.tip
            return self.tip if self.quirks.retry_of_head == "tip" else same
        if job.commit == HEAD:
            return self.tip
        own = self.app.release_builds_tip
        builds_tip = self.quirks.release_builds_tip if own is None else own
        if job.job_type is JobType.RELEASE and job.by_api and builds_tip and self.tip:
            return self.tip
        return self.app.commit(job.commit)


def is_finished(job: Job, now: float) -> bool:
    """Say whether the job has reached its final status."""
    return job.status(now) in TERMINAL
