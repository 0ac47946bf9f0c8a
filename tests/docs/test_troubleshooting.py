"""The troubleshooting's entries happen as they say: each situation, played on the embedded AWS, ends in its code."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from rollback.report.model import Report
from rollback.report.notices import Code
from rollback.report.words import notices
from rollback.session import Session
from sandbox import AwsError, Fault, Kind, ManualClock, Sandbox
from tests.clocks import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BAD, GOOD, THIRD = "b" * 40, "a" * 40, "c" * 40
STATEFUL = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    },
}
TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "one"}}
CODE = {
    "Type": "AWS::Lambda::Function",
    "Properties": {"Code": {"S3Bucket": "artifacts", "S3Key": "api.zip"}, "Role": "arn:aws:iam::123456789012:role/a"},
}


class Play:
    """A shop whose deployment fails, and the action run against it."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox, self.folder = sandbox, folder
        self.environ: dict[str, str] = {}
        sandbox.services.create_bucket("snapshots")
        sandbox.services.create_bucket("artifacts")
        sandbox.amplify.add_app("shop", "d1shop", environment={"KEY": "good"})
        sandbox.amplify.add_branch("d1shop", "develop")

    def job(self, commit: str, status: str = "SUCCEED", **facts: Any) -> None:
        self.sandbox.amplify.add_job("d1shop", "develop", commit=commit, status=status, **facts)

    def create(self, **resources: Any) -> None:
        self.sandbox.cloudformation.create("shop", json.dumps({"Resources": resources or {"Topic": TOPIC}}))

    def update(self, parameters: dict[str, Any] | None = None, **resources: Any) -> None:
        template = {"Resources": resources or {"Topic": {**TOPIC, "Properties": {"DisplayName": "two"}}}}
        self.sandbox.cloudformation.update("shop", json.dumps({**template, **(parameters or {})}))
        self.wait(1800)

    def wait(self, seconds: float) -> None:
        assert isinstance(self.sandbox.clock, ManualClock)
        self.sandbox.clock.advance(seconds)
        self.sandbox.client("cloudformation").describe_stacks()  # what was due happens when somebody looks

    def run(self, **inputs: str) -> Report:
        output = self.folder / "output"
        output.write_text("", encoding="utf-8")
        environ = {
            **self.sandbox.environment(),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_WORKSPACE": str(self.folder),
            "GITHUB_REPOSITORY": "example/shop",
            "GITHUB_RUN_ID": "7",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_SHA": BAD,
            **self.environ,
            **{f"INPUT_{name.upper().replace('_', '-')}": value for name, value in inputs.items()},
        }
        clock = FakeClock(self.sandbox.clock, start=self.sandbox.clock.now())  # type: ignore[arg-type]
        Session(environ, io.StringIO(), clock).run()
        last = output.read_text(encoding="utf-8").rpartition("report<<")[2]
        return Report.model_validate_json(last.splitlines()[1])

    def snapshot(self, place: str = "s3://snapshots/shop.json", **inputs: str) -> Report:
        return self.run(**{"mode": "snapshot", "snapshot": place, **inputs})


STACK = {"stack_name": "shop", "force": "true"}
SITE = {"app_id": "d1shop", "branch": "develop", "force": "true"}
FROM_SNAPSHOT = {"snapshot": "s3://snapshots/shop.json"}
Situation = Callable[[Play], Report]
SITUATIONS: dict[Code, Situation] = {}


def situation(code: Code) -> Callable[[Situation], Situation]:
    """Remember a situation by the code that it ends in."""

    def remember(play: Situation) -> Situation:
        SITUATIONS[code] = play
        return play

    return remember


@situation(Code.INVALID_INPUT)
def _(play: Play) -> Report:
    return play.run(stack_name="shop")


@situation(Code.ACCESS_DENIED)
def _(play: Play) -> Report:
    play.create()
    play.sandbox.faults.add(Fault("DescribeStacks", Kind.DENIED))
    return play.run(**STACK)


@situation(Code.AWS_UNREADABLE)
def _(play: Play) -> Report:
    play.create()
    play.sandbox.faults.add(Fault("DescribeStacks", Kind.MALFORMED, body=b"<html>"))
    return play.run(**STACK)


