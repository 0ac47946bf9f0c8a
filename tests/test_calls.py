"""How many AWS calls the main incidents take, by operation: a regression of cost is seen here, without a clock.

Looks (DescribeStacks, DescribeStackEvents, GetJob, ListJobs) depend on how long AWS works, so they have an upper
bound; all else is counted exactly.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from rollback.engine.pace import CLOSE, CLOSE_FOR, USUAL
from sandbox.amplify.rules import Timing
from tests.reliability import scenarios, shop
from tests.reliability.play import Run, play
from tests.reliability.scenarios import SMOKE_FAILED, Scenario

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.clocks import Movable

LOOKS = frozenset({"DescribeStacks", "DescribeStackEvents", "GetJob", "ListJobs"})
RESOURCES = {"ListStackResources": 1}
"""Which alarms, functions and data are the stack's: once at the first look, and once more where it was changed."""
DATA = {"ListStackResources": 2, "DescribeContinuousBackups": 1, "DescribeTable": 1}
"""With what protects the one table that the stack has."""
ONE_ROLLBACK = {"CancelUpdateStack": 1, "GetApp": 1, "StartJob": 1, **DATA}
READS_THE_BRANCH = {"GetBranch": 1}  # before a build's reason is shown: it may echo a variable
EIGHT_MINUTES = 480


def looks(run: Run) -> int:
    return sum(call.operation in LOOKS for call in run.calls)


def others(run: Run) -> dict[str, int]:
    return dict(Counter(call.operation for call in run.calls if call.operation not in LOOKS))


def history(sandbox: Sandbox, _clock: Movable, *, events: int, jobs: int, failed: int = 0) -> None:
    """A stack and a branch with so much of a past, at rest after a bad deployment of both."""
    topic = {"Type": "AWS::SNS::Topic", "Properties": {}}
    sandbox.cloudformation.seed_stack(
        shop.STACK, template={"Resources": {"Notices": topic}}, history_events=events, ago=3600
    )
    sandbox.amplify.timing = Timing(created=1, pending=1, provisioning=4, running=20)
    sandbox.amplify.add_app(shop.APP_NAME, shop.APP)
    sandbox.amplify.add_branch(shop.APP, shop.BRANCH)
    for number in range(jobs):
        commit = shop.GOOD if number == jobs - 1 else f"{number:040x}"
        sandbox.amplify.add_job(shop.APP, shop.BRANCH, commit=commit, started=sandbox.clock.now() - 86_400)
    for number in range(failed):
        sandbox.amplify.add_job(
            shop.APP, shop.BRANCH, commit=f"{number:040x}", status="FAILED", started=sandbox.clock.now() - 7200
        )
    shop.bad_frontend(sandbox)


def eight_minutes(sandbox: Sandbox, clock: Movable) -> None:
    """AWS will take five minutes for the stack and three for the build; the past tells so only roughly."""
    shop.deployed(sandbox)
    sandbox.amplify.timing.provisioning, sandbox.amplify.timing.running = 8, 170
    for minutes in (2.6, 3.3, 2.8):
        started = sandbox.clock.now() - 7200
        sandbox.amplify.add_job(shop.APP, shop.BRANCH, commit=shop.GOOD, started=started, ended=started + minutes * 60)
    sandbox.amplify.add_job(shop.APP, shop.BRANCH, commit=shop.BAD, status="FAILED")
    sandbox.cloudformation.durations(resource_seconds=298, cleanup_seconds=2)
    shop.update(sandbox)
    clock.advance(240)


def test_the_main_incident_a_stack_at_rest_and_failed_smoke_tests() -> None:
    run = play(Scenario("main", partial(history, events=10, jobs=3)))
    assert others(run) == {"GetApp": 1, "StartJob": 1, **RESOURCES}
    assert Counter(call.operation for call in run.calls)["DescribeStacks"] == 1
    assert looks(run) <= 7


def test_a_stack_that_is_still_updating() -> None:
    run = play(Scenario("still-updating", scenarios.STILL_UPDATING.prepare))
    assert others(run) == ONE_ROLLBACK
    assert looks(run) <= 40


def test_a_rollback_that_stops_half_way() -> None:
    run = play(scenarios.HALF_WAY)
    assert others(run) == {"ContinueUpdateRollback": 2, "GetApp": 1, "StartJob": 1, **DATA}
    assert looks(run) <= 23


def test_a_restore_from_a_snapshot_asks_for_each_fact_once() -> None:
    run = play(scenarios.RESTORE)
    assert others(run) == {
        "GetObject": 1,
        "HeadObject": 1,
        "GetTemplate": 3,  # before, to compare; of the change set; and after, to prove
        "GetStackPolicy": 1,
        "CreateChangeSet": 1,
        "DescribeChangeSet": 2,
        "ExecuteChangeSet": 1,
        "GetApp": 1,
        "GetBranch": 2,  # its environment before, and its auto-build after
        "UpdateApp": 1,
        "UpdateBranch": 2,
        "StartJob": 1,
        "DescribeAlarms": 1,
        **DATA,
    }
    assert looks(run) <= 22


