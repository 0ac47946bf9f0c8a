"""Pure: CloudFormation's 23 stack statuses, and what each means for a rollback.

The table is CloudFormation's own list (StackStatus of its API model) with the choice of move from its guides on
cancelling, continuing and rolling back updates; docs/how-it-decides.md shows it to users.
"""

from __future__ import annotations

from enum import Enum, auto


class State(Enum):
    """What a status means for us."""

    CANCELLABLE = auto()
    """An update runs that CancelUpdateStack reverts."""
    MOVING = auto()
    """CloudFormation is at work and ends by itself: wait, then decide again."""
    UPDATED = auto()
    """At rest, with the deployment in place. CloudFormation keeps no earlier version."""
    FIRST = auto()
    """At rest after its first deployment: nothing earlier exists."""
    FAILED_IN_PLACE = auto()
    """An update failed with rollback disabled: RollbackStack."""
    STUCK = auto()
    """A rollback failed half-way: ContinueUpdateRollback."""
    REVERTED = auto()
    """At rest at the last known good, as CloudFormation sees it."""
    FIRST_CREATION_FAILED = auto()
    """Never was good: only a delete helps, and that is a person's decision."""
    NEEDS_A_PERSON = auto()
    """An import or a delete failed: no move of ours is safe."""
    DELETING = auto()
    """Being deleted, or gone."""
    IN_REVIEW = auto()
    """A change set that nobody executed; it never settles by itself."""


STATES = {
    "CREATE_IN_PROGRESS": State.MOVING,
    "CREATE_FAILED": State.FIRST_CREATION_FAILED,
    "CREATE_COMPLETE": State.FIRST,
    "ROLLBACK_IN_PROGRESS": State.MOVING,
    "ROLLBACK_FAILED": State.FIRST_CREATION_FAILED,
    "ROLLBACK_COMPLETE": State.FIRST_CREATION_FAILED,
    "DELETE_IN_PROGRESS": State.DELETING,
    "DELETE_FAILED": State.NEEDS_A_PERSON,
    "DELETE_COMPLETE": State.DELETING,
    "UPDATE_IN_PROGRESS": State.CANCELLABLE,
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": State.MOVING,
    "UPDATE_COMPLETE": State.UPDATED,
    "UPDATE_FAILED": State.FAILED_IN_PLACE,
    "UPDATE_ROLLBACK_IN_PROGRESS": State.MOVING,
    "UPDATE_ROLLBACK_FAILED": State.STUCK,
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": State.MOVING,
    "UPDATE_ROLLBACK_COMPLETE": State.REVERTED,
    "REVIEW_IN_PROGRESS": State.IN_REVIEW,
    "IMPORT_IN_PROGRESS": State.MOVING,
    "IMPORT_COMPLETE": State.UPDATED,
    "IMPORT_ROLLBACK_IN_PROGRESS": State.MOVING,
    "IMPORT_ROLLBACK_FAILED": State.NEEDS_A_PERSON,
    "IMPORT_ROLLBACK_COMPLETE": State.UPDATED,
}

GOOD_TO_RECORD = frozenset(
    status for status, state in STATES.items() if state in {State.UPDATED, State.FIRST, State.REVERTED}
) | {"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"}
"""Statuses in which a stack has one whole, known state that a snapshot can record."""


def in_progress(status: str) -> bool:
    """Return whether CloudFormation is at work on the stack."""
    return status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"
