"""The stack in a world that moves: other people's updates and change sets, failures, DescribeStacks that is late."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from rollback.report.results import Result
from rollback.stack.client import CloudFormation
from rollback.stack.emptiness import Emptiness
from rollback.stack.part import StackPart, Wishes
from rollback.stack.record import StackSnapshot
from rollback.stack.restore import Restore
from sandbox import AwsError
from sandbox.backend import Caller
from tests.reliability import shop
from tests.reliability.moving import MACHINE_SETTINGS, RUN, MovingWorld

if TYPE_CHECKING:
    from rollback.engine.moves import Done

THIRD_TEMPLATE = shop.template("third-release")
MOST_STALE = 40.0
_GOOD = frozenset({Result.ROLLED_BACK, Result.ALREADY_GOOD})
_PROTECTED = StackSnapshot(name=shop.STACK, id="", status="CREATE_COMPLETE", template=shop.GOOD_TEMPLATE)


class MovingStack(MovingWorld[StackPart]):
    """One stack, and everybody who may update it."""

    @initialize(
        how=st.sampled_from(("updated", "updating", "failed", "reverting", "stuck", "good")),
        restorable=st.booleans(),
        skip=st.sampled_from(((), ("Queue",))),
    )
    def deployed_badly(self, how: str, skip: tuple[str, ...], *, restorable: bool) -> None:
        shop.deployed(self.sandbox)
        self.snapshot = self._recorded() if restorable else None
        cloudformation = self.sandbox.cloudformation
        if how in {"failed", "reverting", "stuck"}:
            cloudformation.fail_update("Api", "Code not found")
        if how == "stuck":
            cloudformation.fail_rollback("Queue", "Internal Failure", times=len(skip) + 2)
        if how != "good":
            shop.update(self.sandbox, DisableRollback=how == "failed")
            self.time.sleep({"updating": 3, "reverting": 8}.get(how, 120))
        self.skip = skip
        self.part = self.new_part()
        self.looked_at = 0.0
        self.log.append(f"--- {how}, {'with' if restorable else 'no'} snapshot: {self._status}")

    def new_part(self) -> StackPart:
        wishes = Wishes(self.sandbox.region, RUN, skip=self.skip)
        door, snapshot = CloudFormation(self.aws), self.snapshot
        restore = Restore(door, lambda _: snapshot, lambda _: (), emptiness=Emptiness(self.aws)) if snapshot else None
        return StackPart(shop.STACK, wishes, door, self.time, self.progress, restore)

    def _recorded(self) -> StackSnapshot:
        door = CloudFormation(self.aws)
        stack = door.describe(shop.STACK)
        assert stack is not None
        return _PROTECTED.model_copy(
            update={"id": stack.id, "parameters": door.parameters(stack), "tags": dict(stack.tags)}
        )

    @property
    def _status(self) -> str:
        return self.sandbox.cloudformation.stack(shop.STACK).status

    def note_truth(self) -> None:
        self.looked_at = self.aws_clock.now()

    def check_the_end(self, done: Done) -> None:
        if done.result in _GOOD:
            assert self._was_good(since=self.looked_at - MOST_STALE), f"{self._status}\n" + "\n".join(self.log)

    def _was_good(self, since: float) -> bool:
        """Return whether the stack was at rest, and as it should be, at any time that a late look may have shown."""
        stack = self.sandbox.cloudformation.stack(shop.STACK)
        shown = self.sandbox.cloudformation._world.history[stack.id]
        ends = [at for at, _ in shown[1:]] + [float("inf")]
        return any(self._is_good(state or {}) for (_, state), end in zip(shown, ends, strict=True) if end >= since)

    def _is_good(self, state: dict[str, Any]) -> bool:
        """Return whether a stack shown like this is good: every update but the good one brings other tags."""
        status = str(state.get("StackStatus"))
        if self.snapshot is None:
            return status == "UPDATE_ROLLBACK_COMPLETE"
        at_rest = status in {"UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE", "CREATE_COMPLETE"}
        return at_rest and {tag["Key"]: tag["Value"] for tag in state["Tags"]} == shop.GOOD_TAGS

    def calm(self) -> None:
        super().calm()
        self.looks_are_up_to_date()
        self.killed_and_started_again()

    @precondition(lambda self: self.part)
    @rule(bad=st.booleans(), seconds=st.sampled_from((1.0, 20.0)))
    def somebody_updates(self, seconds: float, *, bad: bool) -> None:
        with suppress(AwsError):
            body = shop.BAD_TEMPLATE if bad else THIRD_TEMPLATE
            shop.update(self.sandbox, body, resource_seconds=seconds)
            self.log.append(f"--- somebody updates it to {'the bad' if bad else 'a third'} template")

    @precondition(lambda self: self.part)
    @rule()
    def the_next_update_fails(self) -> None:
        self.sandbox.cloudformation.fail_update("Notices", "Rate of topics exceeded")

    @precondition(lambda self: self.part)
    @rule(operation=st.sampled_from(("CancelUpdateStack", "ContinueUpdateRollback", "RollbackStack")))
    def somebody_helps(self, operation: str) -> None:
        with suppress(AwsError):
            self._by_somebody(operation)
            self.log.append(f"--- somebody calls {operation}")

    @precondition(lambda self: self.part)
    @rule(name=st.sampled_from(("theirs-1", "theirs-2")))
    def somebody_makes_a_change_set(self, name: str) -> None:
        with suppress(AwsError):
            request = shop.request("experiment", shop.BAD_TAGS)
            self._by_somebody("CreateChangeSet", ChangeSetName=name, TemplateBody=THIRD_TEMPLATE, **request)
            self.log.append(f"--- somebody makes the change set {name}")

    @precondition(lambda self: self.part)
    @rule(name=st.sampled_from(("theirs-1", "theirs-2")))
    def somebody_executes_a_change_set(self, name: str) -> None:
        with suppress(AwsError):
            self._by_somebody("ExecuteChangeSet", ChangeSetName=name)
            self.log.append(f"--- somebody executes the change set {name}")

    @precondition(lambda self: self.part)
    @rule(seconds=st.sampled_from((3.0, 15.0, MOST_STALE)), pattern=st.lists(st.booleans(), min_size=1, max_size=4))
    def looks_get_late(self, seconds: float, pattern: list[bool]) -> None:
        self.log.append(f"--- DescribeStacks is {seconds} s late: {pattern}")
        self.sandbox.cloudformation.stale_reads(seconds, pattern)

    @precondition(lambda self: self.part)
    @rule()
    def looks_are_up_to_date(self) -> None:
        self.sandbox.cloudformation.stale_reads(0)

    def _by_somebody(self, operation: str, **params: Any) -> None:
        where = {"StackName": shop.STACK, **params}
        self.sandbox.cloudformation.handle(operation, where, Caller(self.sandbox.region))


TestMovingStack = MovingStack.TestCase
TestMovingStack.settings = MACHINE_SETTINGS
