"""Questions to AWS that are asked beside each other and bounded together; what goes unanswered says why."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from rollback.engine.bounds import all_in_time
from rollback.engine.trouble import AwsTrouble

if TYPE_CHECKING:
    from collections.abc import Callable

Found = TypeVar("Found")


class Answer(Generic[Found]):
    """What came of one question: what was `found`, or the trouble."""

    def __init__(self) -> None:
        self.found: Found | None = None
        self.trouble: AwsTrouble | None = AwsTrouble("no answer in time")

    @property
    def why_not(self) -> str:
        """Return why there is no answer, and what would help; empty where there is one."""
        return f"{self.trouble.what} {self.trouble.cure}".strip() if self.trouble else ""


class Questions:
    """Questions that are asked together."""

    def __init__(self) -> None:
        self._works: list[Callable[[], None]] = []

    def ask(self, question: Callable[[], Found]) -> Answer[Found]:
        """Add a question; its answer is there after `wait`."""
        answer: Answer[Found] = Answer()
        self._works.append(partial(_fill, answer, question))
        return answer

    def wait(self, seconds: float, beside: int = 8) -> None:
        """Ask all of them, so many beside each other; what has no answer after `seconds` gets none."""
        works, self._works = self._works, []
        all_in_time(seconds, works, beside)


def _fill(answer: Answer[Found], question: Callable[[], Found]) -> None:
    try:
        answer.found = question()
        answer.trouble = None
    except AwsTrouble as trouble:
        answer.trouble = trouble
