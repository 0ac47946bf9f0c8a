"""`mode: snapshot`: record the last known good, unless an earlier attempt of this very run already did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.engine.reconcile import patiently
from rollback.incident import wishes
from rollback.report.model import FrontendReport, JobReport, StackReport
from rollback.report.notices import Code, warning
from rollback.report.results import Outcome
from rollback.snapshot.model import Snapshot
from rollback.snapshot.store import Place, SnapshotProblem, place
from rollback.snapshot.take import record_frontend, record_stack

if TYPE_CHECKING:
    from rollback.frontend.model import Job
    from rollback.incident.model import Incident
    from rollback.modes import Ending
    from rollback.stack.record import StackSnapshot


def take_snapshot(incident: Incident) -> Ending:
    """Read stacks and frontend, and write the snapshot. Raises Ended, SnapshotProblem and AwsTrouble."""
    where = place(incident.inputs.snapshot)
    kept = _kept(incident, where)
    if kept is not None:
        incident.snapshot = where.text
        _tell_frontend(
            incident, kept.frontend.job_id if kept.frontend else "", kept.frontend.commit if kept.frontend else ""
        )
        text = (
            f"The snapshot that attempt {kept.run_attempt} of this run took is kept: by now the state may "
            f"be the failed "
            "deployment's."
        )
        incident.notices.append(warning(Code.SNAPSHOT_KEPT, text))
        return Outcome.SNAPSHOT_SAVED, text
    stacks, absent = _stacks(incident, where)
    frontend = None
    if incident.inputs.has_frontend:
        recorded = patiently(
            lambda: record_frontend(
                wishes.frontend_wishes(incident.inputs), incident.doors.amplify, incident.progress, where
            ),
            wishes.frontend_patience(incident.inputs),
            incident.clock,
        )
        frontend = recorded.frontend
        incident.notices += recorded.warnings
        job = recorded.job
        _tell_frontend(incident, job.id if job else "", "" if job is None or job.names_no_commit else job.commit, job)
    environ = incident.environ
    snapshot = Snapshot(
        taken_at=incident.clock.now().isoformat(),
        repository=environ.get("GITHUB_REPOSITORY", ""),
        commit=incident.inputs.commit or "",
        run_id=environ.get("GITHUB_RUN_ID", ""),
        run_attempt=environ.get("GITHUB_RUN_ATTEMPT", ""),
        region=incident.inputs.region,
        stacks=stacks,
        absent_stacks=absent,
        frontend=frontend,
    )
    patiently(
        lambda: incident.doors.store.write(where, snapshot), wishes.stack_patience(incident.inputs), incident.clock
    )
    incident.snapshot = where.text
    incident.progress.tell("snapshot", f"saved to {where.text}")
    return Outcome.SNAPSHOT_SAVED, f"The last known good is recorded in {where.text}."


def _stacks(incident: Incident, where: Place) -> tuple[tuple[StackSnapshot, ...], tuple[str, ...]]:
    stacks: list[StackSnapshot] = []
    absent: list[str] = []
    for name in incident.inputs.stack_name:
        recorded = patiently(
            lambda name=name: record_stack(name, incident.doors.cloudformation, incident.doors.store, where),  # type: ignore[misc]
            wishes.stack_patience(incident.inputs),
            incident.clock,
        )
        incident.notices += recorded.warnings
        if recorded.stack is None:
            absent.append(name)
            continue
        stacks.append(recorded.stack)
        incident.progress.tell(f"stack {name}", f"recorded in {recorded.stack.status}")
        incident.told_stacks.append(StackReport(name=recorded.stack.name, status=recorded.stack.status))
    return tuple(stacks), tuple(absent)


def _kept(incident: Incident, where: Place) -> Snapshot | None:
    """Return the snapshot that an earlier attempt of this run left: it saw the state before the failed deployment."""
    run_id, attempt = incident.environ.get("GITHUB_RUN_ID", ""), incident.environ.get("GITHUB_RUN_ATTEMPT", "")
    if not where.is_s3:
        incident.doors.store.path(where)
    if not (run_id and attempt.isdigit() and int(attempt) > 1):
        return None
    try:
        found = patiently(
            lambda: incident.doors.store.read(where), wishes.stack_patience(incident.inputs), incident.clock
        )
    except SnapshotProblem as trouble:
        text = f"{trouble} An earlier attempt may have recorded it, so it is not overwritten: look at it first."
        raise SnapshotProblem(text) from None
    same_run = found is not None and found.run_id == run_id
    earlier = found is not None and found.run_attempt.isdigit() and int(found.run_attempt) < int(attempt)
    same_repository = found is not None and found.repository == incident.environ.get("GITHUB_REPOSITORY", "")
    return found if same_run and earlier and same_repository else None


def _tell_frontend(incident: Incident, job_id: str, commit: str, job: Job | None = None) -> None:
    if not job_id:
        return
    shown = JobReport(id=job_id, commit=commit, status=job.status if job else "", type=job.type if job else "")
    inputs = incident.inputs
    incident.told_frontend = FrontendReport(
        app_id=inputs.app_id or "",
        app_name=inputs.app_name,
        branch=inputs.branch or "",
        restored=shown,
        live=shown,
        proven=bool(commit),
    )
