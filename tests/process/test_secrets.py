"""No secret is in any log, output, summary, report, Slack message or snapshot file: they are planted everywhere."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import ALL, AwsError, Fault, Kind
from tests.process.releases import (
    IN_FILE,
    IN_S3,
    PASSWORD_NOW,
    PASSWORD_THEN,
    SNAPSHOTS,
    buckets,
    deploy_bad,
    deploy_good,
)
from tests.process.shop import APP_ID, BAD, BRANCH, GOOD, STACK

if TYPE_CHECKING:
    from pathlib import Path

    from tests.process.shop import Ran, Shop

GITHUB_TOKEN = "ghs_16C7e42F292c6912E7710c838347Ae178B4a"
SIGNED = "https://bucket.s3.amazonaws.com/log.txt?X-Amz-Credential=ASIASANDBOX&X-Amz-Signature=5ec4e7" + "0" * 58
APP_SECRETS = {"API_KEY": "app-environment-secret-then"}
BRANCH_SECRETS = {"DATABASE_URL": "branch-environment-secret-then"}


@pytest.fixture
def planted(shop: Shop) -> dict[str, str]:
    """The shop, deployed, recorded and badly deployed, with secrets in all places where people leave them."""
    slack, environment = shop.sandbox.slack, shop.sandbox.environment()
    secrets = {
        "webhook": slack.webhook_url,
        "bot token": slack.bot_token,
        "GitHub token": GITHUB_TOKEN,
        "signature": "5ec4e7" + "0" * 58,
        "AWS secret key": environment["AWS_SECRET_ACCESS_KEY"],
        "AWS session token": environment["AWS_SESSION_TOKEN"],
        "NoEcho then": PASSWORD_THEN,
        "NoEcho now": PASSWORD_NOW,
        "app environment then": APP_SECRETS["API_KEY"],
        "app environment now": "app-environment-secret-now",
        "branch environment then": BRANCH_SECRETS["DATABASE_URL"],
        "branch environment now": "branch-environment-secret-now",
    }
    told = f"it says {slack.webhook_url} {slack.bot_token} {GITHUB_TOKEN} {SIGNED}"
    buckets(shop)
    deploy_good(shop)
    shop.sandbox.amplify.add_app("shop", APP_ID, environment=dict(APP_SECRETS))
    shop.sandbox.amplify.add_branch(APP_ID, BRANCH, environment=dict(BRANCH_SECRETS))
    shop.job(GOOD, message=f"Show prices with tax, {told}")
    for where in (IN_S3, IN_FILE):
        saved = shop.run(mode="snapshot", job_results="", snapshot=where, **inputs(shop))
        assert saved["outcome"] == "snapshot-saved"
        nothing_leaks(shop, saved, secrets)
    deploy_bad(shop)
    shop.job(BAD, "FAILED", message=f"Faster, {told}", failure=told, started=shop.sandbox.clock.now() - 600)
    branch = shop.sandbox.amplify.branch(APP_ID, BRANCH)
    branch.app.environment = {"API_KEY": secrets["app environment now"]}
    branch.environment = {"DATABASE_URL": secrets["branch environment now"]}
    shop.sandbox.cloudformation.fail_update("Api", f"Code not found, {told}")
    shop.sandbox.github.add_job("Smoke tests", "failure", steps=[(f"Test, {told}", "failure")])
    return secrets


def inputs(shop: Shop) -> dict[str, Any]:
    return {
        "stack_name": STACK,
        "app_name": "shop",
        "github_token": GITHUB_TOKEN,
        "slack_webhook_url": shop.sandbox.slack.webhook_url,
        "reason": f"look at {shop.sandbox.slack.webhook_url} with {GITHUB_TOKEN}",
        "verify_url": shop.sandbox.site.url,
        "verify_timeout": "1",
    }


def nothing_leaks(shop: Shop, ran: Ran, secrets: dict[str, str]) -> None:
    log = "\n".join(line for line in ran.log.splitlines() if not line.startswith("::add-mask::"))
    slack = "\n".join(message.everything for message in shop.sandbox.slack.messages)
    files = {str(path): _text(path) for path in (shop.folder / "workspace").rglob("*") if path.is_file()}
    places = {"log": log, "summary": ran.summary, "told": ran.told, "Slack": slack, **ran.outputs, **files}
    found = [(name, place) for name, secret in secrets.items() for place, text in places.items() if secret in text]
    assert found == []


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_a_failed_restore_and_a_rebuild_leak_nothing(shop: Shop, planted: dict[str, str]) -> None:
    ran = shop.run(snapshot=IN_S3, **inputs(shop))
    assert ran.ended == ("failed", "rolled-back", "partial")
    assert "Code not found" in ran.summary
    nothing_leaks(shop, ran, planted)


def test_a_bot_leaks_nothing_either(shop: Shop, planted: dict[str, str]) -> None:
    slack = shop.sandbox.slack
    bot: dict[str, Any] = {
        "slack_bot_token": slack.bot_token,
        "slack_channel": "#deploys",
        "slack_api_url": slack.api_url,
    }
    given = {name: value for name, value in inputs(shop).items() if name != "slack_webhook_url"}
    # Without the webhook as an input nobody knows that it is a secret, but for its shape: this one has none.
    del planted["webhook"]
    given["reason"] = f"look at {GITHUB_TOKEN}"
    ran = shop.run(snapshot=IN_FILE, **given, **bot)
    assert ran["notified"] == "true"
    nothing_leaks(shop, ran, planted)


@pytest.mark.parametrize("how", [{"dry_run": "true"}, {"mode": "status"}])
def test_a_plan_and_a_look_leak_nothing(shop: Shop, planted: dict[str, str], how: dict[str, Any]) -> None:
    nothing_leaks(shop, shop.run(snapshot=IN_S3, **inputs(shop), **how), planted)


@pytest.mark.parametrize(
    "wrong", [{"slack_webhook_url": f"not a url {GITHUB_TOKEN}"}, {"job_results": f"{{{GITHUB_TOKEN}"}, {"mode": "x"}]
)
def test_wrong_inputs_leak_nothing(shop: Shop, planted: dict[str, str], wrong: dict[str, Any]) -> None:
    ran = shop.run(**{**inputs(shop), **wrong})
    assert ran["outcome"] == "invalid-inputs"
    nothing_leaks(shop, ran, planted)


def test_awss_own_error_texts_leak_nothing(shop: Shop, planted: dict[str, str]) -> None:
    text = f"no, because of {planted['webhook']} and {SIGNED}"
    shop.sandbox.faults.add(Fault("StartJob", Kind.DENIED, ALL, error=AwsError("BadRequestException", text, 400)))
    shop.sandbox.faults.add(Fault("GetTemplate", Kind.DENIED, ALL, error=AwsError("AccessDenied", text, 403)))
    ran = shop.run(snapshot=IN_S3, **inputs(shop))
    assert ran["stack-result"] == "failed"
    nothing_leaks(shop, ran, planted)


def test_each_secret_of_the_inputs_is_masked_for_the_rest_of_the_job(shop: Shop, planted: dict[str, str]) -> None:
    ran = shop.run(snapshot=IN_S3, **inputs(shop))
    masked = set(re.findall(r"^::add-mask::(.*)$", ran.log, re.MULTILINE))
    assert {planted["webhook"], GITHUB_TOKEN} <= masked


def test_the_snapshot_in_s3_holds_the_environment_but_no_noecho_value(shop: Shop, planted: dict[str, str]) -> None:
    text = shop.sandbox.services.get_object(SNAPSHOTS, "good.json").decode()
    assert json.loads(text)["frontend"]["app_environment"] == APP_SECRETS
    assert planted["NoEcho then"] not in text
    assert planted["webhook"] not in text


def test_outside_text_cannot_act_as_a_workflow_command(shop: Shop) -> None:
    shop.app()
    shop.job(GOOD, message="::stop-commands::x\n::set-output name=outcome::hacked")
    attack = "\n::error::hacked\r\n##[error]hacked\n::add-mask::a"
    shop.job(BAD, "FAILED", failure=attack, message=attack)
    shop.stack("UPDATE_ROLLBACK_COMPLETE", failing="Api", reason=attack)
    ran = shop.run(stack_name=STACK, app_name="shop", reason="now %0A::error::hacked")
    commands = [line for line in ran.log.splitlines() if re.match(r"\s*::", line)]
    assert {line.strip().split("::")[1].split(" ")[0] for line in commands} <= {
        *("group", "endgroup", "warning", "error", "add-mask"),
    }
    assert not any("hacked" in line for line in commands if not line.startswith(("::warning title=", "::error title=")))
    assert "##[" not in ran.log


def test_account_numbers_stay_out_of_the_plain_outputs(shop: Shop) -> None:
    """GitHub drops a job output whole that contains a masked value, and configure-aws-credentials masks the account."""
    stack = shop.stack("UPDATE_IN_PROGRESS")
    ran = shop.run(stack_name=stack.id)
    assert "123456789012" not in "".join(ran.outputs.values())
