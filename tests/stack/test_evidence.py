"""Which status to believe after a write of ours, and what made the deployment fail."""

from __future__ import annotations

import pytest

from rollback.stack.evidence import (
    STALE_SECONDS,
    UNCLEAR_SECONDS,
    began,
    believed,
    forward,
    operation,
    reaches_back,
    root_cause,
    stuck_resources,
    undone,
)
from rollback.stack.tokens import RESTORE, Tokens
from tests.stack.given import STACK_ID, History, attempt

CANCEL = attempt("cancel", token="ours")
NOT_NOW = "CancelUpdateStack cannot be called from current stack status"


def updating(token: str = "theirs") -> History:
    return History().of_stack("UPDATE_IN_PROGRESS", token)


def test_without_a_write_of_ours_the_description_is_believed() -> None:
    assert believed("UPDATE_IN_PROGRESS", None, []) == ("UPDATE_IN_PROGRESS", True)


def test_the_status_from_before_a_write_is_no_evidence_of_it() -> None:
    assert believed("UPDATE_IN_PROGRESS", CANCEL, updating().newest_first) == ("UPDATE_IN_PROGRESS", False)


def test_a_status_at_rest_from_before_a_write_is_no_evidence_either() -> None:
    restore = attempt("restore", token="ours", status_before="UPDATE_COMPLETE")
    assert believed("UPDATE_COMPLETE", restore, []) == ("UPDATE_COMPLETE", False)


def test_another_status_than_before_the_write_is_evidence() -> None:
    assert believed("UPDATE_ROLLBACK_IN_PROGRESS", CANCEL, []) == ("UPDATE_ROLLBACK_IN_PROGRESS", True)


def test_an_event_with_our_token_is_believed_over_a_stale_description() -> None:
    events = updating().of_stack("UPDATE_ROLLBACK_IN_PROGRESS", "ours").newest_first
    assert believed("UPDATE_IN_PROGRESS", CANCEL, events) == ("UPDATE_ROLLBACK_IN_PROGRESS", True)


def test_our_operations_end_in_the_events_is_believed_over_a_stale_description() -> None:
    history = updating().of_stack("UPDATE_ROLLBACK_IN_PROGRESS", "ours").of_stack("UPDATE_ROLLBACK_COMPLETE", "ours")
    for described in ("UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"):
        assert believed(described, CANCEL, history.newest_first) == ("UPDATE_ROLLBACK_COMPLETE", True)


def test_what_came_after_our_operation_is_newer_evidence_than_it() -> None:
    history = updating().of_stack("UPDATE_ROLLBACK_COMPLETE", "ours").of_stack("UPDATE_IN_PROGRESS", "somebody")
    assert believed("UPDATE_IN_PROGRESS", CANCEL, history.newest_first) == ("UPDATE_IN_PROGRESS", True)


def test_a_description_newer_than_our_events_is_believed() -> None:
    events = updating().of_stack("UPDATE_ROLLBACK_IN_PROGRESS", "ours").newest_first
    assert believed("UPDATE_ROLLBACK_COMPLETE", CANCEL, events) == ("UPDATE_ROLLBACK_COMPLETE", True)


@pytest.mark.parametrize(
    ("unclear", "seconds", "certain"),
    [
        ("", STALE_SECONDS - 1, False),
        ("", STALE_SECONDS, True),
        ("no connection", UNCLEAR_SECONDS - 1, False),
        ("no connection", UNCLEAR_SECONDS, True),
    ],
)
def test_waiting_for_evidence_is_bounded(*, unclear: str, seconds: float, certain: bool) -> None:
    write = attempt("cancel", token="ours", seconds_ago=seconds, unclear=unclear)
    assert believed("UPDATE_IN_PROGRESS", write, updating().newest_first) == ("UPDATE_IN_PROGRESS", certain)


def test_a_rejection_for_another_reason_than_the_status_needs_no_evidence() -> None:
    rejected = attempt("cancel", token="ours", rejection="Role is not assumable")
    assert believed("UPDATE_IN_PROGRESS", rejected, updating().newest_first) == ("UPDATE_IN_PROGRESS", True)


def test_a_rejection_for_the_status_means_that_the_description_is_stale() -> None:
    rejected = attempt("cancel", token="ours", rejection=NOT_NOW)
    assert believed("UPDATE_IN_PROGRESS", rejected, updating().newest_first) == ("UPDATE_IN_PROGRESS", False)


