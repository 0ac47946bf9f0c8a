"""The incidents that the demo plays: what the reference's deploy workflow left behind, each time it failed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.amplify import zip_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.world import Sandbox

STACK, APP, BRANCH = "shop-development", "d2shop4demo", "develop"
GOOD, BAD = "4f1c0de7a9b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9", "bad5eed0c1b2a3948576f5e4d3c2b1a098765432"
BUCKET, RELEASES = "shop-rollback-snapshots", "shop-releases"
ALARM = "shop-development-errors"
_MINUTE = 60.0
WEBHOOK_SECRETS = ("demo-api-key-5up3r53cr3t", "demo-db-p4ssw0rd")


@dataclass(frozen=True)
class Incident:
    """One incident: what it shows, how AWS is left, the workflow's job results, and further inputs."""

    title: str
    prepare: Callable[[Sandbox], None]
    results: dict[str, str]
    inputs: dict[str, str] = field(default_factory=dict)
    snapshot_first: Callable[[Sandbox], None] | None = None


def template(greeting: str, *, memory: int = 128, extra_topic: bool = False) -> str:
    """Return the shop's template: a table that is kept, a function, a topic, and a NoEcho parameter."""
    resources: dict[str, object] = {
        "Orders": {
            "Type": "AWS::DynamoDB::Table",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            },
        },
        "Receipts": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"},
        "Notices": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": greeting}},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": memory}},
    }
    if extra_topic:
        resources["Experiment"] = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "experiment"}}
    parameters = {
        "Stage": {"Type": "String", "Default": "development"},
        "DatabasePassword": {"Type": "String", "NoEcho": True},
    }
    return json.dumps({"Parameters": parameters, "Resources": resources}, indent=2)


def _parameters(stage: str = "development") -> list[dict[str, str]]:
    return [
        {"ParameterKey": "Stage", "ParameterValue": stage},
        {"ParameterKey": "DatabasePassword", "ParameterValue": WEBHOOK_SECRETS[1]},
    ]


def _deployed(sandbox: Sandbox) -> None:
    """The last good deployment: stack created and updated once, three builds in Amplify's history."""
    aws = sandbox.cloudformation
    aws.create(STACK, template("Welcome"), Parameters=_parameters(), Tags=[{"Key": "team", "Value": "shop"}])
    sandbox.amplify.add_app("shop-development", APP, environment={"API_KEY": WEBHOOK_SECRETS[0], "THEME": "light"})
    sandbox.amplify.add_branch(APP, BRANCH)
    sandbox.amplify.add_job(APP, BRANCH, commit="0" * 39 + "1", message="First release")
    sandbox.amplify.add_job(APP, BRANCH, commit=GOOD, message="Faster checkout")


def _bad_frontend(sandbox: Sandbox, status: str = "SUCCEED") -> None:
    sandbox.amplify.add_job(APP, BRANCH, commit=BAD, status=status, message="New basket")
    sandbox.site.break_commit(BAD, body="<h1>TypeError: basket is undefined</h1>")


def _still_updating(sandbox: Sandbox) -> None:
    _deployed(sandbox)
    _bad_frontend(sandbox)
    sandbox.cloudformation.slow("Notices", 200)
    sandbox.cloudformation.update(STACK, template("Hello", memory=256), resource_seconds=30, Parameters=_parameters())


def _frontend_failed(sandbox: Sandbox) -> None:
    _deployed(sandbox)
    sandbox.amplify.add_job(APP, BRANCH, commit=BAD, status="FAILED", message="New basket")
    sandbox.cloudformation.slow("Notices", 200)
    sandbox.cloudformation.update(STACK, template("Hello"), resource_seconds=30, Parameters=_parameters())


def _half_way(sandbox: Sandbox) -> None:
    _deployed(sandbox)
    _bad_frontend(sandbox)
    aws = sandbox.cloudformation
    reason = "The security token included in the request is invalid (Service: Sqs, Status Code: 403)"
    aws.slow("Notices", 200)
    aws.fail_rollback("Queue", reason, times=3)
    aws.update(STACK, template("Hello", memory=256), resource_seconds=20, Parameters=_parameters())


def _nothing(sandbox: Sandbox) -> None:
    _deployed(sandbox)
    sandbox.cloudformation.update(STACK, template("Hello"), resource_seconds=0.1, Parameters=_parameters())
    sandbox.amplify.add_job(APP, BRANCH, commit=BAD, message="New basket")


def _first(sandbox: Sandbox) -> None:
    sandbox.cloudformation.create(STACK, template("Welcome"), Parameters=_parameters())
    sandbox.amplify.add_app("shop-development", APP, environment={"API_KEY": WEBHOOK_SECRETS[0]})
    sandbox.amplify.add_branch(APP, BRANCH)
    sandbox.amplify.add_job(APP, BRANCH, commit=BAD, message="First release")


def _snapshot_ground(sandbox: Sandbox) -> None:
    _deployed(sandbox)
    sandbox.services.create_bucket(BUCKET)


