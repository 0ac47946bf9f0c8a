"""The wall clock may jump, Slack may want to be left alone for an hour, AWS may never answer: every run ends."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import botocore.config
import pytest

from rollback.slack.delivery import MOST_RETRY_AFTER
from sandbox import Fault, Kind, since
from tests.clocks import FakeClock
from tests.reliability.invariants import broken
from tests.reliability.matrix import LASTING, undisturbed
from tests.reliability.play import play, staged
from tests.reliability.scenarios import ALL, RESTORE, ROLLBACKS, STILL_UPDATING, Scenario

if TYPE_CHECKING:
    from datetime import datetime

RESULTS = ("outcome", "stack-result", "frontend-result", "verify-result", "recovery-seconds")


class JumpingClock(FakeClock):
    """A wall clock that is set a day forth and two back at each look; `monotonic` is not."""

    looks = 0

    def now(self) -> datetime:
        self.looks += 1
        return super().now() + timedelta(days=self.looks if self.looks % 2 else -2 * self.looks)


@pytest.mark.parametrize("scenario", ROLLBACKS, ids=lambda scenario: scenario.name)
def test_a_wall_clock_that_jumps_changes_nothing(scenario: Scenario) -> None:
    calm = undisturbed(scenario)
    with patch("tests.reliability.play.FakeClock", JumpingClock):
        run = play(scenario)
    assert [run.outputs[name] for name in RESULTS] == [calm.outputs[name] for name in RESULTS]
    assert run.seconds == calm.seconds
    assert [call.operation for call in run.calls] == [call.operation for call in calm.calls]


@pytest.mark.parametrize("first", [1, 9])
@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: scenario.name)
def test_a_run_ends_even_where_aws_never_answers_again(scenario: Scenario, kind: Kind, first: int) -> None:
    fault = Fault("*", kind, since(first))
    run = play(scenario, lambda sandbox: sandbox.faults.add(fault))
    assert not broken(run, scenario), run.stdout
    if kind in LASTING and first == 1:
        assert run.seconds == 0
        assert run.exit_code == 1


def test_an_answer_that_is_held_back_is_given_up() -> None:
    """The one test that waits: a connection that stays silent, and the client's own read timeout, cut short."""
    real = botocore.config.Config

    def impatient(**settings: Any) -> botocore.config.Config:
        assert settings["read_timeout"] <= 60
        assert settings["connect_timeout"] <= 60
        return real(**{**settings, "read_timeout": 1})

    with patch.object(botocore.config, "Config", impatient), staged(STILL_UPDATING, over_http=True) as stage:
        stage.sandbox.faults.add(Fault("DescribeStacks", Kind.TIMEOUT, since(3)))
        stage.sandbox.faults.add(Fault("StartJob", Kind.TIMEOUT_AFTER))
        run = stage.run({"stack-timeout": "0.2"})
    assert not broken(run, STILL_UPDATING), run.stdout
    assert run.outputs["stack-result"] == "timed-out"
    assert run.outputs["frontend-result"] == "rolled-back"


@pytest.mark.parametrize("retry_after", [0, 3_600])
def test_slacks_wish_to_wait_is_granted_up_to_a_cap_and_changes_no_outcome(retry_after: int) -> None:
    slept: list[float] = []
    with patch("slack_sdk.http_retry.handler.time.sleep", slept.append):
        run = play(RESTORE, lambda sandbox: sandbox.slack.fail("rate_limited", times=99, retry_after=retry_after))
    assert slept
    assert max(slept) <= MOST_RETRY_AFTER + 1
    assert run.outputs["notified"] == "false"
    assert run.outputs["outcome"] == undisturbed(RESTORE).outputs["outcome"]
    assert not broken(run, RESTORE)
