"""The embedded AWS's CloudFormation: the API on one side, what tests and the demo arrange on the other."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from sandbox.backend import Caller
from sandbox.cloudformation import physical, views
from sandbox.cloudformation.building import Builder
from sandbox.cloudformation.changesets import ChangeSets
from sandbox.cloudformation.nested import Nested
from sandbox.cloudformation.operations import Operations
from sandbox.cloudformation.outside import Outside
from sandbox.cloudformation.reads import Reads
from sandbox.cloudformation.seeding import Seed, Seeder
from sandbox.cloudformation.staleness import ALWAYS, Staleness
from sandbox.cloudformation.world import ChangeSetPlan, Plan, World
from sandbox.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.clock import Clock
    from sandbox.cloudformation.model import Loss, Resource, Stack, Validation
    from sandbox.cloudformation.template import Json, Value


class CloudFormation:
    """All stacks of the embedded AWS. Time passes by the clock; the state is worked out anew at each call."""

    def __init__(self, clock: Clock, outside: Outside | None = None, caller: Caller | None = None) -> None:
        """`outside` is what lies around CloudFormation; `caller` owns what is seeded."""
        self._caller = caller or Caller("us-west-2")
        self._lock = threading.RLock()
        around = outside or Outside()
        self._world = World(clock, Builder(around), Nested(), outside=around, time=clock.now(), describe=views.stack)
        self._staleness = Staleness(self._world)
        self._operations = Operations(self._world)
        change_sets = ChangeSets(self._world)
        self._seeder = Seeder(self._world, self._operations, change_sets, self._caller)
        self._api: dict[str, Callable[[Json, Any], Json]] = {
            _api_name(name): getattr(part, name)
            for part in (Reads(self._world, self._staleness), self._operations, change_sets)
            for name in dir(part)
            if not name.startswith("_")
        }

    def handle(self, operation: str, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Answer one API call; parameters and result as botocore names and types them. Raises AwsError."""
        action = self._api.get(operation)
        if action is None:
            raise AwsError("InvalidAction", f"Could not find operation {operation} for version 2010-05-15")
        with self._lock:
            self._world.advance()
            return action(params, caller)

    def advance(self) -> None:
        """Let everything happen that is due by now."""
        with self._lock:
            self._world.advance()

    @property
    def operations(self) -> frozenset[str]:
        """The names of the API operations that are there."""
        return frozenset(self._api)

    def stack(self, name: str) -> Stack:
        """Return a stack by name (the newest of that name, also a deleted one) or id, as it is now. Raises KeyError."""
        with self._lock:
            self._world.advance()
            if name in self._world.stacks:
                return self._world.stacks[name]
            named = [item for item in self._world.stacks.values() if item.name == name]
            if not named:
                raise KeyError(name)
            return named[-1]

    @property
    def losses(self) -> list[Loss]:
        """Every stateful resource that was deleted with what was in it, whoever asked for it."""
        with self._lock:
            self._world.advance()
            return list(self._world.losses)

    @property
    def snapshots(self) -> list[Resource]:
        """The resources that were deleted under the policy Snapshot, with what was in them."""
        with self._lock:
            self._world.advance()
            return list(self._world.snapshots)

    def create(self, name: str, template: Json | str, **request: Value) -> Stack:
        """Create a stack by the real operation, finished at once. `request` holds further members of CreateStack."""
        with self._lock:
            return self._seeder.create(name, template, **request)

    def update(
        self, name: str, template: Json | str | None = None, *, resource_seconds: float | None = None,
        cleanup_seconds: float | None = None, **request: Value,
    ) -> Stack:  # fmt: skip
        """Start updating a stack by the real operation; it takes the given seconds a resource, and for its cleanup."""
        with self._lock:
            return self._seeder.update(name, template, resource_seconds, cleanup_seconds, **request)

    def seed_stack(self, name: str, status: str = "UPDATE_COMPLETE", **how: Value) -> Stack:
        """Put a new stack into any of the 23 statuses, by real operations of the past.

        `how`: the members of `Seed` by name (`failing="Api"`, `ago=60`, ...), and those of CreateStack (`Tags=[...]`).
        """
        seed = Seed(**{key: value for key, value in how.items() if key[0].islower()})
        request = {key: value for key, value in how.items() if key[0].isupper()}
        with self._lock:
            return self._seeder.seed(name, status, seed, request)

    def durations(self, *, resource_seconds: float | None = None, cleanup_seconds: float | None = None) -> None:
        """Set how long work on a resource, and a cleanup, take where nobody says otherwise (2 s each at first)."""
        if resource_seconds is not None:
            self._world.resource_seconds = resource_seconds
        if cleanup_seconds is not None:
            self._world.cleanup_seconds = cleanup_seconds

    def slow(self, logical_id: str, seconds: float, *, stack: str = "") -> None:
        """Let work on one resource take so many seconds; resources of nested stacks as `Child.Resource`."""
        self._world.seconds[stack, logical_id] = seconds

    def fail_update(self, logical_id: str, reason: str, *, times: int = 1, stack: str = "") -> None:
        """Let the next creation or update of the resource fail, for AWS's reason. `stack`: the root's name, or any."""
        self._world.plans["update", stack, logical_id] = Plan(reason, times)

    def fail_rollback(self, logical_id: str, reason: str, *, times: int = 1, stack: str = "") -> None:
        """Let the next attempts to roll the resource back fail."""
        self._world.plans["rollback", stack, logical_id] = Plan(reason, times)

    def fail_delete(self, logical_id: str, reason: str, *, times: int = 1, stack: str = "") -> None:
        """Let the next attempts to delete the resource fail."""
        self._world.plans["delete", stack, logical_id] = Plan(reason, times)

    def fail_outputs(self, reason: str, *, times: int = 1, stack: str = "") -> None:
        """Let the outputs of the next operations not be worked out, for AWS's reason: no resource fails then."""
        self._world.plans["outputs", stack, ""] = Plan(reason, times)

    def trouble_nested_change_sets(
        self, path: str, *, seconds: float = 0.0, reason: str = "", without_id: bool = False, stack: str = ""
    ) -> None:
        """Let the change sets of one nested stack (`Child`, `Child.Grandchild`) be told as AWS sometimes tells them.

        Still CREATE_IN_PROGRESS for `seconds` after the root's is complete; FAILED, with a reason that only they have;
        without an id in the root's changes. With an empty path: AWS can't make any for the root's hierarchy, and why.
        """
        self._world.change_set_plans[stack, path] = ChangeSetPlan(seconds, reason, without_id)

    def fail_validation(self, *found: Validation, stack: str = "") -> None:
        """Let AWS's validation find this wrong with every change set to come, of one stack or any; nothing: no more."""
        self._world.validations[stack] = list(found)

    def check_existence(self, *, early: bool = True) -> None:
        """Let AWS look for taken names already while it makes a change set, not only when it executes one."""
        self._world.checks_existence = early

    def stale_reads(self, seconds: float, pattern: Sequence[bool] = ALWAYS) -> None:
        """Let DescribeStacks show what was `seconds` ago: always, or by a pattern, (True, False), look by look."""
        self._staleness.set(seconds, pattern)

    def store(self, stack: str, logical_id: str, data: str) -> None:
        """Write data into a stateful resource, as the users of the application would."""
        found = self.stack(stack)
        resource = found.resources[logical_id]
        if resource.data is None:
            raise ValueError(f"{resource.type} stores nothing")
        resource.data = data
        if self._world.outside.things.knows(resource.type):
            self._world.outside.things.stored(physical.thing(found, resource), data)


def _api_name(method: str) -> str:
    return "".join(part.capitalize() for part in method.split("_"))
