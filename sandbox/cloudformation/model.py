"""What a stack is made of: the deployment it was asked to be, its resources, its events, its change sets."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.cloudformation.template import Json

STACK_TYPE = "AWS::CloudFormation::Stack"

# The 23 values of StackStatus in the API model.
STATUSES = (
    "CREATE_IN_PROGRESS", "CREATE_FAILED", "CREATE_COMPLETE", "ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED",
    "ROLLBACK_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_FAILED", "DELETE_COMPLETE", "UPDATE_IN_PROGRESS",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE", "UPDATE_FAILED", "UPDATE_ROLLBACK_IN_PROGRESS",
    "UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE",
    "REVIEW_IN_PROGRESS", "IMPORT_IN_PROGRESS", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_IN_PROGRESS",
    "IMPORT_ROLLBACK_FAILED", "IMPORT_ROLLBACK_COMPLETE",
)  # fmt: skip


@dataclass(frozen=True)
class Parameter:
    """A parameter's value as given, the value an SSM name resolved to, and whether it may be shown."""

    key: str
    value: str
    resolved: str | None = None
    no_echo: bool = False


@dataclass(frozen=True)
class Desired:
    """A resource as a template asks for it; `shown` are the properties with NoEcho values masked."""

    logical_id: str
    type: str
    properties: Json
    shown: Json
    raw: Json
    depends_on: frozenset[str]
    metadata: Any = None
    deletion_policy: str = "Delete"
    replace_policy: str = "Delete"


@dataclass(frozen=True)
class Deployment:
    """Everything that one create, update or change set asks a stack to be."""

    original: str
    source: Json
    processed: str
    template: Json
    parameters: dict[str, Parameter]
    desired: dict[str, Desired]
    tags: dict[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    notification_arns: tuple[str, ...] = ()
    rollback_configuration: Json = field(default_factory=dict)
    role_arn: str | None = None
    nested: dict[str, Deployment] = field(default_factory=dict)


@dataclass
class Resource:
    """A resource as it is: `data` is what people stored in it, None where the type stores nothing."""

    desired: Desired
    physical_id: str
    status: str
    since: float
    reason: str = ""
    data: str | None = None
    # Skipped in a rollback: CloudFormation believes in `desired`, but the resource still is as the update left it.
    out_of_sync: bool = False
    # Adopted by the stack, not made by it.
    imported: bool = False

    @property
    def logical_id(self) -> str:
        """The name in the template."""
        return self.desired.logical_id

    @property
    def type(self) -> str:
        """The resource type."""
        return self.desired.type


@dataclass
class Operation:
    """What is done to a stack: the API's OperationType, the client's token, and the options that decide its end."""

    kind: str
    token: str = ""
    disable_rollback: bool = False
    retain_except_on_create: bool = False
    on_failure: str = "ROLLBACK"
    policy: str | None = None
    imports: bool = False
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True)
class Event:
    """One line of a stack's history, said in the course of an operation; times in epoch seconds."""

    event_id: str
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str
    at: float
    operation: Operation
    properties: str = ""


@dataclass(frozen=True)
class Loss:
    """A stateful resource that was deleted with its data; `operation` is the kind that did it, `token` whose it was."""

    stack: str
    logical_id: str
    physical_id: str
    type: str
    data: str
    operation: str
    token: str
    at: float


@dataclass(frozen=True)
class Validation:
    """What AWS's validation before a deployment found wrong with a resource (user guide, "Validate stack deployments").

    `check` is the hook that the change set's reason names, `name` the rule in DescribeEvents, `path` the place. In mode
    WARN it fails nothing.
    """

    logical_id: str
    reason: str
    check: str = "AWS::EarlyValidation::PropertyValidation"
    name: str = "PROPERTY_VALIDATION"
    path: str = ""
    mode: str = "FAIL"


@dataclass
class ChangeSet:
    """A change set: what it makes of the stack, the changes as DescribeChangeSet tells them, and where it stands."""

    id: str
    name: str
    stack_id: str
    type: str
    created: float
    token: str
    description: str
    target: Deployment | None
    request: Json
    status: str = "CREATE_PENDING"
    reason: str = ""
    execution: str = "UNAVAILABLE"
    changes: list[Json] = field(default_factory=list)
    include_nested: bool = False
    imports: bool = False
    parent: str | None = None
    root: str | None = None
    children: list[str] = field(default_factory=list)
    operation: Operation = field(default_factory=lambda: Operation("CREATE_CHANGESET"))
    found: list[Validation] = field(default_factory=list)
    worked_out: float = 0.0


@dataclass
class Stack:
    """A stack, alive or deleted. `undo` holds each touched resource as it was when the stack was last stable."""

    id: str
    name: str
    region: str
    account: str
    created: float
    deployment: Deployment | None = None
    before: Deployment | None = None
    status: str = "REVIEW_IN_PROGRESS"
    reason: str = ""
    updated: float | None = None
    deleted: float | None = None
    disable_rollback: bool = False
    express: bool = False
    timeout_minutes: int | None = None
    protected: bool = False
    policy: str | None = None
    parent: Stack | None = None
    parent_logical_id: str = ""
    change_set_id: str | None = None
    resources: dict[str, Resource] = field(default_factory=dict)
    undo: dict[str, Resource | None] = field(default_factory=dict)
    doomed: list[Resource] = field(default_factory=list)
    retained: list[Resource] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    change_sets: dict[str, ChangeSet] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    operation: Operation = field(default_factory=lambda: Operation("CREATE_STACK"))
    operations: list[Operation] = field(default_factory=list)
    # Steps of an earlier era are void: cancelling an operation starts a new one.
    era: int = 0
    running: set[str] = field(default_factory=set)
    resource_seconds: float | None = None
    cleanup_seconds: float | None = None
    outputs: list[Json] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    # Told once, with AWS's reason or None: when a nested stack's update ends or starts to roll back, and at rest.
    on_forward: Callable[[str | None], None] | None = None
    on_rest: Callable[[str | None], None] | None = None

    @property
    def root(self) -> Stack:
        """The stack at the top of the nesting, itself if it isn't nested."""
        return self if self.parent is None else self.parent.root

    @property
    def path(self) -> str:
        """The logical ids from the root down, as in ContinueUpdateRollback's ResourcesToSkip: `Child.`, or empty."""
        return "" if self.parent is None else f"{self.parent.path}{self.parent_logical_id}."

    @property
    def data(self) -> dict[str, str]:
        """What people stored, by logical id."""
        return {name: item.data for name, item in self.resources.items() if item.data is not None}
