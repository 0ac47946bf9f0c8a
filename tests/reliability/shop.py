"""A shop on the embedded AWS: its good deployment, its bad one, and the states in which a bad deployment leaves it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.amplify.rules import Timing
from sandbox.demo.incidents import APP, BAD, BRANCH, GOOD, STACK

if TYPE_CHECKING:
    from sandbox import ManualClock, Sandbox

APP_NAME, FIRST = "shop", "0" * 39 + "1"
BUCKET, ARTIFACTS, ALARM = "shop-snapshots", "shop-artifacts", "shop-errors"
SECRETS = ("app-s3cr3t-value-1", "branch-s3cr3t-value-2", "db-p4ssw0rd-value-3")
GOOD_TAGS, BAD_TAGS = {"team": "shop"}, {"team": "shop", "trial": "yes"}

_TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    },
}

__all__ = ["APP", "BAD", "BRANCH", "GOOD", "STACK"]


def template(release: str, **more: Any) -> str:
    """Return the shop's template; `more` are further resources."""
    resources = {
        "Orders": {**_TABLE, "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"},
        "Notices": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": release}},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": len(release)}},
        "Api": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "nodejs22.x",
                "Handler": "index.handler",
                "Role": "arn:aws:iam::123456789012:role/shop-api",
                "Code": {"S3Bucket": ARTIFACTS, "S3Key": f"{release}.zip"},
            },
        },
        **more,
    }
    parameters = {"Stage": {"Type": "String"}, "DatabasePassword": {"Type": "String", "NoEcho": True}}
    return json.dumps({"Parameters": parameters, "Resources": resources})


GOOD_TEMPLATE = template("good")
BAD_TEMPLATE = template("bad-one", Experiment={"Type": "AWS::SNS::Topic", "Properties": {}})
DESTRUCTIVE_TEMPLATE = template("bad-one", Audit=_TABLE)
"""A bad deployment that brought a table: to restore the good one would delete it, and what it holds."""


def request(stage: str, tags: dict[str, str]) -> dict[str, Any]:
    """Return the members of a deployment's request besides the template."""
    return {
        "Parameters": [
            {"ParameterKey": "Stage", "ParameterValue": stage},
            {"ParameterKey": "DatabasePassword", "ParameterValue": SECRETS[2]},
        ],
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }


def deployed(sandbox: Sandbox, _clock: ManualClock | None = None) -> None:
    """Leave the last good deployment: a stack, and a branch whose site serves it."""
    sandbox.amplify.timing = Timing(created=1, pending=1, provisioning=4, running=20, cancelling=3)
    sandbox.cloudformation.durations(resource_seconds=6, cleanup_seconds=2)
    sandbox.cloudformation.create(STACK, GOOD_TEMPLATE, **request("development", GOOD_TAGS))
    sandbox.amplify.add_app(APP_NAME, APP, environment={"API_KEY": SECRETS[0], "THEME": "light"})
    sandbox.amplify.add_branch(APP, BRANCH, environment={"BRANCH_KEY": SECRETS[1]})
    started = sandbox.clock.now() - 86_400
    sandbox.amplify.add_job(APP, BRANCH, commit=FIRST, started=started - 86_400)
    sandbox.amplify.add_job(APP, BRANCH, commit=GOOD, started=started)


def bad_frontend(sandbox: Sandbox, status: str = "SUCCEED", *, minutes: float | None = None) -> None:
    """Build the bad commit, in so many minutes where it is under way; while it is served, the site is broken."""
    timing = sandbox.amplify.timing
    usual, timing.running = timing.running, timing.running if minutes is None else minutes * 60
    sandbox.amplify.add_job(APP, BRANCH, commit=BAD, status=status)
    timing.running = usual
    sandbox.site.break_commit(BAD)


def update(sandbox: Sandbox, body: str = BAD_TEMPLATE, **how: Any) -> None:
    """Begin the bad deployment's update of the stack."""
    sandbox.cloudformation.update(STACK, body, **request("experiment", BAD_TAGS), **how)


def with_s3(sandbox: Sandbox) -> None:
    """Make the buckets: the snapshot's, and the artifacts' with what the good template names."""
    sandbox.services.create_bucket(BUCKET)
    sandbox.services.create_bucket(ARTIFACTS)
    sandbox.services.put_object(ARTIFACTS, "good.zip", b"zip")
    sandbox.services.set_alarm(ALARM)


def stack_is_good(sandbox: Sandbox, good_template: str = GOOD_TEMPLATE) -> bool:
    """Return whether the stack is at rest and, as far as CloudFormation knows, what the good deployment made it."""
    stack = sandbox.cloudformation.stack(STACK)
    at_rest = stack.status in {"UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "CREATE_COMPLETE"}
    made = stack.deployment
    return at_rest and made is not None and made.original == good_template and made.tags == GOOD_TAGS


def site_is_good(sandbox: Sandbox) -> bool:
    """Return whether the site serves a build of the good commit, or the good zip."""
    return sandbox.amplify.branch(APP, BRANCH).live_commit in {GOOD, good_zip(sandbox)}


def good_zip(sandbox: Sandbox) -> str:
    """Return what the branch's first job deployed; empty where that was no zip."""
    first = next(iter(sandbox.amplify.branch(APP, BRANCH).jobs.values()), None)
    return first.builds if first and first.content else ""


def has_stack(sandbox: Sandbox) -> bool:
    """Return whether the scenario has a stack at all."""
    return any(stack.name == STACK for stack in sandbox.cloudformation._world.stacks.values())
