"""`mode: verify`, and the watching after a rollback: the gate, the hold, the relapse, and what a cancelled one says."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import ALL, Fault, Kind, Sandbox, ScaledClock
from tests.process.shop import BAD, GOOD, STACK, Shop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GATE: dict[str, Any] = {"mode": "verify", "job_results": ""}


@pytest.fixture
def real_shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop on the wall clock, for processes."""
    with Sandbox(ScaledClock(1.0)) as sandbox:
        yield Shop(sandbox, tmp_path)


def relapse(shop: Shop, after: float) -> None:
    """Let the alarm `errors` ring once the run has waited `after` seconds."""
    shop.sandbox.services.set_alarm("errors", "OK")
    waits, sleep = shop.waits, shop.waits.sleep

    def and_ring(seconds: float) -> None:
        sleep(seconds)
        if sum(waits.sleeps) >= after:
            shop.sandbox.services.set_alarm("errors", "ALARM")

    waits.sleep = and_ring  # type: ignore[method-assign]


def test_what_is_served_well_is_verified(shop: Shop) -> None:
    shop.app()
    shop.job(BAD)
    shop.sandbox.services.set_alarm("shop-errors", "OK")
    ran = shop.run(**GATE, verify_url=shop.sandbox.site.url, verify_contains="{commit}", verify_alarms="shop-*")
    assert (ran["outcome"], ran["verify-result"], ran["triggered"], ran.exit_code) == ("verified", "passed", "false", 0)
    assert f"and contains '{BAD}'" in ran["reason"]
    assert shop.writes == []


def test_another_commit_than_the_deployed_one_is_unhealthy(shop: Shop) -> None:
    shop.app()
    shop.job(GOOD)
    ran = shop.run(**GATE, verify_url=shop.sandbox.site.url, verify_contains="{commit}", verify_timeout="5")
    assert (ran["outcome"], ran["verify-result"], ran.exit_code) == ("unhealthy", "failed", 1)
    assert ran.summary.startswith("<h2>🚨 Not healthy")
    assert "olled back" not in ran.summary


