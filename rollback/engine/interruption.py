"""A cancelled job: the runner sends SIGINT, 7.5 s later SIGTERM, 2.5 s later SIGKILL: what is left must be quick."""

from __future__ import annotations

import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


class Interrupted(BaseException):
    """Raised in the main thread by the first SIGINT or SIGTERM; later ones change nothing."""


def raise_when_interrupted() -> None:
    """Install the handlers. As PID 1 of a container Python would ignore SIGTERM without one."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


def no_more_interruptions() -> None:
    """Let the report be written in peace: SIGKILL ends a run that takes too long with it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _ignore)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: SIG_IGN would be inherited by children, a handler isn't."""


def _interrupt(number: int, _frame: FrameType | None) -> None:
    no_more_interruptions()
    raise Interrupted(signal.Signals(number).name)


def within(seconds: float, call: Callable[[], None]) -> bool:
    """Run `call` beside us and wait at most `seconds` for it; return whether it ended. What it raises is dropped."""
    thread = threading.Thread(target=_quietly, args=(call,), daemon=True)
    thread.start()
    thread.join(seconds)
    return not thread.is_alive()


def _quietly(call: Callable[[], None]) -> None:
    with suppress(Exception):  # a last courtesy on the way out: there is nobody left to tell
        call()
