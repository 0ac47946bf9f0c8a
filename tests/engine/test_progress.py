"""Long waits show life: a line a minute in a log, a line that moves on a terminal."""

from __future__ import annotations

from rollback.engine.progress import Progress
from tests.clocks import FakeClock


def waited(seconds: int, step: int, *, live: bool = False, ends: float | None = None) -> tuple[list[str], list[str]]:
    clock = FakeClock()
    printed: list[str] = []
    shown: list[str] = []
    progress = Progress(clock, printed.append, clock.monotonic(), live=shown.append if live else None)
    progress.tell("stack shop", "UPDATE_ROLLBACK_IN_PROGRESS")
    for passed in range(0, seconds, step):
        progress.waiting("stack shop", "UPDATE_ROLLBACK_IN_PROGRESS to end", None if ends is None else ends - passed)
        clock.sleep(step)
    return printed[1:], shown


def test_a_log_gets_at_most_one_line_a_minute() -> None:
    printed, shown = waited(301, 5)
    assert printed == [
        f"stack shop: waiting for UPDATE_ROLLBACK_IN_PROGRESS to end, {minutes} min 0 s so far"
        for minutes in (1, 2, 3, 4, 5)
    ]
    assert shown == []


def test_the_end_is_told_where_the_history_knows_it() -> None:
    printed, _ = waited(125, 5, ends=90.0)
    assert printed[0].endswith("1 min 0 s so far, about 30 s to go")
    assert printed[1].endswith("2 min 0 s so far, usually 1 min 30 s")


def test_on_a_terminal_the_line_moves_and_the_log_stays_short() -> None:
    printed, shown = waited(100, 10, live=True, ends=80.0)
    assert printed == []
    assert shown[4].endswith("40 s so far, about 40 s to go [##########..........]")
    assert shown[-1].endswith("usually 1 min 20 s [####################]")


def test_something_told_begins_a_new_wait() -> None:
    clock = FakeClock()
    printed: list[str] = []
    progress = Progress(clock, printed.append, clock.monotonic())
    for _ in range(3):
        progress.tell("frontend", "job 4 is RUNNING")
        clock.sleep(59)
        progress.waiting("frontend", "job 4 to end", None)
    assert len(printed) == 3


def test_a_line_that_cannot_be_shown_is_no_trouble() -> None:
    def broken(_text: str) -> None:
        raise OSError

    clock = FakeClock()
    Progress(clock, broken, 0.0, live=broken).waiting("stack shop", "it", 5.0)
