"""Pure: what is seen of a stack, and the moves that `decide` can answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from rollback.engine.moves import Move

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollback.stack.changes import ChangeSet
    from rollback.stack.guard import Verdict

STACK_TYPE = "AWS::CloudFormation::Stack"


@dataclass(frozen=True)
class Parameter:
    """A stack's parameter: its value as DescribeStacks shows it (`****` for NoEcho); what an SSM type resolved to."""

    value: str
    resolved: str | None = None


@dataclass(frozen=True)
class Stack:
    """A stack as DescribeStacks shows it."""

    name: str
    id: str
    status: str
    status_reason: str = ""
    root_id: str | None = None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    role_arn: str | None = None
    notification_arns: tuple[str, ...] = ()
    rollback_configuration: Mapping[str, object] = field(default_factory=dict)
    updated_at: str = ""


@dataclass(frozen=True)
class Event:
    """A stack event; `token` is the ClientRequestToken of the operation that it belongs to."""

    id: str
    at: datetime
    stack_id: str
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str = ""
    token: str = ""

    @property
    def is_stack_level(self) -> bool:
        """Return whether the event is about the stack itself, not about one of its resources."""
        return self.type == STACK_TYPE and self.physical_id == self.stack_id


@dataclass(frozen=True)
class Attempt:
    """A write of ours: which step, its token, the status seen just before, and how many seconds ago it was made.

    `rejection` is AWS's no; `unclear` says why nobody knows whether it took effect; `earlier` ones are a killed run's.
    `after` is the id of the newest event known when it was made, empty where none was.
    """

    step: str
    token: str
    status_before: str
    seconds_ago: float = 0.0
    rejection: str = ""
    unclear: str = ""
    earlier: bool = False
    other_status_seen: bool = False
    after: str = ""


@dataclass(frozen=True)
class RestoreView:
    """What a restore knows: whether the snapshot can be used, how the stack differs from it, what stands in the way.

    `differences` are those that a restore must undo. `settings` differ and are sent along. `behind` tells what equal
    texts stand for now, which a restore may not bring back. `ambiguous`: texts are equal, but for what `?` stands for.
    `absent`: there was no such stack when the snapshot was taken.
    `foreign` is what of our change set is not as it was asked for, `taken` the name that somebody had before us.
    CloudFormation took `made` change sets from us, and in `unseen` looks in a row it did not show the newest.
    `verdicts` are the guard's on what an executable change set does, None where it was not asked. `adopting`: the
    change set is to re-adopt what exists; `not_adopted` is why CloudFormation would not make that one.
    """

    unusable: str = ""
    absent: bool = False
    differences: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    ambiguous: bool = False
    secrets_lost: tuple[str, ...] = ()
    artifacts_gone: tuple[str, ...] = ()
    change_set: ChangeSet | None = None
    found_empty: bool = False
    foreign: tuple[str, ...] = ()
    taken: str = ""
    made: int = 0
    unseen: int = 0
    rejections: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] | None = None
    adopting: bool = False
    not_adopted: str = ""
    secrets: tuple[str, ...] = ()

    @property
    def is_settled(self) -> bool:
        """Return whether nothing is left that only a change set can bring back or prove."""
        return not (self.differences or self.settings or self.behind or self.ambiguous)


@dataclass(frozen=True)
class Seen:
    """All that `decide` looks at.

    `status` is the believed one (see `evidence`), None where the stack doesn't exist. `certain` is false while nothing
    shows that our last write took effect. `attempts` are ours, oldest first, including those that a killed run
    left in the events. `moved` says that a rollback ran during this run, ours or one found under way. `making_for` is
    how many seconds nothing but nested change sets has been waited for.
    """

    name: str
    status: str | None
    certain: bool = True
    attempts: tuple[Attempt, ...] = ()
    moved: bool = False
    status_reason: str = ""
    restoring: bool = False
    restore_rolled_back: bool = False
    restore: RestoreView | None = None
    restore_executed: bool = False
    restored_before: bool = False
    at_rest_for: float = 0.0
    ends_in: float | None = None
    skip: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()
    allow_destructive: bool = False
    region: str = ""
    making_for: float = 0.0


@dataclass(frozen=True)
class CancelUpdate(Move):
    """CancelUpdateStack: CloudFormation reverts the update that runs."""

    @property
    def says(self) -> str:
        """Return what the move does."""
        return "cancel the update that runs; CloudFormation then reverts it"

    @property
    def did(self) -> str:
        """Return what was done."""
        return "cancelled the update that ran"


@dataclass(frozen=True)
class ContinueRollback(Move):
    """ContinueUpdateRollback, the `attempt`-th, with the resources to skip."""

    attempt: int = 1
    skip: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """Return what the move does."""
        return (
            f"continue the failed rollback, skipping {', '.join(self.skip)}"
            if self.skip
            else "continue the failed rollback"
        )

    @property
    def did(self) -> str:
        """Return what was done."""
        skipping = f", skipping {', '.join(self.skip)}" if self.skip else ""
        return f"continued the failed rollback{skipping}"


@dataclass(frozen=True)
class RollbackStack(Move):
    """RollbackStack: back to the last stable state, keeping resources that existed before (RetainExceptOnCreate)."""

    @property
    def says(self) -> str:
        """Return what the move does."""
        return "roll the failed update back"

    @property
    def did(self) -> str:
        """Return what was done."""
        return "rolled the failed update back"


@dataclass(frozen=True)
class CreateChangeSet(Move):
    """Ask CloudFormation what a restore of the snapshot would change."""

    prepares: ClassVar[bool] = True

    @property
    def says(self) -> str:
        """Return what the move does."""
        return "prepare a change set that restores the snapshot"

    @property
    def did(self) -> str:
        """Return what was done."""
        return "prepared a change set that restores the snapshot"


@dataclass(frozen=True)
class ExecuteChangeSet(Move):
    """Restore: execute our change set, whose every change the guard has read."""

    changes: int = 0
    adopted: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """Return what the move does."""
        return f"execute {self._what}"

    @property
    def did(self) -> str:
        """Return what was done."""
        return f"executed {self._what}"

    @property
    def _what(self) -> str:
        adopting = f"; re-adopting {', '.join(self.adopted)}" if self.adopted else ""
        return f"the change set that restores the snapshot ({self.changes} resource changes{adopting})"


@dataclass(frozen=True)
class Readopt(Move):
    """Replace our change set by one that re-adopts what exists (ImportExistingResources), or by a plain one again."""

    instead: bool = True

    @property
    def says(self) -> str:
        """Return what the move does."""
        made = "one that re-adopts what the snapshot recorded" if self.instead else "one that does not re-adopt"
        return f"delete our change set and make {made}"

    @property
    def did(self) -> str:
        """Return what was done."""
        asked = "asked CloudFormation" if self.instead else "no longer asked CloudFormation"
        return f"{asked} to re-adopt what the snapshot recorded"


@dataclass(frozen=True)
class DropChangeSet(Move):
    """Delete our own change set: it changes nothing."""

    prepares: ClassVar[bool] = True

    @property
    def says(self) -> str:
        """Return what the move does."""
        return "delete our empty change set"

    @property
    def did(self) -> str:
        """Return what was done."""
        return "deleted our change set, which was not needed"
