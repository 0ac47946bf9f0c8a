"""The outputs: their names, their values in every outcome, and a report that fits."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from rollback.report.model import Happening, JobReport, Moment, Notice, Report
from rollback.report.outputs import NAMES, REPORT_LIMIT, outputs
from rollback.report.results import Result
from rollback.report.text import map_texts
from tests.report.hostile import reports
from tests.report.incidents import (
    ALL,
    FAILED,
    GOOD,
    INVALID_INPUTS,
    NOT_TRIGGERED,
    PARTIAL,
    ROLLED_BACK,
    SNAPSHOT_SAVED,
    STACK,
    STATUS,
    UNPROVEN,
)


def plain(report: Report) -> dict[str, str]:
    """Return the outputs without the report and those that are empty."""
    return {name: value for name, value in outputs(report).items() if value and name != "report"}


def test_the_names_are_the_contracts() -> None:
    assert NAMES == (
        "triggered",
        "outcome",
        "reason",
        "stack-result",
        "stack-status",
        "frontend-result",
        "frontend-job-id",
        "frontend-job-status",
        "restored-job-id",
        "restored-commit",
        "verify-result",
        "notified",
        "recovery-seconds",
        "snapshot",
        "snapshot-digest",
        "ready",
        "report",
    )


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_output_is_there_in_every_outcome(name: str) -> None:
    values = outputs(ALL[name])
    assert tuple(values) == NAMES
    assert values["outcome"] == ALL[name].outcome.value
    assert Report.model_validate_json(values["report"]) == ALL[name]


def test_a_rollback_that_ended_well() -> None:
    assert plain(ROLLED_BACK) == {
        "triggered": "true",
        "outcome": "rolled-back",
        "reason": "The stack and the frontend are back at the last known good.",
        "stack-result": "rolled-back",
        "stack-status": "UPDATE_ROLLBACK_COMPLETE",
        "frontend-result": "rolled-back",
        "frontend-job-id": "43",
        "frontend-job-status": "SUCCEED",
        "restored-job-id": "41",
        "restored-commit": GOOD,
        "verify-result": "passed",
        "notified": "true",
        "recovery-seconds": "354",
    }


def test_a_commit_that_amplify_does_not_name_is_empty() -> None:
    assert outputs(UNPROVEN)["restored-commit"] == ""
    assert outputs(UNPROVEN)["restored-job-id"] == "41"


def test_of_several_stacks_the_worst_one_counts() -> None:
    stacks = (
        STACK,
        PARTIAL.stacks[0],
        STACK.model_copy(update={"result": Result.REFUSED, "status": "ROLLBACK_COMPLETE"}),
    )
    values = outputs(PARTIAL.model_copy(update={"stacks": stacks}))
    assert (values["stack-result"], values["stack-status"]) == ("failed", "UPDATE_ROLLBACK_FAILED")


@pytest.mark.parametrize("report", [NOT_TRIGGERED, INVALID_INPUTS, STATUS, SNAPSHOT_SAVED])
def test_without_a_rollback_there_are_no_results(report: Report) -> None:
    values = outputs(report)
    assert [values[name] for name in ("stack-result", "frontend-result", "recovery-seconds")] == [""] * 3
    assert values["verify-result"] == "skipped"
    assert (values["triggered"], values["notified"]) == ("false", "false")


def test_status_tells_the_stacks_status() -> None:
    assert outputs(STATUS)["stack-status"] == "UPDATE_IN_PROGRESS"


def test_a_part_that_is_not_configured_is_skipped() -> None:
    values = outputs(ROLLED_BACK.model_copy(update={"stacks": (), "stack_result": Result.SKIPPED}))
    assert (values["stack-result"], values["stack-status"]) == ("skipped", "")


def test_a_snapshots_place_is_an_output() -> None:
    assert outputs(SNAPSHOT_SAVED)["snapshot"] == "s3://acme-rollback/shop/development.json"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("arn:aws:iam::123456789012:role/x", "arn:aws:iam::***:role/x"),
        ("User: arn:aws:sts::123456789012:assumed-role/a/b is not", "User: arn:aws:sts::***:assumed-role/a/b is not"),
        ("#/stacks?stackId=arn%3Aaws%3Acloudformation%3Aus-west-2%3A123456789012%3Astack%2Fx", "%3A***%3Astack%2Fx"),
        ("job 123456789012 of run 123456789012", "job 123456789012 of run 123456789012"),
    ],
)
def test_account_numbers_stay_out_of_the_outputs(text: str, shown: str) -> None:
    values = outputs(FAILED.model_copy(update={"reason": text}))
    assert values["reason"].endswith(shown)
    assert json.loads(values["report"])["reason"] == values["reason"]


def test_outputs_other_than_the_report_are_one_line() -> None:
    values = outputs(FAILED.model_copy(update={"reason": "one\n\ntwo\r\x1b[31mthree\ud800"}))
    assert values["reason"] == "one two three\ufffd"


@given(reports())
def test_any_report_gives_outputs_that_fit_and_parse(report: Report) -> None:
    values = outputs(report)
    assert tuple(values) == NAMES
    assert len(values["report"].encode()) <= REPORT_LIMIT
    assert Report.model_validate_json(values["report"]).outcome is report.outcome
    assert not any("\n" in value for name, value in values.items() if name != "report")


def huge() -> Report:
    """Return a report with 5,000 of everything and texts of a megabyte."""
    began = datetime(2025, 12, 3, tzinfo=UTC)
    events = tuple(
        Happening(
            at=began + timedelta(seconds=number), resource=f"Resource{number}", status="UPDATE_FAILED", reason="ü" * 300
        )
        for number in range(5_000)
    )
    jobs = tuple(
        JobReport(id=str(number), last_known_good=number == 1, note="x" * 50) for number in range(5_000, 0, -1)
    )
    frontend = FAILED.frontend
    assert frontend
    return FAILED.model_copy(
        update={
            "reason": "long " * 200_000,
            "stacks": tuple(STACK.model_copy(update={"events": events, "name": f"stack-{n}"}) for n in range(30)),
            "frontend": frontend.model_copy(update={"history": jobs, "reason": "<" * 1_000_000}),
            "timeline": tuple(Moment(seconds=n, part="frontend", text="@here " * 50) for n in range(5_000)),
            "notices": tuple(Notice(code="c", level="error", text=f"{n} " * 500) for n in range(5_000)),
        }
    )


def test_a_huge_report_is_cut_and_says_what_was_left_out() -> None:
    text = outputs(huge())["report"]
    report = Report.model_validate_json(text)
    assert len(text.encode()) <= REPORT_LIMIT
    assert report.version == 1
    assert report.outcome is FAILED.outcome
    told = {line.split(":")[0]: line for line in report.shortened}
    assert told.keys() == {"events of a stack", "job history", "timeline", "stacks", "notices", "texts"}
    assert told["timeline"].endswith(" of 5,000 kept")


def test_a_cut_keeps_the_newest_events_and_the_jobs_that_matter() -> None:
    whole = huge()
    report = whole.model_copy(update={"stacks": whole.stacks[:1], "notices": (), "reason": "short"})
    cut = Report.model_validate_json(outputs(report)["report"])
    assert cut.stacks[0].events
    assert cut.stacks[0].events[-1].resource == "Resource4999"
    assert cut.frontend
    assert any(job.last_known_good for job in cut.frontend.history)
    assert cut.timeline[0].seconds == 0
    assert cut.timeline[-1].seconds == 4_999


def test_a_report_that_fits_is_whole() -> None:
    report = map_texts(FAILED, lambda text: text * 2)
    assert Report.model_validate_json(outputs(report)["report"]) == report
