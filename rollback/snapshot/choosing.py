"""Which release a rollback goes back to: the newest that is whole, or that of a named commit, or none and why.

A release that can't be gone back to as a whole is passed over, with the reason. What could not be read stops the
choice: it might be the one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rollback.engine.reconcile import patiently
from rollback.engine.trouble import AwsTrouble
from rollback.report.commits import same_commit
from rollback.report.model import Command
from rollback.report.notices import Code, warning
from rollback.snapshot.place import SnapshotProblem, place
from rollback.snapshot.releases import differing_commit, listed, of_failed_commit, why_not
from rollback.snapshot.use import UsableSnapshot, notices_of, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rollback.engine.clock import Clock
    from rollback.engine.reconcile import Patience
    from rollback.report.model import Notice
    from rollback.snapshot.place import Place
    from rollback.snapshot.releases import Ground, Release
    from rollback.snapshot.store import SnapshotStore
    from rollback.snapshot.use import Asked

MOST_READ = 100
"""How many releases are read before the search is given up: whoever needs an older one names its commit or its key."""
_MOST_TOLD = 5


@dataclass(frozen=True)
class Passed:
    """A release that was passed over, and why."""

    release: Release
    why: str

    @property
    def told(self) -> str:
        """Return it as people are told of it."""
        return f"{self.release.told}: {self.why}"


@dataclass(frozen=True)
class Search:
    """How a release is looked for: where, for which target, held against what; `lacks` makes the dearer checks."""

    store: SnapshotStore
    asked: Asked
    ground: Ground
    target: str
    lacks: Callable[[UsableSnapshot], str]
    patience: Patience
    clock: Clock

    def result(self) -> UsableSnapshot:
        """Return the release as the snapshot to restore from, or the problem. Never raises AwsTrouble."""
        where = place(self.asked.text)
        if self.target and same_commit(self.target, self.ground.failed_commit):
            return self._none(f"target-commit {self.target} is the failed commit, to which nothing goes back.")
        if not self.target and not self.ground.failed_commit:
            return self._none("which deployment failed is not known: give commit (the failed one) or target-commit.")
        try:
            releases = patiently(lambda: self.store.releases(where), self.patience, self.clock)
            return self._choose(where, releases)
        except AwsTrouble as trouble:
            return self._none(unreadable(trouble))

    def _choose(self, where: Place, releases: Sequence[Release]) -> UsableSnapshot:
        able = [one for one in releases if not self.target or one.is_of(self.target)]
        passed: list[Passed] = []
        able = [one for one in able if not of_failed_commit(one, self.ground)]
        for one in able[:MOST_READ]:
            found = patiently(lambda one=one: self._try(where, one), self.patience, self.clock)  # type: ignore[misc]
            if isinstance(found, UsableSnapshot):
                return replace(found, notices=(*found.notices, *_told(passed)))
            passed.append(Passed(one, found))
        return self._none(self._why_none(where, releases, passed, unread=len(able) - len(passed)))

    def _try(self, where: Place, one: Release) -> UsableSnapshot | str:
        """Return the release, ready to be used, or why it is passed over. Raises AwsTrouble."""
        there = where.of(one)
        try:
            stored = self.store.read(there)
        except SnapshotProblem as trouble:
            return str(trouble)
        if stored is None:
            return "it has been removed"
        snapshot, asked = stored.snapshot, replace(self.asked, text=there.text)
        usable = UsableSnapshot(
            there.text, snapshot, notices=notices_of(snapshot, asked), digest=stored.digest, store=self.store
        )
        differs = differing_commit(snapshot)
        if differs:
            text = f"Release {one.told}: {differs}."
            usable = replace(usable, notices=(*usable.notices, warning(Code.RELEASE_COMMIT_DIFFERS, text)))
        return why_not(one, snapshot, stored.digest, self.ground) or self.lacks(usable) or usable

    def _why_none(self, where: Place, releases: Sequence[Release], passed: Sequence[Passed], unread: int) -> str:
        wanted = f"no release of target-commit {self.target}" if self.target else "no release but the failed commit's"
        tried = "; ".join(one.told.rstrip(".") for one in passed[:_MOST_TOLD])
        more = f" (and {len(passed) - _MOST_TOLD:,} more)" if len(passed) > _MOST_TOLD else ""
        rest = f" {unread:,} older ones were not looked at." if unread else ""
        why = f" Passed over: {tried}{more}." if passed else ""
        return f"{wanted} in {where.text} can be gone back to; {listed(releases)}.{why}{rest}"

    def _none(self, problem: str) -> UsableSnapshot:
        return UsableSnapshot(self.asked.text, problem=problem)


def _told(passed: Sequence[Passed]) -> tuple[Notice, ...]:
    if not passed:
        return ()
    shown = "; ".join(one.told.rstrip(".") for one in passed[:_MOST_TOLD])
    more = f"; and {len(passed) - _MOST_TOLD:,} more" if len(passed) > _MOST_TOLD else ""
    text = f"Newer releases were passed over, since they can't be gone back to whole: {shown}{more}."
    return (warning(Code.RELEASE_PASSED_OVER, text, Command(purpose="To go to one of them, name its commit")),)
