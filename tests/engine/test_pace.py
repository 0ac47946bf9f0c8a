"""When it looks: rarely far from the end, closely around it, and never further apart than the user wants."""

from __future__ import annotations

from itertools import pairwise

import pytest

from rollback.engine.moves import Wait
from rollback.engine.pace import CLOSE, CLOSE_FOR, USUAL, Pace

WAIT = Wait("AWS")


def looks(pace: Pace, expected: float, ended: float) -> list[float]:
    """Return when one looks at what is expected to end at one moment, and ends at another; the last sees the end."""
    times = [0.0]
    while times[-1] < ended:
        times.append(times[-1] + pace.gap(Wait("AWS", expected - times[-1])))
    return times


def test_two_looks_are_never_further_apart_than_the_user_wants() -> None:
    pace = Pace(5.0)
    assert max(pace.gap(WAIT) for _ in range(100)) == 5.0
    assert pace.gap(Wait("AWS", 3600.0)) == 5.0
    assert pace.gap(Wait("AWS", -3600.0)) == 5.0


def test_after_a_move_it_looks_closely_again() -> None:
    pace = Pace(5.0)
    first = pace.gap(WAIT)
    for _ in range(20):
        pace.gap(WAIT)
    pace.something_moved()
    assert pace.gap(WAIT) == first == USUAL


def test_a_gap_below_a_second_is_kept() -> None:
    pace = Pace(0.2)
    assert [pace.gap(WAIT), pace.gap(Wait("AWS", 60.0)), pace.gap(Wait("AWS", 0.0))] == [0.2] * 3


def test_where_nothing_tells_when_the_end_comes_no_gap_is_below_a_second() -> None:
    pace = Pace(5.0)
    assert min(pace.gap(WAIT) for _ in range(50)) == USUAL


@pytest.mark.parametrize("error", [-0.05, 0.0, 0.1])
@pytest.mark.parametrize("lasts", [10.0, 20.0])
def test_an_end_near_the_expected_moment_is_seen_within_half_a_second(lasts: float, error: float) -> None:
    times = looks(Pace(5.0), expected=lasts, ended=lasts * (1 + error))
    assert times[-1] - lasts * (1 + error) <= 2 * CLOSE
    assert len(times) <= 16


@pytest.mark.parametrize("ended", [10.0, 60.0, 600.0])
def test_it_looks_closely_for_five_seconds_at_most_however_late_the_end_comes(ended: float) -> None:
    gaps = [later - earlier for earlier, later in pairwise(looks(Pace(20.0), expected=2.0, ended=ended))]
    close = [gap for gap in gaps if gap < USUAL]
    assert min(gaps) == pytest.approx(CLOSE)
    assert sum(close) <= CLOSE_FOR + USUAL
    assert len(close) <= CLOSE_FOR / CLOSE


def test_an_end_that_comes_late_is_seen_late_by_a_tenth_of_that() -> None:
    times = looks(Pace(60.0), expected=60.0, ended=360.0)
    assert times[-1] - 360.0 <= 30.0
    assert len(times) <= 64


@pytest.mark.parametrize("expected", [None, 0.0, 8.0])
def test_throttling_asks_for_longer_gaps_until_aws_answers_again(expected: float | None) -> None:
    calm, busy = Pace(1.0), Pace(1.0)
    for _ in range(4):
        busy.slow_down()
    assert busy.gap(Wait("AWS", expected)) == 8 * calm.gap(Wait("AWS", expected))
    for _ in range(4):
        busy.speed_up()
    assert busy.gap(WAIT) == calm.gap(WAIT)
