"""Stories that a stack's events tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.stack.model import STACK_TYPE
from tests.stack.given import History

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollback.stack.model import Event


def cases() -> Iterator[tuple[str, list[Event]]]:
    """Yield each story, its events newest first."""
    for name, story in _stories().items():
        yield name, story.newest_first
        yield f"{name}, after another update", _after_another(story)


def _after_another(story: History) -> list[Event]:
    earlier = (
        History().of_stack("UPDATE_IN_PROGRESS").of("Old", "UPDATE_FAILED", "an old failure").of_stack("UPDATE_FAILED")
    )
    return [*story.newest_first, *earlier.newest_first]


def _updating() -> History:
    return History().of_stack("UPDATE_IN_PROGRESS").of("Api", "UPDATE_IN_PROGRESS")


def _failed(status: str = "UPDATE_FAILED") -> History:
    story = (
        _updating()
        .of("Api", "UPDATE_FAILED", "Code not found")
        .of("Queue", "CREATE_FAILED", "Resource creation CANCELLED")
    )
    return story.of_stack(status, reason="The following resource(s) failed")


def _rolled_back(begun: str = "UPDATE_IN_PROGRESS") -> History:
    story = (
        History().of_stack(begun).of("Api", "UPDATE_FAILED", "Code not found").of_stack("UPDATE_ROLLBACK_IN_PROGRESS")
    )
    return story.of("Queue", "UPDATE_FAILED", "Internal Failure").of_stack("UPDATE_ROLLBACK_FAILED")


def _nested() -> History:
    return _updating().of("Child", "UPDATE_FAILED", "Embedded stack failed", STACK_TYPE)


def _stories() -> dict[str, History]:
    return {
        "nothing": History(),
        "resources alone": History().of("Api", "UPDATE_FAILED", "Code not found"),
        "updating": _updating(),
        "creating": History()
        .of_stack("CREATE_IN_PROGRESS")
        .of("Api", "CREATE_FAILED", "No")
        .of_stack("CREATE_COMPLETE"),
        "importing": History()
        .of_stack("IMPORT_IN_PROGRESS")
        .of("Api", "IMPORT_FAILED", "No")
        .of_stack("IMPORT_COMPLETE"),
        "deleting": History()
        .of_stack("DELETE_IN_PROGRESS")
        .of("Api", "DELETE_FAILED", "In use")
        .of_stack("DELETE_FAILED"),
        "updated": _updating().of("Api", "UPDATE_COMPLETE").of_stack("UPDATE_COMPLETE"),
        "updated, cleaning": _updating().of_stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS").of_stack("UPDATE_COMPLETE"),
        "turned at once": History().of_stack("UPDATE_IN_PROGRESS").of_stack("UPDATE_ROLLBACK_IN_PROGRESS"),
        "begun twice": History()
        .of_stack("UPDATE_IN_PROGRESS")
        .of_stack("UPDATE_IN_PROGRESS")
        .of_stack("UPDATE_COMPLETE"),
        "failed": _failed(),
        "two failed": _updating().of("Api", "UPDATE_FAILED", "first").of("Queue", "UPDATE_FAILED", "second"),
        "nested failed": _nested(),
        "nested failed, then its own": _nested().of("Queue", "UPDATE_FAILED", "its own"),
        "stuck": _rolled_back(),
        "stuck after a creation": _rolled_back("CREATE_IN_PROGRESS"),
        "stuck twice": _rolled_back().of_stack("UPDATE_ROLLBACK_IN_PROGRESS").of("Topic", "DELETE_FAILED", "In use"),
        "stuck, then mended": _rolled_back().of_stack("UPDATE_ROLLBACK_IN_PROGRESS").of("Queue", "UPDATE_COMPLETE"),
    }
