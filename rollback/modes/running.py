"""Any mode, from its first line to its report: whatever happens between, the end is told."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from rollback.engine.interruption import Interrupted, no_more_interruptions
from rollback.engine.moves import Ended
from rollback.engine.trouble import AwsTrouble, Denied
from rollback.incident.telling import report_after, report_of
from rollback.modes.environments import tell_github
from rollback.modes.rollback import leave_nothing_behind, roll_back
from rollback.modes.snapshot import take_snapshot
from rollback.modes.status import look_at_everything
from rollback.modes.verify import check_what_is_served
from rollback.report.model import Command, Report
from rollback.report.notices import Code, error, internal_error
from rollback.report.outcome import all_good
from rollback.report.results import Mode, Outcome
from rollback.slack.notifier import Notifier
from rollback.snapshot.place import SnapshotProblem

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback.github.runner import Runner
    from rollback.incident.model import Incident
    from rollback.modes import Ending


def run(incident: Incident, runner: Runner) -> Report:
    """Do what the mode asks for, tell people, and return the report, whatever happened."""
    notifier = Notifier(incident.inputs, incident.progress, runner.redactor)
    report: Report | None = None
    try:
        try:
            report = report_of(incident, *_MODES[incident.inputs.mode](incident, runner, notifier))
        except Exception as defect:  # noqa: BLE001 - a defect of ours must still be told, as any other failure
            incident.notices.append(internal_error(defect))
            report = report_after(incident, incident.notices[-1].text)
        report = notifier.finished(report)
        report = tell_github(incident, report)
        no_more_interruptions()
    except Interrupted as signal:
        return report or _interrupted(incident, notifier, str(signal))
    return report


def _interrupted(incident: Incident, notifier: Notifier, signal: str) -> Report:
    with suppress(Exception):
        leave_nothing_behind(incident)
    reason = _what_was_cancelled(incident)
    incident.notices.append(error(Code.INTERRUPTED, f"The job was cancelled ({signal}). {reason}"))
    report = report_of(incident, Outcome.INTERRUPTED, reason)
    return notifier.finished(report, in_a_hurry=True)


def _what_was_cancelled(incident: Incident) -> str:
    inputs = incident.inputs
    if inputs.mode is not Mode.ROLLBACK:
        return "The job was cancelled before its end; nothing was changed in AWS."
    parts = len(inputs.stack_name) + inputs.has_frontend
    begun = (*incident.stacks, *([incident.frontend] if incident.frontend else []))
    ended = sum(done is not None for _, done in begun)
    if parts == ended and all_good(incident.results):
        return "The rollback is done, every part of it; the job was cancelled while the result was being verified."
    return "The job was cancelled before the rollback was over; AWS goes on with what was started."


def _take(incident: Incident, runner: Runner, _notifier: Notifier) -> Ending:
    with runner.group("Snapshot"):
        return _or_failed(incident, take_snapshot)


def _verify(incident: Incident, runner: Runner, _notifier: Notifier) -> Ending:
    with runner.group("Verification"):
        return check_what_is_served(incident)


def _look(incident: Incident, runner: Runner, _notifier: Notifier) -> Ending:
    with runner.group("Status"):
        return _or_failed(incident, look_at_everything)


_MODES = {Mode.ROLLBACK: roll_back, Mode.SNAPSHOT: _take, Mode.VERIFY: _verify, Mode.STATUS: _look}


def _or_failed(incident: Incident, work: Callable[[Incident], Ending]) -> Ending:
    try:
        return work(incident)
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
