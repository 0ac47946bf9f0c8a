"""Taking turns: whoever is due next takes a step, one at a time, and every lane comes to its end."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.engine.turns import take_turns
from tests.clocks import FakeClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollback.engine.turns import Lane

gaps = st.lists(st.floats(0.25, 40.0), max_size=8)


class Steps:
    """Notes who took a step when; a step may take time itself."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.taken: list[tuple[str, float]] = []

    def lane(self, name: str, waits: Sequence[float], *, each_takes: float = 0.0) -> Lane:
        for wait in waits:
            self._step(name, each_takes)
            yield self.clock.monotonic() + wait
        self._step(name, each_takes)

    def _step(self, name: str, takes: float) -> None:
        self.taken.append((name, self.clock.monotonic()))
        if takes:
            self.clock.sleep(takes)


def test_whichever_is_due_next_goes_next() -> None:
    steps = Steps()
    take_turns([steps.lane("stack", [5, 5]), steps.lane("frontend", [2, 2, 2, 2])], steps.clock)
    assert steps.taken == [
        *[("stack", 0), ("frontend", 0), ("frontend", 2), ("frontend", 4)],
        *[("stack", 5), ("frontend", 6), ("frontend", 8), ("stack", 10)],
    ]


def test_a_lane_alone_waits_as_long_as_it_says_and_no_longer() -> None:
    steps = Steps()
    take_turns([steps.lane("stack", [5, 0, 3])], steps.clock)
    assert steps.clock.sleeps == [5, 3]


def test_lanes_that_are_joined_come_one_after_the_other_beside_the_others() -> None:
    steps = Steps()
    stacks = chain(steps.lane("second stack", [4]), steps.lane("first stack", [4]))
    take_turns([stacks, steps.lane("frontend", [3, 3])], steps.clock)
    assert steps.taken == [
        *[("second stack", 0), ("frontend", 0), ("frontend", 3)],
        *[("second stack", 4), ("first stack", 4), ("frontend", 6), ("first stack", 8)],
    ]


def test_a_slow_step_of_one_lane_delays_the_other_but_does_not_starve_it() -> None:
    steps = Steps()
    take_turns([steps.lane("slow", [0.25] * 4, each_takes=10), steps.lane("quick", [1] * 4)], steps.clock)
    assert [name for name, _ in steps.taken] == ["slow", "quick", "slow", "quick"] * 2 + ["slow", "quick"]


def test_nothing_to_drive_takes_no_time() -> None:
    clock = FakeClock()
    take_turns([], clock)
    assert clock.sleeps == []


def test_what_a_lane_raises_ends_it_all() -> None:
    def breaking() -> Lane:
        yield 3.0
        raise KeyboardInterrupt

    steps = Steps()
    with pytest.raises(KeyboardInterrupt):
        take_turns([steps.lane("other", [2] * 9), breaking()], steps.clock)
    assert steps.taken == [("other", 0), ("other", 2)]


@given(st.lists(gaps, max_size=4))
def test_together_takes_as_long_as_the_longest_lane_and_no_lane_waits_for_another(waits: list[list[float]]) -> None:
    steps = Steps()
    take_turns([steps.lane(str(number), each) for number, each in enumerate(waits)], steps.clock)
    assert steps.clock.monotonic() == pytest.approx(max(map(sum, waits), default=0.0))
    for number, each in enumerate(waits):
        own = [time for name, time in steps.taken if name == str(number)]
        assert own == pytest.approx([sum(each[:count]) for count in range(len(each) + 1)])
