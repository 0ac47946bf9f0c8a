"""What a restore sees and does in AWS: the snapshot beside the stack, the old template's artifacts, our change set."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rollback.engine.trouble import Denied, Rejected
from rollback.report.text import listed
from rollback.stack import compare, orders
from rollback.stack.artifacts import Artifact, Image, artifacts, images
from rollback.stack.model import RestoreView, Stack
from rollback.stack.nested import nested_templates
from rollback.stack.preparing import OurChangeSet
from rollback.stack.record import Absent, StackSnapshot
from rollback.stack.stateful import HOLDS_DATA, RETAINED
from rollback.stack.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rollback.report.model import Notice
    from rollback.stack.changes import Change
    from rollback.stack.client import CloudFormation
    from rollback.stack.emptiness import Emptiness
    from rollback.stack.guard import Verdict
    from rollback.stack.model import Event
    from rollback.stack.record import NestedSnapshot
    from rollback.stack.tokens import Tokens


_NOT_PROVEN = (
    "its recorded template, parameters or tags hold `?`, and that these are no characters beyond ASCII (for which "
    "CloudFormation answers `?`) could not be proven when the snapshot was taken, so restoring it might write question "
    "marks into what is live."
)


@dataclass(frozen=True)
class _Texts:
    """The stack's texts as they are now; None for those that there is nothing to hold against."""

    template: str
    processed: str | None
    nested: tuple[NestedSnapshot, ...] | None


