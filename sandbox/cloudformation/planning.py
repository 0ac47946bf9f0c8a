"""Compares what a stack is with what it is to be: which resources are added, modified, replaced or removed, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.cloudformation import resource_types
from sandbox.cloudformation.evaluate import references
from sandbox.cloudformation.model import STACK_TYPE, Deployment, Desired, Resource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.cloudformation.template import Json, Value

_ATTRIBUTES = (
    ("Metadata", "metadata"),
    ("DeletionPolicy", "deletion_policy"),
    ("UpdateReplacePolicy", "replace_policy"),
)


@dataclass
class Change:
    """What happens to one resource. `details` are the API's ResourceChangeDetail, with the values before and after."""

    logical_id: str
    action: str
    before: Desired | None
    after: Desired | None
    details: list[Json] = field(default_factory=list)

    @property
    def replacement(self) -> str:
        """The API's Replacement of a modification: Conditional where only the execution will tell."""
        needs = {(item["Target"].get("RequiresRecreation"), item["Evaluation"]) for item in self.details}
        if ("Always", "Static") in needs:
            return "True"
        return "Conditional" if any(what in {"Always", "Conditionally"} for what, _ in needs) else "False"

    @property
    def replaces(self) -> bool:
        """Whether executing it makes a new resource. Conditional ones do: the worst that AWS may do happens here."""
        return self.action == "Modify" and self.replacement != "False"


def plan(
    current: dict[str, Resource], before: Deployment | None, after: Deployment, *, nested: set[str] | None = None
) -> dict[str, Change]:
    """Return the changes that lead from the current resources to `after`, by logical id.

    `nested` names the nested stacks that are known to change. None: nobody looked, so that every one may change
    (user guide, change sets: without IncludeNestedStacks their ChangeSource is Automatic).
    """
    changes: dict[str, Change] = {}
    causes = _changed_parameters(before, after)
    tagged = before is not None and before.tags != after.tags
    for logical_id, wanted in after.desired.items():
        if logical_id not in current:
            changes[logical_id] = Change(logical_id, "Add", None, wanted)
            continue
        have = current[logical_id].desired
        details = [*_static(have, wanted, causes)]
        if tagged and wanted.type != STACK_TYPE and resource_types.taggable(wanted.type):
            details.append(
                {
                    "Target": {"Attribute": "Tags", "RequiresRecreation": "Never"},
                    "Evaluation": "Static",
                    "ChangeSource": "DirectModification",
                }
            )
        if wanted.type == STACK_TYPE and not details and (nested is None or logical_id in nested or tagged):
            details.append(
                {
                    "Target": {"Attribute": "Properties", "RequiresRecreation": "Never"},
                    "Evaluation": "Dynamic",
                    "ChangeSource": "Automatic",
                }
            )
        if details:
            changes[logical_id] = Change(logical_id, "Modify", have, wanted, details)
    for logical_id, resource in current.items():
        if logical_id not in after.desired:
            changes[logical_id] = Change(logical_id, "Remove", resource.desired, None)
    _spread(changes, current, after)
    return changes


def _changed_parameters(before: Deployment | None, after: Deployment) -> set[str]:
    old = before.parameters if before else {}
    return {key for key, value in after.parameters.items() if old.get(key) != value}


