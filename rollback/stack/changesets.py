"""Pure: a change set with those of its nested stacks, at every depth, each read once.

A nested stack's change names a change set of its own. One that is not found, failed, or has no name leaves unknown what
would happen in it (reported from the field; no member of ResourceChange is required by CloudFormation's API model).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollback.stack.model import STACK_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback.stack.changes import Change, ChangeSet

MOST = 500
"""How many nested change sets are read: a hierarchy that AWS can deploy has fewer (2,500 operations at once)."""


def whole(root: ChangeSet, read: Callable[[str], ChangeSet | None]) -> ChangeSet:
    """Return `root` with the changes of all nested change sets, which `read` gives by their ARN, None where gone."""
    changes: list[Change] = []
    making: list[str] = []
    unread: list[str] = []
    known = {root.name}
    waiting = [root]
    while waiting:
        current = waiting.pop()
        changes += current.changes
        for change in current.changes:
            name = change.logical_id or "a nested stack"
            if not change.nested and _needs_its_own(change):
                unread.append(f"{name}: CloudFormation names no change set for it")
            if not change.nested or change.nested in known:
                continue
            if len(known) > MOST:
                unread.append(f"{name}: there are more than {MOST} nested change sets")
                return replace(root, changes=tuple(changes), unread=tuple(unread))
            known.add(change.nested)
            found = read(change.nested)
            problem = _problem(found)
            if found is None or problem:
                unread.append(f"{name}: {problem}")
            elif _in_the_making(found):
                making.append(name)
            elif not found.is_empty:
                waiting.append(_in_a_new_stack(found) if change.action == "Add" else found)
    return replace(root, changes=tuple(changes), making=tuple(making), unread=tuple(dict.fromkeys(unread)))


def _in_a_new_stack(nested: ChangeSet) -> ChangeSet:
    return replace(nested, changes=tuple(replace(change, in_new_stack=True) for change in nested.changes))


def _needs_its_own(change: Change) -> bool:
    """Return whether only a change set of its own tells: what a removed one holds can be listed, a new one is empty."""
    return change.type == STACK_TYPE and change.action not in {"Add", "Remove"}


def _in_the_making(nested: ChangeSet) -> bool:
    return nested.status in {"CREATE_PENDING", "CREATE_IN_PROGRESS"}


def _problem(nested: ChangeSet | None) -> str:
    if nested is None:
        return "its change set is not found"
    if nested.status == "CREATE_COMPLETE" or nested.is_empty or _in_the_making(nested):
        return ""
    return f"its change set is {nested.status or 'in no known status'}{nested.reason and f' ({nested.reason})'}"
