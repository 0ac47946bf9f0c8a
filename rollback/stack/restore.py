"""What a restore sees and does in AWS: the snapshot beside the stack, the old template's artifacts, our change set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollback.engine.trouble import Rejected
from rollback.stack import compare
from rollback.stack.artifacts import Artifact, artifacts
from rollback.stack.model import ChangeSet, RestoreView, Stack
from rollback.stack.record import StackSnapshot
from rollback.stack.stateful import HOLDS_DATA
from rollback.stack.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback.stack.client import CloudFormation
    from rollback.stack.emptiness import Emptiness
    from rollback.stack.guard import Verdict


_EXECUTED = frozenset({"EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE"})


class Restore:
    """Brings one stack back to its record in the snapshot; `find` gives the record, or why it can't be used."""

    def __init__(
        self,
        door: CloudFormation,
        find: Callable[[Stack], StackSnapshot | str],
        missing: Callable[[tuple[Artifact, ...]], tuple[str, ...]],
        emptiness: Emptiness,
    ) -> None:
        self._door = door
        self._emptiness = emptiness
        self._find = find
        self._missing = missing
        self._record: StackSnapshot | str | None = None
        self._template: str | None = None
        self._artifacts_gone: tuple[str, ...] | None = None
        self._change_set: ChangeSet | None = None
        self._rejections: list[str] = []
        self._found_empty = False
        self._created = False
        self._adopting = False
        self._not_adopted = ""
        self._verdicts: tuple[Verdict, ...] = ()

    def forget(self) -> None:
        """Read the template anew: the stack has moved."""
        self._template = None
        self._found_empty = False
        self._adopting, self._not_adopted = False, ""

    def view(self, stack: Stack, name: str) -> RestoreView:
        """Return how the stack at rest differs from its snapshot and how far our change set `name` is."""
        if self._record is None:
            self._record = self._find(stack)
        if isinstance(self._record, str):
            return RestoreView(unusable=self._record)
        if self._template is None:
            self._template = self._door.template(stack.id)
        differences = compare.differences(stack, self._template, self._record)
        if not differences or self._found_empty:
            kept = compare.kept_values(stack, self._record)
            return RestoreView(differences=differences, found_empty=self._found_empty, kept=kept)
        if self._artifacts_gone is None:
            self._artifacts_gone = self._missing(artifacts(self._record))
        self._change_set = self._door.change_set(stack.id, name)
        self._adopting = self._adopting or bool(self._change_set and self._change_set.imports)
        verdicts = self._judged(stack, self._record)
        return RestoreView(
            differences=differences,
            secrets_lost=compare.secrets_lost(stack, self._record),
            artifacts_gone=self._artifacts_gone,
            change_set=self._change_set,
            rejections=tuple(self._rejections),
            verdicts=verdicts,
            adopting=self._adopting,
            not_adopted=self._not_adopted,
        )

    def _judged(self, stack: Stack, record: StackSnapshot) -> tuple[Verdict, ...] | None:
        """Return what the guard says of our change set, once it is whole; that of the last one is kept, to be told."""
        ready = self._change_set
        if ready is None or not ready.is_ready or ready.making or ready.unread:
            return None
        self._verdicts = Witness(self._door, self._emptiness, stack.id, record).verdicts(ready)
        return self._verdicts

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Return what the guard said of each change of the newest change set that it could judge."""
        return self._verdicts

    def create_change_set(self, stack: Stack, name: str, role_arn: str | None) -> None:
        """Ask for the change set that restores the snapshot. A rejection is remembered, and raised."""
        if not isinstance(self._record, StackSnapshot):
            raise TypeError("a restore needs a snapshot")
        self._created = True
        try:
            adopting = {"ImportExistingResources": True} if self._adopting else {}
            self._door.create_change_set(stack.id, name, {**request(self._record, role_arn), **adopting})
        except Rejected as rejection:
            if "AlreadyExists" in rejection.code:
                return
            if self._adopting:
                self._adopting, self._not_adopted = False, rejection.message
            else:
                self._rejections.append(rejection.message)
            raise

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

    def readopt(self, stack: Stack, name: str, *, instead: bool) -> None:
        """Delete our change set; the next one re-adopts what exists, or, where CloudFormation would not, does not."""
        self.drop_unneeded(stack, name)
        refused = self._change_set.reason if self._change_set else ""
        self._adopting, self._not_adopted = instead, "" if instead else refused or "it gives no reason"

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


def request(record: StackSnapshot, role_arn: str | None) -> dict[str, Any]:
    """Return CreateChangeSet's members that bring back the snapshot's template, parameters, tags, role and topics.

    Every parameter is sent explicitly; a NoEcho one keeps the value the stack has. Empty lists of tags or topics
    remove them.
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
    role = record.role_arn or role_arn
    return {**members, "RoleARN": role} if role else members
