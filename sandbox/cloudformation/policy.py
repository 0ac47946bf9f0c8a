"""Stack policies: which updates they let through (user guide, "Prevent updates to stack resources")."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.cloudformation.planning import Change
    from sandbox.cloudformation.template import Json, Value


def denial(policy: str | None, change: Change) -> str | None:
    """Return AWS's reason if the policy forbids the change, else None. Additions are never forbidden.

    With a policy everything is forbidden that no statement allows, and a Deny beats every Allow.
    """
    before = change.before
    if policy is None or before is None:
        return None
    action = "Update:Delete" if change.after is None else "Update:Replace" if change.replaces else "Update:Modify"
    allowed = False
    for number, statement in enumerate(json.loads(policy).get("Statement") or [], start=1):
        if _applies(statement, action, change.logical_id, before.type):
            if statement.get("Effect") == "Deny":
                return (
                    f"Action denied by stack policy: Statement [#{number}] does not allow [{action}] "
                    f"for resource [{change.logical_id}]"
                )
            allowed = True
    if allowed:
        return None
    return f"Action denied by stack policy: No statement allows [{action}] for resource [{change.logical_id}]"


def _applies(statement: Json, action: str, logical_id: str, type_name: str) -> bool:
    wanted = (statement.get("Condition") or {}).get("StringEquals") or (statement.get("Condition") or {}).get(
        "StringLike"
    )
    if wanted and not _matches(wanted.get("ResourceType"), type_name):
        return False
    resource = f"LogicalResourceId/{logical_id}"
    return _one_of(statement, "Action", action) and _one_of(statement, "Resource", resource)


def _one_of(statement: Json, member: str, value: str) -> bool:
    if member in statement:
        return _matches(statement[member], value)
    return f"Not{member}" in statement and not _matches(statement[f"Not{member}"], value)


def _matches(patterns: Value, value: str) -> bool:
    listed = patterns if isinstance(patterns, list) else [patterns]
    return any(fnmatchcase(value, str(pattern)) for pattern in listed)
