"""The story: trigger → stacks, in reverse order → frontend, or both at the same time → verification.

Each part is driven by the loop in `engine.reconcile`; what it decides is pure and stands in `stack.decide` and
`frontend.decide`. This module only composes: it says what comes in which order, and what follows a part's end.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from rollback.engine.endings import beside
from rollback.engine.interruption import within
from rollback.engine.moves import Done
from rollback.engine.reconcile import Part, Patience, patiently, reconcile
from rollback.engine.rehearsal import rehearse
from rollback.engine.trouble import AwsTrouble
from rollback.engine.turns import Lane, take_turns
from rollback.frontend.part import FrontendPart
from rollback.github import event
from rollback.github.api import GitHub
from rollback.incident import wishes
from rollback.incident.causes import look_at_the_build, look_for_causes
from rollback.incident.data import look_after_the_data
from rollback.incident.looking import tell_backend
from rollback.incident.owner import know_the_owner
from rollback.incident.telling import report_of, told_frontend
from rollback.inputs import trigger
from rollback.modes.order import may_go_together
from rollback.modes.releases import choose_release
from rollback.modes.verify import watch
from rollback.report.model import FailedJob
from rollback.report.notices import Code, internal_error, warning
from rollback.report.outcome import all_good
from rollback.report.results import GOOD, Outcome, Result
from rollback.snapshot.place import place
from rollback.snapshot.use import UsableSnapshot, read_snapshot, unreadable
from rollback.stack.part import StackPart
from rollback.stack.restore import Restore

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from rollback.github.runner import Runner
    from rollback.incident.model import Incident
    from rollback.modes import Ending
    from rollback.slack.notifier import Notifier

Observation = TypeVar("Observation")

_DROP_SECONDS = 1.5
"""How long an interrupted run may take to drop its change sets: the runner's SIGKILL comes 10 s after its SIGINT."""


def roll_back(incident: Incident, runner: Runner, notifier: Notifier) -> Ending:
    """Bring every stack and the frontend back to the last known good, and verify what is served."""
    inputs = incident.inputs
    due = trigger.decide(inputs.job_results or {}, inputs.roles, inputs.rollback_on, force=inputs.force)
    incident.trigger = due
    incident.progress.tell("trigger", f"{due.rule}: {due.reason}")
    if not due.due:
        return Outcome.NOT_TRIGGERED, due.reason
    notifier.started(lambda: report_of(incident, Outcome.ROLLED_BACK))
    snapshot = _snapshot(incident)
    look_for_causes(incident)
    for title, lanes in _phases(incident, snapshot).items():
        with runner.group(title):
            take_turns(lanes, incident.clock)
    incident.failed_jobs = _failed_jobs(incident, due)
    if all_good(incident.results) and not inputs.dry_run and wishes.wanted(inputs).anything:
        with runner.group("Verification"):
            _verify(incident)
    look_at_the_build(incident)
    if not inputs.dry_run:
        look_after_the_data(incident)
    return None, ""


def leave_nothing_behind(incident: Incident) -> None:
    """Drop the change sets of a run that was interrupted, in the little time that is left."""
    for part, _ in incident.stacks:
        within(_DROP_SECONDS, lambda part=part: _drop_change_set(incident, part))  # type: ignore[misc]


def _snapshot(incident: Incident) -> UsableSnapshot:
    inputs, doors = incident.inputs, incident.doors
    patience = wishes.stack_patience(inputs, incident.progress)
    if not inputs.snapshot:
        return UsableSnapshot()
    try:
        patiently(lambda: know_the_owner(doors, inputs), patience, incident.clock)
        if place(inputs.snapshot).is_history:
            snapshot = choose_release(incident)
        else:
            asked = wishes.asked_snapshot(inputs, incident.environ)
            snapshot = read_snapshot(doors.store, asked, patience, incident.clock)
    except AwsTrouble as trouble:
        snapshot = UsableSnapshot(inputs.snapshot, problem=unreadable(trouble))
    incident.snapshot, incident.snapshot_digest = snapshot.text, snapshot.digest
    incident.notices += snapshot.notices
    if snapshot.snapshot:
        incident.progress.tell("snapshot", f"{snapshot.text}: {snapshot.snapshot.told}, digest {snapshot.digest}")
    elif not inputs.stack_name:  # no restore will be refused for it
        incident.notices.append(warning(Code.SNAPSHOT_UNUSABLE, f"The snapshot was not used: {snapshot.problem}"))
    if snapshot.frontend:
        for recorded in (snapshot.frontend.app_environment, snapshot.frontend.branch_environment):
            incident.doors.redactor.learn_variables(recorded)
    return snapshot


