"""Pure: the resources that a rollback skipped: CloudFormation takes them for rolled back, and they are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rollback.report.results import Result

if TYPE_CHECKING:
    from rollback.report.model import FrontendReport, Report, StackReport

TITLE: Final = "⚠️ Rolled back, but resources were skipped"

_WORDS: Final = {
    Result.ROLLED_BACK: "⚠️ rolled back, resources skipped",
    Result.ALREADY_GOOD: "⚠️ already good, resources skipped",
}
_MOST_NAMES = 5


def skipped(report: Report) -> str:
    """Return the names of what was skipped in stacks that are rolled back, as people read them; empty for none."""
    names = [name for stack in report.stacks if stack.result in _WORDS for name in stack.skipped]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def skipped_words(report: Report, part: StackReport | FrontendReport) -> str:
    """Return how a stack ended of which something was skipped; empty for any other part."""
    hit = next((stack for stack in report.stacks if stack is part and stack.skipped), None)
    return _WORDS.get(hit.result, "") if hit and hit.result else ""
