"""The demo of a release history: three green releases, a fourth that fails and is rolled back, and a way to the first.

The list of releases is shown after each.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.demo.incidents import APP, BAD, BRANCH, BUCKET, STACK, WEBHOOK_SECRETS, template

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.world import Sandbox

TITLE = "A release history: three green releases, a fourth fails and is rolled back; then back to the first by its tag"
HISTORY = f"s3://{BUCKET}/development/"
_GREEN = (
    ("1a7e0d2c4b6f8e9a0c1d2e3f4a5b6c7d8e9f0a1b", "v1.0.0", "First release"),
    ("2b8f1e3d5c7a9f0b1d2e3f4a5b6c7d8e9f0a1b2c", "v1.1.0", "Faster checkout"),
    ("3c9a2f4e6d8b0a1c2e3f4a5b6c7d8e9f0a1b2c3d", "v1.2.0", "Gift cards"),
)
_FAILED = {"deploy-infrastructure": "success", "deploy-frontend": "success", "smoke-tests": "failure"}


def play(sandbox: Sandbox, run: Callable[[tuple[str, str, str], Mapping[str, str]], int]) -> int:
    """Play it, and return the exit code of the last rollback.

    `run` runs the real entrypoint for a pushed commit, its message and the run's number, with the inputs.
    """
    sandbox.services.create_bucket(BUCKET)
    sandbox.amplify.add_app("shop-development", APP, environment={"API_KEY": WEBHOOK_SECRETS[0]})
    sandbox.amplify.add_branch(APP, BRANCH)
    for number, (commit, tag, message) in enumerate(_GREEN, 1):
        _say(f"{tag}: deployed, tests green; a step of the workflow records the release (mode: snapshot)")
        _deploy(sandbox, commit, message, first=number == 1)
        sandbox.github.repository.tag(tag, commit)
        run((commit, message, str(number)), {"mode": "snapshot", "snapshot": HISTORY})
    _say("The fourth deployment: the infrastructure succeeds, the smoke tests fail; the rollback step")
    _deploy(sandbox, BAD, "New basket")
    results = {"job-results": json.dumps(_FAILED), "snapshot": HISTORY}
    run((BAD, "New basket", "4"), {**results, "mode": "rollback"})
    look = {"mode": "status", "snapshot": HISTORY}
    _say("The list (mode: status)")
    run((BAD, "New basket", "5"), look)
    newest = _GREEN[-1][0]
    _say("Days later gift cards turn out to be wrong: a person goes back to v1.0.0, both parts")
    asked = {"force": "true", "target-commit": "v1.0.0", "github-token": "ghs_demo", "reason": "gift cards are wrong"}
    code = run((newest, _GREEN[-1][2], "6"), {**asked, "mode": "rollback", "snapshot": HISTORY})
    _say("The list afterwards")
    run((newest, _GREEN[-1][2], "7"), look)
    return code


def _deploy(sandbox: Sandbox, commit: str, message: str, *, first: bool = False) -> None:
    aws = sandbox.cloudformation
    how: dict[str, Any] = {
        "Parameters": [
            {"ParameterKey": "Stage", "ParameterValue": "development"},
            {"ParameterKey": "DatabasePassword", "ParameterValue": WEBHOOK_SECRETS[1]},
        ],
        "Tags": [{"Key": "release", "Value": commit[:7]}],
    }
    if first:
        aws.create(STACK, template(message), **how)
    else:
        aws.update(STACK, template(message), resource_seconds=0.1, cleanup_seconds=0.1, **how)
    sandbox.amplify.add_job(APP, BRANCH, commit=commit, message=message)
    sandbox.github.repository.commit(commit, message)


def _say(what: str) -> None:
    print(f"\n— {what}", flush=True)