@situation(Code.AWS_REJECTED)
def _(play: Play) -> Report:
    play.sandbox.cloudformation.seed_stack("shop", "UPDATE_FAILED")
    refusal = AwsError("ValidationError", "Stack is protected by somebody", 400)
    play.sandbox.faults.add(Fault("RollbackStack", Kind.DENIED, error=refusal))
    return play.run(**STACK)


@situation(Code.SLACK_FAILED)
def _(play: Play) -> Report:
    play.create()
    return play.run(**STACK, slack_webhook_url=f"{play.sandbox.url}/slack/no-such-webhook")


@situation(Code.GITHUB_NOT_TOLD)
def _(play: Play) -> Report:
    play.job(GOOD)
    play.job(BAD)
    play.sandbox.github.permissions["deployments"] = "read"
    told = {"github_deployment": "true", "environment": "development", "github_token": "ghs_x"}
    return play.run(**SITE, **told)


@situation(Code.SLACK_UNENCRYPTED)
def _(play: Play) -> Report:
    play.create()
    return play.run(**STACK, slack_webhook_url=play.sandbox.slack.webhook_url.replace("127.0.0.1", "0.0.0.0"))


@situation(Code.VERIFICATION_FAILED)
def _(play: Play) -> Report:
    play.job(GOOD)
    play.job(BAD)
    play.sandbox.site.break_commit(GOOD)
    return play.run(**SITE, verify_url=play.sandbox.site.url, verify_timeout="5")


@situation(Code.TOGETHER_NOT_POSSIBLE)
def _(play: Play) -> Report:
    play.create()
    play.update()
    own = "arn:aws:cloudformation:us-west-2:123456789012:stack/amplify-shop-develop/8a1f"
    play.sandbox.amplify.branch("d1shop", "develop").settings["backend"] = {"stackArn": own}
    return play.run(**{**STACK, **SITE}, order="together")


@situation(Code.STACK_NOT_FOUND)
def _(play: Play) -> Report:
    return play.run(**STACK)


def _in_status(status: str) -> Situation:
    def play_it(play: Play) -> Report:
        play.sandbox.cloudformation.seed_stack("shop", status)
        return play.run(**STACK, stack_timeout="1")

    return play_it


SITUATIONS |= {
    Code.STACK_FIRST_CREATION_FAILED: _in_status("ROLLBACK_COMPLETE"),
    Code.STACK_NEEDS_A_PERSON: _in_status("IMPORT_ROLLBACK_FAILED"),
    Code.STACK_BEING_DELETED: _in_status("DELETE_IN_PROGRESS"),
    Code.STACK_IN_REVIEW: _in_status("REVIEW_IN_PROGRESS"),
    Code.STACK_KEEPS_DEPLOYMENT: _in_status("UPDATE_COMPLETE"),
    Code.STACK_FIRST_DEPLOYMENT: _in_status("CREATE_COMPLETE"),
}


@situation(Code.STACK_TIMED_OUT)
def _(play: Play) -> Report:
    play.sandbox.cloudformation.seed_stack("shop", "UPDATE_ROLLBACK_IN_PROGRESS", resource_seconds=7200)
    return play.run(**STACK, stack_timeout="1")


@situation(Code.STACK_ROLLBACK_FAILED)
def _(play: Play) -> Report:
    play.sandbox.cloudformation.seed_stack("shop", "UPDATE_ROLLBACK_FAILED", rollback_failures=9)
    return play.run(**STACK)


@situation(Code.STACK_EXPRESS_MODE)
def _(play: Play) -> Report:
    play.sandbox.cloudformation.seed_stack("shop", "UPDATE_FAILED", express=True)
    return play.run(**STACK)


@situation(Code.STACK_RESOURCES_SKIPPED)
def _(play: Play) -> Report:
    play.sandbox.cloudformation.seed_stack("shop", "UPDATE_ROLLBACK_FAILED", rollback_failures=9)
    stuck = play.run(**STACK).stacks[0].next_steps[-1].line.rpartition("--resources-to-skip ")[2]
    play.environ["GITHUB_RUN_ATTEMPT"] = "2"
    return play.run(**STACK, resources_to_skip=stuck.replace(" ", ","))


@situation(Code.SNAPSHOT_UNUSABLE)
def _(play: Play) -> Report:
    play.create()
    play.update()
    return play.run(**STACK, **FROM_SNAPSHOT)


@situation(Code.SNAPSHOT_UNPROTECTED)
def _(play: Play) -> Report:
    return play.snapshot(**STACK)


