"""What a restore sees and does in AWS: the snapshot beside the stack, the old template's artifacts, our change set."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rollback.engine.trouble import Denied, Rejected
from rollback.stack import compare, orders
from rollback.stack.artifacts import Artifact, artifacts
from rollback.stack.model import ChangeSet, RestoreView, Stack
from rollback.stack.nested import nested_templates
from rollback.stack.record import Absent, StackSnapshot
from rollback.stack.stateful import HOLDS_DATA, RETAINED

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback.report.model import Notice
    from rollback.stack.client import CloudFormation
    from rollback.stack.model import Event
    from rollback.stack.record import NestedSnapshot


_NOT_PROVEN = (
    "its recorded template, parameters or tags hold `?`, and that these are no characters beyond ASCII (for which "
    "CloudFormation answers `?`) could not be proven when the snapshot was taken, so restoring it might write question "
    "marks into what is live."
)
_EXECUTED = frozenset({"EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE"})


@dataclass(frozen=True)
class _Texts:
    """The stack's texts as they are now; None for those that there is nothing to hold against."""

    template: str
    processed: str | None
    nested: tuple[NestedSnapshot, ...] | None


class Restore:
    """Brings one stack back to its record in the snapshot; `find` gives the record, or why it can't be used."""

    def __init__(
        self,
        door: CloudFormation,
        find: Callable[[Stack], StackSnapshot | Absent | str],
        missing: Callable[[tuple[Artifact, ...]], tuple[str, ...]],
        taken_at: str = "",
    ) -> None:
        self._door = door
        self._find = find
        self._missing = missing
        self._taken_at = taken_at
        self._order: tuple[Notice, ...] | None = None
        self._record: StackSnapshot | Absent | str | None = None
        self._texts: _Texts | None = None
        self._policy: str | None = None
        self._policy_read = False
        self._artifacts_gone: tuple[str, ...] | None = None
        self._change_set: ChangeSet | None = None
        self._rejections: list[str] = []
        self._found_empty = False
        self._created = False

    def forget(self) -> None:
        """Read the template anew: the stack has moved."""
        self._texts = None
        self._found_empty = False

    def view(self, stack: Stack, name: str) -> RestoreView:
        """Return how the stack at rest differs from its snapshot and how far our change set `name` is."""
        if self._record is None:
            self._record = self._find(stack)
        if isinstance(self._record, Absent):
            return RestoreView(unusable=self._record.told, absent=True)
        if isinstance(self._record, str):
            return RestoreView(unusable=self._record)
        compared = self._compared(stack, self._record)
        if compared.unusable or compared.is_settled or self._found_empty:
            return compared
        if self._artifacts_gone is None:
            self._artifacts_gone = self._missing(artifacts(self._record))
        self._change_set = self._door.change_set(stack.id, name)
        return replace(
            compared,
            secrets_lost=compare.secrets_lost(stack, self._record),
            artifacts_gone=self._artifacts_gone,
            change_set=self._change_set,
            rejections=tuple(self._rejections),
        )

    def _compared(self, stack: Stack, record: StackSnapshot) -> RestoreView:
        """Return how the stack differs from its record, as far as reading tells."""
        if self._texts is None:
            self._texts = self._read(stack, record)
        texts = self._texts
        differences = compare.differences(stack, texts.template, record)
        untouched = bool(record.updated_at) and record.updated_at == stack.updated_at and not differences
        if not record.is_true and not untouched:
            return RestoreView(unusable=_NOT_PROVEN)
        behind = compare.behind(stack, texts.processed, texts.nested, record)
        settings = compare.settings(stack, record)
        told = [f"{setting} of the stack differs from the snapshot's." for setting in settings]
        alone = compare.left_alone(stack, self._policy, record)
        return RestoreView(
            differences=differences,
            settings=settings,
            behind=behind,
            ambiguous=record.has_question_marks and not untouched,
            found_empty=self._found_empty,
            kept=(*behind, *told, *alone, *(() if untouched else compare.uncompared(texts.nested, record))),
            secrets=() if untouched else compare.secrets(record),
        )

    def _read(self, stack: Stack, record: StackSnapshot) -> _Texts:
        template = self._door.template(stack.id)
        expanded = record.processed_template not in {"", record.template}
        processed = self._door.template(stack.id, "Processed") if expanded and template == record.template else None
        resources = self._door.resources(stack.id) if record.nested and template == record.template else None
        nested = tuple(nested_templates(self._door, resources)) if resources is not None else None
        if not self._policy_read:
            self._policy, self._policy_read = self._stack_policy(stack), True
        return _Texts(template, processed, nested)

    def _stack_policy(self, stack: Stack) -> str | None:
        try:
            return self._door.stack_policy(stack.id)
        except (Denied, Rejected):
            return None

    def create_change_set(self, stack: Stack, name: str, role_arn: str | None) -> None:
        """Ask for the change set that restores the snapshot. A rejection is remembered, and raised."""
        if not isinstance(self._record, StackSnapshot):
            raise TypeError("a restore needs a snapshot")
        if self._order is None:
            self._order = self._as_an_order(stack, self._record)
        self._created = True
        try:
            self._door.create_change_set(stack.id, name, request(self._record, role_arn, stack))
        except Rejected as rejection:
            if "AlreadyExists" not in rejection.code:
                self._rejections.append(rejection.message)
                raise

    def _as_an_order(self, stack: Stack, record: StackSnapshot) -> tuple[Notice, ...]:
        events: list[Event] = []
        with suppress(Denied, Rejected):
            events = self._door.events(stack.id, orders.tells_enough)
        asked = request(record, None, stack)["Capabilities"]
        return (*orders.older(self._taken_at, events), *orders.beyond(asked, stack.capabilities))

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Return what people must know of a restore that was prepared: how old its order is, and what it asks for."""
        changes = self._change_set.changes if self._change_set else ()
        return (*(self._order or ()), *orders.permissions(changes))

    def drop_unneeded(self, stack: Stack, name: str) -> None:
        """Delete our change set because it is empty, or because the stack has moved since.

        A rejection is remembered for the next look, and raised.
        """
        try:
            self._door.delete_change_set(stack.id, name)
        except Rejected as rejection:
            self._rejections.append(rejection.message)
            raise
        self._found_empty = bool(self._change_set and self._change_set.is_empty)
        self._created = False

    def stays_behind(self) -> tuple[str, ...]:
        """Return what even a restore leaves as the failed deployment made it: data, and templates behind a URL."""
        if not isinstance(self._record, StackSnapshot):
            return ()
        data = [entry.logical_id for entry in self._record.resources if entry.type in HOLDS_DATA]
        said = []
        if data:
            said.append(
                f"the data in {_listed(data)} is as it is now: restore it from a backup if the deployment damaged it."
            )
        retained = [
            f"{change.logical_id} ({change.type}{f', {change.physical_id}' if change.physical_id else ''})"
            for change in (self._change_set.changes if self._change_set else ())
            if change.action == "Remove" and change.policy in RETAINED
        ]
        if retained:
            said.append(
                f"{_listed(retained)}: not in the snapshot and retained by its own policy, so it stays outside of the "
                "stack, and the next deployment that makes one of that name will meet it."
            )
        mutable = [artifact for artifact in artifacts(self._record) if artifact.nested and not artifact.version]
        if mutable:
            listed = _listed([str(artifact) for artifact in mutable])
            said.append(f"nested templates lie behind a URL whose content may have changed: {listed}.")
        return tuple(said)

    def drop(self, stack: Stack, name: str) -> None:
        """Delete our change set if there is one: the way out."""
        executed = self._change_set is not None and self._change_set.execution_status in _EXECUTED
        if (self._created or self._change_set is not None) and not executed:
            self._door.delete_change_set(stack.id, name)
            self._created, self._change_set = False, None


def _listed(names: list[str], most: int = 10) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def request(record: StackSnapshot, role_arn: str | None, stack: Stack) -> dict[str, Any]:
    """Return CreateChangeSet's members that bring back the snapshot's template, parameters, tags, topics and triggers.

    Every parameter is sent explicitly; a NoEcho one keeps the value the stack has. Empty lists of tags, topics or
    triggers remove them. A role is sent only where the user gave one: the stack's own is used by itself.
    """
    template = {"TemplateURL": record.template_url} if record.template_url else {"TemplateBody": record.template}
    # A template with a transform or a macro is refused without it, also where the stack was made by a pipeline with it.
    expand = {"CAPABILITY_AUTO_EXPAND"} if "Transform" in record.template else set()
    members: dict[str, Any] = {
        **template,
        "Parameters": [
            {"ParameterKey": key, "UsePreviousValue": True}
            if parameter.no_echo
            else {"ParameterKey": key, "ParameterValue": parameter.value}
            for key, parameter in record.parameters.items()
        ],
        "Tags": [{"Key": key, "Value": value} for key, value in record.tags.items()],
        "Capabilities": sorted({*record.capabilities, *expand}),
        "NotificationARNs": list(record.notification_arns),
    }
    if compare.triggers(stack.rollback_configuration) != compare.triggers(record.rollback_configuration):
        members["RollbackConfiguration"] = compare.triggers(record.rollback_configuration)
    return {**members, "RoleARN": role_arn} if role_arn else members
