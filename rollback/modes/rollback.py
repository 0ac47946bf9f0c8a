"""The story: inputs → trigger → stacks, in reverse order → frontend → verification → report.

Each part is driven by the loop in `reconcile`; what it decides is pure and stands in `stack.decide` and
`frontend.decide`. This module only composes: it calls the rooms in order, and hands the report over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from rollback import github, trigger
from rollback.aws import AwsTrouble, Denied
from rollback.frontend.part import FrontendPart
from rollback.interruption import Interrupted, no_more_interruptions, within
from rollback.looking import look_at_everything
from rollback.moves import Done, Ended, Wait
from rollback.notices import Code, denied, error, internal_error, unreadable
from rollback.notify import Notifier
from rollback.outcome import all_good
from rollback.reconcile import Part, Patience, patiently, reconcile
from rollback.recording import take_snapshot
from rollback.report.model import Command, Report
from rollback.results import GOOD, Mode, Outcome, Result, Verdict
from rollback.snapshot.store import SnapshotProblem
from rollback.snapshot.use import UsableSnapshot, read_snapshot
from rollback.stack.part import StackPart
from rollback.stack.restore import Restore
from rollback.verification import verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback.incident import Incident
    from rollback.runner import Runner

Observation = TypeVar("Observation")
Ending = tuple[Outcome | None, str]
"""How a mode ends: the outcome, or None where the parts' results give it; and the reason, empty where they do."""

_DROP_SECONDS = 1.5
"""How long an interrupted run may take to drop its change sets: the runner's SIGKILL comes 10 s after its SIGINT."""


def run(incident: Incident, runner: Runner) -> Report:
    """Do what the mode asks for, tell people, and return the report, whatever happened."""
    notifier = Notifier(incident)
    mode = {Mode.ROLLBACK: roll_back, Mode.SNAPSHOT: take, Mode.STATUS: look}[incident.inputs.mode]
    report: Report | None = None
    try:
        try:
            outcome, reason = mode(incident, runner, notifier)
            report = incident.report(outcome, reason)
        except Exception as defect:  # noqa: BLE001 - a defect of ours must still be told, as any other failure
            incident.notices.append(internal_error(defect))
            report = incident.report(Outcome.FAILED, incident.notices[-1].text)
        report = notifier.finished(report)
        no_more_interruptions()
    except Interrupted as signal:
        return report or _interrupted(incident, notifier, str(signal))
    return report


def _interrupted(incident: Incident, notifier: Notifier, signal: str) -> Report:
    for part, _ in incident.stacks:
        within(_DROP_SECONDS, lambda part=part: _drop_change_set(incident, part))  # type: ignore[misc]
    incident.notices.append(error(Code.INTERRUPTED, f"The job was cancelled ({signal})."))
    report = incident.report(Outcome.INTERRUPTED, "The job was cancelled before the rollback was done.")
    return notifier.finished(report, in_a_hurry=True)


def roll_back(incident: Incident, runner: Runner, notifier: Notifier) -> Ending:
    """Bring every stack and the frontend back to the last known good, and verify what is served."""
    inputs = incident.inputs
    due = trigger.decide(inputs.job_results or {}, inputs.roles, inputs.rollback_on, force=inputs.force)
    incident.trigger = due
    incident.progress.tell("trigger", f"{due.rule}: {due.reason}")
    if not due.due:
        return Outcome.NOT_TRIGGERED, due.reason
    notifier.started()
    snapshot = read_snapshot(incident)
    for name in reversed(inputs.stack_name):
        with runner.group(f"Stack {name}"):
            _roll_back_stack(incident, name, snapshot)
    if inputs.has_frontend:
        with runner.group("Frontend"):
            _roll_back_frontend(incident, snapshot)
    incident.failed_jobs = github.failed_jobs(incident.environ, inputs, timeout=5.0)
    if all_good(incident.results) and not inputs.dry_run and incident.wanted.anything:
        with runner.group("Verification"):
            _verify(incident)
    return None, ""


def take(incident: Incident, runner: Runner, _notifier: Notifier) -> Ending:
    """Record the last known good (`mode: snapshot`)."""
    with runner.group("Snapshot"):
        return _or_failed(incident, lambda: take_snapshot(incident))


