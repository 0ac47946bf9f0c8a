"""The snapshot's format. `version` changes with any change that an older action would misread."""

from __future__ import annotations

from typing import Literal

from rollback.frontend.record import FrontendSnapshot  # noqa: TC001 - pydantic reads annotations at run time
from rollback.report.model import Record
from rollback.stack.record import StackSnapshot  # noqa: TC001 - as above


class Snapshot(Record):
    """The last known good of one deployment: its stacks and its frontend, and which run recorded it."""

    version: Literal[1] = 1
    taken_at: str
    repository: str = ""
    commit: str = ""
    message: str = ""
    run_id: str = ""
    run_attempt: str = ""
    region: str = ""
    stacks: tuple[StackSnapshot, ...] = ()
    absent_stacks: tuple[str, ...] = ()
    frontend: FrontendSnapshot | None = None

    @property
    def told(self) -> str:
        """Return when it was taken, of which commit and by which run, as people are told."""
        run = f" by run {self.run_id} attempt {self.run_attempt or '1'}" if self.run_id else ""
        where = f" of {self.repository}" if self.repository else ""
        return f"taken at {self.taken_at}, commit {self.commit or 'unknown'}{run}{where}"

    def stack(self, stack_id: str) -> StackSnapshot | None:
        """Return the record of the stack with this very id, or None."""
        return next((stack for stack in self.stacks if stack.id == stack_id), None)
