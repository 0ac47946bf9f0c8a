"""A change set is read whole: its nested stacks' own, at every depth, each once."""

from __future__ import annotations

from typing import Any

import pytest

from rollback.stack.changes import Change, ChangeSet
from rollback.stack.changesets import MOST, whole
from rollback.stack.model import STACK_TYPE
from tests.stack.given import change, change_set


def nested(name: str, action: str = "Modify", **facts: Any) -> Change:
    return Change(**{"action": action, "logical_id": name, "type": STACK_TYPE, "nested": f"arn:{name}", **facts})


def read(root: ChangeSet, **sets: ChangeSet) -> ChangeSet:
    return whole(root, lambda arn: sets.get(arn.removeprefix("arn:")))


def test_the_changes_of_all_nested_stacks_are_among_them_however_deep() -> None:
    deepest = change("Remove", stack_id="deep")
    sets = {f"N{number}": change_set(nested(f"N{number + 1}")) for number in range(20)}
    found = read(change_set(nested("N0"), change("Add")), **sets, N20=change_set(deepest))
    assert deepest in found.changes
    assert len(found.changes) == 23
    assert (found.making, found.unread) == ((), ())


def test_a_change_set_in_the_making_is_named() -> None:
    for status in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
        found = read(change_set(nested("Network")), Network=change_set(status=status, execution_status="UNAVAILABLE"))
        assert (found.making, found.unread) == (("Network",), ())


def test_one_that_has_nothing_to_change_changes_nothing() -> None:
    empty = change_set(status="FAILED", reason="No updates are to be performed.")
    assert read(change_set(nested("Network")), Network=empty).unread == ()


@pytest.mark.parametrize(
    ("made", "sets", "why"),
    [
        (nested("Network"), {}, "Network: its change set is not found"),
        (
            nested("Network"),
            {"Network": change_set(status="FAILED", reason="no such subnet")},
            "Network: its change set is FAILED (no such subnet)",
        ),
        (
            nested("Network"),
            {"Network": change_set(status="DELETE_FAILED")},
            "Network: its change set is DELETE_FAILED",
        ),
        (nested("Network"), {"Network": change_set(status="")}, "Network: its change set is in no known status"),
        (nested("Network", nested=""), {}, "Network: CloudFormation names no change set for it"),
        (nested("Network", "Dynamic", nested=""), {}, "Network: CloudFormation names no change set for it"),
        (nested("", "", nested=""), {}, "a nested stack: CloudFormation names no change set for it"),
    ],
)
def test_what_cannot_be_read_is_said(made: Change, sets: dict[str, ChangeSet], why: str) -> None:
    assert read(change_set(made), **sets).unread == (why,)


@pytest.mark.parametrize("action", ["Add", "Remove"])
def test_a_stack_that_comes_or_goes_whole_needs_no_change_set_of_its_own(action: str) -> None:
    assert read(change_set(nested("Network", action, nested=""))).unread == ()


def test_what_is_in_a_new_nested_stack_is_new_however_deep() -> None:
    inner = change_set(change("Add"), nested("Inner", "Add"))
    found = read(change_set(nested("New", "Add"), change("Add")), New=inner, Inner=change_set(change("Add")))
    assert [made.in_new_stack for made in found.changes if made.type != STACK_TYPE] == [False, True, True]


def test_a_circle_is_read_once() -> None:
    found = read(change_set(nested("A")), A=change_set(nested("B")), B=change_set(nested("A")))
    assert len(found.changes) == 3


def test_a_hierarchy_without_end_is_not_read_whole() -> None:
    numbers = iter(range(10 * MOST))
    found = whole(change_set(nested("N")), lambda _: change_set(nested(f"N{next(numbers)}")))
    assert found.unread