class Restore:
    """Brings one stack back to its record in the snapshot; `find` gives the record, or why it can't be used."""

    def __init__(  # noqa: PLR0913 - the composition root names them all
        self,
        door: CloudFormation,
        find: Callable[[Stack], StackSnapshot | Absent | str],
        missing: Callable[[tuple[Artifact, ...]], tuple[str, ...]],
        images_missing: Callable[[tuple[Image, ...]], tuple[str, ...]] = lambda _: (),
        *,
        emptiness: Emptiness,
        taken_at: str = "",
    ) -> None:
        self._door = door
        self._emptiness = emptiness
        self._find = find
        self._missing = missing
        self._images_missing = images_missing
        self._changes: tuple[Change, ...] = ()
        self._taken_at = taken_at
        self._order: tuple[Notice, ...] | None = None
        self._record: StackSnapshot | Absent | str | None = None
        self._texts: _Texts | None = None
        self._policy: str | None = None
        self._policy_read = False
        self._artifacts_gone: tuple[str, ...] | None = None
        self._ours = OurChangeSet(door)
        self._found_empty = False
        self._adopting = False
        self._not_adopted = ""
        self._verdicts: tuple[Verdict, ...] = ()

    def forget(self) -> None:
        """Read the template anew: the stack has moved."""
        self._texts = None
        self._found_empty = False
        self._adopting, self._not_adopted = False, ""

    def view(self, stack: Stack, role_arn: str | None) -> RestoreView:
        """Return how the stack at rest differs from its snapshot and how far our change set is."""
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
            gone = self._images_missing(images(self._record))
            self._artifacts_gone = (*self._missing(artifacts(self._record)), *gone)
        shown = self._ours.look(stack, request(self._record, role_arn, stack), self._record.template)
        self._changes = shown.changes if shown else self._changes
        verdicts = self._judged(stack, self._record)
        return replace(
            compared,
            secrets_lost=compare.secrets_lost(stack, self._record),
            artifacts_gone=self._artifacts_gone,
            change_set=shown,
            foreign=self._ours.foreign,
            taken=self._ours.taken,
            made=self._ours.made,
            unseen=self._ours.unseen,
            rejections=tuple(self._ours.rejections),
            verdicts=verdicts,
            adopting=self._adopting,
            not_adopted=self._not_adopted,
        )

    def _judged(self, stack: Stack, record: StackSnapshot) -> tuple[Verdict, ...] | None:
        """Return what the guard says of our change set, once it is whole; that of the last one is kept, to be told."""
        ready = self._ours.seen
        if ready is None or not ready.is_ready or ready.making or ready.unread or self._ours.foreign:
            return None
        self._verdicts = Witness(self._door, self._emptiness, stack.id, record).verdicts(ready)
        return self._verdicts

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Return what the guard said of each change of the newest change set that it could judge."""
        return self._verdicts

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

    @property
    def change_set(self) -> str:
        """Return the ARN of our change set, as CreateChangeSet answered it; empty where there is none."""
        return self._ours.arn

    @property
    def left(self) -> tuple[str, ...]:
        """Return a phrase for each change set of ours that is still there, or may be."""
        return self._ours.left

    def create_change_set(self, stack: Stack, names: Tokens, role_arn: str | None) -> None:
        """Ask for the change set that restores the snapshot. A rejection is remembered, and raised."""
        if not isinstance(self._record, StackSnapshot):
            raise TypeError("a restore needs a snapshot")
        if self._order is None:
            self._order = self._as_an_order(stack, self._record)
        asked = request(self._record, role_arn, stack)
        if not self._adopting:
            self._ours.create(stack, names, asked)
            return
        try:
            self._ours.create(stack, names, {**asked, "ImportExistingResources": True})
        except Rejected:
            # A plain one may still be taken: this refusal is that of re-adopting alone.
            self._adopting, self._not_adopted = False, self._ours.rejections.pop()
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
        return (*(self._order or ()), *orders.permissions(self._changes))

    def drop_unneeded(self, stack: Stack) -> None:
        """Delete our change set because it is empty, or because the stack has moved since.

        A rejection is remembered for the next look, and raised.
        """
        empty = bool(self._ours.seen and self._ours.seen.is_empty)
        self._ours.drop_unneeded(stack)
        self._found_empty = empty

    def readopt(self, stack: Stack, *, instead: bool) -> None:
        """Delete our change set; the next one re-adopts what exists, or, where CloudFormation would not, does not."""
        refused = self._ours.seen.reason if self._ours.seen else ""
        self.drop_unneeded(stack)
        self._adopting, self._not_adopted = instead, "" if instead else refused or "it gives no reason"

    def stays_behind(self) -> tuple[str, ...]:
        """Return what even a restore leaves as the failed deployment made it: data, and templates behind a URL."""
        if not isinstance(self._record, StackSnapshot):
            return ()
        data = [entry.logical_id for entry in self._record.resources if entry.type in HOLDS_DATA]
        said = []
        if data:
            said.append(
                f"the data in {listed(data)} is as it is now: restore it from a backup if the deployment damaged it."
            )
        retained = [
            f"{change.logical_id} ({change.type}{f', {change.physical_id}' if change.physical_id else ''})"
            for change in (self._ours.seen.changes if self._ours.seen else ())
            if change.action == "Remove" and change.policy in RETAINED
        ]
        if retained:
            said.append(
                f"{listed(retained)}: not in the snapshot and retained by its own policy, so it stays outside of the "
                "stack, and the next deployment that makes one of that name will meet it."
            )
        mutable = [artifact for artifact in artifacts(self._record) if artifact.nested and not artifact.version]
        if mutable:
            places = listed([str(artifact) for artifact in mutable])
            said.append(f"nested templates lie behind a URL whose content may have changed: {places}.")
        return tuple(said)

    def drop(self, stack: Stack) -> None:
        """Delete what is left of our change sets: the way out. Raises AwsTrouble."""
        self._ours.drop(stack)

    def drop_left(self, stack: Stack, runs: Iterable[Tokens], role_arn: str | None, say: Callable[[str], None]) -> None:
        """Delete what killed processes of `runs` left; `say` what can't be shown to be theirs. Raises AwsTrouble."""
        if self._record is None:
            self._record = self._find(stack)
        if isinstance(self._record, StackSnapshot):
            asked = request(self._record, role_arn, stack)
            self._ours.left_by_killed(stack, runs, asked, self._record.template, say)


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