@situation(Code.SNAPSHOT_KEPT)
def _(play: Play) -> Report:
    play.create()
    play.snapshot(**STACK)
    play.environ["GITHUB_RUN_ATTEMPT"] = "2"
    return play.snapshot(**STACK)


@situation(Code.PREVIOUS_DEPLOYMENT_FAILED)
def _(play: Play) -> Report:
    play.job(GOOD)
    play.job(THIRD, "FAILED")
    return play.snapshot(**SITE)


@situation(Code.INCIDENT_NOT_WRITTEN)
def _(play: Play) -> Report:
    play.create()
    (play.folder / "incident.md").mkdir()
    return play.run(**STACK, incident_file="incident.md")


@situation(Code.SNAPSHOT_OF_FAILED_COMMIT)
def _(play: Play) -> Report:
    play.job(GOOD)
    play.job(BAD)
    play.snapshot(**SITE)
    return play.run(**SITE, **FROM_SNAPSHOT)


@situation(Code.SNAPSHOT_OF_ANOTHER)
def _(play: Play) -> Report:
    play.create()
    play.snapshot(**STACK)
    play.environ["GITHUB_REPOSITORY"] = "example/other"
    return play.run(**STACK, **FROM_SNAPSHOT)


@situation(Code.SNAPSHOT_OLD)
def _(play: Play) -> Report:
    play.create()
    play.snapshot(**STACK)
    play.wait(60)
    play.update(Other=TOPIC)
    play.update(Another=TOPIC)
    return play.run(**STACK, **FROM_SNAPSHOT)


HISTORY = {"snapshot": "s3://snapshots/development/"}


@situation(Code.RELEASE_PASSED_OVER)
def _(play: Play) -> Report:
    play.create()
    play.snapshot(**STACK, **HISTORY, commit=GOOD)
    play.sandbox.services.put_object("snapshots", f"development/20991231T000000Z-{THIRD}-9-1.json", "{")
    play.update()
    return play.run(**STACK, **HISTORY)


@situation(Code.RELEASE_COMMIT_DIFFERS)
def _(play: Play) -> Report:
    play.job(THIRD)
    return play.snapshot(**SITE, **HISTORY, commit=GOOD)


@situation(Code.RELEASE_MIXED)
def _(play: Play) -> Report:
    play.create()
    play.job(THIRD)
    play.job(GOOD)
    play.snapshot(**{**STACK, **SITE, **HISTORY}, commit=GOOD)
    play.update()
    play.job(BAD)
    return play.run(**{**STACK, **SITE, **HISTORY}, target_job_id="1")


@situation(Code.STACK_POLICY_UNREAD)
def _(play: Play) -> Report:
    play.create()
    play.sandbox.faults.add(Fault("GetStackPolicy", Kind.DENIED))
    return play.snapshot(**STACK)


@situation(Code.RESTORE_OUT_OF_REACH)
def _(play: Play) -> Report:
    play.sandbox.services.put_parameter("/size", "small")
    ssm = {"Size": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/size"}}
    template = {"Parameters": ssm, "Resources": {"Topic": {**TOPIC, "Properties": {"DisplayName": {"Ref": "Size"}}}}}
    play.sandbox.cloudformation.create("shop", json.dumps(template))
    play.snapshot(**STACK)
    play.sandbox.services.put_parameter("/size", "large")
    play.wait(60)
    play.sandbox.cloudformation.update("shop", json.dumps(template))
    play.wait(1800)
    return play.run(**STACK, **FROM_SNAPSHOT)


@situation(Code.RESTORE_CHANGES_PERMISSIONS)
def _(play: Play) -> Report:
    play.create()
    play.snapshot(**STACK)
    policy = {"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": ["arn"], "PolicyDocument": {}}}
    play.update(Topic=TOPIC, Policy=policy)
    return play.run(**STACK, **FROM_SNAPSHOT)


@situation(Code.SNAPSHOT_JOB_PASSED_OVER)
def _(play: Play) -> Report:
    play.job(GOOD)
    play.job("HEAD")
    play.snapshot(**SITE)
    return play.run(**SITE, **FROM_SNAPSHOT, failed_job_id="2")


