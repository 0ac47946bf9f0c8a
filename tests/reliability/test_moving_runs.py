"""Whole runs in a world that moves between any two calls, and kills the run: what the outcome says was so."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.report.results import GOOD, Outcome
from sandbox import FIRST, AwsError, Fault, Kind
from sandbox.backend import Caller
from tests.reliability import shop
from tests.reliability.counting import FULL
from tests.reliability.invariants import broken
from tests.reliability.kills import Killed
from tests.reliability.moving import PASSING
from tests.reliability.play import Stage, staged
from tests.reliability.scenarios import FRONTEND_BUILDING, HALF_WAY, RESTORE, STILL_UPDATING, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox import Sandbox

    Event = Callable[[Sandbox], object]

THIRD, THIRD_TEMPLATE = "7" * 40, shop.template("third-release")
ORDERS = ("stack-first", "together")
SCENARIOS = (RESTORE, STILL_UPDATING, FRONTEND_BUILDING, HALF_WAY)


def _push(commit: str) -> Event:
    return lambda sandbox: sandbox.amplify.push(shop.APP, shop.BRANCH, commit)


def _update(body: str) -> Event:
    return lambda sandbox: shop.update(sandbox, body)


def _stop_job(sandbox: Sandbox) -> None:
    active = sandbox.amplify.branch(shop.APP, shop.BRANCH).active
    if active:
        where = {"appId": shop.APP, "branchName": shop.BRANCH, "jobId": str(active.id)}
        sandbox.amplify.handle("StopJob", where, Caller(sandbox.region))


def _call(operation: str) -> Event:
    where = {"StackName": shop.STACK}
    return lambda sandbox: sandbox.cloudformation.handle(operation, where, Caller(sandbox.region))


def _fault(kind: Kind) -> Event:
    return lambda sandbox: sandbox.faults.add(Fault("*", kind, FIRST))


def _kill(_sandbox: Sandbox) -> None:
    raise Killed


EVENTS: dict[str, Event] = {
    "the run is killed": _kill,
    "push of a third commit": _push(THIRD),
    "push of the failed commit": _push(shop.BAD),
    "push of the good commit": _push(shop.GOOD),
    "somebody stops the job that runs": _stop_job,
    "the next build fails": lambda sandbox: sandbox.amplify.fail_next_build(),
    "somebody updates the stack": _update(THIRD_TEMPLATE),
    "somebody deploys the bad stack again": _update(shop.BAD_TEMPLATE),
    "the next update fails": lambda sandbox: sandbox.cloudformation.fail_update("Notices", "Rate of topics exceeded"),
    "somebody cancels the update": _call("CancelUpdateStack"),
    "somebody continues the rollback": _call("ContinueUpdateRollback"),
    "somebody rolls the stack back": _call("RollbackStack"),
    **{f"the next call meets {kind}": _fault(kind) for kind in PASSING},
}


@dataclass
class World:
    """What happens just before which call; how the stack really was at each look, and what the site served."""

    stage: Stage
    plan: dict[int, list[str]]
    calls: int = 0
    stack_was_good: list[bool] = field(default_factory=list)
    served: list[str] = field(default_factory=list)

    def move(self, _service: str, operation: str, _params: dict[str, Any]) -> None:
        """Let happen what is planned for this call, then note what it will look at."""
        self.calls += 1
        for event in self.plan.pop(self.calls, []):
            with suppress(AwsError):
                EVENTS[event](self.stage.sandbox)
        if operation == "DescribeStacks":
            self.stack_was_good.append(self._stack_is_good())
        if operation in {"ListJobs", "GetJob"}:
            self.served.append(self.stage.sandbox.amplify.branch(shop.APP, shop.BRANCH).live_commit)

    def _stack_is_good(self) -> bool:
        if "snapshot" in self.stage.scenario.inputs:
            return shop.stack_is_good(self.stage.sandbox)
        return self.stage.sandbox.cloudformation.stack(shop.STACK).status == "UPDATE_ROLLBACK_COMPLETE"


plans = st.dictionaries(
    st.integers(1, 60), st.lists(st.sampled_from(sorted(EVENTS)), min_size=1, max_size=2), max_size=8
)


@settings(max_examples=4_000 if FULL else 90, derandomize=not FULL, deadline=None)
@given(st.sampled_from(SCENARIOS), st.sampled_from(ORDERS), plans)
def test_whatever_moves_the_outcome_is_the_truth_and_nothing_gets_worse(
    scenario: Scenario, order: str, plan: dict[int, list[str]]
) -> None:
    with staged(scenario) as stage:
        world = World(stage, {number: list(events) for number, events in plan.items()})
        stage.sandbox.before_call.append(world.move)
        run = None
        while run is None:
            with suppress(Killed):
                run = stage.run({"order": order})
    assert not broken(run, scenario, alone=False), run.stdout
    results = run.outputs["stack-result"], run.outputs["frontend-result"]
    if results[0] in GOOD - {"not-needed"}:
        assert world.stack_was_good[-1], run.stdout
    if results[1] in GOOD:
        assert world.served[-1] == run.outputs["restored-commit"] != shop.BAD, run.stdout
    if run.outputs["outcome"] == Outcome.ROLLED_BACK:
        assert set(results) <= GOOD, run.stdout
