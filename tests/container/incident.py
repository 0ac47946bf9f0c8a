"""The incident that the container tests play: the smoke tests failed while the stack was still updating."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox import Sandbox

STACK = "shop-backend"
APP = "shop"
APP_ID = "d1shop"
BRANCH = "main"
GOOD = "1111111111111111111111111111111111111111"
BAD = "badbadbadbadbadbadbadbadbadbadbadbadbadb"
JOB_RESULTS = {"deploy-infrastructure": "success", "deploy-frontend": "success", "smoke-tests": "failure"}

_UPDATE_SECONDS = 300.0


def seed(sandbox: Sandbox) -> None:
    """Deploy a good commit, then a bad one: the site serves the bad one, and the stack is still being updated to it."""
    sandbox.cloudformation.create(STACK, _template("good"))
    # Long enough that the rollback finds the update still under way, however slowly a container starts.
    sandbox.cloudformation.update(STACK, _template("bad"), resource_seconds=_UPDATE_SECONDS)
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


def _template(release: str) -> dict[str, Any]:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": release}}
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Orders": topic}}