def _phases(incident: Incident, snapshot: UsableSnapshot) -> dict[str, list[Lane]]:
    """Return what is driven at the same time, phase after phase, by the title of the phase's log group."""
    inputs = incident.inputs
    stacks: dict[str, Lane] = {
        f"Stack {name}": _roll_back_stack(incident, name, snapshot) for name in reversed(inputs.stack_name)
    }
    if not inputs.has_frontend:
        return {title: [stack] for title, stack in stacks.items()}
    of_target = bool(inputs.target_commit) and place(inputs.snapshot).is_history
    pushed_at = event.pushed_at(incident.environ)
    asked = wishes.frontend_wishes(inputs, snapshot.frontend, pushed_at, of_target=of_target)
    doors = incident.doors
    part = FrontendPart(asked, doors.amplify, incident.progress, wishes.job_reason(inputs), doors.objects)
    frontend = _roll_back_frontend(incident, part)
    if may_go_together(incident, part):
        return {"Stacks and frontend": [chain(*stacks.values()), frontend]}
    return {title: [lane] for title, lane in {**stacks, "Frontend": frontend}.items()}


def _roll_back_stack(incident: Incident, name: str, snapshot: UsableSnapshot) -> Lane:
    doors = incident.doors
    restore = None
    if snapshot.asked_for:
        taken_at = snapshot.snapshot.taken_at if snapshot.snapshot else ""
        missing = doors.store.missing, doors.images.missing
        emptiness = doors.emptiness
        restore = Restore(doors.cloudformation, snapshot.record_of, *missing, emptiness=emptiness, taken_at=taken_at)
    asked = wishes.stack_wishes(incident.inputs, incident.run_keys)
    part = StackPart(name, asked, doors.cloudformation, incident.clock, incident.progress, restore)
    incident.stacks.append((part, None))
    done = yield from _drive(incident, part, wishes.stack_patience(incident.inputs))
    incident.stacks[-1] = part, done
    _after_its_end(incident, partial(_settle, incident, part), part.watch.find_root_cause)


def _settle(incident: Incident, part: StackPart) -> None:
    if incident.inputs.dry_run:
        for line in part.planned:
            incident.progress.tell(part.label, line)
    _drop_change_set(incident, part)


def _drop_change_set(incident: Incident, part: StackPart) -> None:
    if incident.inputs.dry_run:  # which changes nothing, not even what a run that was killed left behind
        part.drop_prepared()
    else:
        part.drop_change_set()


def _roll_back_frontend(incident: Incident, part: FrontendPart) -> Lane:
    inputs = incident.inputs
    incident.frontend = part, None
    done = yield from _drive(incident, part, wishes.frontend_patience(inputs))
    incident.frontend = part, done
    lock = [part.lock_auto_build] if inputs.lock_auto_build and done.result in GOOD else []
    _after_its_end(incident, part.find_failure, partial(_tell_backend, incident, part, done), *lock)


def _tell_backend(incident: Incident, part: FrontendPart, done: Done) -> None:
    with suppress(AwsTrouble):  # what only explains ends nothing
        tell_backend(incident, part, done)


def _after_its_end(incident: Incident, *steps: Callable[[], None]) -> None:
    """Do what follows a part's end: a defect there is told, and keeps neither the next step nor the other part."""
    for step in steps:
        try:
            step()
        except Exception as defect:  # noqa: BLE001 - as below
            incident.notices.append(internal_error(defect))


def _drive(incident: Incident, part: Part[Observation], patience: Patience) -> Generator[float, None, Done]:
    """Reconcile the part; in a dry run, decide and print the plan instead."""
    drive = rehearse if incident.inputs.dry_run else reconcile
    try:
        done = yield from drive(part, patience, incident.clock, lambda text: incident.progress.detail(part.label, text))
    except Exception as defect:  # noqa: BLE001 - a defect in one part must not keep the other from being rolled back
        notice = internal_error(defect)
        done = Done(Result.FAILED, notice.text, Code.INTERNAL_ERROR, notice.remedies)
    incident.progress.tell(part.label, f"{done.result}: {beside(part.label, done.reason)}")
    return done


def _failed_jobs(incident: Incident, due: trigger.Trigger) -> tuple[FailedJob, ...]:
    """Return the red jobs of the deployment, those that triggered the rollback first, with what GitHub adds to them."""
    inputs = incident.inputs
    results = inputs.job_results or {}
    red = [
        name for name, result in results.items() if result in {trigger.JobResult.FAILURE, trigger.JobResult.CANCELLED}
    ]
    roles = (*inputs.roles.frontend, *inputs.roles.smoke_tests)
    ordered = dict.fromkeys((*due.jobs, *(job for job in roles if job in red), *red))
    token = inputs.github_token.get_secret_value() if inputs.github_token else ""
    github = GitHub(incident.environ, token, seconds=5.0)
    return github.with_steps(tuple(FailedJob(name=name, result=results[name]) for name in ordered))


def _verify(incident: Incident) -> None:
    restored = told_frontend(incident)
    commit = restored.restored.commit if restored and restored.restored else ""
    watch(incident, commit, "Rolled back, but not healthy.")
