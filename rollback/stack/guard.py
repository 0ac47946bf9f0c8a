"""Pure: the guard of a restore. What each change of a change set would lose, by what is known of the resource.

A stateful resource that existed when the snapshot was taken is neither deleted, replaced nor made anew. What the
deployment being undone made may go, as CloudFormation's own rollback would have it go: without asking where it
holds no users' data, else only when a read shows it empty. What can't be known counts as protected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollback.stack import evidence
from rollback.stack.model import STACK_TYPE
from rollback.stack.stateful import RETAINED, is_stateful, remade

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rollback.stack.changes import Change
    from rollback.stack.model import Event

Resource = tuple[str, str]
"""A resource's logical and physical id."""


@dataclass(frozen=True)
class Past:
    """What is known of one stack's resources.

    `recorded` gives the physical ids in the snapshot, None where it does not list them (nested stacks). `created` and
    `replaced` are what the deployment being undone made, `deleted` what is gone since, `kept` what lives on outside.
    """

    recorded: Mapping[str, str] | None = None
    created: frozenset[Resource] = frozenset()
    replaced: frozenset[Resource] = frozenset()
    deleted: frozenset[Resource] = frozenset()
    kept: frozenset[Resource] = frozenset()

    def physical_id(self, change: Change) -> str:
        """Return the physical id that `change` is about; where it names none, the only one that was created."""
        made = {physical for logical, physical in self.created if logical == change.logical_id}
        return change.physical_id or (made.pop() if len(made) == 1 else "")

    def deleted_before(self, logical_id: str) -> str:
        """Return the physical id of what the snapshot had and is gone; empty where that isn't shown."""
        gone = [physical for logical, physical in self.deleted if logical == logical_id]
        if self.recorded is not None:
            return next((one for one in gone if one == self.recorded.get(logical_id)), "")
        alive = any(logical == logical_id for logical, _ in self.kept)
        return gone[0] if len(gone) == 1 and not alive else ""


@dataclass(frozen=True)
class Verdict:
    """What the guard says of one change. `loss` is why it is not allowed unasked, else empty.

    `goes` is why a stateful resource may go all the same, `anew` why it may be made anew. `recreated`: one that may
    live on would be made anew; CloudFormation may be able to re-adopt it instead, which `adopted` says it does.
    `physical_id` is the resource's that is spoken of.
    """

    change: Change
    loss: str = ""
    goes: str = ""
    anew: str = ""
    physical_id: str = ""
    recreated: bool = False
    adopted: bool = False


@dataclass(frozen=True)
class Contents:
    """What a read said of a resource that holds users' data; `found` is how that is told."""

    empty: bool
    found: str


def past(undone: Sequence[Event], since: Sequence[Event], recorded: Mapping[str, str] | None) -> Past:
    """Return what the events tell: those of the deployment being `undone`, and all `since` it began, newest first."""
    own = [event for event in evidence.forward(undone) if not event.is_stack_level and event.physical_id]
    ids: dict[str, set[str]] = {}
    for event in own:
        ids.setdefault(event.logical_id, set()).add(event.physical_id)
    return Past(
        recorded=recorded,
        created=_all(own, "CREATE_COMPLETE"),
        replaced=frozenset(one for one in _all(own, "UPDATE_COMPLETE") if len(ids[one[0]]) > 1),
        deleted=_all(since, "DELETE_COMPLETE"),
        kept=_all(since, "DELETE_SKIPPED"),
    )


def _all(events: Iterable[Event], status: str) -> frozenset[Resource]:
    return frozenset(
        (event.logical_id, event.physical_id)
        for event in events
        if event.status == status and event.physical_id and not event.is_stack_level
    )


def judge(
    changes: Iterable[Change], pasts: Mapping[str, Past], contents: Mapping[Resource, Contents]
) -> tuple[Verdict, ...]:
    """Return a verdict on each change. `pasts` are by stack, `contents` by type and physical id, as far as read."""
    return tuple(_verdict(change, pasts.get(change.stack_id, Past()), contents) for change in changes)


def needs_facts(changes: Iterable[Change]) -> bool:
    """Return whether any change touches a stateful resource in a way that only events or the record can excuse."""
    return any(one.loss or one.adopted for one in judge(changes, {}, {}))


def to_read(changes: Iterable[Change], pasts: Mapping[str, Past]) -> tuple[Resource, ...]:
    """Return type and physical id of each resource whose contents decide whether it may go."""
    return tuple(
        (change.type, known.physical_id(change))
        for change in changes
        if change.action == "Remove" and is_stateful(change.type) and change.type != STACK_TYPE
        if change.policy not in RETAINED and not remade(change.type)
        if _made_by_the_deployment(change, known := pasts.get(change.stack_id, Past()))
    )


