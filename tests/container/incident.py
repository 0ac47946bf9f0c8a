"""The incident that the container tests play: the smoke tests failed while the stack was still updating."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox import Sandbox

STACK = "shop-backend"
APP = "shop"
APP_ID = "d1shop"
BRANCH = "main"
GOOD = "1111111111111111111111111111111111111111"
BAD = "badbadbadbadbadbadbadbadbadbadbadbadbadb"
JOB_RESULTS = {"deploy-infrastructure": "success", "deploy-frontend": "success", "smoke-tests": "failure"}

_SETTLING_SECONDS = 30


def seed(sandbox: Sandbox) -> None:
    """Deploy a good commit, then a bad one: the site serves the bad one, and the stack is still being updated to it."""
    cloudformation = sandbox.client("cloudformation")
    cloudformation.create_stack(StackName=STACK, TemplateBody=_template("good"))
    _settle(sandbox)
    cloudformation.update_stack(StackName=STACK, TemplateBody=_template("bad"))
    sandbox.amplify.add_app(APP, APP_ID)
    sandbox.amplify.add_branch(APP_ID, BRANCH)
    now = sandbox.clock.now()
    sandbox.amplify.add_job(APP_ID, BRANCH, commit=GOOD, started=now - 86_400, message="Show prices with tax")
    sandbox.amplify.add_job(APP_ID, BRANCH, commit=BAD, started=now - 600, message="Speed up the basket")


def inputs() -> dict[str, str]:
    """Return the inputs that a job of that deployment's workflow gives."""
    return {
        "job-results": json.dumps(JOB_RESULTS),
        "aws-region": "us-west-2",
        "stack-name": STACK,
        "app-name": APP,
        "branch": BRANCH,
        "commit": BAD,
        "environment": "development",
        "poll-interval": "0.2",
    }


def _template(release: str) -> str:
    topics = {
        f"Topic{number}": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"DisplayName": f"{release} {number}"},
            **({"DependsOn": f"Topic{number - 1}"} if number else {}),
        }
        for number in range(30)
    }
    return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": topics})


def _settle(sandbox: Sandbox) -> None:
    client = sandbox.client("cloudformation")
    deadline = time.monotonic() + _SETTLING_SECONDS
    while client.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"] != "CREATE_COMPLETE":
        if time.monotonic() > deadline:
            raise TimeoutError(STACK)
        time.sleep(0.05)
