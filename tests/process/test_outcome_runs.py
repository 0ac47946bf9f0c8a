"""Every outcome of the contract, by whole runs; and who is told of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import ALL, Fault, Kind
from tests.process.shop import BAD, FRONTEND_FAILED, GOOD, OTHER, SMOKE_TESTS_FAILED, STACK

if TYPE_CHECKING:
    from tests.process.shop import Shop

BOTH: dict[str, Any] = {"stack_name": STACK, "app_name": "shop"}


def test_an_update_under_way_and_a_bad_release_are_both_rolled_back(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS")
    shop.frontend()
    ran = shop.run(**BOTH)
    assert ran.ended == ("rolled-back", "rolled-back", "rolled-back")
    assert (shop.status(), shop.live) == ("UPDATE_ROLLBACK_COMPLETE", GOOD)
    assert (ran["triggered"], ran["verify-result"], ran["notified"]) == ("true", "skipped", "false")
    assert abs(int(ran["recovery-seconds"]) - sum(shop.waits.sleeps)) <= 1, "whole seconds"
    assert shop.writes == ["CancelUpdateStack", "StartJob"], "the stack first: the backend phase may need it"


@pytest.mark.parametrize(
    ("results", "says"),
    [
        ({**SMOKE_TESTS_FAILED, "smoke-tests": "success"}, "No result that calls for a rollback"),
        ({**SMOKE_TESTS_FAILED, "deploy-infrastructure": "failure"}, "The infrastructure was not deployed"),
        ({**SMOKE_TESTS_FAILED, "smoke-tests": "cancelled"}, "No result that calls for a rollback"),
    ],
)
def test_not_triggered_calls_nobody(shop: Shop, results: dict[str, str], says: str) -> None:
    ran = shop.run(**BOTH, job_results=json.dumps(results), slack_webhook_url=shop.sandbox.slack.webhook_url)
    assert (ran["outcome"], ran["triggered"], ran["stack-result"]) == ("not-triggered", "false", "")
    assert says in ran["reason"]
    assert says in ran.summary
    assert shop.sandbox.calls == []
    assert shop.sandbox.slack.requests == []


def test_a_cancelled_job_triggers_where_the_user_wants_it_to(shop: Shop) -> None:
    shop.frontend()
    results = json.dumps({**SMOKE_TESTS_FAILED, "smoke-tests": "cancelled"})
    ran = shop.run(app_name="shop", job_results=results, rollback_on="failure, cancelled")
    assert ran["outcome"] == "rolled-back"


def test_a_person_forces_a_rollback_and_says_why(shop: Shop) -> None:
    shop.frontend()
    ran = shop.run(app_name="shop", job_results="", force="true", reason="payments fail")
    assert ran["outcome"] == "rolled-back"
    assert "payments fail" in ran.summary
    assert shop.sandbox.amplify.branch("d1shop", "develop").jobs[3].reason == "Rollback: payments fail"


def test_a_dry_run_plans_changes_nothing_and_notifies_nobody(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS")
    shop.frontend()
    ran = shop.run(**BOTH, dry_run="true", slack_webhook_url=shop.sandbox.slack.webhook_url)
    assert ran.ended == ("planned", "planned", "planned")
    assert shop.writes == []
    assert shop.sandbox.slack.requests == []
    assert "Would cancel the update that runs" in ran["reason"]
    assert "Would redeploy job 1 (aaaaaaa)" in ran["reason"]
    assert ran["restored-commit"] == GOOD


def test_a_dry_run_that_cannot_read_aws_is_failed(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS")
    shop.sandbox.faults.add(Fault("DescribeStacks", Kind.DENIED, ALL))
    assert shop.run(stack_name=STACK, dry_run="true")["outcome"] == "failed"


def test_partial_is_one_part_good_and_another_not(shop: Shop) -> None:
    shop.stack("ROLLBACK_COMPLETE")
    shop.frontend()
    ran = shop.run(**BOTH, verify_url=shop.sandbox.site.url)
    assert ran.ended == ("refused", "rolled-back", "partial")
    assert ran["verify-result"] == "skipped"
    assert shop.live == GOOD, "closer to good is better"


def test_a_frontend_that_is_refused_beside_a_good_stack_is_partial(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS")
    shop.frontend()
    shop.job(OTHER)
    assert shop.run(**BOTH).ended == ("rolled-back", "refused", "partial")


def test_failed_is_no_part_good(shop: Shop) -> None:
    shop.stack("ROLLBACK_COMPLETE")
    shop.app()
    shop.job(BAD)
    assert shop.run(**BOTH).ended == ("refused", "refused", "failed")


def test_not_needed_is_nothing_that_had_to_change(shop: Shop) -> None:
    shop.stack("UPDATE_COMPLETE")
    shop.frontend("FAILED")
    ran = shop.run(**BOTH, job_results=json.dumps(FRONTEND_FAILED), redeploy="if-needed")
    assert ran.ended == ("not-needed", "already-good", "not-needed")
    assert "stack-keeps-deployment" in ran.codes
    assert shop.writes == []


# --- verification ---


def test_a_site_that_is_healthy_again_passes(shop: Shop) -> None:
    shop.frontend()
    shop.sandbox.site.break_commit(BAD)
    ran = shop.run(app_name="shop", verify_url=shop.sandbox.site.url, verify_contains="{commit}")
    assert (ran["outcome"], ran["verify-result"]) == ("rolled-back", "passed")


def test_a_site_that_stays_ill_is_unhealthy(shop: Shop) -> None:
    shop.frontend()
    shop.sandbox.site.break_commit(GOOD)
    ran = shop.run(app_name="shop", verify_url=shop.sandbox.site.url)
    assert (ran.ended, ran["verify-result"]) == (("skipped", "rolled-back", "unhealthy"), "failed")
    assert "verification-failed" in ran.codes
    assert ran["recovery-seconds"] == ""


def test_an_alarm_that_rings_is_unhealthy(shop: Shop) -> None:
    shop.frontend()
    shop.sandbox.services.set_alarm("errors", "ALARM")
    assert shop.run(app_name="shop", verify_alarms="errors", verify_timeout="10")["outcome"] == "unhealthy"


def test_a_text_that_needs_a_commit_nobody_knows_is_unhealthy(shop: Shop) -> None:
    shop.app()
    shop.job("HEAD", started=shop.sandbox.clock.now() - 3600, builds=GOOD)
    shop.job(BAD)
    shop.sandbox.amplify.quirks.retry_of_head = "same"
    ran = shop.run(app_name="shop", verify_url=shop.sandbox.site.url, verify_contains="{commit}", verify_timeout="5")
    assert ran["outcome"] == "unhealthy"


# --- Slack ---


def test_a_webhook_is_told_once_with_mentions_and_reason(shop: Shop) -> None:
    shop.frontend()
    ran = shop.run(
        app_name="shop",
        slack_webhook_url=shop.sandbox.slack.webhook_url,
        slack_mentions="U012AB3CD,here",
        environment="development",
        reason="payments fail",
    )
    assert ran["notified"] == "true"
    (message,) = shop.sandbox.slack.messages
    assert message.by_webhook
    assert {"<@U012AB3CD>", "<!here>"} <= set(message.text.replace(",", " ").split())
    for word in ("development", "develop", BAD[:7], GOOD[:7], "Mona", "payments fail"):
        assert word in message.everything


def test_a_bot_writes_one_message_its_thread_and_its_final_state(shop: Shop) -> None:
    shop.frontend()
    slack = shop.sandbox.slack
    bot: dict[str, Any] = {
        "slack_bot_token": slack.bot_token,
        "slack_channel": "#deploys",
        "slack_api_url": slack.api_url,
    }
    ran = shop.run(app_name="shop", **bot)
    assert ran["notified"] == "true"
    head, *thread = slack.messages
    assert head.edits
    assert thread
    assert {message.thread_ts for message in thread} == {head.ts}


@pytest.mark.parametrize("failure", ["channel_not_found", "no_service", "invalid_token"])
def test_slacks_failure_never_changes_the_outcome(shop: Shop, failure: str) -> None:
    shop.frontend()
    shop.sandbox.slack.fail(failure, times=9)
    ran = shop.run(app_name="shop", slack_webhook_url=shop.sandbox.slack.webhook_url)
    assert (ran["outcome"], ran["notified"]) == ("rolled-back", "false")
    assert "slack-failed" in ran.codes
    assert "::warning title=slack-failed" in ran.log


def test_a_refusal_is_told_on_slack_too(shop: Shop) -> None:
    shop.stack("ROLLBACK_COMPLETE")
    ran = shop.run(stack_name=STACK, slack_webhook_url=shop.sandbox.slack.webhook_url)
    assert ran["notified"] == "true"
    told = shop.sandbox.slack.messages[0].everything
    assert "no safe move" in told
    assert f"aws cloudformation describe-stacks --stack-name {STACK}" in told


# --- invalid inputs, status ---


def test_invalid_inputs_call_nobody_and_are_all_told(shop: Shop) -> None:
    ran = shop.run(stack_name="1shop", poll_interval="0", slack_webhook_url=shop.sandbox.slack.webhook_url)
    assert (ran.exit_code, ran["outcome"], ran["triggered"]) == (2, "invalid-inputs", "false")
    assert ran.log.count("::error title=invalid-input::") == 2
    assert "stack-name" in ran.summary
    assert "poll-interval" in ran.summary
    assert shop.sandbox.calls == []
    assert shop.sandbox.slack.requests == []


def test_status_only_looks(shop: Shop) -> None:
    shop.stack("UPDATE_IN_PROGRESS")
    shop.frontend()
    ran = shop.run(**BOTH, mode="status", job_results="", slack_webhook_url=shop.sandbox.slack.webhook_url)
    assert (ran["outcome"], ran["stack-status"]) == ("status", "UPDATE_IN_PROGRESS")
    assert "the last known good is job 1" in ran["reason"]
    assert [(job["id"], job["live"], job["last_known_good"]) for job in ran.report["frontend"]["history"]] == [
        ("2", True, False),
        ("1", False, True),
    ]
    assert ran.report["stacks"][0]["events"]
    assert shop.writes == []
    assert shop.sandbox.slack.requests == []


@pytest.mark.parametrize(
    ("inputs", "code"),
    [({"stack_name": "nothing-here"}, "stack-not-found"), ({"app_id": "dnothing"}, "app-not-found")],
)
def test_status_says_what_is_not_there(shop: Shop, inputs: dict[str, Any], code: str) -> None:
    ran = shop.run(mode="status", job_results="", **inputs)
    assert (ran["outcome"], ran.codes) == ("status", {code})


def test_status_that_may_not_look_is_failed_with_the_permission(shop: Shop) -> None:
    shop.stack()
    shop.sandbox.faults.add(Fault("DescribeStacks", Kind.DENIED, ALL))
    ran = shop.run(mode="status", job_results="", stack_name=STACK)
    assert ran["outcome"] == "failed"
    assert "cloudformation:DescribeStacks" in ran.summary


def test_status_may_be_asked_for_before_anything_was_deployed(shop: Shop) -> None:
    shop.app()
    ran = shop.run(mode="status", job_results="", app_name="shop")
    assert ran["outcome"] == "status"
    assert "the site serves no job yet" in ran["reason"].lower()


# --- what GitHub tells ---


def test_failed_jobs_are_named_with_step_and_link(shop: Shop) -> None:
    shop.frontend()
    shop.sandbox.github.add_job("Smoke tests", "failure", steps=[("Test the API", "failure")])
    ran = shop.run(app_name="shop", github_token="ghs_token")
    assert [(job["name"], job["step"]) for job in ran.report["failed_jobs"]] == [("smoke-tests", "Test the API")]
    assert "Test the API" in ran.summary
