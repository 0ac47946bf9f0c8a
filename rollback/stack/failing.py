"""Why a change set failed: CloudFormation's reason may only name a nested one, or only point to DescribeEvents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rollback.engine.trouble import Denied, Rejected

if TYPE_CHECKING:
    from rollback.stack.changes import ChangeSet
    from rollback.stack.client import CloudFormation

_CHANGE_SET = re.compile(r"arn:[\w-]+:cloudformation:[\w-]*:\d*:change[sS]et/[\w-]+/[\w-]+")
_NO_HIERARCHY = re.compile(r"(?i)nested.*(can't|cannot|not (be )?(supported|created|available)|unable)|hierarchy")
_POINTER = "describeevents"
_DEEPEST = 5
_MOST = 10


def why(door: CloudFormation, change_set: ChangeSet) -> str:
    """Return the reason in full, read while the change set is still there. Raises AwsTrouble that passes by itself."""
    told = "; ".join(_reasons(door, change_set, _DEEPEST)) or f"{change_set.status}, without a reason"
    if _NO_HIERARCHY.search(change_set.reason) and not _CHANGE_SET.search(change_set.reason):
        told += (
            " (so CloudFormation makes no change sets for this hierarchy of nested stacks, and what a restore would do "
            "to them can't be read before it is done)"
        )
    return told


def _reasons(door: CloudFormation, change_set: ChangeSet, deeper: int) -> list[str]:
    reason = change_set.reason.strip()
    named = [arn for arn in dict.fromkeys(_CHANGE_SET.findall(reason)) if arn not in {change_set.id, change_set.name}]
    try:
        if named and deeper:
            nested = [found for arn in named[:_MOST] if (found := door.change_set("", arn))]
            inner = [f"nested {_stack_of(one)}: {text}" for one in nested for text in _reasons(door, one, deeper - 1)]
            return inner or [reason]
        if _POINTER in reason.lower().replace(" ", ""):
            return list(door.change_set_failures(change_set.id or change_set.name)[:_MOST]) or [reason]
    except (Denied, Rejected) as trouble:
        return [f"{reason} ({trouble.what})"]
    return [reason] if reason else []


def _stack_of(change_set: ChangeSet) -> str:
    return f"stack {change_set.stack_id.split('/')[1]}" if "/" in change_set.stack_id else change_set.name
