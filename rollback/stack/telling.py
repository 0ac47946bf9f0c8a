"""A stack's end, as the report tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.report import links
from rollback.report.model import Happening, Notice, RemovedAgain, RootCause, StackReport
from rollback.report.notices import Code, error
from rollback.report.results import GOOD, Result
from rollback.stack import evidence
from rollback.stack.stateful import is_stateful
from rollback.stack.states import in_progress

if TYPE_CHECKING:
    from rollback.engine.moves import Done
    from rollback.stack.model import Event
    from rollback.stack.part import StackPart


def stack_report(part: StackPart, done: Done | None, *, dry_run: bool = False) -> StackReport:
    """Return the report of a stack that is `done`; None where the run was interrupted before its end.

    In a dry run its actions are those that a run without would make.
    """
    seen, stack = part.seen, part.stack
    link = links.stack(part.wishes.region, stack.id) if stack else ""
    result = done.result if done else (Result.TIMED_OUT if part.actions.wrote else None)
    return StackReport(
        name=stack.name if stack else part.name,
        result=result,
        status_before=part.status_before,
        status=(seen.status or "") if seen else "",
        actions=_planned(part, done) if dry_run else part.actions.texts,
        reason=done.reason if done else _interrupted(part),
        root_cause=_root_cause(part, link),
        notices=(*_notices(done), *part.restore_notices),
        skipped=part.skipped,
        removed_again=_removed_again(part, done),
        not_rolled_back=_not_rolled_back(part, done),
        next_steps=done.next_steps if done else (),
        link=link,
    )


def happenings(events: list[Event], most: int = 20) -> tuple[Happening, ...]:
    """Return the newest events, as `status` shows them."""
    return tuple(
        Happening(at=event.at, resource=event.logical_id, status=event.status, reason=event.reason)
        for event in events[:most]
    )


def _planned(part: StackPart, done: Done | None) -> tuple[str, ...]:
    if done is None or not part.planned:
        return ()
    return (done.reason, *part.planned) if done.result is Result.PLANNED else part.planned


def _notices(done: Done | None) -> tuple[Notice, ...]:
    if done is None:
        return ()
    own = () if done.result in GOOD | {Result.PLANNED} else (error(Code(done.code), done.reason, *done.next_steps),)
    return (*own, *done.warnings)


def _interrupted(part: StackPart) -> str:
    if part.actions.wrote:
        return f"The run was interrupted. CloudFormation goes on with what was started: {part.actions.told}."
    return "The run was interrupted before anything was started."


def _root_cause(part: StackPart, link: str) -> RootCause | None:
    cause = part.watch.root_cause
    if cause is None:
        return None
    return RootCause(
        where=part.label, resource=cause.logical_id, resource_type=cause.type, reason=cause.reason, link=link
    )


def _restores(part: StackPart, done: Done | None) -> bool:
    """Return whether the restore that the guard judged was executed and stands, or in a dry run would be."""
    planned = done is not None and done.result is Result.PLANNED
    return planned or (part.seen is not None and part.seen.restore_executed and not part.seen.restore_rolled_back)


def _removed_again(part: StackPart, done: Done | None) -> tuple[RemovedAgain, ...]:
    """Return what the restore removes of what is stateful; one that was found under way tells by its events."""
    if not part.verdicts and in_progress(part.status_before):
        return tuple(
            RemovedAgain(logical_id=event.logical_id, type=event.type, physical_id=event.physical_id, why=_BY_ANOTHER)
            for event in evidence.restored(part.watch.events)
            if event.status == "DELETE_COMPLETE" and is_stateful(event.type)
        )
    if not _restores(part, done):
        return ()
    kept = _not_deleted(part)
    return tuple(
        RemovedAgain(
            logical_id=one.change.logical_id,
            type=one.change.type,
            physical_id=one.physical_id,
            why=one.goes or f"allow-destructive: {one.loss}",
        )
        for one in part.verdicts
        if one.goes or (one.loss and part.wishes.allow_destructive and one.change.action != "Add")
        if one.physical_id not in kept
    )


def _not_deleted(part: StackPart) -> dict[str, Event]:
    """Return by physical id what the restore's cleanup could not delete: it goes on, and CloudFormation forgets it."""
    last: dict[str, Event] = {}
    for event in evidence.restored(part.watch.events):
        last.setdefault(event.physical_id, event)
    return {physical_id: event for physical_id, event in last.items() if event.status == "DELETE_FAILED"}


_BY_ANOTHER = "the restore that was found under way removed it"


def _not_rolled_back(part: StackPart, done: Done | None) -> tuple[str, ...]:
    said = []
    if done and done.result is Result.NOT_NEEDED:
        said.append("everything that the failed deployment changed in it stays in place.")
    if part.skipped:
        said.append(f"the skipped resources {', '.join(part.skipped)} are as the failed deployment left them.")
    said += [notice.text for notice in (done.warnings if done else ()) if notice.code == Code.RESTORE_KEEPS_VALUES]
    said += [
        f"{one.change.logical_id} ({one.change.type}) is made anew: {one.anew}."
        for one in (part.verdicts if _restores(part, done) else ())
        if one.anew
    ]
    said += [
        f"{event.logical_id} ({event.type}, {physical_id}): CloudFormation could not delete it ({event.reason}), so it "
        "stays outside of the stack, and the next deployment that makes one of that name will meet it."
        for physical_id, event in (_not_deleted(part) if _restores(part, done) else {}).items()
    ]
    said += list(part.stays_behind())
    return tuple(said)
