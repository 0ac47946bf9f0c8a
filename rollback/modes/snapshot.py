"""`mode: snapshot`: record the last known good, unless an earlier attempt of this very run already did."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from rollback.engine.reconcile import patiently
from rollback.incident import wishes
from rollback.incident.owner import know_the_owner
from rollback.incident.ready import say_whether_ready
from rollback.incident.telling import context
from rollback.report.model import Command, FrontendReport, JobReport, StackReport
from rollback.report.notices import Code, warning
from rollback.report.results import Outcome
from rollback.snapshot.model import Snapshot
from rollback.snapshot.place import Place, SnapshotProblem, place
from rollback.snapshot.releases import differing_commit
from rollback.snapshot.take import Recorder, not_there_yet, record_frontend

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rollback.frontend.model import Job
    from rollback.frontend.record import FrontendSnapshot
    from rollback.incident.model import Incident
    from rollback.modes import Ending
    from rollback.snapshot.store import Stored
    from rollback.stack.model import Stack
    from rollback.stack.record import StackSnapshot

Seen = TypeVar("Seen")

_MOST_NAMES, _NEXT_NAME = 5, 1.0
"""How many names a release tries, and the seconds between two: jobs of one run may record at the same second."""


def take_snapshot(incident: Incident) -> Ending:
    """Read stacks and frontend, and write the snapshot. Raises Ended, SnapshotProblem and AwsTrouble."""
    where, doors = place(incident.inputs.snapshot), incident.doors
    recorder = Recorder(
        doors.cloudformation,
        doors.trials,
        doors.store,
        where,
        wishes.stack_patience(incident.inputs, incident.progress),
        incident.clock,
    )
    found = {name: _patiently(incident, lambda name=name: recorder.find(name)) for name in incident.inputs.stack_name}  # type: ignore[misc]
    there = _present(incident, where, [stack.id for stack in found.values() if stack])
    if there is not None and _is_of_an_earlier_attempt(incident, there.snapshot):
        return _keep(incident, where, there)
    stacks, absent = _stacks(incident, recorder, found)
    snapshot = Snapshot(
        taken_at=incident.clock.now().isoformat(),
        repository=incident.environ.get("GITHUB_REPOSITORY", ""),
        commit=incident.inputs.commit or "",
        message=context(incident.environ, incident.inputs).commit_message,
        run_id=incident.environ.get("GITHUB_RUN_ID", ""),
        run_attempt=incident.environ.get("GITHUB_RUN_ATTEMPT", ""),
        region=incident.inputs.region,
        stacks=stacks,
        absent_stacks=absent,
        frontend=_frontend(incident, where),
    )
    written, incident.snapshot_digest = _write(incident, where, snapshot, there)
    incident.snapshot = written.text
    say_whether_ready(incident, snapshot)
    incident.progress.tell("snapshot", f"saved to {written.text}, digest {incident.snapshot_digest}")
    return Outcome.SNAPSHOT_SAVED, f"The last known good is recorded in {written.text}."


def _write(incident: Incident, where: Place, snapshot: Snapshot, there: Stored | None) -> tuple[Place, str]:
    """Write the snapshot; to a history as a release, under a name that nobody took. Return its place and digest."""
    store = incident.doors.store
    if not where.is_history:
        return where, _patiently(incident, lambda: store.write(where, snapshot, there))
    differs = differing_commit(snapshot)
    if differs:
        text = f"The release is recorded although {differs}: something else was deployed meanwhile."
        cure = Command(purpose="Let deployments of one environment wait for each other (concurrency), until recorded")
        incident.notices.append(warning(Code.RELEASE_COMMIT_DIFFERS, text, cure))
    for _ in range(_MOST_NAMES):
        at = incident.clock.now()
        if added := _patiently(incident, lambda at=at: store.add(where, snapshot, at)):  # type: ignore[misc]
            return added
        incident.clock.sleep(_NEXT_NAME)
    raise SnapshotProblem(f"no release could be added to {where.text}: each name for it was taken. Run the job again.")


def _patiently(incident: Incident, look: Callable[[], Seen]) -> Seen:
    return patiently(look, wishes.stack_patience(incident.inputs, incident.progress), incident.clock)


def _present(incident: Incident, where: Place, stack_ids: Sequence[str]) -> Stored | None:
    """Return the snapshot that lies there already; what is no snapshot is a problem."""
    doors, inputs = incident.doors, incident.inputs
    if where.is_s3:
        _patiently(incident, lambda: know_the_owner(doors, inputs, stack_ids))
    else:
        doors.store.workspace.path(where.text)
    if where.is_history:
        return None
    return _patiently(incident, lambda: doors.store.present(where))


def _is_of_an_earlier_attempt(incident: Incident, there: Snapshot) -> bool:
    """Return whether an earlier attempt of this run took it: it saw the state before the failed deployment."""
    run_id, attempt = incident.environ.get("GITHUB_RUN_ID", ""), incident.environ.get("GITHUB_RUN_ATTEMPT", "")
    if not (run_id and attempt.isdigit() and int(attempt) > 1):
        return False
    earlier = there.run_attempt.isdigit() and int(there.run_attempt) < int(attempt)
    same_repository = there.repository == incident.environ.get("GITHUB_REPOSITORY", "")
    return there.run_id == run_id and earlier and same_repository


def _keep(incident: Incident, where: Place, there: Stored) -> Ending:
    kept = there.snapshot
    incident.snapshot, incident.snapshot_digest = where.text, there.digest
    if kept.frontend:
        _tell_frontend(incident, kept.frontend.job_id, kept.frontend.commit)
    text = (
        f"The snapshot that attempt {kept.run_attempt} of this run took is kept: by now the state may be the failed "
        "deployment's."
    )
    incident.notices.append(warning(Code.SNAPSHOT_KEPT, text))
    say_whether_ready(incident, kept)
    return Outcome.SNAPSHOT_SAVED, text


def _stacks(
    incident: Incident, recorder: Recorder, found: Mapping[str, Stack | None]
) -> tuple[tuple[StackSnapshot, ...], tuple[str, ...]]:
    for stack in found.values():
        recorder.check(stack)
    incident.notices += [not_there_yet(name) for name, stack in found.items() if stack is None]
    records = []
    for stack in {stack.id: stack for stack in found.values() if stack}.values():
        recorded = recorder.record(stack)
        incident.notices += recorded.warnings
        incident.progress.tell(f"stack {stack.name}", f"recorded in {stack.status}")
        incident.told_stacks.append(StackReport(name=stack.name, status=stack.status))
        records += [recorded.stack] if recorded.stack else []
    return tuple(records), tuple(name for name, stack in found.items() if stack is None)


def _frontend(incident: Incident, where: Place) -> FrontendSnapshot | None:
    if not incident.inputs.has_frontend:
        return None
    asked = wishes.frontend_wishes(incident.inputs)
    recorded = patiently(
        lambda: record_frontend(asked, incident.doors.amplify, incident.progress, where, incident.doors.objects),
        wishes.frontend_patience(incident.inputs, incident.progress),
        incident.clock,
    )
    incident.notices += recorded.warnings
    job = recorded.job
    _tell_frontend(incident, job.id if job else "", "" if job is None or job.names_no_commit else job.commit, job)
    return recorded.frontend


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
