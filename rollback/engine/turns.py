"""Several things driven at once in one thread: whichever is due next takes its next step, one step at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollback.engine.clock import Clock

Lane = Iterator[float]
"""What is done one after the other, a step each time it is asked: it yields when its next step is due.

Two lanes joined by `itertools.chain` are one lane, whose second half begins when the first has ended.
"""


def take_turns(lanes: Iterable[Lane], clock: Clock) -> None:
    """Run all lanes to their ends; a step that is late goes before those that are due after it. Raises what they do."""
    waiting: list[tuple[float, int, Lane]] = [(clock.monotonic(), place, lane) for place, lane in enumerate(lanes)]
    while waiting:
        due, place, lane = heappop(waiting)
        if (early := due - clock.monotonic()) > 0:
            clock.sleep(early)
        with suppress(StopIteration):
            heappush(waiting, (next(lane), place, lane))
