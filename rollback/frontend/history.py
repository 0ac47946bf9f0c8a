"""A branch's jobs as far as they were read: newest page at each look, older ones only when deciding needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.engine.endings import refused
from rollback.engine.moves import Ended
from rollback.engine.trouble import Rejected
from rollback.frontend.model import short
from rollback.frontend.target import newest_first
from rollback.report.commands import aws
from rollback.report.model import Command
from rollback.report.notices import Code

if TYPE_CHECKING:
    from rollback.engine.moves import Done
    from rollback.engine.progress import Progress
    from rollback.frontend.client import Amplify
    from rollback.frontend.model import Job, Wishes

_MOST_TOLD = 5
"""Of so many of the newest jobs a change of status is told."""


class History:
    """The jobs of one branch. Every method that looks raises AwsTrouble; a branch that doesn't exist, Ended."""

    def __init__(self, door: Amplify, wishes: Wishes, progress: Progress) -> None:
        self._door = door
        self._wishes = wishes
        self._progress = progress
        self._jobs: dict[str, Job] = {}
        self._next_page: str | None = None
        self._listed = 0
        self._told: dict[str, str] = {}

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Return what is known, newest first."""
        return newest_first(tuple(self._jobs.values()))

    @property
    def is_complete(self) -> bool:
        """Return whether the whole history was read."""
        return self._next_page == ""

    @property
    def highest(self) -> int:
        """Return the highest job number known; 0 for none."""
        return max((job.number for job in self._jobs.values()), default=0)

    def look(self, app_id: str) -> None:
        """Read the newest page; at first also the job that a person or the snapshot names: it may lie far back.

        Pages may be short, so it reads on until it meets a job that it listed before: none that came meanwhile may be
        missed, nor one that came before our own but was listed late.
        """
        first_look = self._next_page is None
        try:
            page, token = self._door.jobs(app_id, self._wishes.branch)
        except Rejected as rejection:
            if "NotFound" not in rejection.code:
                raise
            raise Ended(self._no_branch(app_id)) from rejection
        self.take(page)
        shown, older = {job.id: job.number for job in page}, token
        while self._listed and older and all(number > self._listed for number in shown.values()):
            page, older = self._door.jobs(app_id, self._wishes.branch, older)
            self.take(page)
            shown |= {job.id: job.number for job in page}
        self._listed = max((self._listed, *shown.values()))
        # Nor does a short page show every job that runs, and none must be taken for running for ever.
        for job in self.jobs:
            if not job.is_over and job.id not in shown:
                self._look_at_if_there(app_id, job.id)
        if first_look:
            self._next_page = token
            self._look_at_named(app_id)

    def look_at(self, app_id: str, job_id: str) -> tuple[Job, str]:
        """Read one job; return it with the reason of its failed step, empty where none failed."""
        job, failure = self._door.job(app_id, self._wishes.branch, job_id)
        self.take((job,))
        return job, failure

    def read_older(self, app_id: str) -> None:
        """Read one more page."""
        if self._next_page:
            page, self._next_page = self._door.jobs(app_id, self._wishes.branch, self._next_page)
            self.take(page)

    def take(self, jobs: tuple[Job, ...]) -> None:
        """Keep what AWS answered, and tell which of the newest jobs changed their status."""
        for job in jobs:
            known = self._jobs.get(job.id)
            if not (known and known.is_over and not job.is_over):  # a stale answer: an ended job does not run again
                self._jobs[job.id] = job
        for job in newest_first(jobs)[:_MOST_TOLD]:
            told = self._told.get(job.id)
            if told != job.status and (told is not None or not job.is_over):
                self._progress.tell("frontend", f"job {job.id} ({short(job.commit)}) is {job.status}")
            self._told[job.id] = job.status

    def _look_at_named(self, app_id: str) -> None:
        deployment = self._wishes.deployment
        named = deployment.target_job_id or deployment.snapshot_job_id
        if named and named not in self._jobs and self._next_page:
            self._look_at_if_there(app_id, named)
        if deployment.failed_job_id and int(deployment.failed_job_id) > self.highest:  # listed late, or no job at all
            self._look_at_if_there(app_id, deployment.failed_job_id)

    def _look_at_if_there(self, app_id: str, job_id: str) -> None:
        try:
            self.look_at(app_id, job_id)
        except Rejected as rejection:
            if "NotFound" not in rejection.code:
                raise
            self._jobs.pop(job_id, None)

    def _no_branch(self, app_id: str) -> Done:
        text = f"Amplify app {app_id} has no branch {self._wishes.branch!r} in {self._wishes.region}."
        listing = aws(
            "amplify", "list-branches", app_id=app_id, region=self._wishes.region, query="branches[].branchName"
        )
        cure = Command(purpose="Check branch; the app's branches are", line=listing)
        return refused(Code.BRANCH_NOT_FOUND, text, cure)
