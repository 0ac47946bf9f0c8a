"""The frontend, as the reconcile loop drives it: `observe` and `perform` join the pure decisions and the door."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from rollback.engine.actions import Actions
from rollback.engine.trouble import AwsTrouble, Busy, Denied, Rejected, Throttled, Unreadable
from rollback.frontend import decide as decisions
from rollback.frontend.apps import find_app
from rollback.frontend.choice import Choice, NeedsOlder, Target
from rollback.frontend.endings import timed_out
from rollback.frontend.environment import RecordedEnvironment
from rollback.frontend.failed import failed_deployment
from rollback.frontend.history import History
from rollback.frontend.locking import locked
from rollback.frontend.model import (
    FAILED,
    MANUAL,
    Adopt,
    App,
    Job,
    ReadOlder,
    Redeploy,
    Redeployment,
    RestoreEnvironment,
    Seen,
    StopJob,
    Wishes,
    usual_seconds,
)
from rollback.frontend.sources import Sources
from rollback.frontend.target import choose, told
from rollback.frontend.zips import CopyZip, Deploy
from rollback.report.model import Command, Notice
from rollback.report.notices import Code, warning

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback.engine.moves import Done, Move
    from rollback.engine.progress import Progress
    from rollback.frontend.client import Amplify
    from rollback.frontend.model import Source
    from rollback.frontend.objects import Objects
    from rollback.frontend.zips import Origin


class FrontendPart:
    """Drives one Amplify branch to the last known good."""

    label = "frontend"

    def __init__(
        self, wishes: Wishes, door: Amplify, progress: Progress, reason: str = "", objects: Objects | None = None
    ) -> None:
        self.wishes = wishes
        self.app: App | None = None
        self.before: Job | None = None
        self.target: Job | None = None
        self._rule = ""
        self.redeployments: list[Redeployment] = []
        self.seen: Seen | None = None
        self.actions = Actions()
        self.warnings: list[Notice] = []
        self.started_unclear = False
        self.failure: tuple[Job, str] | None = None
        self.door = self._door = door
        self._progress = progress
        self._reason = reason or "Rollback to the last known good"
        self._history = History(door, wishes, progress)
        self._environment = RecordedEnvironment(door, wishes.branch, wishes.environment)
        self._objects = objects
        self._sources = Sources(objects, wishes)
        self._origin: Origin | None = None
        self._copied = False
        self._jobs: tuple[Job, ...] = ()
        self._deployed: Source | None = None
        self._looks_since_lost_start: int | None = None
        self._highest_before_start = 0
        self._lost_starts = 0
        self._start_rejection = ""
        self._stop_rejections = 0
        self._begun_at = 0.0

    # --- observe ---------------------------------------------------------------------------------------------------

    def observe(self) -> Seen:
        """Look at the branch's jobs; once a redeployment of ours runs, at that job alone until it has ended."""
        app = self.app = self.app or self._find_app()
        ours = self.redeployments[-1].job if self.redeployments else None
        if ours and not ours.is_over:
            ours = self._look_at_ours(app, ours)
        if ours is None or ours.is_over:
            self._history.look(app.id)
        self._find_lost_start()
        self._jobs = self._sources.mark(self._history.jobs)
        self._look_at_origin()
        self.seen = self._as_seen(app)
        if self.before is None:
            self.before = self.seen.live
        return self.seen

    def decide(self, seen: Seen) -> Move:
        """Return the next move (pure, see `rollback.frontend.decide`)."""
        return decisions.decide(seen)

    def timed_out(self, waiting_for: str) -> Done:
        """Return how the frontend ends when the waiting does."""
        return timed_out(self.seen, waiting_for)

    def own_backend(self) -> str:
        """Return the ARN of the backend that this branch's builds deploy too, if any. Raises AwsTrouble, and Ended."""
        app = self.app = self.app or self._find_app()
        return self._door.branch(app.id, self.wishes.branch).backend

    def choice(self) -> Choice | None:
        """Return which job is the last known good by what was seen so far; None before the first look."""
        return choose(self.seen.jobs, self.seen.deployment, complete=self.seen.complete) if self.seen else None

    @property
    def last_known_good(self) -> Job | None:
        """Return the last known good: the one that was redeployed, else the one chosen."""
        choice = self.choice()
        return self.target or (choice.job if isinstance(choice, Target) else None)

    @property
    def rule(self) -> str:
        """Return by which rule the last known good was chosen: as it was when its redeployment began, if it has."""
        seen = self.seen
        return self._rule or (told(self.choice(), seen.jobs, seen.deployment) if seen else "")

    def _find_app(self) -> App:
        app = find_app(self._door, self.wishes, self._progress)
        if self.wishes.recorded_app_id not in {"", app.id}:  # the snapshot is of another app
            deployment = replace(self.wishes.deployment, snapshot_job_id="")
            self.wishes = replace(self.wishes, deployment=deployment, environment=None, kept=None)
            self._history = History(self._door, self.wishes, self._progress)
            self._environment = RecordedEnvironment(self._door, self.wishes.branch, None)
            self._sources = Sources(self._objects, self.wishes)
        self._sources.know(app)
        return app

    def _look_at_origin(self) -> None:
        """Ask S3 what a zip deployment deployed, anew at each look until it is deployed: it may be overwritten."""
        if self.redeployments and self.redeployments[-1].job.status != FAILED:
            return
        choice = choose(self._jobs, self.wishes.deployment, complete=self._history.is_complete)
        target = self.target or (choice.job if isinstance(choice, Target) else None)
        if target and target.type == MANUAL and self._objects:
            self._origin = self._sources.origin(target)

    def _look_at_ours(self, app: App, ours: Job) -> Job:
        job, failure = self._history.look_at(app.id, ours.id)
        self.redeployments[-1] = replace(self.redeployments[-1], job=job, failure=failure)
        return job

    def _find_lost_start(self) -> None:
        """Find the job of a StartJob whose answer got lost: a RETRY above the highest number known then."""
        if self._looks_since_lost_start is None or self.target is None:
            return
        found = [
            job
            for job in self._history.jobs
            if job.number > self._highest_before_start and decisions.may_be_lost(job, self.target, self._deployed)
        ]
        if found:
            self.actions.certain()
            self._begin(min(found, key=lambda job: job.number), adopted=False)
        else:
            self._looks_since_lost_start += 1

    def _begin(self, job: Job, *, adopted: bool) -> None:
        self._looks_since_lost_start = None
        self._begun_at = self._progress.seconds
        self.redeployments.append(Redeployment(job, adopted))
        self._history.take((job,))

    def _as_seen(self, app: App) -> Seen:
        return Seen(
            jobs=self._jobs,
            complete=self._history.is_complete,
            deployment=self.wishes.deployment,
            target=self.target,
            redeployments=tuple(self.redeployments),
            looks_since_lost_start=self._looks_since_lost_start,
            lost_starts=self._lost_starts,
            start_rejection=self._start_rejection,
            stop_rejections=self._stop_rejections,
            environment=self._environment.differing(app),
            origin=self._origin,
            copied=self._copied,
            ends_in=self._ends_in(),
            if_needed=self.wishes.if_needed,
            app_id=app.id,
            branch=self.wishes.branch,
            region=self.wishes.region,
        )

    def _ends_in(self) -> float | None:
        usual = usual_seconds(self._history.jobs)
        return None if usual is None else usual - (self._progress.seconds - self._begun_at)

    # --- perform ---------------------------------------------------------------------------------------------------

    def perform(self, move: Move) -> None:
        """Make the move."""
        app = self.app
        if app is None:
            raise TypeError("the frontend is observed before it is moved")
        if isinstance(move, ReadOlder):
            while isinstance(self.choice(), NeedsOlder):
                self.read_older()
            return
        self._progress.tell(self.label, move.says)
        with self.actions.doing(move):
            self._make(move, app)

    def _make(self, move: Move, app: App) -> None:
        match move:
            case Adopt(job):
                self._pin_target()
                self._begin(job, adopted=True)
            case StopJob(job):
                self._stop(app, job)
            case RestoreEnvironment():
                self._restore_environment(app)
            case Redeploy(target):
                self._rule, self.target = self.rule, target
                branch, reason = self.wishes.branch, self._reason
                self._start(lambda: self._door.start_retry(app.id, branch, target.id, reason))
            case CopyZip(copy):
                self._sources.copy(copy)
                self._copied = True
            case Deploy(target, source):
                self._rule, self.target, self._deployed = self.rule, target, source
                self._start(lambda: self._door.start_deployment(app.id, self.wishes.branch, source))
            case _:
                raise TypeError(f"the frontend knows no move {move!r}")

    def read_older(self) -> None:
        """Read one more page of the history."""
        if self.app:
            self._history.read_older(self.app.id)
            self._jobs = self._sources.mark(self._history.jobs)
            self.seen = self._as_seen(self.app)

    def _pin_target(self) -> None:
        self._rule, self.target = self.rule, self.last_known_good

    def _stop(self, app: App, job: Job) -> None:
        try:
            self._door.stop(app.id, self.wishes.branch, job.id)
        except Denied as trouble:  # the site would come to serve the bad build: better to wait, and redeploy then
            self.actions.failed(trouble)
            self._stop_rejections = decisions.MOST_STOP_REJECTIONS
            text = f"Job {job.id} of the failed deployment could not be stopped, so the rollback waits for its end."
            self.warnings.append(warning(Code.ACCESS_DENIED, f"{text} {trouble.what}", Command(purpose=trouble.cure)))
        except (Rejected, Unreadable) as trouble:  # it may have ended just now: look again
            self.actions.failed(trouble)
            self._stop_rejections += 1
            self._progress.tell(self.label, f"AWS does not stop it: {trouble.what}; looking again")

    def _restore_environment(self, app: App) -> None:
        try:
            self._environment.put_back(app)
        except (Denied, Rejected, Unreadable) as trouble:
            if isinstance(trouble, Unreadable) and self._environment.may_be_tried_again:
                raise
            self.actions.failed(trouble)
            self._environment.leave()
            cure = (Command(purpose=trouble.cure),) if trouble.cure else ()
            text = f"The environment variables could not be put back, so the rebuild uses today's: {trouble.what}"
            self.warnings.append(warning(Code.ENVIRONMENT_NOT_RESTORED, text, *cure))

    def _start(self, start: Callable[[], Job]) -> None:
        self._highest_before_start = self._history.highest
        self.started_unclear = True  # until Amplify's answer is here: a signal may come first
        try:
            job = start()
        except Throttled:
            self.started_unclear = False
            raise
        except Rejected as rejection:
            self.started_unclear = False
            self.actions.failed(rejection)
            if "LimitExceeded" in rejection.code:  # somebody's job began between look and call: look again
                self._progress.tell(self.label, f"AWS says no: {rejection.message}; looking again")
                return
            self._start_rejection = rejection.message
        except (Busy, Unreadable) as trouble:
            self._progress.tell(
                self.label, f"unclear whether the redeployment was started, listing again: {trouble.what}"
            )
            self.actions.failed(trouble)
            self._looks_since_lost_start = 0
            self._lost_starts += 1
        else:
            self.started_unclear = False
            self._begin(job, adopted=False)

    # --- the end ---------------------------------------------------------------------------------------------------

    def lock_auto_build(self) -> None:
        """Turn the branch's auto-build off, so that the bad tip isn't built again; a failure is a warning."""
        said = locked(self._door, self.app, self.wishes) if self.app else None
        if said:
            self.warnings.append(said)
        if said and said.code == Code.AUTO_BUILD_LOCKED:
            self.actions.also("turned the branch's auto-build off")

    def find_failure(self) -> None:
        """Ask why the failed deployment's build failed, if it did: one call, and no harm where it fails itself."""
        if not self.seen or not self.app:
            return
        job = failed_deployment(self.seen.jobs, self.wishes.deployment).job
        if job is None or job.status != FAILED:
            return
        self.failure = job, ""
        with suppress(AwsTrouble):
            self.failure = job, self._door.job(self.app.id, self.wishes.branch, job.id)[1]

    @property
    def redeployed_before(self) -> Job | None:
        """Return the redeployment that was already there and is served: an earlier run's."""
        return decisions.redeployed_before(self.seen) if self.seen else None
