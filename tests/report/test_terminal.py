"""A report on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from rollback.report.terminal import terminal
from tests.report.hostile import reports
from tests.report.incidents import ALL, PARTIAL, STATUS
from tests.report.test_outputs import huge

if TYPE_CHECKING:
    from rollback.report.model import Report


def test_status_shows_the_stack_the_jobs_and_the_events() -> None:
    assert "\n".join(terminal(STATUS)) == (
        "\n"
        "🔎 Status\n"
        "Only looked; nothing was changed.\n"
        "Live now: The site serves commit b4dc0ff (job 42).\n"
        "Last known good: The last known good is job 41, commit 600d600.\n"
        "\n"
        "Parts\n"
        "  stack acme-shop-development (UPDATE_IN_PROGRESS)\n"
        "  frontend acme-shop develop\n"
        "\n"
        "Amplify jobs, newest first\n"
        "  42  b4dc0ff  SUCCEED  RELEASE  2025-12-03 02:27:07 UTC  LIVE: is of the failed commit\n"
        "  41  600d600  SUCCEED  RELEASE  2025-12-02 02:41:07 UTC  LAST KNOWN GOOD: newest success that is not of the "
        "failed deployment\n"
        "  40  0dd0dd0  FAILED   RELEASE  2025-12-01 02:41:07 UTC  did not succeed\n"
        "\n"
        "Last events, newest first\n"
        "  2025-12-03 02:42:35 UTC  acme-shop-development  UPDATE_ROLLBACK_COMPLETE\n"
        "  2025-12-03 02:40:59 UTC  PriceRulesFunction     UPDATE_FAILED             Resource handler returned "
        "message: Value at 'memorySize' failed to satisfy constraint"
    )


def test_what_did_not_end_well_shows_its_commands() -> None:
    lines = terminal(PARTIAL)
    assert "What you must do now" in lines
    assert "       aws cloudformation continue-update-rollback --stack-name acme-shop-development \\" in lines


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_outcome_can_be_shown(name: str) -> None:
    assert len(terminal(ALL[name])) > 2


@given(reports())
def test_no_line_holds_more_than_a_line(report: Report) -> None:
    assert all(len(line.splitlines()) <= 1 and "\x1b" not in line for line in terminal(report))


def test_a_huge_report_fits_a_few_screens() -> None:
    assert len(terminal(huge().model_copy(update={"stacks": huge().stacks[:1], "notices": ()}))) < 100