def test_after_a_rejection_for_the_status_the_newest_event_is_believed() -> None:
    rejected = attempt("cancel", token="ours", rejection=NOT_NOW)
    events = updating().of_stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "theirs").of_stack("UPDATE_COMPLETE", "theirs")
    assert believed("UPDATE_IN_PROGRESS", rejected, events.newest_first) == ("UPDATE_COMPLETE", True)


def test_after_a_rejection_for_the_status_the_description_is_all_there_is_where_no_event_speaks() -> None:
    rejected = attempt("cancel", token="ours", rejection=NOT_NOW)
    assert believed("UPDATE_COMPLETE", rejected, []) == ("UPDATE_COMPLETE", True)


def test_a_stack_that_is_described_at_rest_elsewhere_than_its_events_have_it_is_newer_than_they_are() -> None:
    events = updating().of_stack("UPDATE_ROLLBACK_COMPLETE", "ours").newest_first
    assert believed("UPDATE_COMPLETE", CANCEL, events) == ("UPDATE_COMPLETE", True)


def test_a_status_that_came_back_after_another_one_is_believed() -> None:
    write = attempt("continue", token="ours", status_before="UPDATE_ROLLBACK_FAILED", other_status_seen=True)
    assert believed("UPDATE_ROLLBACK_FAILED", write, []) == ("UPDATE_ROLLBACK_FAILED", True)


# --- the newest operation ---


def test_an_operation_is_known_by_the_event_with_which_it_began() -> None:
    update = updating()
    begun = update.newest_first[0].id
    assert began(update.of_stack("UPDATE_ROLLBACK_IN_PROGRESS", "ours").newest_first) == begun
    assert began(update.of_stack("UPDATE_IN_PROGRESS").newest_first) != begun


def test_where_the_events_do_not_reach_back_nobody_can_tell_the_operation() -> None:
    assert began([]) == ""
    assert began(History().of_stack("UPDATE_ROLLBACK_IN_PROGRESS").newest_first) == ""


# --- root cause ---


def test_the_root_cause_is_the_first_failure_of_the_newest_operation() -> None:
    history = (
        History()
        .of_stack("UPDATE_IN_PROGRESS")
        .of("Old", "UPDATE_FAILED", "an earlier deployment")
        .of_stack("UPDATE_COMPLETE")
        .of_stack("UPDATE_IN_PROGRESS")
        .of("Api", "UPDATE_FAILED", "Code not found")
        .of("Mail", "CREATE_FAILED", "Limit exceeded")
        .of_stack("UPDATE_ROLLBACK_IN_PROGRESS", reason="The following resource(s) failed to update: [Api]")
        .of_stack("UPDATE_ROLLBACK_COMPLETE")
    )
    cause = root_cause(history.newest_first)
    assert cause is not None
    assert (cause.logical_id, cause.reason) == ("Api", "Code not found")


def test_cancelled_resources_are_consequences() -> None:
    history = (
        History()
        .of_stack("UPDATE_IN_PROGRESS")
        .of("Mail", "UPDATE_FAILED", "Resource update cancelled")
        .of("Api", "UPDATE_FAILED", "Code not found")
    )
    cause = root_cause(history.newest_first)
    assert cause is not None
    assert cause.logical_id == "Api"


def test_a_nested_stack_is_the_cause_only_where_nothing_else_failed() -> None:
    nested = "AWS::CloudFormation::Stack"
    history = History().of_stack("UPDATE_IN_PROGRESS").of("Child", "UPDATE_FAILED", "Embedded stack failed", nested)
    alone = root_cause(history.newest_first)
    beside = root_cause(history.of("Api", "UPDATE_FAILED", "Code not found").newest_first)
    assert alone is not None
    assert beside is not None
    assert (alone.logical_id, beside.logical_id) == ("Child", "Api")


def test_a_deployment_without_failures_has_no_root_cause() -> None:
    history = History().of_stack("UPDATE_IN_PROGRESS").of("Api", "UPDATE_COMPLETE").of_stack("UPDATE_COMPLETE")
    assert root_cause(history.newest_first) is None
    assert root_cause([]) is None


def test_the_failed_stack_itself_is_no_root_cause() -> None:
    assert root_cause(History().of_stack("UPDATE_IN_PROGRESS").of_stack("UPDATE_FAILED").newest_first) is None


