"""Whole runs in which every text from outside tries to be more than text."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from rollback.github.runner import ANNOTATION_LIMIT, LINE_LIMIT, SUMMARY_LIMIT
from rollback.report.outputs import NAMES
from rollback.report.results import Outcome
from sandbox.blocks import problems
from tests.reliability import shop
from tests.reliability.invariants import broken
from tests.reliability.play import Run, staged
from tests.reliability.scenarios import SMOKE_FAILED, Scenario
from tests.report.hostile import ATTACKS
from tests.report.test_summary import ACTIVE, OURS, Page
from tests.slack.test_message import CONTROL

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.clocks import Movable

MEGABYTE = 1_000_000
LONG = {
    "one line of a megabyte": "A" * MEGABYTE,
    "many lines of commands": "::error::forged\n" * 20_000,
    "many brackets": "[" * 200_000,
    "many backticks": "`" * 200_000,
    "many emoji": "\N{PILE OF POO}" * 100_000,
    "much markup": "<b>*_|&" * 40_000,
    "many escapes": "\x1b[31m\x1b]0;" * 20_000,
}
TEXTS = {**{f"attack {number}": attack for number, attack in enumerate(ATTACKS)}, **LONG}
COMMAND = re.compile(r"::(add-mask::|group::|endgroup::|(error|warning|notice) title=[a-z-]+::)")
LINE_ENDS = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
MENTION = "U0DEVOPS1"
COMMIT_MESSAGE_LIMIT, STEP_REASON_LIMIT = 10_000, 1_000
"""Of Amplify, by its API model; the event file's message is as long as whoever pushed it wants."""
STATUS_REASON = 50_000
"""CloudFormation's reasons have no limit in its model; ten events of a megabyte would only take time."""
LINKS = (
    "https://github.com/example/shop/",
    "https://us-west-2.console.aws.amazon.com/",
    f"https://{shop.BRANCH}.{shop.APP}.amplifyapp.com",
)


@pytest.mark.parametrize(
    ("name", "mode"),
    [*((name, "rollback") for name in TEXTS), *((name, "status") for name in TEXTS if name not in LONG)],
)
def test_no_text_from_outside_is_more_than_text(name: str, mode: str) -> None:
    scenario = full_of(TEXTS[name], mode)
    with staged(scenario) as stage:
        stage.variables.update(_environment(TEXTS[name]))
        event = stage.folder / "event.json"
        head = {"message": TEXTS[name], "author": {"name": TEXTS[name]}}
        event.write_text(json.dumps({"head_commit": head}), encoding="utf-8")
        stage.variables["GITHUB_EVENT_PATH"] = str(event)
        run = stage.run()
    assert not [*broken(run, scenario)], run.stdout[:3000]
    assert run.outputs["outcome"] in {Outcome.PARTIAL, Outcome.STATUS}
    assert_log_is_ours(run)
    assert_outputs_are_ours(run)
    assert_summary_is_ours(run)
    assert_slack_calls_nobody_else(run)


def full_of(text: str, mode: str) -> Scenario:
    """Return a failed rollback, in which AWS, GitHub and the user say `text` wherever they may say anything."""

    def prepare(sandbox: Sandbox, clock: Movable) -> None:
        shop.deployed(sandbox)
        sandbox.amplify.apps[shop.APP].name = text[:255]
        sandbox.cloudformation.fail_update("Api", text[:STATUS_REASON])
        sandbox.cloudformation.fail_rollback("Queue", text[:STATUS_REASON], times=9)
        shop.update(sandbox)
        clock.advance(300)
        message, why = text[:COMMIT_MESSAGE_LIMIT], text[:STEP_REASON_LIMIT]
        sandbox.amplify.add_job(shop.APP, shop.BRANCH, commit=shop.BAD, status="FAILED", message=message, failure=why)
        sandbox.github.add_job(text, "failure", steps=[(text, "failure")], html_url=text)

    inputs = {
        "mode": mode,
        "reason": text.replace("\0", ""),
        "environment": text.replace("\0", ""),
        "job-results": json.dumps({**SMOKE_FAILED, text: "failure"}),
        "github-token": "ghs_sandboxsandboxsandbox0000",
        "slack-mentions": MENTION,
    }
    return Scenario("hostile", prepare, inputs)


def _environment(text: str) -> dict[str, str]:
    return {"GITHUB_ACTOR": text, "GITHUB_WORKFLOW": text}


def assert_log_is_ours(run: Run) -> None:
    assert "\x1b" not in run.stdout
    assert "\0" not in run.stdout
    assert "##[" not in run.stdout
    for line in LINE_ENDS.split(run.stdout):
        assert not line.lstrip().startswith("::") or COMMAND.match(line), line[:200]
        most = ANNOTATION_LIMIT * 3 if line.startswith("::") else LINE_LIMIT + 20
        assert len(line) <= most, line[:200]
    run.stdout.encode()


def assert_outputs_are_ours(run: Run) -> None:
    assert tuple(run.outputs) == NAMES
    assert all("\n" not in value for value in run.outputs.values())
    assert sum(len(value.encode()) for value in run.outputs.values()) < MEGABYTE
    assert json.loads(run.outputs["report"])["outcome"] == run.outputs["outcome"]


def assert_summary_is_ours(run: Run) -> None:
    assert len(run.summary.encode()) < SUMMARY_LIMIT
    page = Page(run.summary)
    assert page.tags <= OURS
    assert page.attributes <= {"href", "align", "colspan", "class"}
    assert not page.problems
    assert not page.open
    assert not ACTIVE.search(page.text)
    for link in page.links:
        assert link.startswith(LINKS), link


def assert_slack_calls_nobody_else(run: Run) -> None:
    for message in run.sandbox.slack.messages:
        assert problems(message.blocks) == []
        for part in _texts([message.text, message.blocks]):
            for control in CONTROL.findall(part):
                assert control == f"<@{MENTION}>" or control.startswith("<https://"), control[:200]


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)] if value.get("type") != "plain_text" else []
    return [text for item in value for text in _texts(item)] if isinstance(value, list) else []
