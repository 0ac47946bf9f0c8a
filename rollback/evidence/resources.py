"""The resources of stacks, those of their nested stacks among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollback.engine.trouble import AwsTrouble
from rollback.stack.model import STACK_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rollback.stack.record import ResourceSnapshot

_MOST_STACKS = 50
"""So many nested stacks are looked into."""


@dataclass(frozen=True)
class Owned:
    """A resource of the stack `stack`; of a nested one, `logical_id` is `Nested.Resource`."""

    stack: str
    logical_id: str
    physical_id: str
    type: str
    arn: str = ""
    """The ARN of the stack that has it: partition, region and account are its resources' too."""

    @property
    def shown(self) -> str:
        """Return how people are told of it."""
        return f"{self.logical_id} ({self.type})"


def family(
    stack: str, arn: str, resources: Sequence[ResourceSnapshot], listed: Callable[[str], Sequence[ResourceSnapshot]]
) -> tuple[tuple[Owned, ...], tuple[str, ...]]:
    """Return the stack's resources with those of its nested stacks, and a line for each stack that can't be read."""
    found: list[Owned] = []
    unread: list[str] = []
    waiting = [("", arn, resources)]
    looked_into = 0
    while waiting:
        path, its_arn, its_resources = waiting.pop(0)
        for one in its_resources:
            name = f"{path}{one.logical_id}"
            if one.type != STACK_TYPE:
                found.append(Owned(stack, name, one.physical_id, one.type, its_arn))
                continue
            looked_into += 1
            if looked_into > _MOST_STACKS or not one.physical_id:
                unread.append(f"nested stack {name} of {stack}: more than {_MOST_STACKS}, or not made yet")
                continue
            try:
                waiting.append((f"{name}.", one.physical_id, listed(one.physical_id)))
            except AwsTrouble as trouble:
                unread.append(f"nested stack {name} of {stack}: {trouble.what} {trouble.cure}".strip())
    return tuple(found), tuple(unread)
