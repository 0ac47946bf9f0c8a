"""Pure: a change set, in CloudFormation's words: what it would change, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Detail:
    """One property that a change touches: its name, where in it (`path`), and Add, Remove or Modify; empty: unsaid."""

    name: str = ""
    path: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Change:
    """One resource change of a change set, in CloudFormation's words; what it does not tell is empty.

    `policy` is its PolicyAction, `stack_id` the stack that the resource is in, `nested` a nested stack's own change
    set. `details` is None where CloudFormation tells none. `in_new_stack`: in a nested stack that is added, too.
    """

    action: str
    logical_id: str
    type: str
    replacement: str = ""
    policy: str = ""
    physical_id: str = ""
    stack_id: str = ""
    nested: str = ""
    details: tuple[Detail, ...] | None = None
    in_new_stack: bool = False


@dataclass(frozen=True)
class ChangeSet:
    """A change set, all its pages and (`changesets.whole`) its nested stacks' read; statuses in CloudFormation's words.

    `name` is as it was asked for. From `id` on it is what the change set would make of its stack, as far as
    CloudFormation shows it (no role). `making` names nested change sets that CloudFormation is still at work on,
    `unread` says which can't be read and why. `imports`: it adopts what exists already.
    """

    name: str
    status: str
    execution_status: str = ""
    reason: str = ""
    changes: tuple[Change, ...] = ()
    imports: bool = False
    making: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    id: str = ""
    stack_id: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    notification_arns: tuple[str, ...] = ()
    rollback_configuration: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Return whether it failed because there is nothing to change (CloudFormation has two wordings)."""
        texts = ("didn't contain changes", "no updates are to be performed")
        return self.status == "FAILED" and any(text in self.reason.lower() for text in texts)

    @property
    def is_ready(self) -> bool:
        """Return whether it can be executed, as far as its own status tells."""
        return self.status == "CREATE_COMPLETE" and self.execution_status == "AVAILABLE"
