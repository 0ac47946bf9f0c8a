"""How a stack at rest is brought back to its snapshot: through a change set that is ours, and never blindly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollback.engine.moves import Done, Move, Wait
from rollback.report.notices import Code
from rollback.report.results import Result
from rollback.stack.decide import decide
from rollback.stack.evidence import STALE_SECONDS
from rollback.stack.guard import Verdict
from rollback.stack.model import CreateChangeSet, DropChangeSet, ExecuteChangeSet, Readopt, Seen
from rollback.stack.restoring import MAKING_SECONDS, MOST_MADE, MOST_REJECTIONS, MOST_UNSEEN, adopts, next_move, told
from rollback.stack.tokens import CANCEL, RESTORE, Tokens
from tests.stack.given import STACK_ID, attempt, change, change_set, seen, view

if TYPE_CHECKING:
    from rollback.stack.changes import ChangeSet


def end(move: Move) -> tuple[Result, str]:
    assert isinstance(move, Done)
    return move.result, move.code


@pytest.mark.parametrize(
    "status",
    ["UPDATE_COMPLETE", "CREATE_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"],
)
def test_a_stack_at_rest_that_differs_gets_a_change_set(status: str) -> None:
    assert decide(seen(status, restore=view())) == CreateChangeSet()


def test_a_stack_that_equals_its_snapshot_is_already_good() -> None:
    move = decide(seen(restore=view(differences=()), moved=False))
    assert move == Done(
        Result.ALREADY_GOOD,
        "The stack is as its snapshot recorded it: template, parameters and tags equal the snapshot's.",
    )


def test_a_stack_that_cloudformation_reverted_to_its_snapshot_is_rolled_back() -> None:
    move = decide(seen("UPDATE_ROLLBACK_COMPLETE", restore=view(differences=()), moved=True))
    assert end(move) == (Result.ROLLED_BACK, "")


@pytest.mark.parametrize("status", ["CREATE_PENDING", "CREATE_IN_PROGRESS"])
def test_a_change_set_in_the_making_is_waited_for(status: str) -> None:
    making = change_set(status=status, execution_status="UNAVAILABLE")
    assert decide(seen(restore=view(change_set=making))) == Wait("our change set")


def test_a_change_set_that_loses_nothing_is_executed() -> None:
    topic = "AWS::SNS::Topic"
    harmless = change_set(change("Modify", replacement="False"), change("Add", topic), change("Remove", topic))
    assert decide(seen(restore=view(change_set=harmless))) == ExecuteChangeSet(3)


DESTRUCTIVE = change_set(change("Remove"))


def test_a_change_set_that_would_lose_data_is_refused_and_says_what_and_why() -> None:
    move = decide(seen(restore=view(change_set=DESTRUCTIVE)))
    assert end(move) == (Result.REFUSED, Code.RESTORE_DESTRUCTIVE)
    assert isinstance(move, Done)
    assert "Orders (AWS::DynamoDB::Table): would be deleted" in move.reason
    assert "allow-destructive: true" in move.next_steps[0].purpose


def test_what_the_guard_says_of_it_decides() -> None:
    removed = change("Remove")
    may_go = view(change_set=DESTRUCTIVE, verdicts=(Verdict(removed, goes="it is empty"),))
    assert decide(seen(restore=may_go)) == ExecuteChangeSet(1)
    may_not = view(change_set=DESTRUCTIVE, verdicts=(Verdict(removed, "would be deleted, and holds something"),))
    assert end(decide(seen(restore=may_not))) == (Result.REFUSED, Code.RESTORE_DESTRUCTIVE)


ANEW = Verdict(
    change("Add"),
    "would be made anew, empty: the snapshot recorded orders-1",
    physical_id="orders-1",
    recreated=True,
)
MAKES_ANEW = change_set(change("Add"))


@pytest.mark.parametrize("allowed", [False, True])
def test_what_would_be_made_anew_is_asked_to_be_readopted_first(*, allowed: bool) -> None:
    anew = view(change_set=MAKES_ANEW, verdicts=(ANEW,))
    assert decide(seen(restore=anew, allow_destructive=allowed)) == Readopt()


def test_what_is_readopted_is_told_and_executed() -> None:
    made = change("Import", physical_id="orders-1")
    adopted = view(change_set=change_set(made), verdicts=(Verdict(made, adopted=True),), adopting=True)
    move = decide(seen(restore=adopted))
    assert move == ExecuteChangeSet(1, ("Orders",))
    assert "re-adopting Orders" in move.did


def test_a_change_set_that_cloudformation_will_not_make_readopting_is_made_plainly_again() -> None:
    failed = change_set(status="FAILED", execution_status="UNAVAILABLE", reason="must have the DeletionPolicy")
    assert decide(seen(restore=view(change_set=failed, adopting=True))) == Readopt(instead=False)
    move = decide(seen(restore=view(change_set=MAKES_ANEW, verdicts=(ANEW,), not_adopted="must have DeletionPolicy")))
    assert end(move) == (Result.REFUSED, Code.RESTORE_DESTRUCTIVE)
    assert isinstance(move, Done)
    assert "orders-1" in move.reason
    assert "must have DeletionPolicy" in move.reason
    assert any("orders-1" in step.purpose for step in move.next_steps)


def test_what_even_a_readopting_change_set_makes_anew_is_refused_unless_allowed() -> None:
    anew = view(change_set=MAKES_ANEW, verdicts=(ANEW,), adopting=True)
    assert end(decide(seen(restore=anew))) == (Result.REFUSED, Code.RESTORE_DESTRUCTIVE)
    assert decide(seen(restore=anew, allow_destructive=True)) == ExecuteChangeSet(1)


@pytest.mark.parametrize("allowed", [False, True])
def test_nested_change_sets_that_cannot_be_read_whole_stop_the_restore(*, allowed: bool) -> None:
    unread = change_set(unread=("Network: its change set is FAILED (no such subnet)",))
    move = decide(seen(restore=view(change_set=unread, verdicts=()), allow_destructive=allowed))
    assert end(move) == (Result.REFUSED, Code.RESTORE_UNREAD)
    assert isinstance(move, Done)
    assert "Network: its change set is FAILED (no such subnet)" in move.reason


def test_nested_change_sets_in_the_making_are_waited_for_and_not_for_ever() -> None:
    making = view(change_set=change_set(making=("Network",)))
    assert decide(seen(restore=making)) == Wait("the change sets of the nested stacks Network")
    assert end(decide(seen(restore=making, making_for=MAKING_SECONDS))) == (Result.REFUSED, Code.RESTORE_UNREAD)


def test_allow_destructive_executes_it() -> None:
    assert decide(seen(restore=view(change_set=DESTRUCTIVE), allow_destructive=True)) == ExecuteChangeSet(1)


@pytest.mark.parametrize(
    "reason",
    [
        "The submitted information didn't contain changes. Submit different information to create a change set.",
        "No updates are to be performed.",
    ],
)
def test_an_empty_change_set_is_deleted(reason: str) -> None:
    empty = change_set(status="FAILED", execution_status="UNAVAILABLE", reason=reason)
    assert decide(seen(restore=view(change_set=empty))) == DropChangeSet()


def test_a_restore_that_cloudformation_finds_empty_is_already_good() -> None:
    move = decide(seen(restore=view(found_empty=True), moved=False))
    assert isinstance(move, Done)
    assert move.result is Result.ALREADY_GOOD
    assert "CloudFormation finds nothing to change" in move.reason


def test_a_change_set_of_an_earlier_state_is_deleted() -> None:
    assert decide(seen(restore=view(change_set=change_set(execution_status="OBSOLETE")))) == DropChangeSet()


@pytest.mark.parametrize(
    "broken",
    [
        change_set(status="FAILED", execution_status="UNAVAILABLE", reason="Template error: no Api"),
        change_set(execution_status="EXECUTE_FAILED", reason="Template error: no Api"),
    ],
)
def test_a_change_set_that_fails_ends_the_restore(broken: ChangeSet) -> None:
    move = decide(seen(restore=view(change_set=broken)))
    assert end(move) == (Result.FAILED, Code.RESTORE_FAILED)
    assert isinstance(move, Done)
    assert move.reason == "CloudFormation did not take the restore: Template error: no Api"


def test_a_rejected_change_set_is_asked_for_again_within_bounds() -> None:
    assert decide(seen(restore=view(rejections=("no",) * (MOST_REJECTIONS - 1)))) == CreateChangeSet()
    move = decide(seen(restore=view(rejections=("no",) * MOST_REJECTIONS)))
    assert end(move) == (Result.FAILED, Code.RESTORE_FAILED)


def test_an_execution_that_is_rejected_is_tried_again_within_bounds() -> None:
    ready = view(change_set=change_set(change("Modify", replacement="False")))
    no = attempt(RESTORE, rejection="no")
    assert decide(seen(restore=ready, attempts=(no,) * (MOST_REJECTIONS - 1))) == ExecuteChangeSet(1)
    move = decide(seen(restore=ready, attempts=(no,) * MOST_REJECTIONS))
    assert end(move) == (Result.FAILED, Code.RESTORE_FAILED)


def test_a_noecho_parameter_that_the_failed_template_dropped_is_refused() -> None:
    move = decide(seen(restore=view(secrets_lost=("DbPassword",))))
    assert end(move) == (Result.REFUSED, Code.RESTORE_SECRET_LOST)
    assert isinstance(move, Done)
    assert move.next_steps[0].line.endswith("--parameter-overrides DbPassword=\u2026")


def test_artifacts_that_are_gone_refuse_the_restore_before_anything_moved() -> None:
    move = decide(seen(restore=view(artifacts_gone=("s3://shop-artifacts/api/1.zip (Api)",))))
    assert end(move) == (Result.REFUSED, Code.RESTORE_ARTIFACTS_GONE)
    assert isinstance(move, Done)
    assert "s3://shop-artifacts/api/1.zip (Api)" in move.reason


# --- what only a change set can bring back, or prove ---

UNSETTLED: dict[str, dict[str, Any]] = {
    "what stands behind the texts": {"behind": ("SSM parameter /ami has another value.",)},
    "a setting": {"settings": ("the rollback configuration",)},
    "question marks": {"ambiguous": True},
}


@pytest.mark.parametrize("kind", sorted(UNSETTLED))
def test_equal_texts_are_no_proof_while_something_is_unsettled(kind: str) -> None:
    assert decide(seen(restore=view(differences=(), **UNSETTLED[kind]))) == CreateChangeSet()


def test_what_stands_behind_equal_texts_and_can_not_be_brought_back_is_refused() -> None:
    out_of_reach = view(differences=(), behind=("SSM parameter /ami has another value.",), found_empty=True)
    move = decide(seen(moved=False, restore=out_of_reach))
    assert end(move) == (Result.REFUSED, Code.RESTORE_OUT_OF_REACH)
    assert isinstance(move, Done)
    assert "SSM parameter /ami has another value." in move.reason


def test_what_cloudformation_itself_reverted_is_good_whatever_stands_behind_it_since() -> None:
    since = view(differences=(), behind=("SSM parameter /ami has another value.",), found_empty=True, kept=("It has.",))
    move = decide(seen("UPDATE_ROLLBACK_COMPLETE", moved=True, restore=since))
    assert isinstance(move, Done)
    assert (move.result, [notice.text for notice in move.warnings]) == (Result.ROLLED_BACK, ["It has."])


@pytest.mark.parametrize("kind", sorted(UNSETTLED))
def test_a_restore_that_was_executed_is_not_made_again_for_what_it_can_not_bring_back(kind: str) -> None:
    move = decide(seen(restore_executed=True, restore=view(differences=(), kept=("Left.",), **UNSETTLED[kind])))
    assert isinstance(move, Done)
    assert (move.result, [notice.text for notice in move.warnings]) == (Result.ROLLED_BACK, ["Left."])


@pytest.mark.parametrize("kind", ["a setting", "question marks"])
def test_an_empty_change_set_proves_that_nothing_is_left_to_restore(kind: str) -> None:
    move = decide(seen(moved=False, restore=view(differences=(), found_empty=True, **UNSETTLED[kind])))
    assert end(move) == (Result.ALREADY_GOOD, "")


def test_values_that_nobody_can_read_are_not_called_equal() -> None:
    move = decide(seen(moved=False, restore=view(differences=(), secrets=("Password",))))
    assert isinstance(move, Done)
    assert (move.result, move.warnings[0].code) == (Result.ALREADY_GOOD, Code.RESTORE_KEEPS_VALUES)
    assert "could not be compared" in move.warnings[0].text


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE"])
def test_a_stack_that_did_not_exist_at_the_snapshot_has_nothing_to_go_back_to(status: str) -> None:
    absent = view(absent=True, unusable="stack shop did not exist when the snapshot was taken.")
    move = decide(seen(status, moved=False, restore=absent))
    assert end(move) == (Result.NOT_NEEDED, Code.STACK_FIRST_DEPLOYMENT)


@pytest.mark.parametrize("status", ["DELETE_FAILED", "SOMETHING_NEW"])
def test_a_change_set_in_a_status_that_leads_nowhere_ends_the_restore_at_once(status: str) -> None:
    lost = change_set(status=status, execution_status="UNAVAILABLE")
    move = decide(seen(restore=view(change_set=lost)))
    assert end(move) == (Result.FAILED, Code.RESTORE_FAILED)
    assert isinstance(move, Done)
    assert status in move.reason


def test_each_change_of_a_plan_has_the_guards_verdict() -> None:
    changes = (change("Modify", replacement="False"), change("Remove"), change("Add", "AWS::SNS::Topic"))
    kept, lost, added = told(view(change_set=change_set(*changes)))
    assert kept.startswith("Modify Orders (AWS::DynamoDB::Table, in place): \u2705")
    assert lost.startswith("Remove Orders (AWS::DynamoDB::Table): \u26d4")
    assert added.startswith("Add Orders (AWS::SNS::Topic): \u2705")


def restored(status: str, **facts: object) -> Seen:
    return seen(status, restore_executed=True, **facts)


def test_a_restore_that_ended_equal_to_its_snapshot_is_rolled_back() -> None:
    move = decide(restored("UPDATE_COMPLETE", restore=view(differences=(), kept=("Something is kept.",))))
    assert isinstance(move, Done)
    assert move.result is Result.ROLLED_BACK
    assert [(notice.code, notice.text) for notice in move.warnings] == [
        (Code.RESTORE_KEEPS_VALUES, "Something is kept.")
    ]


def test_a_restore_that_still_differs_is_not_called_proven() -> None:
    differing = view(differences=("the template", "tag team"))
    assert decide(restored("UPDATE_COMPLETE", restore=differing, at_rest_for=STALE_SECONDS - 1)) == Wait(
        "AWS to show the restored stack"
    )
    move = decide(restored("UPDATE_COMPLETE", restore=differing, at_rest_for=STALE_SECONDS))
    assert end(move) == (Result.FAILED, Code.RESTORE_NOT_PROVEN)
    assert isinstance(move, Done)
    assert "the template, tag team" in move.reason


def test_a_killed_runs_restore_that_still_differs_is_not_made_again() -> None:
    assert end(decide(seen(restored_before=True, restore=view()))) == (Result.FAILED, Code.RESTORE_NOT_PROVEN)


def test_a_change_set_that_was_executed_without_effect_is_not_waited_for() -> None:
    executed = change_set(execution_status="EXECUTE_COMPLETE")
    assert end(decide(seen(restore=view(change_set=executed)))) == (Result.FAILED, Code.RESTORE_NOT_PROVEN)


def test_a_restore_that_cloudformation_rolled_back_is_a_failed_restore_not_a_success() -> None:
    move = decide(restored("UPDATE_ROLLBACK_COMPLETE", restore_rolled_back=True, restore=view(differences=())))
    assert end(move) == (Result.FAILED, Code.RESTORE_FAILED)


def test_a_restore_under_way_in_whatever_run_is_adopted() -> None:
    tokens = Tokens("another run", STACK_ID)
    assert adopts(tokens.make(RESTORE))
    assert not adopts(tokens.make(CANCEL))
    assert not adopts("somebody-else")


def test_long_lists_are_cut() -> None:
    gone = tuple(f"s3://bucket/{number}.zip (F{number})" for number in range(25))
    move = decide(seen(restore=view(artifacts_gone=gone)))
    assert isinstance(move, Done)
    assert move.reason.endswith("s3://bucket/9.zip (F9) and 15 more.")


def test_a_restore_without_a_snapshot_is_a_defect() -> None:
    with pytest.raises(TypeError, match=r"^a restore needs a snapshot$"):
        next_move(seen("UPDATE_COMPLETE"))


# --- whose change set it is ---

ARN = "arn:aws:cloudformation:us-west-2:123456789012:changeSet/rollback-action-1/4a37fa2d"


def test_a_change_set_that_is_not_as_asked_is_neither_executed_nor_dropped_and_named() -> None:
    theirs = change_set(change("Add"), id=ARN)
    move = decide(seen(restore=view(change_set=theirs, foreign=("the template", "capabilities"))))
    assert end(move) == (Result.REFUSED, Code.RESTORE_NOT_OURS)
    assert isinstance(move, Done)
    assert f"change set {ARN} is not what was asked for: the template, capabilities differ" in move.reason
    assert f"--change-set-name {ARN}" in move.next_steps[0].line


def test_a_name_that_somebody_had_before_us_is_refused_and_named() -> None:
    no = ("ChangeSet rollback-action-1 already exists",) * MOST_REJECTIONS
    move = decide(seen(restore=view(taken="rollback-action-1", rejections=no)))
    assert end(move) == (Result.REFUSED, Code.RESTORE_NOT_OURS)
    assert isinstance(move, Done)
    assert "change set rollback-action-1 is there already" in move.reason


def test_a_change_set_that_is_not_shown_yet_is_waited_for() -> None:
    assert decide(seen(restore=view(made=1, unseen=1))) == Wait("CloudFormation to show our change set")
    assert decide(seen(restore=view(made=1, unseen=MOST_UNSEEN - 1))) == Wait("CloudFormation to show our change set")


def test_another_one_is_made_when_it_is_never_shown_and_not_without_end() -> None:
    assert decide(seen(restore=view(made=1, unseen=MOST_UNSEEN))) == CreateChangeSet()
    move = decide(seen(restore=view(made=MOST_MADE, unseen=MOST_UNSEEN)))
    assert end(move) == (Result.FAILED, Code.RESTORE_FAILED)


@pytest.mark.parametrize("status", ["DELETE_PENDING", "DELETE_IN_PROGRESS", "DELETE_COMPLETE", "DELETE_FAILED", "NEW"])
def test_a_change_set_of_any_other_status_ends_at_once(status: str) -> None:
    move = decide(seen(restore=view(change_set=change_set(status=status))))
    assert end(move) == (Result.FAILED, Code.RESTORE_FAILED)
