"""What a restore sees and does in AWS: the snapshot beside the stack, the old template's artifacts, our change set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollback.stack import compare
from rollback.stack.artifacts import Artifact, Image, artifacts, images
from rollback.stack.model import RestoreView, Stack
from rollback.stack.preparing import OurChangeSet
from rollback.stack.record import StackSnapshot
from rollback.stack.stateful import HOLDS_DATA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rollback.stack.client import CloudFormation
    from rollback.stack.tokens import Tokens


class Restore:
    """Brings one stack back to its record in the snapshot; `find` gives the record, or why it can't be used."""

    def __init__(
        self,
        door: CloudFormation,
        find: Callable[[Stack], StackSnapshot | str],
        missing: Callable[[tuple[Artifact, ...]], tuple[str, ...]],
        images_missing: Callable[[tuple[Image, ...]], tuple[str, ...]] = lambda _: (),
    ) -> None:
        self._door = door
        self._find = find
        self._missing = missing
        self._images_missing = images_missing
        self._record: StackSnapshot | str | None = None
        self._template: str | None = None
        self._artifacts_gone: tuple[str, ...] | None = None
        self._ours = OurChangeSet(door)
        self._found_empty = False

    def forget(self) -> None:
        """Read the template anew: the stack has moved."""
        self._template = None
        self._found_empty = False

    def view(self, stack: Stack, role_arn: str | None) -> RestoreView:
        """Return how the stack at rest differs from its snapshot and how far our change set is."""
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
            gone = self._images_missing(images(self._record))
            self._artifacts_gone = (*self._missing(artifacts(self._record)), *gone)
        shown = self._ours.look(stack, request(self._record, role_arn), self._record.template)
        return RestoreView(
            differences=differences,
            secrets_lost=compare.secrets_lost(stack, self._record),
            artifacts_gone=self._artifacts_gone,
            change_set=shown,
            foreign=self._ours.foreign,
            taken=self._ours.taken,
            made=self._ours.made,
            unseen=self._ours.unseen,
            rejections=tuple(self._ours.rejections),
        )

    @property
    def change_set(self) -> str:
        """Return the ARN of our change set, as CreateChangeSet answered it; empty where there is none."""
        return self._ours.arn

    def create_change_set(self, stack: Stack, names: Tokens, role_arn: str | None) -> None:
        """Ask for the change set that restores the snapshot. A rejection is remembered, and raised."""
        if not isinstance(self._record, StackSnapshot):
            raise TypeError("a restore needs a snapshot")
        self._ours.create(stack, names, request(self._record, role_arn))

    def drop_unneeded(self, stack: Stack) -> None:
        """Delete our change set because it is empty, or because the stack has moved since.

        A rejection is remembered for the next look, and raised.
        """
        empty = bool(self._ours.seen and self._ours.seen.is_empty)
        self._ours.drop_unneeded(stack)
        self._found_empty = empty

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

    def drop(self, stack: Stack) -> None:
        """Delete what is left of our change sets: the way out. Raises AwsTrouble."""
        self._ours.drop(stack)

    def drop_left(self, stack: Stack, runs: Iterable[Tokens], role_arn: str | None, say: Callable[[str], None]) -> None:
        """Delete what killed processes of `runs` left; `say` what can't be shown to be theirs. Raises AwsTrouble."""
        if isinstance(self._record, StackSnapshot):
            asked = request(self._record, role_arn)
            self._ours.left_by_killed(stack, runs, asked, self._record.template, say)


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