def test_a_plan_looks_at_everything_once_and_writes_nothing_but_a_change_set() -> None:
    run = play(scenarios.PLAN)
    asked = Counter(call.operation for call in run.calls)
    assert asked.pop("DescribeChangeSet") <= 4
    assert asked.pop("DescribeStacks") <= 5
    assert asked.pop("DescribeStackEvents") == 2  # of the newest operation, and of the deployment before it
    assert asked.pop("GetTemplate") == 2  # the stack's, and the change set's
    assert set(asked.values()) == {1}
    assert sorted(asked) == [
        "CreateChangeSet",
        "DeleteChangeSet",
        "GetApp",
        "GetBranch",
        "GetObject",
        "GetStackPolicy",
        "HeadObject",
        "ListJobs",
        "ListStackResources",
    ]


def test_a_snapshot_asks_for_each_fact_once() -> None:
    run = play(scenarios.TAKE_SNAPSHOT)
    asked = Counter(call.operation for call in run.calls)
    again = asked.pop("ListJobs")  # whether the newest job failed
    assert (again, set(asked.values())) == (2, {1})
    assert len(asked) == 12  # nine that record, one for its artifacts, two for its table


def test_status_takes_seven_calls() -> None:
    """GetBranch is there because a failed build's reason may repeat the branch's variables: they are learned first."""
    run = play(scenarios.STATUS)
    stack = ["DescribeStackEvents", "DescribeStacks", "ListStackResources"]
    assert sorted(run.sandbox.operations()) == sorted([*stack, "GetApp", "GetBranch", "GetJob", "ListJobs"])


@pytest.mark.parametrize(
    ("results", "inputs"),
    [
        ({**SMOKE_FAILED, "smoke-tests": "success"}, {}),
        ({**SMOKE_FAILED, "deploy-infrastructure": "failure"}, {}),
        (SMOKE_FAILED, {"poll-interval": "often"}),
    ],
    ids=["nothing failed", "infrastructure failed", "invalid input"],
)
def test_nothing_to_do_takes_no_call(results: dict[str, str], inputs: dict[str, str]) -> None:
    assert play(Scenario("nothing", scenarios.STATUS.prepare, inputs, results)).calls == []


# AWS's 480 s at the longest gap, and closer looks around the two ends; a rarer look must not end the run later.
@pytest.mark.parametrize(("interval", "most"), [("5", 135), ("10", 92), ("20", 75)])
def test_eight_minutes_of_aws_take_few_calls_and_hardly_more_than_eight_minutes(interval: str, most: int) -> None:
    run = play(Scenario("8 minutes", eight_minutes, {"poll-interval": interval}, scenarios.FRONTEND_FAILED))
    live = run.sandbox.amplify.branch(shop.APP, shop.BRANCH).live
    assert run.outputs["outcome"] == "rolled-back"
    assert others(run) == {**ONE_ROLLBACK, **READS_THE_BRANCH}
    assert len(run.calls) <= most
    assert live is not None
    assert live.ends is not None
    assert run.sandbox.clock.now() - live.ends <= 2
    assert run.seconds <= EIGHT_MINUTES + 4


def test_a_status_is_looked_at_four_times_a_second_at_most_and_for_five_seconds_a_part() -> None:
    run = play(Scenario("8 minutes", eight_minutes, {"poll-interval": "1"}, scenarios.FRONTEND_FAILED))
    times: dict[tuple[str, str], list[float]] = {}
    for call in run.calls:
        if call.operation in {"DescribeStacks", "GetJob"}:
            times.setdefault((call.operation, call.params.get("jobId", "")), []).append(call.time)
    jobs = run.sandbox.amplify.branch(shop.APP, shop.BRANCH).jobs.values()
    failed = next(str(job.id) for job in jobs if job.commit == shop.BAD)
    del times["GetJob", failed]  # asked twice in the end: why it failed, and where its log lies
    gaps = [later - earlier for at in times.values() for earlier, later in pairwise(at)]
    assert min(gaps) >= CLOSE - 0.01
    assert sum(gap < USUAL - 0.01 for gap in gaps) <= 2 * CLOSE_FOR / CLOSE


def test_the_length_of_the_past_costs_nothing() -> None:
    short = play(Scenario("short", partial(history, events=10, jobs=3)))
    long = play(Scenario("long", partial(history, events=1000, jobs=300)))
    assert Counter(long.sandbox.operations()) == Counter(short.sandbox.operations())


def test_older_jobs_are_read_only_until_the_last_known_good_is_found() -> None:
    near = play(Scenario("near", partial(history, events=0, jobs=60)))
    far = play(Scenario("far", partial(history, events=0, jobs=60, failed=120)))
    more = Counter(far.sandbox.operations()) - Counter(near.sandbox.operations())
    assert set(more) == {"ListJobs"}
    assert more["ListJobs"] == 3  # two more pages, and the newest once more before the write
