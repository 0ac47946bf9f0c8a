"""A snapshot is an order: what it asks for beyond what the stack has, and how old it is."""

from __future__ import annotations

import pytest

from rollback.report.notices import Code
from rollback.stack.orders import beyond, deployment_before, older, permissions, tells_enough
from rollback.stack.tokens import RESTORE, Tokens
from tests.stack.given import BEGINNING, STACK_ID, History, change

OURS = Tokens("run", STACK_ID).make(RESTORE)


def deployed(history: History, end: str = "UPDATE_COMPLETE", token: str = "") -> History:
    return history.of_stack("UPDATE_IN_PROGRESS", token).of("News", "UPDATE_COMPLETE").of_stack(end, token)


def test_the_deployment_before_the_failed_one_is_the_last_that_came_to_a_good_end() -> None:
    history = deployed(deployed(deployed(History()), "UPDATE_ROLLBACK_COMPLETE"))
    before = deployment_before(history.newest_first)
    assert before is not None
    assert before.id == "event-1"
    assert tells_enough(history.newest_first)


@pytest.mark.parametrize("history", [History(), deployed(History()), deployed(deployed(History(), "UPDATE_FAILED"))])
def test_where_there_was_none_nothing_is_older(history: History) -> None:
    assert deployment_before(history.newest_first) is None
    assert older("2020-01-01T00:00:00+00:00", history.newest_first) == ()


def test_a_restore_of_ours_is_no_deployment() -> None:
    history = deployed(deployed(deployed(History()), token=OURS))
    before = deployment_before(history.newest_first)
    assert before is not None
    assert before.id == "event-1"


@pytest.mark.parametrize(
    ("taken_at", "old"),
    [
        ("2025-12-02T00:00:00+00:00", True),
        ("2025-12-02T00:00:00", True),
        (BEGINNING.replace(minute=1).isoformat(), False),
        ("nobody knows", False),
    ],
)
def test_a_snapshot_is_old_that_was_taken_before_the_deployment_before_the_failed_one(
    taken_at: str, *, old: bool
) -> None:
    history = deployed(deployed(History()))
    assert [notice.code for notice in older(taken_at, history.newest_first)] == [Code.SNAPSHOT_OLD] * old


def test_capabilities_that_the_stack_has_are_not_worth_a_word() -> None:
    assert beyond(("CAPABILITY_IAM",), ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM")) == ()
    (told,) = beyond(("CAPABILITY_IAM",), ())
    assert "CAPABILITY_IAM" in told.text


def test_changes_of_permissions_are_listed_and_no_others() -> None:
    listed = permissions((change("Modify", "AWS::IAM::Role"), change("Add", "AWS::SNS::Topic")))
    assert [notice.text for notice in listed] == ["The restore changes permissions: modify Orders (AWS::IAM::Role)."]
    assert permissions((change("Add", "AWS::SNS::Topic"),)) == ()
