"""The record of an incident: what it tells, and that it fits an issue whatever the report holds."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from rollback.report.incident import SIZE_WANTED, incident
from tests.report.hostile import reports
from tests.report.incidents import ALL, FAILED, ROLLED_BACK, UNHEALTHY
from tests.report.test_outputs import huge

if TYPE_CHECKING:
    from rollback.report.model import Report


def told(report: Report) -> str:
    return html.unescape(incident(report)).replace("<wbr>", "")


def test_it_tells_timeline_cause_what_was_done_what_was_not_what_to_check_and_whom_to_ask() -> None:
    report = UNHEALTHY.model_copy(update={"context": UNHEALTHY.context.model_copy(update={"actor": "octocat"})})
    text = told(report)
    assert report.timeline[0].text in text
    assert report.evidence.alarms[0].reason in text
    assert all(action in text for stack in report.stacks for action in stack.actions)
    assert all(line in text for stack in report.stacks for line in stack.not_rolled_back)
    assert report.next_steps[0].line in text
    assert report.data[0].commands[0].line in text
    assert f"Made the commit: {report.context.author}" in text
    assert "Ran the workflow: octocat" in text


def test_the_next_steps_of_a_failed_rollback_are_in_it() -> None:
    steps = [step for stack in FAILED.stacks for step in stack.next_steps]
    assert steps
    assert all(step.purpose in told(FAILED) for step in steps)


@pytest.mark.parametrize("name", list(ALL))
def test_every_outcome_has_a_record_with_its_verdict(name: str) -> None:
    assert incident(ALL[name]).startswith("<h2>")


def test_however_long_a_report_it_fits_an_issue() -> None:
    assert len(incident(huge())) <= SIZE_WANTED


@settings(max_examples=25)
@given(reports())
def test_nobody_is_mentioned_by_it(report: Report) -> None:
    bare = re.sub(r"<code>.*?</code>|```.*?```|~~~.*?~~~", "", incident(report), flags=re.DOTALL)
    assert not re.search(r"(?<![\w`])@\w", bare)


def test_no_time_is_spent_on_a_diagram_that_an_issue_may_not_draw() -> None:
    assert "mermaid" not in incident(ROLLED_BACK)
