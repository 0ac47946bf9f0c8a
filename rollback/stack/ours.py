"""Pure: is a change set what was asked for, by all that CloudFormation shows of one.

It shows no role. That the role is the one that was asked for is known only of a change set whose ARN CreateChangeSet
answered to this process: one that is found by its name may be anybody's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback.stack.changes import ChangeSet

COMPARED = "template, parameters, tags, capabilities and topics"
"""What of a change set is held against the snapshot before it is executed."""


def unlike(change_set: ChangeSet, template: str, asked: Mapping[str, Any], recorded: str) -> tuple[str, ...]:
    """Return what of the change set is not as asked, a word each; empty where all that can be seen is.

    `template` is what GetTemplate says of it, `recorded` the snapshot's; `asked` are CreateChangeSet's members.
    """
    found = [] if same_text(template, recorded) else ["the template"]
    wanted = {entry["ParameterKey"]: entry for entry in asked["Parameters"]}
    found += [
        f"parameter {name}"
        for name in sorted(wanted.keys() | change_set.parameters.keys())
        if name not in wanted
        or name not in change_set.parameters
        or not (
            wanted[name].get("UsePreviousValue")
            or same_text(change_set.parameters[name], wanted[name]["ParameterValue"])
        )
    ]
    tags = {tag["Key"]: tag["Value"] for tag in asked["Tags"]}
    found += [
        f"tag {key}"
        for key in sorted(tags.keys() | change_set.tags.keys())
        if key not in tags or key not in change_set.tags or not same_text(change_set.tags[key], tags[key])
    ]
    if set(asked["Capabilities"]) != set(change_set.capabilities):
        found.append("capabilities")
    if set(asked["NotificationARNs"]) != set(change_set.notification_arns):
        found.append("notification topics")
    if "RollbackConfiguration" in asked and _triggers(asked["RollbackConfiguration"]) != _triggers(
        change_set.rollback_configuration
    ):
        found.append("rollback configuration")
    return tuple(found)


def same_text(shown: str, recorded: str) -> bool:
    """Return whether `shown` is the recorded text as CloudFormation tells it: `?` for each character beyond ASCII.

    So of such a character no more is proven than that one stands there.
    """
    return shown in {recorded, told(recorded), told(recorded, "utf-16-le")}


def told(text: str, units: str = "") -> str:
    """Return the text with a `?` for each character beyond ASCII, or for each of its UTF-16 units."""
    if not units:
        return text.encode("ascii", "replace").decode()
    return "".join(one if one.isascii() else "?" * (len(one.encode(units, "surrogatepass")) // 2) for one in text)


def _triggers(configuration: Mapping[str, Any]) -> tuple[int, list[tuple[str, str]]]:
    triggers = configuration.get("RollbackTriggers") or []
    minutes = int(configuration.get("MonitoringTimeInMinutes") or 0)
    return minutes, sorted((str(one.get("Arn")), str(one.get("Type"))) for one in triggers)
