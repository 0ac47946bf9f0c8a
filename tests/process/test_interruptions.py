"""A cancelled job: whatever it was doing, it ends within five seconds, having said what was started and what to do."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import ALL, Fault, Kind, Sandbox, ScaledClock
from tests.process.releases import IN_FILE
from tests.process.shop import BAD, STACK, Ran, Shop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIGNALS = (signal.SIGINT, signal.SIGTERM)
LIMIT = 5.0


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop on the wall clock: whatever begins goes on for minutes."""
    with Sandbox(ScaledClock(1.0)) as sandbox:
        yield Shop(sandbox, tmp_path)


def interrupted(shop: Shop, *signals: signal.Signals, after: str, nth: int = 1, **inputs: Any) -> Ran:
    """Run until AWS has answered the `nth` call of an operation, then send the signals; return what was left behind."""
    reached = threading.Event()

    def watch(_service: str, operation: str, _params: dict[str, Any]) -> None:
        if operation == after and shop.sandbox.operations().count(after) >= nth:
            reached.set()

    shop.sandbox.after_call.append(watch)
    process, where = shop.start(poll_interval="0.2", slack_webhook_url=shop.sandbox.slack.webhook_url, **inputs)
    try:
        assert reached.wait(30), f"the run never came to {after}"
        sent = time.monotonic()
        for number in signals:
            process.send_signal(number)
        log, _ = process.communicate(timeout=30)
    finally:
        process.kill()
    assert time.monotonic() - sent < LIMIT
    ran = shop.read(where, process.returncode, log)
    assert (ran["outcome"], ran.exit_code) == ("interrupted", 1), log
    return ran


@pytest.mark.parametrize("number", SIGNALS)
def test_while_the_stack_rolls_back(shop: Shop, number: signal.Signals) -> None:
    shop.stack("UPDATE_IN_PROGRESS", resource_seconds=3600)
    ran = interrupted(shop, number, after="DescribeStacks", nth=4, stack_name=STACK)
    assert shop.writes == ["CancelUpdateStack"]
    assert "CloudFormation goes on with what was started" in ran.told
    assert ran["notified"] == "true"
    assert "CloudFormation goes on with what was started" in shop.sandbox.slack.messages[-1].everything
    assert "Run this job again" in ran.told
    assert "::error title=interrupted" in ran.log


@pytest.mark.parametrize("number", SIGNALS)
def test_while_amplify_builds(shop: Shop, number: signal.Signals) -> None:
    shop.frontend()
    ran = interrupted(shop, number, after="GetJob", app_name="shop")
    assert shop.writes == ["StartJob"]
    assert (ran["frontend-job-id"], ran["notified"]) == ("3", "true")
    assert "Amplify goes on with what was started" in shop.sandbox.slack.messages[-1].everything
    assert "Amplify goes on with what was started" in ran.told


@pytest.mark.parametrize(("after", "nth"), [("CancelUpdateStack", 1), ("StartJob", 1), ("GetJob", 2)])
def test_while_both_are_rolled_back_both_are_told(shop: Shop, after: str, nth: int) -> None:
    shop.stack("UPDATE_IN_PROGRESS", resource_seconds=3600)
    shop.frontend()
    both: dict[str, Any] = {"stack_name": STACK, "app_name": "shop", "order": "together"}
    ran = interrupted(shop, signal.SIGTERM, after=after, nth=nth, **both)
    assert "CloudFormation goes on with what was started" in ran.told
    if after != "CancelUpdateStack":  # a signal that comes as fast as this may leave the frontend unseen
        assert ("it may have started" in ran.told) or ("Amplify goes on with what was started" in ran.told)
    assert set(shop.writes) <= {"CancelUpdateStack", "StartJob"}
    again = shop.process(**both, poll_interval="0.2", stack_timeout="0.02", frontend_timeout="0.02")
    assert again.ended == ("timed-out", "timed-out", "failed")
    assert sorted(shop.writes) == ["CancelUpdateStack", "StartJob"]


def test_before_anything_was_started(shop: Shop) -> None:
    shop.stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", cleanup_seconds=3600)
    ran = interrupted(shop, signal.SIGINT, after="DescribeStacks", nth=2, stack_name=STACK)
    assert shop.writes == []
    assert "before anything was started" in ran.told


def test_the_runners_second_signal_changes_nothing(shop: Shop) -> None:
    shop.frontend()
    ran = interrupted(shop, signal.SIGINT, signal.SIGTERM, after="GetJob", app_name="shop")
    assert ran["notified"] == "true"


def test_in_the_middle_of_a_call_whose_answer_never_comes(shop: Shop) -> None:
    shop.frontend()
    shop.sandbox.faults.add(Fault("StartJob", Kind.TIMEOUT_AFTER, ALL, seconds=30))
    ran = interrupted(shop, signal.SIGTERM, after="StartJob", app_name="shop")
    assert "it may have started" in ran.told


def test_our_change_set_is_dropped(shop: Shop) -> None:
    release = {"Resources": {"News": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "one"}}}}
    shop.sandbox.cloudformation.create(STACK, release)
    saved = shop.process(mode="snapshot", job_results="", stack_name=STACK, snapshot=IN_FILE)
    assert saved["outcome"] == "snapshot-saved"
    release["Resources"]["News"]["Properties"] = {"DisplayName": "two"}
    shop.sandbox.cloudformation.update(STACK, release, resource_seconds=0, cleanup_seconds=0)
    ran = interrupted(shop, signal.SIGINT, after="CreateChangeSet", stack_name=STACK, snapshot=IN_FILE)
    assert shop.change_sets() == []
    assert shop.writes == ["CreateChangeSet", "DeleteChangeSet"]
    assert ran["stack-status"] == "UPDATE_COMPLETE"


def test_slack_that_hangs_does_not_hold_the_end_up(shop: Shop) -> None:
    shop.frontend()
    shop.sandbox.slack.fail("hangs", times=5)
    ran = interrupted(shop, signal.SIGINT, after="GetJob", app_name="shop")
    assert ran["notified"] == "false"


def test_aws_that_hangs_does_not_hold_the_end_up(shop: Shop) -> None:
    release = {"Resources": {"News": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "one"}}}}
    shop.sandbox.cloudformation.create(STACK, release)
    shop.process(mode="snapshot", job_results="", stack_name=STACK, snapshot=IN_FILE)
    release["Resources"]["News"]["Properties"] = {"DisplayName": "two"}
    shop.sandbox.cloudformation.update(STACK, release, resource_seconds=0, cleanup_seconds=0)
    shop.sandbox.faults.add(Fault("DeleteChangeSet", Kind.TIMEOUT, ALL, seconds=30))
    interrupted(shop, signal.SIGINT, after="CreateChangeSet", stack_name=STACK, snapshot=IN_FILE)


def test_a_run_started_again_goes_on_where_the_cancelled_one_ended(shop: Shop) -> None:
    shop.sandbox.amplify.timing.running = 3.0
    shop.sandbox.amplify.timing.provisioning = 1.0
    shop.frontend()
    interrupted(shop, signal.SIGINT, after="GetJob", app_name="shop")
    ran = shop.process(app_name="shop", poll_interval="0.2")
    assert ran["frontend-result"] in {"rolled-back", "already-good"}
    assert shop.writes == ["StartJob"]
    assert BAD not in {job[2] for job in shop.jobs if job[1] == "RETRY"}
