"""A bound on the whole of a call, however slowly its bytes come: socket timeouts bound only the gap between two."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Result = TypeVar("Result")


class Overdue(Exception):
    """The call had not ended in its time. Whether it still takes effect is not known."""


class _Call(Generic[Result]):
    def __init__(self, work: Callable[[], Result]) -> None:
        self._work = work
        self.results: list[Result] = []
        self.error: BaseException | None = None

    def __call__(self) -> None:
        try:
            self.results.append(self._work())
        except BaseException as error:  # noqa: BLE001 - raised again by who waits
            self.error = error


def in_time(seconds: float, work: Callable[[], Result]) -> Result:
    """Return what `work` returns, or raise what it raises; Overdue where that takes longer than `seconds`.

    The work runs beside us and is left to itself once overdue: it can't keep the process from ending. A signal's
    exception reaches the waiting thread at once.
    """
    call = _Call(work)
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(seconds)
    if call.error is not None:
        raise call.error
    if not call.results:
        raise Overdue
    return call.results[0]


def all_in_time(seconds: float, works: Sequence[Callable[[], object]], beside: int = 8) -> None:
    """Do all of `works`, so many beside each other; those that have not ended after `seconds` are left to themselves.

    What one raises is raised here, once.
    """
    calls = [_Call(work) for work in works]
    waiting, over, turn = iter(calls), threading.Event(), threading.Lock()

    def take() -> None:
        while not over.is_set():
            with turn:
                call = next(waiting, None)
            if call is None:
                return
            call()
            if call.error is not None:
                over.set()

    def wait() -> None:
        for thread in threads:
            thread.join()

    threads = [threading.Thread(target=take, daemon=True) for _ in range(min(beside, len(calls)))]
    for thread in threads:
        thread.start()
    with suppress(Overdue):
        in_time(seconds, wait)
    over.set()
    errors = [call.error for call in calls if call.error is not None]
    for error in sorted(errors, key=lambda error: isinstance(error, Exception)):  # what ends the process comes first
        raise error
