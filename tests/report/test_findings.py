"""Readiness, evidence and data, as the summary and a terminal show them."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

from rollback.report.findings import BROKEN
from rollback.report.results import Outcome
from rollback.report.summary import summary
from rollback.report.terminal import terminal
from tests.report.incidents import DATA, EVIDENCE, NOT_TRIGGERED, READINESS, ROLLED_BACK, SNAPSHOT_SAVED, UNHEALTHY

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback.report.model import Report


def shown(report: Report) -> str:
    return html.unescape(re.sub("</?code>|<wbr>", "", summary(report)))


def told(report: Report) -> str:
    return "\n".join(terminal(report))


@pytest.mark.parametrize("show", [shown, told])
def test_each_row_of_the_readiness_has_its_sign_its_words_and_its_cure(show: Callable[[Report], str]) -> None:
    text = show(SNAPSHOT_SAVED)
    assert "If this deployment fails" in text
    for row in READINESS:
        assert all(said in text for said in row.said)
        assert all(cure.purpose in text for cure in row.cures)
        assert all(cure.line in text for cure in row.cures)
    assert [text.count(sign) for sign in ("⚠️", "❔")] == [1, 1]


def test_the_first_screen_says_whether_everything_could_be_brought_back() -> None:
    assert "Everything could be brought back; 2 to look at stand below." in shown(SNAPSHOT_SAVED)
    lost = READINESS[0].model_copy(update={"state": "lost"})
    unready = SNAPSHOT_SAVED.model_copy(update={"ready": False, "readiness": (lost,)})
    assert "This could not be brought back: Stack shop-development. Why stands below." in shown(unready)


@pytest.mark.parametrize("show", [shown, told])
def test_alarms_logs_and_the_end_of_the_builds_log_are_shown(show: Callable[[Report], str]) -> None:
    text = show(UNHEALTHY)
    alarm, logged, build = EVIDENCE.alarms[0], EVIDENCE.logged[0], EVIDENCE.build
    assert build
    for said in (alarm.name, alarm.reason, logged.function, logged.message, "412", *build.lines, *EVIDENCE.not_read):
        assert said in text


@pytest.mark.parametrize("show", [shown, told])
def test_each_resource_that_holds_data_has_its_physical_id_and_its_commands(show: Callable[[Report], str]) -> None:
    text = show(UNHEALTHY)
    assert BROKEN in text
    for one in DATA:
        assert one.physical_id in text
        assert one.said in text
        assert all(command.line in text for command in one.commands)


def test_data_is_open_where_the_application_is_not_healthy_and_folded_elsewhere() -> None:
    assert f"<h3>{BROKEN}</h3>" in summary(UNHEALTHY)
    well = ROLLED_BACK.model_copy(update={"data": DATA})
    assert f"<details><summary>{BROKEN}</summary>" in summary(well)


def test_where_nothing_was_found_there_is_no_section() -> None:
    for heading in ("If this deployment fails", "Alarms and logs", BROKEN):
        assert heading not in shown(NOT_TRIGGERED)


def test_advice_stands_in_where_no_resource_is_known() -> None:
    assert "S3 buckets: were objects changed, moved or deleted?" in shown(UNHEALTHY.model_copy(update={"data": ()}))
    assert UNHEALTHY.outcome is Outcome.UNHEALTHY
