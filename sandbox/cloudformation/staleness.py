"""DescribeStacks is eventually consistent: for some time it may still show what was. Everything else is up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.cloudformation import views

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.cloudformation.model import Stack
    from sandbox.cloudformation.template import Json
    from sandbox.cloudformation.world import World

ALWAYS = (True,)


class Staleness:
    """Decides, look by look, whether a stack is shown as it is or as it was some seconds ago."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seconds = 0.0
        self._pattern: tuple[bool, ...] = ALWAYS
        self._looks: dict[str, int] = {}

    def set(self, seconds: float, pattern: Sequence[bool] = ALWAYS) -> None:
        """Make looks late by `seconds`; the pattern says for each stack's successive looks which are (repeated)."""
        self._seconds, self._pattern, self._looks = seconds, tuple(pattern), {}

    def view(self, stack: Stack) -> Json | None:
        """Return what DescribeStacks shows of the stack; None if, as far as the reader knows, it isn't there yet."""
        look = self._looks.get(stack.id, 0)
        self._looks[stack.id] = look + 1
        if not self._seconds or not self._pattern[look % len(self._pattern)]:
            return views.stack(stack)
        limit = self._world.time - self._seconds
        known = [shown for at, shown in self._world.history.get(stack.id, []) if at <= limit]
        return known[-1] if known else None