def test_a_rollback_belongs_to_the_update_that_it_reverts() -> None:
    history = (
        History()
        .of_stack("UPDATE_IN_PROGRESS", "deploy")
        .of_stack("UPDATE_ROLLBACK_IN_PROGRESS", "deploy")
        .of_stack("UPDATE_ROLLBACK_FAILED", "deploy")
        .of_stack("UPDATE_ROLLBACK_IN_PROGRESS", "ours")
    )
    assert operation(history.newest_first) == history.newest_first
    assert reaches_back(history.newest_first)


def test_events_that_do_not_show_the_operations_beginning_do_not_reach_back() -> None:
    assert not reaches_back([])
    assert not reaches_back(History().of("Api", "UPDATE_FAILED").newest_first)


def test_stuck_resources_are_those_that_failed_each_once() -> None:
    history = (
        History()
        .of_stack("UPDATE_IN_PROGRESS")
        .of_stack("UPDATE_ROLLBACK_IN_PROGRESS")
        .of("Api", "UPDATE_FAILED", "Internal Failure")
        .of("Mail", "DELETE_FAILED", "in use")
        .of_stack("UPDATE_ROLLBACK_FAILED")
        .of_stack("UPDATE_ROLLBACK_IN_PROGRESS")
        .of("Api", "UPDATE_FAILED", "Internal Failure")
        .of_stack("UPDATE_ROLLBACK_FAILED")
    )
    assert set(stuck_resources(history.newest_first)) == {"Api", "Mail"}
    assert len(stuck_resources(history.newest_first)) == 2


def test_a_resource_whose_update_failed_but_whose_rollback_succeeded_is_not_stuck() -> None:
    history = (
        History()
        .of_stack("UPDATE_IN_PROGRESS")
        .of("Api", "UPDATE_FAILED", "Code not found")
        .of_stack("UPDATE_ROLLBACK_IN_PROGRESS")
        .of("Api", "UPDATE_COMPLETE")
        .of("Mail", "DELETE_FAILED", "in use")
        .of_stack("UPDATE_ROLLBACK_FAILED")
    )
    assert stuck_resources(history.newest_first) == ("Mail",)


# --- what is being undone ---


@pytest.mark.parametrize("status", ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "IMPORT_IN_PROGRESS"])
def test_the_events_reach_back_to_the_stacks_own_beginning_never_to_a_resources(status: str) -> None:
    page = updating().of("Api", status).of("Api", "UPDATE_FAILED", "no such bucket").newest_first
    assert not reaches_back(page[:2])
    assert reaches_back(page)


def test_a_transform_that_succeeded_begins_no_operation() -> None:
    events = updating().of_stack("UPDATE_IN_PROGRESS", reason="Transformation succeeded").newest_first
    assert not reaches_back(events[:1])
    assert began(events) == "event-1"


OUR_RESTORE = Tokens("run", STACK_ID).make(RESTORE)


def test_a_restore_of_ours_that_was_rolled_back_is_not_the_deployment_being_undone() -> None:
    deployed = updating().of("Jobs", "CREATE_COMPLETE").of_stack("UPDATE_COMPLETE", "theirs")
    deployment = deployed.newest_first
    for _ in range(2):
        deployed.of_stack("UPDATE_IN_PROGRESS", OUR_RESTORE).of("News", "CREATE_FAILED")
        deployed.of_stack("UPDATE_ROLLBACK_IN_PROGRESS", OUR_RESTORE).of_stack("UPDATE_ROLLBACK_COMPLETE", OUR_RESTORE)
    assert undone(deployed.newest_first) == deployment


def test_what_is_undone_is_the_newest_deployment_alone() -> None:
    history = updating().of("Old", "CREATE_COMPLETE").of_stack("UPDATE_COMPLETE")
    newest = History().of_stack("UPDATE_IN_PROGRESS").of("New", "CREATE_COMPLETE").newest_first
    assert undone([*newest, *history.newest_first]) == newest


def test_where_the_events_do_not_reach_back_nobody_can_tell_what_is_undone() -> None:
    history = updating().of("Jobs", "CREATE_COMPLETE").of_stack("UPDATE_IN_PROGRESS", OUR_RESTORE)
    assert undone(history.newest_first[:-1]) == ()
    assert undone([]) == ()


