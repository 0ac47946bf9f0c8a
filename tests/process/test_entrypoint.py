"""The unmodified entry point as a process, with the runner's environment, against the embedded AWS over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from rollback.inputs.reading import names
from sandbox import FIRST, Fault, Kind, Sandbox, ScaledClock
from tests.process.releases import IN_FILE
from tests.process.shop import BAD, GOOD, ROOT, SMOKE_TESTS_FAILED, STACK, Shop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SPEED = 200.0
PACE: dict[str, Any] = {"poll_interval": "0.1"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop on AWS's time, passing two hundred times as fast."""
    with Sandbox(ScaledClock(SPEED)) as sandbox:
        yield Shop(sandbox, tmp_path)


def updating(shop: Shop) -> None:
    """Let the stack be updated for as long as nobody cancels it, and be rolled back in seconds."""
    stack = shop.stack("UPDATE_IN_PROGRESS", resource_seconds=3600 * SPEED)

    def hurry(_service: str, operation: str, _params: dict[str, Any]) -> None:
        if operation == "CancelUpdateStack":
            stack.resource_seconds = 20.0

    shop.sandbox.before_call.append(hurry)


def test_smoke_tests_failed_while_the_stack_was_still_updating(shop: Shop) -> None:
    updating(shop)
    shop.frontend()
    shop.sandbox.site.break_commit(BAD)
    ran = shop.process(
        stack_name=STACK,
        app_name="shop",
        verify_url=shop.sandbox.site.url,
        verify_contains="{short-commit}",
        slack_webhook_url=shop.sandbox.slack.webhook_url,
        environment="development",
        **PACE,
    )
    assert ran.exit_code == 0
    assert ran.ended == ("rolled-back", "rolled-back", "rolled-back")
    assert (ran["triggered"], ran["verify-result"], ran["notified"]) == ("true", "passed", "true")
    assert (ran["restored-commit"], ran["frontend-job-id"], ran["stack-status"]) == (
        GOOD,
        "3",
        "UPDATE_ROLLBACK_COMPLETE",
    )
    assert (shop.status(), shop.live) == ("UPDATE_ROLLBACK_COMPLETE", GOOD)
    assert ran.log.count("::group::") == ran.log.count("::endgroup::") == 3
    assert len(shop.sandbox.slack.messages) == 1


def test_nothing_failed_is_not_triggered(shop: Shop) -> None:
    ran = shop.process(stack_name=STACK, job_results=json.dumps({**SMOKE_TESTS_FAILED, "smoke-tests": "success"}))
    assert (ran.exit_code, ran["outcome"]) == (0, "not-triggered")
    assert shop.sandbox.calls == []


def test_a_dry_run_is_planned(shop: Shop) -> None:
    shop.frontend()
    ran = shop.process(app_name="shop", dry_run="true", **PACE)
    assert (ran.exit_code, ran.ended) == (0, ("skipped", "planned", "planned"))
    assert shop.writes == []


def test_a_stack_at_rest_without_a_snapshot_is_not_needed(shop: Shop) -> None:
    shop.stack("UPDATE_COMPLETE")
    ran = shop.process(stack_name=STACK, **PACE)
    assert (ran.exit_code, ran.ended) == (0, ("not-needed", "skipped", "not-needed"))


def test_a_site_that_stays_ill_is_unhealthy(shop: Shop) -> None:
    shop.frontend()
    shop.sandbox.site.break_commit(GOOD)
    ran = shop.process(app_name="shop", verify_url=shop.sandbox.site.url, verify_timeout="0.5", **PACE)
    assert (ran.exit_code, ran.ended) == (1, ("skipped", "rolled-back", "unhealthy"))


def test_one_part_good_and_another_not_is_partial(shop: Shop) -> None:
    shop.stack("ROLLBACK_COMPLETE")
    shop.frontend()
    ran = shop.process(stack_name=STACK, app_name="shop", **PACE)
    assert (ran.exit_code, ran.ended) == (1, ("refused", "rolled-back", "partial"))


def test_no_part_good_is_failed(shop: Shop) -> None:
    shop.app()
    shop.job(BAD)
    ran = shop.process(app_name="shop", **PACE)
    assert (ran.exit_code, ran.ended) == (1, ("skipped", "refused", "failed"))