def _bad_deployment(sandbox: Sandbox) -> None:
    """Deploy the bad version over what the snapshot has recorded, the infrastructure with success."""
    sandbox.cloudformation.update(
        STACK,
        template("Hello", memory=256, extra_topic=True),
        resource_seconds=0.1,
        cleanup_seconds=0.1,
        Parameters=_parameters("experiment"),
        Tags=[{"Key": "team", "Value": "shop"}, {"Key": "trial", "Value": "yes"}],
    )
    sandbox.client("amplify").update_app(
        appId=APP, environmentVariables={"API_KEY": WEBHOOK_SECRETS[0], "THEME": "dark"}
    )
    _bad_frontend(sandbox)


def _zip_ground(sandbox: Sandbox) -> None:
    """An app without a repository: the workflow builds, overwrites `latest.zip` and deploys it."""
    for bucket in (BUCKET, RELEASES):
        sandbox.services.create_bucket(bucket)
    sandbox.amplify.add_app("shop-development", APP, repository="")
    sandbox.amplify.add_branch(APP, BRANCH)
    _deploy_zip(sandbox, "<h1>Welcome to the shop</h1>", ago=86_400)


def _bad_zip(sandbox: Sandbox) -> None:
    _deploy_zip(sandbox, "<h1>TypeError: basket is undefined</h1>", ago=120)


def _deploy_zip(sandbox: Sandbox, page: str, ago: float) -> None:
    began = sandbox.clock.now() - ago
    sandbox.services.put_object(RELEASES, "latest.zip", zip_of({"index.html": page}))
    sandbox.services.date_object(RELEASES, "latest.zip", began - 30)
    sandbox.amplify.add_job(
        APP, BRANCH, job_type="MANUAL", source_url=f"s3://{RELEASES}/latest.zip", started=began, ended=began + 5
    )


def _relapse(sandbox: Sandbox) -> None:
    """The alarm rings again a minute after the verification first looked at it."""
    _frontend_failed(sandbox)
    sandbox.services.set_alarm(ALARM)
    looks: list[float] = []

    def ring(_service: str, operation: str, _asked: object) -> None:
        if operation == "DescribeAlarms":
            looks.append(sandbox.clock.now())
            if looks[-1] - looks[0] > _MINUTE:
                sandbox.services.set_alarm(ALARM, "ALARM")

    sandbox.before_call.append(ring)


_SMOKE_FAILED = {"deploy-infrastructure": "success", "deploy-frontend": "success", "smoke-tests": "failure"}
_FRONTEND_FAILED = {"deploy-infrastructure": "success", "deploy-frontend": "failure", "smoke-tests": "skipped"}

INCIDENTS = {
    "smoke-tests": Incident(
        "Smoke tests failed after a green infrastructure deployment: snapshot, bad deployment, rollback, proof",
        _bad_deployment,
        _SMOKE_FAILED,
        {"snapshot": f"s3://{BUCKET}/{BRANCH}.json", "verify-contains": "release {commit}"},
        snapshot_first=_snapshot_ground,
    ),
    "still-updating": Incident(
        "Smoke tests failed on a stack that is still updating",
        _still_updating,
        _SMOKE_FAILED,
        {"verify-contains": "release {commit}"},
    ),
    "frontend-failed": Incident(
        "The frontend's build failed",
        _frontend_failed,
        _FRONTEND_FAILED,
        {"redeploy": "if-needed", "verify-contains": "release {commit}"},
    ),
    "together": Incident(
        "Smoke tests failed on a stack that is still updating: stack and frontend are rolled back at the same time",
        _still_updating,
        _SMOKE_FAILED,
        {"order": "together", "verify-contains": "release {commit}"},
    ),
    "zip": Incident(
        "Smoke tests failed after a zip deployment that overwrote the good zip: the kept one is deployed, in seconds",
        _bad_zip,
        _SMOKE_FAILED,
        {"stack-name": "", "snapshot": f"s3://{BUCKET}/{BRANCH}.json", "verify-contains": "Welcome to the shop"},
        snapshot_first=_zip_ground,
    ),
    "relapse": Incident(
        "The rollback succeeds, and an alarm rings again while what came back is being watched",
        _relapse,
        _FRONTEND_FAILED,
        {"redeploy": "if-needed", "verify-alarms": ALARM, "verify-timeout": "20", "verify-for": "0.2"},
    ),
    "half-way": Incident(
        "CloudFormation's own rollback fails half-way",
        _half_way,
        _SMOKE_FAILED,
        {"resources-to-skip": "Queue"},
    ),
    "nothing-to-do": Incident(
        "Everything went well: nothing to roll back",
        _nothing,
        {"deploy-infrastructure": "success", "deploy-frontend": "success", "smoke-tests": "success"},
    ),
    "first-deployment": Incident(
        "The very first deployment failed: there is nothing to go back to",
        _first,
        _SMOKE_FAILED,
    ),
}
DEFAULT = "smoke-tests"