def test_an_operation_goes_forward_until_it_is_rolled_back() -> None:
    history = updating().of("Jobs", "CREATE_COMPLETE")
    before = history.newest_first
    assert forward(before) == before
    turned = history.of_stack("UPDATE_ROLLBACK_IN_PROGRESS").of("Jobs", "DELETE_COMPLETE")
    assert forward(turned.of_stack("UPDATE_ROLLBACK_IN_PROGRESS", "continued").newest_first) == before


# --- where no resource failed ---


@pytest.mark.parametrize(
    "reason",
    [
        "Export shop-vpc cannot be updated as it is in use by orders",
        "The following rollback trigger(s) are in ALARM state: [arn:aws:cloudwatch:us-west-2:1:alarm:errors]. ",
        "Output validation failed",
    ],
)
def test_where_no_resource_failed_the_stacks_own_reason_is_the_root_cause(reason: str) -> None:
    history = History().of_stack("UPDATE_IN_PROGRESS").of("Api", "UPDATE_COMPLETE")
    history.of_stack("UPDATE_ROLLBACK_IN_PROGRESS", reason=reason).of_stack("UPDATE_ROLLBACK_COMPLETE")
    cause = root_cause(history.newest_first)
    assert cause is not None
    assert (cause.logical_id, cause.reason) == ("shop", reason)


@pytest.mark.parametrize("reason", ["", "User Initiated", "The following resource(s) failed to update: [Api]. "])
def test_a_rollback_that_a_person_asked_for_or_that_follows_from_another_failure_is_no_cause(reason: str) -> None:
    history = History().of_stack("UPDATE_IN_PROGRESS").of("Api", "UPDATE_COMPLETE")
    history.of_stack("UPDATE_ROLLBACK_IN_PROGRESS", reason=reason)
    assert root_cause(history.newest_first) is None


def test_a_resources_failure_comes_before_the_stacks_own_reason() -> None:
    history = History().of_stack("UPDATE_IN_PROGRESS").of("Api", "UPDATE_FAILED", "Code not found")
    history.of_stack("UPDATE_ROLLBACK_IN_PROGRESS", reason="Something else")
    cause = root_cause(history.newest_first)
    assert cause is not None
    assert cause.reason == "Code not found"


# --- events without a token ---


def test_where_events_carry_no_token_newer_ones_of_the_stack_are_evidence_enough() -> None:
    history = History().of_stack("UPDATE_COMPLETE")
    known = history.newest_first[0].id
    ours = attempt("restore", status_before="UPDATE_COMPLETE", after=known)
    assert believed("UPDATE_COMPLETE", ours, history.newest_first) == ("UPDATE_COMPLETE", False)
    history.of_stack("UPDATE_IN_PROGRESS")
    assert believed("UPDATE_COMPLETE", ours, history.newest_first) == ("UPDATE_IN_PROGRESS", True)
    history.of("Api", "UPDATE_COMPLETE").of_stack("UPDATE_COMPLETE")
    assert believed("UPDATE_COMPLETE", ours, history.newest_first) == ("UPDATE_COMPLETE", True)


@pytest.mark.parametrize("after", ["", "event-of-long-ago"])
def test_where_nothing_tells_what_is_newer_a_status_without_our_token_is_no_evidence(after: str) -> None:
    history = History().of_stack("UPDATE_COMPLETE").of_stack("UPDATE_IN_PROGRESS")
    ours = attempt("restore", status_before="UPDATE_COMPLETE", after=after)
    assert believed("UPDATE_COMPLETE", ours, history.newest_first) == ("UPDATE_COMPLETE", False)


def test_an_event_of_before_the_write_that_is_listed_late_is_no_evidence_of_it() -> None:
    history = History().of_stack("UPDATE_IN_PROGRESS")
    known = history.newest_first[0].id
    history.of_stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS").of_stack("UPDATE_COMPLETE")
    ours = attempt("restore", status_before="UPDATE_COMPLETE", after=known)
    assert believed("UPDATE_COMPLETE", ours, history.newest_first) == ("UPDATE_COMPLETE", False)


def test_somebody_elses_token_is_no_evidence_of_our_write() -> None:
    history = History().of_stack("UPDATE_COMPLETE")
    known = history.newest_first[0].id
    history.of_stack("UPDATE_IN_PROGRESS", token="theirs")
    ours = attempt("restore", status_before="UPDATE_COMPLETE", after=known)
    assert believed("UPDATE_COMPLETE", ours, history.newest_first) == ("UPDATE_COMPLETE", False)