@situation(Code.RESTORE_DESTRUCTIVE)
def _(play: Play) -> Report:
    play.create()
    play.snapshot(**STACK)
    play.update(Topic=TOPIC, Orders=STATEFUL)
    play.sandbox.cloudformation.store("shop", "Orders", "an order")
    return play.run(**STACK, **FROM_SNAPSHOT)


@situation(Code.RESTORE_UNREAD)
def _(play: Play) -> Report:
    for name in ("one", "two"):
        inside = {"Resources": {"Topic": {**TOPIC, "Properties": {"DisplayName": name}}}}
        play.sandbox.services.put_object("artifacts", f"{name}.json", json.dumps(inside))
    nested = {
        name: {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {"TemplateURL": f"https://artifacts.s3.us-west-2.amazonaws.com/{name}.json"},
        }
        for name in ("one", "two")
    }
    play.create(Network=nested["one"])
    play.snapshot(**STACK)
    play.update(Network=nested["two"])
    play.sandbox.cloudformation.trouble_nested_change_sets("Network", without_id=True)
    return play.run(**STACK, **FROM_SNAPSHOT)


@situation(Code.RESTORE_ARTIFACTS_GONE)
def _(play: Play) -> Report:
    play.sandbox.services.put_object("artifacts", "api.zip", b"zip")
    play.create(Api=CODE)
    play.snapshot(**STACK)
    play.update(Topic=TOPIC)
    play.sandbox.services.delete_object("artifacts", "api.zip")
    return play.run(**STACK, **FROM_SNAPSHOT)


def _with_a_secret(play: Play) -> None:
    template = {"Parameters": {"Secret": {"Type": "String", "NoEcho": True}}, "Resources": {"Topic": TOPIC}}
    secret = [{"ParameterKey": "Secret", "ParameterValue": "hush"}]
    play.sandbox.cloudformation.create("shop", json.dumps(template), Parameters=secret)
    play.snapshot(**STACK)


@situation(Code.RESTORE_SECRET_LOST)
def _(play: Play) -> Report:
    _with_a_secret(play)
    play.update()
    return play.run(**STACK, **FROM_SNAPSHOT)


@situation(Code.RESTORE_KEEPS_VALUES)
def _(play: Play) -> Report:
    _with_a_secret(play)
    changed = {"Parameters": {"Secret": {"Type": "String", "NoEcho": True}}, "Resources": {"Other": TOPIC}}
    secret = [{"ParameterKey": "Secret", "ParameterValue": "hush, but new"}]
    play.sandbox.cloudformation.update("shop", json.dumps(changed), Parameters=secret)
    play.wait(1800)
    return play.run(**STACK, **FROM_SNAPSHOT)


@situation(Code.RESTORE_NOT_OURS)
def _(play: Play) -> Report:
    play.create()
    play.snapshot(**STACK)
    play.update()
    taken = AwsError("AlreadyExistsException", "ChangeSet rollback-action-1 already exists", 400)
    play.sandbox.faults.add(Fault("CreateChangeSet", Kind.DENIED, error=taken))
    return play.run(**STACK, **FROM_SNAPSHOT)


@situation(Code.RESTORE_FAILED)
def _(play: Play) -> Report:
    play.create()
    play.snapshot(**STACK)
    play.update()
    play.sandbox.cloudformation.fail_update("Topic", "Display name taken")
    return play.run(**STACK, **FROM_SNAPSHOT)


@situation(Code.APP_NOT_FOUND)
def _(play: Play) -> Report:
    return play.run(app_name="Shop", branch="develop", force="true")


@situation(Code.BRANCH_NOT_FOUND)
def _(play: Play) -> Report:
    return play.run(**{**SITE, "branch": "main"})


@situation(Code.NO_PREVIOUS_DEPLOYMENT)
def _(play: Play) -> Report:
    play.job(BAD)
    return play.run(**SITE)


@situation(Code.LAST_KNOWN_GOOD_UNCLEAR)
def _(play: Play) -> Report:
    play.job("HEAD")
    play.job("HEAD")
    return play.run(**SITE)


@situation(Code.TARGET_NOT_FOUND)
def _(play: Play) -> Report:
    play.job(GOOD)
    return play.run(**SITE, target_job_id="99")


@situation(Code.TARGET_IS_FAILED_COMMIT)
def _(play: Play) -> Report:
    play.job(BAD)
    return play.run(**SITE, target_commit=BAD)


