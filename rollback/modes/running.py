"""Any mode, from its first line to its report: whatever happens between, the end is told."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from rollback.engine.interruption import Interrupted, no_more_interruptions
from rollback.engine.moves import Ended
from rollback.engine.trouble import AwsTrouble, Denied
from rollback.incident.telling import report_after, report_of
from rollback.modes.rollback import leave_nothing_behind, roll_back
from rollback.modes.snapshot import take_snapshot
from rollback.modes.status import look_at_everything
from rollback.report.model import Command, Report
from rollback.report.notices import Code, error, internal_error
from rollback.report.results import Mode, Outcome
from rollback.slack.notifier import Notifier
from rollback.snapshot.store import SnapshotProblem

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
        no_more_interruptions()
    except Interrupted as signal:
        return report or _interrupted(incident, notifier, str(signal))
    return report


def _interrupted(incident: Incident, notifier: Notifier, signal: str) -> Report:
    with suppress(Exception):
        leave_nothing_behind(incident)
    incident.notices.append(error(Code.INTERRUPTED, f"The job was cancelled ({signal})."))
    report = report_of(incident, Outcome.INTERRUPTED, "The job was cancelled before the rollback was done.")
    return notifier.finished(report, in_a_hurry=True)


def _take(incident: Incident, runner: Runner, _notifier: Notifier) -> Ending:
    with runner.group("Snapshot"):
        return _or_failed(incident, take_snapshot)


def _look(incident: Incident, runner: Runner, _notifier: Notifier) -> Ending:
    with runner.group("Status"):
        return _or_failed(incident, look_at_everything)


_MODES = {Mode.ROLLBACK: roll_back, Mode.SNAPSHOT: _take, Mode.STATUS: _look}


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
