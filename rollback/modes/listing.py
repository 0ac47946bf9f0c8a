"""A history of releases, listed: the newest, what of each is live by comparison, and which can be gone back to."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from rollback.engine.reconcile import patiently
from rollback.engine.trouble import AwsTrouble
from rollback.frontend.model import short
from rollback.incident import wishes
from rollback.incident.owner import know_the_owner
from rollback.modes.releases import Now, ground_of, look_at_stacks
from rollback.report.commits import same_commit
from rollback.report.model import ReleaseReport
from rollback.report.notices import Code, warning
from rollback.snapshot.place import SnapshotProblem, place
from rollback.snapshot.releases import SHOWN, differing_commit, why_not
from rollback.snapshot.use import unreadable
from rollback.stack.states import GOOD_TO_RECORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    from rollback.incident.model import Incident
    from rollback.snapshot.model import Snapshot
    from rollback.snapshot.place import Place
    from rollback.snapshot.releases import Ground, Release
    from rollback.snapshot.store import Stored
    from rollback.stack.model import Stack

    Seen = TypeVar("Seen")

_REPOSITORY = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}", re.ASCII)


def list_releases(incident: Incident) -> tuple[ReleaseReport, ...]:
    """Return the newest releases of the history that is asked for; none, with a warning, where it can't be read."""
    where = place(incident.inputs.snapshot)
    if not where.is_history:
        return ()
    incident.snapshot = where.text
    try:
        return _list(incident, where)
    except AwsTrouble as trouble:
        text = f"The releases in {where.text} are not listed: {unreadable(trouble)}"
        incident.notices.append(warning(Code.SNAPSHOT_UNUSABLE, text))
        return ()


def _list(incident: Incident, where: Place) -> tuple[ReleaseReport, ...]:
    doors, inputs = incident.doors, incident.inputs
    _patiently(incident, lambda: know_the_owner(doors, inputs))
    releases = _patiently(incident, lambda: doors.store.releases(where))
    stacks = _patiently(incident, lambda: look_at_stacks(incident))
    view = _View(incident, ground_of(incident, stacks), stacks)
    shown = [view.told(one, where.of(one)) for one in releases[:SHOWN]]
    good = next((one for one, may_be in shown if one.restorable and may_be), None)
    incident.progress.tell("releases", f"{len(releases):,} in {where.text}")
    return tuple(one.model_copy(update={"last_known_good": one is good}) for one, _ in shown)


def _patiently(incident: Incident, look: Callable[[], Seen]) -> Seen:
    return patiently(look, wishes.stack_patience(incident.inputs, incident.progress), incident.clock)


class _View:
    """What is there now, beside which each release is held."""

    def __init__(self, incident: Incident, ground: Ground, stacks: dict[str, Stack | None]) -> None:
        self._incident, self._ground, self._stacks = incident, ground, stacks
        frontend = incident.told_frontend
        self._live = frontend.live if frontend else None
        self._now = Now(incident, ground, stacks)
        self._now.know({job.id: job.status for job in frontend.history} if frontend else {})

    def told(self, one: Release, there: Place) -> tuple[ReleaseReport, bool]:
        """Return the release's row, and whether it may be the last known good: the failed commit's is not."""
        row = ReleaseReport(
            place=there.text, recorded=one.at, commit=one.commit, run_id=one.run_id, run_attempt=one.attempt
        )
        try:
            stored = _patiently(self._incident, lambda: self._incident.doors.store.read(there))
        except (SnapshotProblem, AwsTrouble) as trouble:
            return row.model_copy(update={"why_not": _what(trouble)}), False
        if stored is None:
            return row.model_copy(update={"why_not": "it has been removed"}), False
        why = why_not(one, stored.snapshot, stored.digest, replace(self._ground, failed_commit="")) or self._lacks(
            stored
        )
        differs = list(self._differences(stored.snapshot))
        notes = [differing_commit(stored.snapshot), *differs]
        filled = row.model_copy(
            update={
                **self._content(stored),
                "restorable": not why,
                "why_not": why,
                "live": not differs,
                "note": "; ".join(note for note in notes if note),
            }
        )
        return filled, not why_not(one, stored.snapshot, stored.digest, self._ground)

    def _content(self, stored: Stored) -> dict[str, object]:
        snapshot, frontend = stored.snapshot, stored.snapshot.frontend
        server = self._incident.environ.get("GITHUB_SERVER_URL", "https://github.com")
        linked = _REPOSITORY.fullmatch(snapshot.repository) and snapshot.run_id.isdecimal()
        run = f"{server}/{snapshot.repository}/actions/runs/{snapshot.run_id}/attempts/{snapshot.run_attempt or '1'}"
        return {
            "message": snapshot.message,
            "run_url": run if linked else "",
            "stacks": tuple(stack.name for stack in snapshot.stacks),
            "job_id": frontend.job_id if frontend else "",
            "job_commit": frontend.commit if frontend else "",
            "digest": stored.digest,
        }

    def _lacks(self, stored: Stored) -> str:
        try:
            return _patiently(self._incident, lambda: self._now.lacks_at_first_sight(stored.snapshot))
        except AwsTrouble as trouble:
            return f"it could not be looked at: {_what(trouble)}"

    def _differences(self, snapshot: Snapshot) -> Iterator[str]:
        """Yield what keeps the release from being what is live: what differs, and what can't be compared."""
        if not (self._ground.stacks or self._ground.app_id):
            yield "nothing was compared"
        for name, stack in self._stacks.items():
            try:
                yield from _patiently(self._incident, lambda name=name, stack=stack: self._stack(name, stack, snapshot))  # type: ignore[misc]
            except AwsTrouble as trouble:
                yield f"stack {name} was not compared: {_what(trouble)}"
        yield from self._frontend(snapshot)

    def _stack(self, name: str, stack: Stack | None, snapshot: Snapshot) -> list[str]:
        record = snapshot.stack(stack.id) if stack else None
        if stack is None or record is None:
            return [f"stack {name} is another one" if stack else f"stack {name} does not exist"]
        if stack.status not in GOOD_TO_RECORD:
            return [f"stack {name} is in {stack.status}"]
        differing = self._now.equals(stack, record)
        if differing:
            return [f"stack {name} differs: {', '.join(differing)}"]
        if record.has_question_marks and record.updated_at != stack.updated_at:
            return [f"stack {name} equals it, but for what its `?` stand for"]
        return []

    def _frontend(self, snapshot: Snapshot) -> list[str]:
        if not self._incident.inputs.has_frontend:
            return []
        live, recorded = self._live, snapshot.frontend
        if live is None:
            return ["no live job is known"]
        at_it = recorded and (live.id == recorded.job_id or same_commit(live.commit, recorded.commit))
        return [] if at_it else [f"the site serves job {live.id} ({short(live.commit)})"]


def _what(trouble: Exception) -> str:
    return trouble.what if isinstance(trouble, AwsTrouble) else str(trouble)