@situation(Code.TARGET_CANNOT_BE_RETRIED)
def _(play: Play) -> Report:
    play.job(GOOD, "FAILED")
    return play.run(**SITE, target_job_id="1")


@situation(Code.BRANCH_HAS_BACKEND)
def _(play: Play) -> Report:
    arn = "arn:aws:cloudformation:us-west-2:123456789012:stack/amplify-d1shop-develop-branch-0af1/1"
    play.sandbox.amplify.branch("d1shop", "develop").settings["backend"] = {"stackArn": arn}
    play.job(GOOD)
    play.job(BAD)
    return play.run(**SITE)


@situation(Code.SUPERSEDED)
def _(play: Play) -> Report:
    for commit in (GOOD, BAD, THIRD):
        play.job(commit)
    return play.run(**SITE)


@situation(Code.FRONTEND_TIMED_OUT)
def _(play: Play) -> Report:
    play.job(GOOD)
    play.job(BAD)
    return play.run(**SITE, frontend_timeout="0.5")


@situation(Code.REDEPLOYMENT_FAILED)
def _(play: Play) -> Report:
    play.job(GOOD)
    play.job(BAD)
    play.sandbox.amplify.fail_commit(GOOD, "npm ci: a package is gone")
    return play.run(**SITE)


@situation(Code.REDEPLOYMENT_NOT_NEEDED)
def _(play: Play) -> Report:
    play.job(GOOD)
    play.job(BAD, "FAILED")
    play.sandbox.amplify.fail_commit(GOOD, "npm ci: a package is gone")
    return play.run(**SITE)


@situation(Code.UNPROVEN)
def _(play: Play) -> Report:
    play.job("HEAD")
    play.job("HEAD")
    return play.run(**SITE, failed_job_id="2")


@situation(Code.BUILD_QUEUED)
def _(play: Play) -> Report:
    play.job(GOOD)
    play.job(BAD)

    def push(_service: str, operation: str, _parameters: dict[str, Any]) -> None:
        if operation == "GetJob" and len(play.sandbox.amplify.branch("d1shop", "develop").jobs) == 3:
            play.sandbox.amplify.push("d1shop", "develop", THIRD)

    play.sandbox.after_call.append(push)
    return play.run(**SITE)


@situation(Code.AUTO_BUILD_LOCKED)
def _(play: Play) -> Report:
    play.job(GOOD)
    play.job(BAD)
    return play.run(**SITE, lock_auto_build="true")


@situation(Code.AUTO_BUILD_NOT_LOCKED)
def _(play: Play) -> Report:
    play.sandbox.faults.add(Fault("UpdateBranch", Kind.DENIED))
    return SITUATIONS[Code.AUTO_BUILD_LOCKED](play)


@situation(Code.ENVIRONMENT_NOT_RESTORED)
def _(play: Play) -> Report:
    play.job(GOOD)
    play.snapshot(**SITE)
    play.job(BAD)
    play.sandbox.amplify.apps["d1shop"].environment["KEY"] = "bad"
    play.sandbox.faults.add(Fault("UpdateApp", Kind.DENIED))
    return play.run(**SITE, **FROM_SNAPSHOT)


ELSEWHERE = {
    Code.INTERRUPTED: "needs a signal",
    Code.INTERNAL_ERROR: "needs a defect",
    Code.STACK_STATUS_UNKNOWN: "AWS's own model, which the embedded AWS checks each answer by, knows no such status",
    Code.RESTORE_NOT_PROVEN: "needs somebody else at the right moment",
    Code.WRONG_COMMIT_BUILT: "needs Amplify's own mistake",
}
"""Codes whose situation is played by the tests of the part that gives them."""


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Play]:
    with Sandbox(ManualClock()) as sandbox:
        for name, value in sandbox.environment(AWS_MAX_ATTEMPTS="1").items():
            monkeypatch.setenv(name, value)
        yield Play(sandbox, tmp_path)


@pytest.mark.parametrize("code", SITUATIONS, ids=str)
def test_the_situation_that_an_entry_describes_ends_in_its_code(code: Code, play: Play) -> None:
    report = SITUATIONS[code](play)
    told = {notice.code for notice in notices(report)}
    assert code in told, report.reason


def test_every_code_has_a_situation_or_a_reason_why_not() -> None:
    assert SITUATIONS.keys() | ELSEWHERE.keys() == set(Code)
    assert not SITUATIONS.keys() & ELSEWHERE.keys()