def test_the_gate_needs_no_region_and_calls_no_aws_for_an_address_alone(shop: Shop) -> None:
    shop.app()
    shop.job(BAD)
    ran = shop.run({"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, **GATE, verify_url=shop.sandbox.site.url)
    assert (ran["outcome"], shop.sandbox.calls) == ("verified", [])


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        ({}, "verify-alarms: mode: verify needs verify-url or verify-alarms"),
        ({"verify_alarms": "errors", "stack_name": STACK}, "verify-alarms: needs a region"),
        ({"verify_url": "ftp://x"}, "verify-url: is not an http(s) URL"),
    ],
)
def test_the_gates_own_problems_are_told_together_with_the_others(
    shop: Shop, inputs: dict[str, str], problem: str
) -> None:
    ran = shop.run({"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, **GATE, **inputs, verify_for="soon")
    assert ran["outcome"] == "invalid-inputs"
    assert problem in ran["reason"]
    assert "verify-for: 'soon'" in ran["reason"]


def test_alarms_that_cannot_be_read_are_unhealthy_with_the_permission(shop: Shop) -> None:
    shop.sandbox.faults.add(Fault("DescribeAlarms", Kind.DENIED, ALL))
    ran = shop.run(**GATE, verify_alarms="errors", verify_timeout="2")
    assert ran["outcome"] == "unhealthy"
    assert "cloudwatch:DescribeAlarms" in ran["reason"]


@pytest.mark.parametrize("alarm", ["typo", "typo-*"])
def test_an_alarm_that_is_not_there_is_unhealthy(shop: Shop, alarm: str) -> None:
    shop.sandbox.services.set_alarm("errors", "OK")
    ran = shop.run(**GATE, verify_alarms=f"errors, {alarm}", verify_timeout="2")
    assert (ran["outcome"], f"no such alarm: {alarm}" in ran["reason"]) == ("unhealthy", True)


def test_all_checks_must_stay_fine_as_long_as_asked(shop: Shop) -> None:
    shop.sandbox.services.set_alarm("errors", "OK")
    ran = shop.run(**GATE, verify_alarms="errors", verify_for="5")
    assert ran["outcome"] == "verified"
    assert 300 <= sum(shop.waits.sleeps) < 306


def test_a_relapse_is_unhealthy_and_the_table_says_when(shop: Shop) -> None:
    relapse(shop, after=100)
    ran = shop.run(**GATE, verify_alarms="errors", verify_for="5")
    verification = ran.report["verification"]
    assert (ran["outcome"], verification["relapsed"]) == ("unhealthy", True)
    assert [(look["fine"], look["text"]) for look in verification["looks"]] == [
        (True, "passed: not in ALARM: errors"),
        (False, "failed: in ALARM: errors"),
    ]
    assert 100 <= verification["looks"][1]["seconds"] < 106
    assert "did not stay so" in ran["reason"]
    assert "What was seen when" in ran.summary


def test_after_a_rollback_the_recovery_ends_when_all_was_fine_for_the_first_time(shop: Shop) -> None:
    shop.frontend()
    shop.sandbox.services.set_alarm("errors", "OK")
    calm = shop.run(app_name="shop", verify_alarms="errors", verify_for="10")
    assert calm["outcome"] == "rolled-back"
    assert int(calm["recovery-seconds"]) <= sum(shop.waits.sleeps) - 599


def test_a_relapse_after_a_rollback_is_unhealthy(shop: Shop) -> None:
    shop.frontend()
    relapse(shop, after=400)
    ran = shop.run(app_name="shop", verify_alarms="errors", verify_for="10")
    assert (ran["frontend-result"], ran["outcome"]) == ("rolled-back", "unhealthy")


def test_a_hold_that_is_cancelled_says_that_the_rollback_is_done(real_shop: Shop) -> None:
    shop = real_shop
    shop.stack("UPDATE_ROLLBACK_COMPLETE")
    process, where = shop.start(stack_name=STACK, verify_url=shop.sandbox.site.url, verify_for="5", poll_interval="0.2")
    shop.app()
    shop.job(GOOD)
    assert process.stdout
    log = []
    for line in process.stdout:
        log.append(line)
        if "must stay so" in line:
            process.send_signal(signal.SIGINT)
            break
    log.append(process.communicate(timeout=30)[0])
    ran = shop.read(where, process.returncode, "".join(log))
    assert (ran["outcome"], ran["stack-result"]) == ("interrupted", "already-good")
    assert "The rollback is done, every part of it" in ran["reason"]
    assert "The rollback is done, every part of it" in ran.told


def test_a_site_that_drips_ends_with_the_verifications_time(real_shop: Shop) -> None:
    shop = real_shop
    shop.app()
    shop.job(BAD)
    shop.sandbox.site.pace = 0.3
    ran = shop.process(**GATE, verify_url=shop.sandbox.site.url, verify_contains="never there", verify_timeout="2")
    assert ran["outcome"] == "unhealthy"
    assert "does not answer whole within" in ran["reason"]


def test_the_sites_own_access_control_is_passed_and_never_shown(shop: Shop) -> None:
    shop.app()
    shop.job(BAD)
    shop.sandbox.site.credentials = ("visitor", "open-sesame")
    url = shop.sandbox.site.url
    without = shop.run(**GATE, verify_url=url, verify_timeout="1")
    assert "answers 401 (give user:password@ in verify-url)" in without["reason"]
    address = f"{url.replace('://', '://visitor:open-sesame@')}?probe=hidden-value"
    ran = shop.run(**GATE, verify_url=address, verify_contains="release")
    assert ran["outcome"] == "verified"
    assert "open-sesame" not in ran.everything
    assert "hidden-value" not in ran.everything


def test_target_commit_may_be_a_tag(shop: Shop) -> None:
    shop.frontend()
    shop.sandbox.github.repository.commit(GOOD)
    shop.sandbox.github.repository.tag("v1.1.0", GOOD, annotated=True)
    ran = shop.run(app_name="shop", target_commit="v1.1.0", github_token="ghs_sandbox")
    assert (ran["outcome"], ran["restored-commit"]) == ("rolled-back", GOOD)


def test_an_unknown_tag_is_an_input_problem_and_aws_is_not_called(shop: Shop) -> None:
    shop.frontend()
    shop.sandbox.github.repository.commit(GOOD)
    ran = shop.run(app_name="shop", target_commit="v9", github_token="ghs_sandbox", poll_interval="soon")
    assert (ran["outcome"], shop.sandbox.calls) == ("invalid-inputs", [])
    assert "target-commit: 'v9' is unknown: octo/shop has no such tag" in ran["reason"]
    assert "poll-interval: 'soon'" in ran["reason"], "all problems at once"