def look(incident: Incident, runner: Runner, _notifier: Notifier) -> Ending:
    """Look and report (`mode: status`); nothing is changed."""
    with runner.group("Status"):
        return _or_failed(incident, lambda: look_at_everything(incident))


def _roll_back_stack(incident: Incident, name: str, snapshot: UsableSnapshot) -> None:
    restore = (
        Restore(incident.cloudformation, snapshot.record_of, incident.store.missing) if snapshot.asked_for else None
    )
    part = StackPart(name, incident.stack_wishes, incident.cloudformation, incident.clock, incident.progress, restore)
    incident.stacks.append((part, None))
    done = _drive(incident, part, incident.stack_patience)
    incident.stacks[-1] = part, done
    _drop_change_set(incident, part)
    part.watch.find_root_cause()


def _drop_change_set(incident: Incident, part: StackPart) -> None:
    if not incident.inputs.dry_run:  # which changes nothing, not even what a run that was killed left behind
        part.drop_change_set()


def _roll_back_frontend(incident: Incident, snapshot: UsableSnapshot) -> None:
    part = FrontendPart(
        incident.frontend_wishes(snapshot.frontend), incident.amplify, incident.progress, incident.reason
    )
    incident.frontend = part, None
    done = _drive(incident, part, incident.frontend_patience)
    incident.frontend = part, done
    part.find_failure()
    if incident.inputs.lock_auto_build and done.result in GOOD:
        part.lock_auto_build()


def _drive(incident: Incident, part: Part[Observation], patience: Patience) -> Done:
    """Reconcile the part; in a dry run, decide and print the plan instead."""
    try:
        if incident.inputs.dry_run:
            done = _plan(part, patience, incident)
        else:
            done = reconcile(part, patience, incident.clock, lambda text: incident.progress.detail(part.label, text))
    except Exception as defect:  # noqa: BLE001 - a defect in one part must not keep the other from being rolled back
        notice = internal_error(defect)
        done = Done(Result.FAILED, notice.text, Code.INTERNAL_ERROR, notice.remedies)
    incident.progress.tell(part.label, f"{done.result}: {done.reason}")
    return done


def _plan(part: Part[Observation], patience: Patience, incident: Incident) -> Done:
    """Look, as far back as deciding needs, and say the next move instead of making it."""
    try:
        while True:
            move = part.decide(patiently(part.observe, patience, incident.clock))
            if isinstance(move, Done):
                return move
            if isinstance(move, Wait) or move.writes:
                return Done(Result.PLANNED, f"Would {move.says}.")
            part.perform(move)
    except Ended as end:
        return end.done
    except Denied as trouble:
        return denied(trouble.what, trouble.cure)
    except AwsTrouble as trouble:
        return unreadable(trouble.what, trouble.cure)


def _verify(incident: Incident) -> None:
    restored = incident.tell_frontend()
    commit = restored.restored.commit if restored and restored.restored else ""
    incident.verification = verify(
        incident.wanted,
        commit,
        incident.aws,
        incident.clock,
        lambda text: incident.progress.detail("verification", text),
    )
    for check in incident.verification.checks:
        incident.progress.tell("verification", check)
    if incident.verification.verdict is Verdict.FAILED:
        failed = "; ".join(check for check in incident.verification.checks if check.startswith("failed"))
        incident.notices.append(error(Code.VERIFICATION_FAILED, f"Rolled back, but not healthy. {failed}"))


def _or_failed(incident: Incident, work: Callable[[], Ending]) -> Ending:
    try:
        return work()
    except Ended as end:
        notice = error(Code(end.done.code), end.done.reason, *end.done.next_steps)
    except Denied as trouble:
        notice = error(Code.ACCESS_DENIED, trouble.what, Command(purpose=trouble.cure))
    except AwsTrouble as trouble:
        notice = error(Code.AWS_UNREADABLE, trouble.what, *([Command(purpose=trouble.cure)] if trouble.cure else []))
    except SnapshotProblem as trouble:
        notice = error(Code.SNAPSHOT_UNUSABLE, str(trouble))
    incident.notices.append(notice)
    return Outcome.FAILED, notice.text
