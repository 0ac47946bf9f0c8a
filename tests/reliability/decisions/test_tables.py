"""Every decision is written down: no rule, no limit and no word of an end changes without showing in a table here."""

from __future__ import annotations

from itertools import product

from rollback.frontend import decide as frontend
from rollback.frontend.endings import timed_out as frontend_timed_out
from rollback.frontend.target import choose
from rollback.inputs import trigger
from rollback.inputs.trigger import JobResult
from rollback.stack import decide as stack
from rollback.stack import evidence
from rollback.stack.model import Event
from tests.frontend.given import job
from tests.frontend.given import seen as look
from tests.reliability.decisions import event_cases, frontend_cases, stack_cases
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
    ended = [(case, frontend_timed_out(looked, "job 4 to end")) for case, looked in cases.items()]
    assert_is("frontend-timed-out", ended)


def test_the_choice_of_the_last_known_good() -> None:
    """By the whole history, and by what may be only its beginning."""
    cases = frontend_cases.choices()
    chosen = ((case, [choose(at.jobs, at.deployment, complete=whole) for whole in (True, False)]) for case, at in cases)
    assert_is("choice", chosen)


def test_the_trigger() -> None:
    results = {
        "success": JobResult.SUCCESS,
        "failure": JobResult.FAILURE,
        "cancelled": JobResult.CANCELLED,
        "absent": None,
    }
    choices = ((JobResult.FAILURE,), (JobResult.FAILURE, JobResult.CANCELLED))
    roles = trigger.Roles(("infra",), ("site", "docs"), ("smoke",))
    decided = [("forced", trigger.decide({}, roles, (JobResult.FAILURE,), force=True))]
    for infra, site, smoke in product(results, repeat=3):
        known = {"infra": results[infra], "site": results[site], "docs": JobResult.SKIPPED, "smoke": results[smoke]}
        given = {job: result for job, result in known.items() if result}
        decided += [(f"{infra} {site} {smoke}, on {' '.join(on)}", trigger.decide(given, roles, on)) for on in choices]
    assert_is("trigger", decided)


def test_what_a_stacks_events_tell() -> None:
    asked = (evidence.root_cause, evidence.stuck_resources, evidence.reaches_back, evidence.usual_seconds)
    told = ((case, [_ids(question(events)) for question in asked]) for case, events in event_cases.cases())
    assert_is("events", told)


def _ids(answer: object) -> object:
    return answer.logical_id if isinstance(answer, Event) else answer


def test_the_tables_are_compared_not_written() -> None:
    assert not RECORD