def test_a_deadline_is_timed_out(shop: Shop) -> None:
    shop.frontend()
    shop.sandbox.amplify.timing.running = 3600 * SPEED
    ran = shop.process(app_name="shop", frontend_timeout="0.01", **PACE)
    assert (ran.exit_code, ran.ended) == (1, ("skipped", "timed-out", "failed"))


def test_wrong_inputs_exit_with_2_and_call_nobody(shop: Shop) -> None:
    ran = shop.process(stack_name="1shop", redeploy="never")
    assert (ran.exit_code, ran["outcome"]) == (2, "invalid-inputs")
    assert shop.sandbox.calls == []


def test_without_credentials_it_fails_with_the_cure(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS")
    nobody = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), "")
    ran = shop.process(nobody, stack_name=STACK, **PACE)
    assert (ran.exit_code, ran.codes) == (1, {"access-denied"})
    assert "aws-actions/configure-aws-credentials" in ran.summary


def test_status_only_looks(shop: Shop) -> None:
    shop.stack("UPDATE_COMPLETE")
    shop.frontend()
    ran = shop.process(mode="status", job_results="", stack_name=STACK, app_name="shop", **PACE)
    assert (ran.exit_code, ran["outcome"], ran["stack-result"]) == (0, "status", "")
    assert shop.writes == []


def test_snapshot_bad_deployment_restore(shop: Shop) -> None:
    release = {"Resources": {"News": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "one"}}}}
    text = json.dumps(release) + "\n"
    shop.sandbox.cloudformation.create(STACK, text)
    shop.frontend("FAILED")
    both: dict[str, Any] = {"stack_name": STACK, "app_name": "shop", "snapshot": IN_FILE, **PACE}
    saved = shop.process(mode="snapshot", job_results="", **both)
    assert (saved.exit_code, saved["outcome"], saved["restored-commit"]) == (0, "snapshot-saved", GOOD)
    shop.sandbox.cloudformation.update(STACK, text.replace("one", "two"))
    ran = shop.process(**both)
    assert (ran.exit_code, ran.ended) == (0, ("rolled-back", "rolled-back", "rolled-back"))
    deployment = shop.sandbox.cloudformation.stack(STACK).deployment
    assert deployment is not None
    assert deployment.original == text


def test_a_start_whose_answer_is_dropped_makes_exactly_one_redeployment(shop: Shop) -> None:
    shop.frontend()
    shop.sandbox.faults.add(Fault("StartJob", Kind.DROPPED_AFTER, FIRST))
    assert shop.process(app_name="shop", **PACE).ended == ("skipped", "rolled-back", "rolled-back")
    assert [job for job in shop.jobs if job[1] == "RETRY"] == [(3, "RETRY", GOOD)]


@pytest.mark.parametrize("flags", [["--mode", "status", "--outputs"], ["--mode=rollback", "--force", "--dry-run"]])
def test_on_a_terminal_flags_do_the_same(shop: Shop, flags: list[str]) -> None:
    shop.stack("UPDATE_COMPLETE")
    shop.frontend()
    where = ["--stack-name", STACK, "--app-name", "shop", "--branch", "develop", "--commit", BAD]
    ended = subprocess.run(
        [sys.executable, "-m", "rollback", *flags, *where],
        cwd=ROOT,
        env=shop.sandbox.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ("== Outputs ==" in ended.stdout) is ("--outputs" in flags)
    assert "::" not in ended.stdout.replace("AWS::", "")
    assert shop.writes == []


def test_help_lists_the_inputs() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "rollback", "--help"],
        cwd=ROOT,
        env={},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert all(f"--{name} " in ended.stdout for name in names())
    assert "(default: 30)" in ended.stdout


def test_on_a_terminal_errors_speak_of_flags_and_profiles(shop: Shop) -> None:
    command = [sys.executable, "-m", "rollback", "--stack-name", STACK]
    environ = {**shop.sandbox.environment(), "AWS_REGION": "", "AWS_DEFAULT_REGION": ""}
    ended = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "error: invalid-input: --job-results: needed for a rollback: give --force" in ended.stdout
    assert "--aws-region: needed" in ended.stdout
    assert "${{" not in ended.stdout
    assert "aws-actions" not in ended.stdout
