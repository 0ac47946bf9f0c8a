"""GitHub's own examples of each event, with what the runner sets beside them: none crashes a run or misleads it.

The payloads are those of the npm package @octokit/webhooks-examples, as tools/package-lock.json pins it.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from rollback.inputs.reading import read
from tests.npm import TOOLS, missing
from tests.process.shop import APP_ID, DAY, GOOD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.process.shop import Shop

TIP, MERGE = "d" * 40, "e" * 40
PULL_REQUESTS = ("pull_request", "pull_request_review")
DEPLOYING = ("push", *PULL_REQUESTS, "workflow_run", "workflow_dispatch", "release", "deployment", "merge_group")
EVENTS = (*DEPLOYING, "issue_comment")
Payload = dict[str, Any]


@pytest.fixture(scope="session")
def payloads() -> dict[str, list[Payload]]:
    """Return the examples of each event; skip where they can't be had, but never on GitHub itself."""
    reason = missing("@octokit/webhooks-examples")
    if reason and os.environ.get("GITHUB_ACTIONS"):
        pytest.fail(f"{reason}: the events have to be tried here")
    if reason:
        pytest.skip(f"GitHub's examples of events were not tried: {reason}")
    index = TOOLS / "node_modules/@octokit/webhooks-examples/api.github.com/index.json"
    return {event["name"]: event["examples"] for event in json.loads(index.read_text(encoding="utf-8"))}


def github_sha(name: str, payload: Payload) -> str:
    """Return GITHUB_SHA, by GitHub's "Events that trigger workflows"."""
    match name:
        case "push":
            return TIP if payload["deleted"] else str(payload["after"])
        case "deployment":
            return str(payload["deployment"]["sha"])
        case "merge_group":
            return str(payload["merge_group"]["head_sha"])
        case "pull_request" | "pull_request_review":
            return MERGE
        case _:
            return TIP


def deployed(name: str, payload: Payload) -> str:
    """Return the commit that a workflow of this event deploys."""
    if name in PULL_REQUESTS:
        pull_request = payload["pull_request"]
        return MERGE if pull_request.get("merged") or pull_request["merged_at"] else str(pull_request["head"]["sha"])
    if name == "workflow_run":
        return str(payload["workflow_run"]["head_sha"])
    return github_sha(name, payload)


def environ(folder: Path, name: str, payload: Payload) -> dict[str, str]:
    file = folder / "payload.json"
    file.write_text(json.dumps(payload), encoding="utf-8")
    return {"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(file), "GITHUB_SHA": github_sha(name, payload)}


def branch_with(shop: Shop, name: str, *commits: str) -> str:
    """Make a branch whose newest two deployments are of these commits; what a job names by a tag builds nothing."""
    shop.sandbox.amplify.add_branch(APP_ID, name)
    now = shop.sandbox.clock.now()
    for commit, began in zip(commits, (now - DAY, now - 120), strict=True):
        shop.sandbox.amplify.add_job(APP_ID, name, commit=commit, started=began, ended=began + 60, builds=GOOD)
    return name


@pytest.mark.parametrize("name", EVENTS)
def test_the_event_tells_the_commit_that_was_deployed(
    shop: Shop, payloads: dict[str, list[Payload]], name: str
) -> None:
    shop.app()
    for number, payload in enumerate(payloads[name]):
        bad = deployed(name, payload)
        branch = branch_with(shop, f"b{number}", GOOD, bad)
        ran = shop.run(environ(shop.folder, name, payload), app_name="shop", branch=branch, dry_run="true")
        assert ran["outcome"] == "planned", (name, number, ran["reason"])
        assert ran.report["frontend"]["target"]["commit"] == GOOD
        assert ran.report["context"]["commit"] == bad
    assert payloads[name]


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("shown", ["f" * 40, "v1.2.0"])
def test_where_amplify_shows_another_commit_nothing_is_guessed(
    shop: Shop, payloads: dict[str, list[Payload]], name: str, shown: str
) -> None:
    """A comment deploys a pull request's head, a dispatch any tag: then GITHUB_SHA is nothing that Amplify built."""
    shop.app()
    for number, payload in enumerate(payloads[name]):
        branch = branch_with(shop, f"b{number}", GOOD, shown)
        ran = shop.run(environ(shop.folder, name, payload), app_name="shop", branch=branch)
        assert ran.codes == {"last-known-good-unclear"}, (name, number, ran["reason"])
    assert shop.writes == []


def test_the_message_and_author_shown_are_those_of_the_deployed_commit(
    shop: Shop, payloads: dict[str, list[Payload]]
) -> None:
    told = 0
    shop.app()
    for name in ("push", "workflow_run", "merge_group"):
        for payload in payloads[name]:
            head = (payload if name == "push" else payload[name])["head_commit"]
            ran = shop.run(environ(shop.folder, name, payload), app_name="shop", dry_run="true")
            if head and head["id"] == deployed(name, payload):
                told += 1
                assert ran.report["context"]["commit_message"] == head["message"]
                assert ran.report["context"]["author"] == head["author"]["name"]
            else:
                assert ran.report["context"]["commit_message"] == ""
    assert told > 5


def test_every_event_can_be_read(tmp_path: Path, payloads: dict[str, list[Payload]]) -> None:
    """Also those that start no deployment: nothing of any of them makes an input wrong."""
    given = {"INPUT_STACK-NAME": "shop", "INPUT_FORCE": "true", "INPUT_AWS-REGION": "us-west-2"}
    for name, examples in payloads.items():
        for payload in examples:
            assert read({**environ(tmp_path, name, {"deleted": True, **payload}), **given}).stack_name == ("shop",)
