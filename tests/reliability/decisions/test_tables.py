"""Every decision is written down: no rule, no limit and no word of an end changes without showing in a table here."""

from __future__ import annotations

from rollback.frontend import decide as frontend
from rollback.stack import decide as stack
from tests.frontend.given import job
from tests.frontend.given import seen as look
from tests.reliability.decisions import frontend_cases, stack_cases
from tests.reliability.decisions.tables import RECORD, assert_is
from tests.stack.given import seen


def test_a_stack() -> None:
    assert_is("stack", ((case, stack.decide(seen)) for case, seen in stack_cases.cases()))


def test_a_stack_whose_waiting_ends() -> None:
    cases = {"moving": seen("UPDATE_IN_PROGRESS"), "not there": seen(None), "never seen": None}
    ended = [(case, stack.timed_out(looked, "my shop", "us-west-2", "it to end")) for case, looked in cases.items()]
    assert_is("stack-timed-out", ended)


def test_a_frontend() -> None:
    assert_is("frontend", ((case, frontend.decide(seen)) for case, seen in frontend_cases.cases()))


def test_a_frontend_with_wishes() -> None:
    assert_is("frontend-wishes", ((case, frontend.decide(seen)) for case, seen in frontend_cases.wishes()))


def test_a_frontend_after_our_redeployment_began() -> None:
    assert_is("frontend-redeploying", ((case, frontend.decide(seen)) for case, seen in frontend_cases.redeployments()))


def test_a_frontend_whose_waiting_ends() -> None:
    cases = {"seen": look(job(1)), "app not known yet": look(job(1), app_id=""), "never seen": None}
    ended = [(case, frontend.timed_out(looked, "job 4 to end")) for case, looked in cases.items()]
    assert_is("frontend-timed-out", ended)


def test_the_tables_are_compared_not_written() -> None:
    assert not RECORD