def _static(have: Desired, wanted: Desired, causes: set[str]) -> Iterable[Json]:
    for name in sorted({*have.properties, *wanted.properties}):
        old, new = have.properties.get(name), wanted.properties.get(name)
        if old == new:
            continue
        target: Json = {
            "Attribute": "Properties",
            "Name": name,
            "RequiresRecreation": resource_types.recreation(wanted.type, name),
            "Path": f"/Properties/{name}",
            "AttributeChangeType": "Add"
            if name not in have.properties
            else "Remove"
            if name not in wanted.properties
            else "Modify",
            "BeforeValue": _shown(have.shown.get(name)),
            "AfterValue": _shown(wanted.shown.get(name)),
        }
        parameters = sorted({key for key, _ in references(wanted.raw.get(name))} & causes)
        for key in parameters:
            yield {"Target": target, "Evaluation": "Static", "ChangeSource": "ParameterReference", "CausingEntity": key}
        if not parameters or have.raw.get(name) != wanted.raw.get(name):
            yield {"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}
    for attribute, member in _ATTRIBUTES:
        if getattr(have, member) != getattr(wanted, member):
            target = {"Attribute": attribute, "RequiresRecreation": "Never"}
            yield {"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}


def _shown(value: Value) -> str:
    return "" if value is None else value if isinstance(value, str) else str(value)


def _spread(changes: dict[str, Change], current: dict[str, Resource], after: Deployment) -> None:
    """Add what follows from replacements: whoever speaks of a replaced resource changes too, as far as AWS can tell."""
    news = [name for name, change in changes.items() if change.replaces]
    seen: set[tuple[str, str, str]] = set()
    users = _users(after)
    while news:
        replaced = news.pop()
        for logical_id in users.get(replaced, ()):
            if logical_id not in current:
                continue
            have, wanted = current[logical_id].desired, after.desired[logical_id]
            change = changes.get(logical_id) or Change(logical_id, "Modify", have, wanted)
            was = change.replaces
            for name, value in wanted.properties.items():
                for other, attribute in references(value):
                    key = (logical_id, name, f"{other}.{attribute}")
                    if other != replaced or key in seen:
                        continue
                    seen.add(key)
                    change.details.append(_dynamic(wanted, name, other, attribute))
            if change.details:
                changes[logical_id] = change
            if change.replaces and not was:
                news.append(logical_id)


def _users(after: Deployment) -> dict[str, list[str]]:
    users: dict[str, list[str]] = {}
    for logical_id, wanted in after.desired.items():
        for other in wanted.depends_on:
            users.setdefault(other, []).append(logical_id)
    return users


def _dynamic(wanted: Desired, name: str, other: str, attribute: str | None) -> Json:
    return {
        "Target": {
            "Attribute": "Properties",
            "Name": name,
            "RequiresRecreation": resource_types.recreation(wanted.type, name),
        },
        "Evaluation": "Dynamic",
        "ChangeSource": "ResourceReference" if attribute is None else "ResourceAttribute",
        "CausingEntity": other if attribute is None else f"{other}.{attribute}",
    }


def changed_types(current: dict[str, Resource], after: Deployment) -> list[str]:
    """Return the resources whose type the new template changes, which AWS refuses."""
    return [name for name, item in current.items() if name in after.desired and after.desired[name].type != item.type]


def is_no_update(changes: dict[str, Change], before: Deployment | None, after: Deployment) -> bool:
    """Tell whether AWS would find nothing to do: no resource, output, parameter, tag or setting differs."""
    if before is None or changes:
        return False
    return (
        before.parameters == after.parameters
        and before.tags == after.tags
        and before.notification_arns == after.notification_arns
        and before.rollback_configuration == after.rollback_configuration
        and before.template.get("Outputs") == after.template.get("Outputs")
        and before.template.get("Conditions") == after.template.get("Conditions")
    )


def levels(changes: dict[str, Change]) -> list[list[str]]:
    """Return additions and modifications in the order of their dependencies; those in one list go at once."""
    waiting = {name: change for name, change in changes.items() if change.after is not None}
    done: set[str] = set()
    ordered: list[list[str]] = []
    while waiting:
        ready = [
            name
            for name, change in waiting.items()
            if change.after and not (change.after.depends_on & waiting.keys()) - {name}
        ]
        # A circle is refused by AWS; here it only must not hang.
        ready = ready or list(waiting)
        ordered.append(ready)
        done.update(ready)
        for name in ready:
            del waiting[name]
    return ordered
