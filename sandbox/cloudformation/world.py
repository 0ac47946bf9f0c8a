"""The engine room: simulated time, the steps that are due at a time, and the ground rules of events and statuses."""

from __future__ import annotations

import heapq
import itertools
import json
import random
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.cloudformation.model import STACK_TYPE, ChangeSet, Event, Loss, Resource, Stack, Validation
from sandbox.cloudformation.outside import Outside
from sandbox.cloudformation.parameters import scope_of

if TYPE_CHECKING:
    from sandbox.clock import Clock
    from sandbox.cloudformation.building import Builder
    from sandbox.cloudformation.family import Embedded
    from sandbox.cloudformation.template import Json

Step = Callable[[], None]


@dataclass
class Plan:
    """A failure that a test ordered: for one resource, with AWS's reason, so many times."""

    reason: str
    times: int


@dataclass
class ChangeSetPlan:
    """What a test ordered for the change sets of a nested stack: late, FAILED for a reason, told without an id."""

    seconds: float = 0.0
    reason: str = ""
    without_id: bool = False


@dataclass
class World:
    """All stacks, and the queue of what happens to them. `time` is the moment being simulated, in epoch seconds."""

    clock: Clock
    builder: Builder
    embedded: Embedded
    outside: Outside = field(default_factory=Outside)
    resource_seconds: float = 2.0
    cleanup_seconds: float = 2.0
    time: float = 0.0
    stacks: dict[str, Stack] = field(default_factory=dict)
    graveyard: dict[str, ChangeSet] = field(default_factory=dict)
    # What no stack has any more, and still is: retained, or not to be deleted; by region, type and physical id.
    orphans: dict[tuple[str, str, str], Resource] = field(default_factory=dict)
    # How many versions of a function or layer were published.
    versions: dict[str, int] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)
    snapshots: list[Resource] = field(default_factory=list)
    seconds: dict[tuple[str, str], float] = field(default_factory=dict)
    plans: dict[tuple[str, str, str], Plan] = field(default_factory=dict)
    change_set_plans: dict[tuple[str, str], ChangeSetPlan] = field(default_factory=dict)
    validations: dict[str, list[Validation]] = field(default_factory=dict)
    # Whether AWS looks for taken names while it makes a change set: it began to in late 2025, type by type.
    checks_existence: bool = False
    names: dict[tuple[str, str, str], str] = field(default_factory=dict)
    history: dict[str, list[tuple[float, Json | None]]] = field(default_factory=dict)
    # Statuses in which no time passes: for arranging stacks.
    instant: frozenset[str] = frozenset()
    describe: Callable[[Stack], Json] = field(default=lambda _stack: {})
    _queue: list[tuple[float, int, Stack, int | None, Step]] = field(default_factory=list)
    _order: itertools.count[int] = field(default_factory=itertools.count)
    _after: dict[str, Step] = field(default_factory=dict)
    # Ids differ, but a test that fails once fails again.
    random: random.Random = field(default_factory=lambda: random.Random(23))

    def advance(self, until: float | None = None) -> None:
        """Let everything happen that is due by `until`, or by now."""
        end = self.clock.now() if until is None else until
        while self._queue and self._queue[0][0] <= end:
            at, _, stack, era, step = heapq.heappop(self._queue)
            if era is None or era == stack.era:
                self.time = at
                step()
        self.time = end

    def schedule(self, stack: Stack, after: float, step: Step) -> None:
        """Let `step` happen `after` seconds from the simulated moment, unless the stack's operation is ended before."""
        heapq.heappush(self._queue, (self.time + after, next(self._order), stack, stack.era, step))

    def schedule_anyway(self, stack: Stack, after: float, step: Step) -> None:
        """Let `step` happen `after` seconds from the simulated moment, whatever becomes of the stack's operation."""
        heapq.heappush(self._queue, (self.time + after, next(self._order), stack, None, step))

    def run_together(self, stack: Stack, jobs: Mapping[str, Step], then: Step) -> None:
        """Start all jobs at once; when each has called `done` with its name, go on with `then`."""
        stack.running = set(jobs)
        self._after[stack.id] = then
        if not jobs:
            then()
        for job in list(jobs.values()):
            job()

    def done(self, stack: Stack, name: str) -> None:
        """Report that a job of `run_together` has ended."""
        if name in stack.running:
            stack.running.discard(name)
            if not stack.running:
                self._after[stack.id]()

    def end_era(self, stack: Stack) -> None:
        """Make void whatever was still to happen to the stack."""
        stack.era += 1
        stack.running = set()

    def duration(self, stack: Stack, logical_id: str) -> float:
        """Return how many seconds work on the resource takes."""
        if stack.root.status in self.instant:
            return 0.0
        for name in (stack.root.name, ""):
            if (name, stack.path + logical_id) in self.seconds:
                return self.seconds[name, stack.path + logical_id]
        root = stack.root
        return self.resource_seconds if root.resource_seconds is None else root.resource_seconds

    def cleanup_duration(self, stack: Stack) -> float:
        """Return how many seconds each deletion, and the whole cleanup phase at least, takes."""
        root = stack.root
        if root.status in self.instant:
            return 0.0
        return self.cleanup_seconds if root.cleanup_seconds is None else root.cleanup_seconds

    def planned_failure(self, kind: str, stack: Stack, logical_id: str) -> str | None:
        """Return the reason with which the step is to fail this time, or None; kinds: update, rollback, delete."""
        for name in (stack.root.name, ""):
            plan = self.plans.get((kind, name, stack.path + logical_id))
            if plan and plan.times > 0:
                plan.times -= 1
                return plan.reason
        return None

    def planned_change_set(self, stack: Stack) -> ChangeSetPlan:
        """Return what is ordered for the change sets of a nested stack."""
        path = stack.path.removesuffix(".")
        return (
            self.change_set_plans.get((stack.root.name, path))
            or self.change_set_plans.get(("", path))
            or ChangeSetPlan()
        )

    def set_status(self, stack: Stack, status: str, reason: str = "") -> None:
        """Move the stack to a status, with the event that tells it, and keep what DescribeStacks now shows."""
        stack.status, stack.reason = status, reason
        if status == "DELETE_COMPLETE":
            stack.deleted = self.time
        if not status.endswith("_IN_PROGRESS"):
            _settle(stack, good=status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"})
        event_id = str(uuid.UUID(int=self.random.getrandbits(128)))
        stack.events.append(
            Event(event_id, stack.name, stack.id, STACK_TYPE, status, reason, self.time, stack.operation)
        )
        self.remember(stack)

    def remember(self, stack: Stack) -> None:
        """Keep what DescribeStacks shows from this moment on, for reads that are late."""
        self.history.setdefault(stack.id, []).append((self.time, self.describe(stack)))

    def set_resource(
        self, stack: Stack, resource: Resource, status: str, reason: str = "", *, physical: bool = True
    ) -> None:
        """Move a resource to a status, with its event; the physical id is left out while there is none."""
        resource.status, resource.reason, resource.since = status, reason, self.time
        event_id = f"{resource.logical_id}-{status}-{self.random.getrandbits(64):016x}"
        physical_id = resource.physical_id if physical else ""
        properties = json.dumps(resource.desired.shown, separators=(",", ":"))
        stack.events.append(
            Event(
                event_id, resource.logical_id, physical_id, resource.type, status, reason, self.time, stack.operation,
                properties,
            )
        )  # fmt: skip

    def new_stack(self, name: str, region: str, account: str) -> Stack:
        """Register a stack that doesn't exist yet and return it; its creation is the caller's next step."""
        stack_id = f"arn:aws:cloudformation:{region}:{account}:stack/{name}/{self.uuid()}"
        stack = Stack(stack_id, name, region, account, self.time)
        self.stacks[stack_id] = stack
        return stack

    def children(self, stack: Stack) -> list[Stack]:
        """Return the stack's nested stacks that were not deleted."""
        return [child for child in self.stacks.values() if child.parent is stack and child.status != "DELETE_COMPLETE"]

    def unique(self, length: int = 12) -> str:
        """Return a new random suffix, as in the names CloudFormation gives."""
        return "".join(self.random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=length))

    def uuid(self) -> str:
        """Return a new random UUID."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def refresh_outputs(self, stack: Stack) -> None:
        """Work the outputs out again from the resources as they now are."""
        stack.outputs = list(outputs(stack))


def _settle(stack: Stack, *, good: bool) -> None:
    """Note in the executed change set how its execution ended."""
    for item in stack.change_sets.values():
        if item.execution == "EXECUTE_IN_PROGRESS":
            item.execution = "EXECUTE_COMPLETE" if good else "EXECUTE_FAILED"


def outputs(stack: Stack) -> Iterator[Json]:
    """Yield a stack's outputs as DescribeStacks shows them."""
    if stack.deployment is None:
        return
    template, parameters = stack.deployment.template, stack.deployment.parameters
    physical = {name: item.physical_id for name, item in stack.resources.items()}
    scope = scope_of(template, parameters, stack, resources=physical)
    for key, output in (template.get("Outputs") or {}).items():
        if "Condition" in output and not scope.condition(output["Condition"]):
            continue
        shown: Json = {"OutputKey": key, "OutputValue": str(scope.evaluate(output.get("Value")))}
        if "Description" in output:
            shown["Description"] = output["Description"]
        if "Export" in output:
            shown["ExportName"] = str(scope.evaluate(output["Export"].get("Name")))
        yield shown
