"""Pure: what a service says protects one resource's data, and the row of "If this deployment fails" that tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollback.report.model import Command, Readiness

if TYPE_CHECKING:
    from datetime import datetime

    from rollback.evidence.resources import Owned

CLI = {"AWS::DocDB::DBCluster": "docdb", "AWS::Neptune::DBCluster": "neptune"}
"""The CLI's name of a cluster's service, where it is not `rds`."""


@dataclass(frozen=True)
class Protection:
    """What protects the data: what is on (`said`), what is off (`weak`) and what switches it on (`cures`).

    `recovery` says whether the data of an earlier moment can be had again, back to `earliest` and up to `latest` where
    the service names them. `unread` says why the service could not be asked, `cure` what would let it be.
    """

    said: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    cures: tuple[Command, ...] = ()
    recovery: bool = False
    earliest: datetime | None = None
    latest: datetime | None = None
    unread: str = ""
    cure: str = ""

    def with_weakness(self, what: str, cure: Command) -> Protection:
        """Return it with one more thing that is off."""
        return Protection(self.said, (*self.weak, what), (*self.cures, cure), self.recovery, self.earliest, self.latest)


def row(owned: Owned, protection: Protection) -> Readiness:
    """Return the resource's row."""
    what = f"Data: {owned.shown}"
    if protection.unread:
        cures = (Command(purpose=protection.cure),) if protection.cure else ()
        return Readiness(what=what, state="unchecked", said=(f"not checked: {protection.unread}",), cures=cures)
    state = "weak" if protection.weak else "ready"
    return Readiness(what=what, state=state, said=(*protection.said, *protection.weak), cures=protection.cures)