def losses(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """Return a line for each change that is not allowed unasked: what, its type and why."""
    return tuple(
        f"{one.change.logical_id or one.physical_id or 'a resource without a name'} "
        f"({one.change.type or 'of unknown type'}): {one.loss}"
        for one in verdicts
        if one.loss
    )


def removals(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """Return a line for each stateful resource that goes: what, which, and why it may."""
    return tuple(
        f"removes again {one.change.logical_id} ({one.change.type}) {one.physical_id}: {one.goes}"
        for one in verdicts
        if one.goes
    )


def _verdict(change: Change, known: Past, contents: Mapping[Resource, Contents]) -> Verdict:
    if not is_stateful(change.type):
        return Verdict(change, physical_id=change.physical_id)
    match change.action:
        case "Add":
            return _added(change, known)
        case "Import":
            return _imported(change, known)
        case "Remove":
            return _removed(change, known, contents)
        case "Modify":
            return _modified(change, known)
        case "Dynamic" if change.type == STACK_TYPE:  # its own change set tells, or it is unread
            return Verdict(change, physical_id=change.physical_id)
        case _:
            return Verdict(change, "CloudFormation can't say what happens to it", physical_id=change.physical_id)


def _added(change: Change, known: Past) -> Verdict:
    """Judge what is made anew. Where the deployment deleted it, no restore brings its data back; else they are left."""
    if change.in_new_stack or (known.recorded is not None and not known.recorded.get(change.logical_id)):
        return Verdict(change)
    before = (known.recorded or {}).get(change.logical_id, "")
    gone = known.deleted_before(change.logical_id)
    if gone and (what := remade(change.type) or ("what is judged one by one" if change.type == STACK_TYPE else "")):
        return Verdict(change, anew=f"the failed deployment deleted {gone}, and it holds {what}", physical_id=gone)
    left = [physical for logical, physical in known.kept if logical == change.logical_id]
    was = before or gone or next(iter(left), "")
    named = f"the snapshot recorded {before}" if before else f"{was} was there" if was else "nothing tells of it"
    lost = ", and the failed deployment deleted it" if gone else ""
    return Verdict(change, f"would be made anew, empty: {named}{lost}", physical_id=was, recreated=not gone)


def _imported(change: Change, known: Past) -> Verdict:
    before = (known.recorded or {}).get(change.logical_id, "")
    if before and change.physical_id and change.physical_id != before:
        why = f"{change.physical_id} would be adopted for it: the snapshot recorded {before}"
        return Verdict(change, why, physical_id=before)
    return Verdict(change, physical_id=change.physical_id or before, adopted=True)


def _removed(change: Change, known: Past, contents: Mapping[Resource, Contents]) -> Verdict:
    physical_id = known.physical_id(change)
    if change.policy in RETAINED:
        return Verdict(change, physical_id=physical_id)
    if not _made_by_the_deployment(change, known):
        return Verdict(change, "would be deleted", physical_id=physical_id)
    if change.type == STACK_TYPE:
        return Verdict(change, goes="what it holds is judged one by one", physical_id=physical_id)
    if what := remade(change.type):
        return Verdict(change, goes=f"it holds {what}", physical_id=physical_id)
    read = contents.get((change.type, physical_id), Contents(empty=False, found="nothing shows it empty"))
    if read.empty:
        return Verdict(change, goes=read.found, physical_id=physical_id)
    return Verdict(change, f"would be deleted, and {read.found}", physical_id=physical_id)


def _modified(change: Change, known: Past) -> Verdict:
    physical_id = known.physical_id(change)
    if change.replacement == "False" or (change.type == STACK_TYPE and not change.replacement):
        loss = "a replica of it may be taken away" if _touches_replicas(change) else ""
        return Verdict(change, loss, physical_id=physical_id)
    gone = known.deleted_before(change.logical_id)
    replaced = bool(gone) and gone != physical_id and (change.logical_id, physical_id) in known.replaced
    if replaced and (what := remade(change.type)):
        return Verdict(change, goes=f"it replaced {gone}, which is gone, and holds {what}", physical_id=physical_id)
    how = {"True": "would be", "Conditional": "may be"}.get(change.replacement)
    loss = f"{how} replaced" if how else "CloudFormation does not say whether it would be replaced"
    kept = " by a new, empty one" if change.policy in RETAINED else ""
    return Verdict(change, f"{loss}{kept}", physical_id=physical_id)


def _made_by_the_deployment(change: Change, known: Past) -> bool:
    recorded, physical_id = known.recorded or {}, known.physical_id(change)
    absent = change.logical_id not in recorded and physical_id not in recorded.values()
    return absent and (change.logical_id, physical_id) in known.created


def _touches_replicas(change: Change) -> bool:
    """Return whether a global table may lose a replica: a change of its list, or of what CloudFormation does not tell.

    A path below one replica changes its settings, and one that is added takes none away.
    """
    if change.type != "AWS::DynamoDB::GlobalTable":
        return False
    if change.details is None:
        return True
    return any(
        detail.name == "Replicas" and detail.kind != "Add" and detail.path.count("/") < _DEEP
        for detail in change.details
    )


_DEEP = 4
"""How many slashes the path of a replica's own property has: /Properties/Replicas/0/Name."""
