"""One run's state, from the first look to the report: what was decided, which parts there are, and how each ended.

Everything is kept here as it happens, so that a run that is interrupted or fails can still tell all it knows.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rollback import github
from rollback.frontend.client import Amplify
from rollback.frontend.model import Deployment, Environment
from rollback.frontend.model import Wishes as FrontendWishes
from rollback.frontend.telling import frontend_report
from rollback.outcome import outcome_of
from rollback.reconcile import Patience
from rollback.report.model import (
    Command,
    FailedJob,
    FrontendReport,
    Notice,
    Report,
    RootCause,
    StackReport,
    VerificationReport,
)
from rollback.results import GOOD, Outcome, Result, worst
from rollback.snapshot.store import SnapshotStore
from rollback.stack.client import CloudFormation
from rollback.stack.part import StackPart
from rollback.stack.part import Wishes as StackWishes
from rollback.stack.telling import stack_report
from rollback.trigger import Trigger, role_result
from rollback.verification import Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollback.aws import Aws
    from rollback.clock import Clock
    from rollback.frontend.part import FrontendPart
    from rollback.inputs import Inputs
    from rollback.moves import Done
    from rollback.progress import Progress
    from rollback.snapshot.model import FrontendSnapshot

_MOST_EARLIER, _LONGEST_NUMBER = 3, 9
_RECOVERED = frozenset({Outcome.ROLLED_BACK, Outcome.NOT_NEEDED})


@dataclass
class Incident:
    """What one run knows. The parts are filled in as the story in `app` goes on."""

    inputs: Inputs
    environ: Mapping[str, str]
    clock: Clock
    progress: Progress
    aws: Aws
    started: datetime
    trigger: Trigger | None = None
    stacks: list[tuple[StackPart, Done | None]] = field(default_factory=list)
    frontend: tuple[FrontendPart, Done | None] | None = None
    told_stacks: list[StackReport] = field(default_factory=list)
    told_frontend: FrontendReport | None = None
    verification: VerificationReport = field(default_factory=VerificationReport)
    failed_jobs: tuple[FailedJob, ...] = ()
    notices: list[Notice] = field(default_factory=list)
    snapshot: str = ""

    def __post_init__(self) -> None:
        """Open the doors that the parts share."""
        self.cloudformation = CloudFormation(self.aws)
        self.amplify = Amplify(self.aws)
        self.store = SnapshotStore(self.aws, Path(self.environ.get("GITHUB_WORKSPACE") or Path.cwd()))
        self.run, *self.earlier_runs = _run_keys(self.environ)

    @property
    def stack_patience(self) -> Patience:
        """Return how long to wait for a stack."""
        return Patience(self.inputs.stack_timeout * 60, self.inputs.poll_interval)

    @property
    def frontend_patience(self) -> Patience:
        """Return how long to wait for the frontend."""
        return Patience(self.inputs.frontend_timeout * 60, self.inputs.poll_interval)

    @property
    def stack_wishes(self) -> StackWishes:
        """Return what the user asked for, as far as a stack is concerned."""
        return StackWishes(
            region=self.inputs.region,
            run=self.run,
            earlier_runs=tuple(self.earlier_runs),
            skip=self.inputs.resources_to_skip,
            role_arn=self.inputs.role_arn,
            allow_destructive=self.inputs.allow_destructive,
        )

    def frontend_wishes(self, recorded: FrontendSnapshot | None = None) -> FrontendWishes:
        """Return what the user asked for, as far as the frontend is concerned; `recorded` is of the snapshot."""
        inputs = self.inputs
        if recorded and recorded.branch != inputs.branch:
            recorded = None
        return FrontendWishes(
            branch=inputs.branch or "",
            region=inputs.region,
            app_id=inputs.app_id or "",
            app_name=inputs.app_name,
            deployment=Deployment(
                commit=inputs.commit,
                started_at=inputs.started_at,
                failed_job_id=inputs.failed_job_id,
                target_job_id=inputs.target_job_id,
                target_commit=inputs.target_commit,
                snapshot_job_id=recorded.job_id if recorded else "",
                frontend_result=role_result(inputs.job_results or {}, inputs.frontend_job) or "",
            ),
            if_needed=inputs.redeploy == "if-needed",
            environment=Environment(recorded.app_environment, recorded.branch_environment) if recorded else None,
            recorded_app_id=recorded.app_id if recorded else "",
        )

    @property
    def wanted(self) -> Wanted:
        """Return what must hold after the rollback."""
        inputs = self.inputs
        return Wanted(
            inputs.verify_url, inputs.verify_contains, inputs.verify_alarms, inputs.verify_timeout, inputs.poll_interval
        )

    @property
    def reason(self) -> str:
        """Return what Amplify records as the reason of a redeployment."""
        return f"Rollback: {self.inputs.reason}" if self.inputs.reason else "Rollback to the last known good"

    @property
    def results(self) -> tuple[Result, Result]:
        """Return the results of the stack part and of the frontend, as far as they have ended."""
        ended = [done.result for _, done in self.stacks if done]
        frontend = self.frontend[1].result if self.frontend and self.frontend[1] else Result.SKIPPED
        return worst(ended), frontend

    def report(self, outcome: Outcome | None = None, reason: str = "") -> Report:
        """Return the report; without an `outcome`, the one that the parts' results and the verification give."""
        stacks, frontend = self._tell_stacks(), self.tell_frontend()
        verdict = self.verification.verdict
        outcome = outcome or outcome_of(self.results, verdict, dry_run=self.inputs.dry_run)
        proven_by_check = frontend is not None and self.verification.proves_commit and frontend.result in GOOD
        if frontend and proven_by_check:
            frontend = frontend.model_copy(update={"proven": True, "notices": _without_unproven(frontend.notices)})
        return Report(
            mode=self.inputs.mode,
            outcome=outcome,
            reason=reason or self._reason(stacks, frontend),
            triggered=bool(self.trigger and self.trigger.due),
            rule=self.trigger.rule if self.trigger else "",
            dry_run=self.inputs.dry_run,
            requested_because=self.inputs.reason,
            context=github.context(self.environ, self.inputs),
            stacks=tuple(stacks),
            stack_result=self._stack_result(stacks),
            frontend=frontend,
            frontend_result=self._frontend_result(frontend),
            verification=self.verification,
            root_cause=self._root_cause(stacks, frontend),
            failed_jobs=self.failed_jobs,
            timeline=tuple(self.progress.moments),
            notices=tuple(self.notices),
            next_steps=self._next_steps(outcome),
            snapshot=self.snapshot,
            started=self.started,
            recovery_seconds=round(self.progress.seconds, 1) if outcome in _RECOVERED else None,
            elapsed_seconds=round(self.progress.seconds, 1),
        )

    def _tell_stacks(self) -> list[StackReport]:
        return self.told_stacks or [stack_report(part, done) for part, done in self.stacks]

    def tell_frontend(self) -> FrontendReport | None:
        """Return the frontend's report as it stands now."""
        with_history = self.inputs.dry_run
        return self.told_frontend or (
            frontend_report(*self.frontend, with_history=with_history) if self.frontend else None
        )

    def _stack_result(self, stacks: list[StackReport]) -> Result | None:
        if not (self.trigger and self.trigger.due):
            return None
        if not self.inputs.stack_name:
            return Result.SKIPPED
        known = [stack.result for stack in stacks if stack.result]
        return worst(known) if known else None

    def _frontend_result(self, frontend: FrontendReport | None) -> Result | None:
        if not (self.trigger and self.trigger.due):
            return None
        if not self.inputs.has_frontend:
            return Result.SKIPPED
        return frontend.result if frontend else None

    def _reason(self, stacks: list[StackReport], frontend: FrontendReport | None) -> str:
        parts = [f"Stack {stack.name}: {stack.reason}" for stack in stacks if stack.reason]
        parts += [f"Frontend: {frontend.reason}"] if frontend and frontend.reason else []
        parts += [check for check in self.verification.checks if check.startswith("failed")]
        because = [self.trigger.reason] if self.trigger else []
        return " ".join(because + parts)

    def _root_cause(self, stacks: list[StackReport], frontend: FrontendReport | None) -> RootCause | None:
        """Return the first thing that failed: in a stack, else in the frontend's build, else in the workflow."""
        causes = [stack.root_cause for stack in stacks] + ([frontend.root_cause] if frontend else [])
        found = next((cause for cause in causes if cause), None)
        if found or not self.failed_jobs:
            return found
        job = self.failed_jobs[0]
        step = f" at step {job.step}" if job.step else ""
        return RootCause(where=job.name, reason=f"job {job.name} ended in {job.result}{step}", link=job.link)

    def _next_steps(self, outcome: Outcome) -> tuple[Command, ...]:
        if outcome is Outcome.UNHEALTHY:
            return (
                Command(purpose="The rollback is done, but the check fails: look at the site and at its logs"),
                Command(
                    purpose="If data was changed, check tables and buckets, restore from a backup, run data migrations"
                ),
            )
        if outcome is Outcome.INTERRUPTED:
            return (Command(purpose="Run this job again: it adopts what is under way and goes on from there"),)
        return ()


def _without_unproven(notices: tuple[Notice, ...]) -> tuple[Notice, ...]:
    return tuple(notice for notice in notices if notice.code != "unproven")


def _run_keys(environ: Mapping[str, str]) -> list[str]:
    """Return what makes this run's tokens its own, the same for the same attempt started again; then earlier attempts'.

    The newest first, and not many: each costs a call to see that it left no change set.
    """
    run_id = environ.get("GITHUB_RUN_ID")
    if not run_id:
        return [uuid.uuid4().hex]
    attempt = environ.get("GITHUB_RUN_ATTEMPT") or "1"
    number = int(attempt) if attempt.isdecimal() and len(attempt) < _LONGEST_NUMBER else 1
    earlier = range(number - 1, max(number - 1 - _MOST_EARLIER, 0), -1)
    return [f"{environ.get('GITHUB_REPOSITORY', '')}/{run_id}/{one}" for one in (attempt, *earlier)]
