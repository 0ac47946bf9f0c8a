"""What the user asked for, as each part wants to hear it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from rollback.engine.reconcile import Patience
from rollback.engine.waiting import LONGEST_LOOK
from rollback.frontend.model import Deployment, Environment
from rollback.frontend.model import Wishes as FrontendWishes
from rollback.frontend.zips import folder_of
from rollback.inputs.trigger import deployed
from rollback.report.commits import same_commit
from rollback.report.results import Mode
from rollback.snapshot.place import place
from rollback.snapshot.use import Asked
from rollback.stack.part import Wishes as StackWishes
from rollback.verification.verify import Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from rollback.engine.progress import Progress
    from rollback.frontend.record import FrontendSnapshot
    from rollback.inputs.model import Inputs

_MOST_EARLIER, _LONGEST_NUMBER = 3, 9


def stack_patience(inputs: Inputs, progress: Progress | None = None) -> Patience:
    """Return how long to wait for a stack; with `progress`, which is told what is waited for, for a single look."""
    return _patience(inputs, inputs.stack_timeout, progress)


def frontend_patience(inputs: Inputs, progress: Progress | None = None) -> Patience:
    """Return how long to wait for the frontend; with `progress`, as above, for a single look."""
    return _patience(inputs, inputs.frontend_timeout, progress)


def _patience(inputs: Inputs, minutes: float, progress: Progress | None) -> Patience:
    longest = minutes * 60
    if progress is None:
        return Patience(longest, inputs.poll_interval)
    changes_nothing = inputs.dry_run or inputs.mode is not Mode.ROLLBACK
    longest = min(longest, LONGEST_LOOK) if changes_nothing else longest
    return Patience(longest, inputs.poll_interval, lambda text: progress.detail("AWS", text))


def stack_wishes(inputs: Inputs, run_keys: Sequence[str]) -> StackWishes:
    """Return what was asked for, as far as a stack is concerned."""
    run, *earlier_runs = run_keys
    return StackWishes(
        region=inputs.region,
        run=run,
        earlier_runs=tuple(earlier_runs),
        skip=inputs.resources_to_skip,
        role_arn=inputs.role_arn,
        allow_destructive=inputs.allow_destructive,
    )


def asked_snapshot(inputs: Inputs, environ: Mapping[str, str]) -> Asked:
    """Return which snapshot the rollback shall use, and what must be true of it."""
    return Asked(
        inputs.snapshot,
        digest=inputs.snapshot_digest,
        region=inputs.region,
        repository=environ.get("GITHUB_REPOSITORY", ""),
        failed_commit=inputs.commit or "",
    )


def frontend_wishes(
    inputs: Inputs,
    recorded: FrontendSnapshot | None = None,
    pushed_at: datetime | None = None,
    *,
    of_target: bool = False,
) -> FrontendWishes:
    """Return what was asked for, as far as the frontend is concerned; `recorded` is of the snapshot.

    `of_target` says that the snapshot is the release of `target-commit`: its very job is the target then.
    """
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
            pushed_at=pushed_at,
            failed_job_id=inputs.failed_job_id,
            target_job_id=recorded.job_id if recorded and of_target else inputs.target_job_id,
            target_commit=inputs.target_commit,
            snapshot_job_id=_recorded_job(recorded, inputs.commit) if recorded else "",
            frontend_result=deployed(inputs.job_results or {}, inputs.frontend_job) or "",
        ),
        if_needed=inputs.redeploy == "if-needed",
        environment=Environment(recorded.app_environment, recorded.branch_environment) if recorded else None,
        recorded_app_id=recorded.app_id if recorded else "",
        kept=recorded.zip if recorded else None,
        copies=_copies(inputs.snapshot),
    )


def _copies(snapshot: str) -> str:
    where = place(snapshot)
    return folder_of(where.bucket, where.key) if where.is_s3 else ""


def _recorded_job(recorded: FrontendSnapshot, failed_commit: str | None) -> str:
    """Return the job that the snapshot recorded; none where it says itself that it is of the failed commit."""
    return "" if same_commit(recorded.commit, failed_commit or "") else recorded.job_id


def wanted(inputs: Inputs) -> Wanted:
    """Return what must hold after the rollback."""
    return Wanted(
        url=inputs.verify_url,
        contains=inputs.verify_contains,
        alarms=inputs.verify_alarms,
        timeout=inputs.verify_timeout,
        hold=inputs.verify_for * 60,
        longest_gap=inputs.poll_interval,
    )


def job_reason(inputs: Inputs) -> str:
    """Return what Amplify records as the reason of a redeployment."""
    return f"Rollback: {inputs.reason}" if inputs.reason else "Rollback to the last known good"


def run_keys(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return what makes this run's tokens its own, the same for the same attempt started again; then earlier attempts'.

    The newest first, and not many: each costs a call to see that it left no change set.
    """
    run_id = environ.get("GITHUB_RUN_ID")
    if not run_id:
        return (uuid.uuid4().hex,)
    attempt = environ.get("GITHUB_RUN_ATTEMPT") or "1"
    number = int(attempt) if attempt.isdecimal() and len(attempt) < _LONGEST_NUMBER else 1
    earlier = range(number - 1, max(number - 1 - _MOST_EARLIER, 0), -1)
    return tuple(f"{environ.get('GITHUB_REPOSITORY', '')}/{run_id}/{one}" for one in (attempt, *earlier))


def facts_of(inputs: Inputs, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return what a run is about and says anyway: a build's variable of the same value hides none of it."""
    named = (
        *(inputs.region, inputs.branch, inputs.commit, inputs.environment, *inputs.stack_name),
        *(inputs.app_id, inputs.app_name, inputs.snapshot, inputs.target_commit, *(inputs.job_results or ())),
    )
    runs = ("REPOSITORY", "WORKFLOW", "ACTOR", "REF_NAME", "SHA", "RUN_ID", "SERVER_URL")
    return tuple(str(fact) for fact in (*named, *(environ.get(f"GITHUB_{name}") for name in runs)) if fact)
