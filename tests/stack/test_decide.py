"""What is done about a stack in each of its statuses."""

from __future__ import annotations

import pytest

from rollback.engine.moves import Done, Move, Wait
from rollback.report.notices import Code
from rollback.report.results import Result
from rollback.stack.decide import MOST_TRIES, decide, timed_out
from rollback.stack.model import CancelUpdate, ContinueRollback, CreateChangeSet, RollbackStack
from rollback.stack.states import STATES
from rollback.stack.tokens import CONTINUE, Tokens
from tests.stack.given import STACK_ID, attempt, seen, view


def end(move: Move) -> tuple[Result, str]:
    assert isinstance(move, Done)
    return move.result, move.code


def lines(move: Move) -> list[str]:
    assert isinstance(move, Done)
    return [step.line for step in move.next_steps]


# --- one test a status ---


def test_update_in_progress_is_cancelled() -> None:
    assert decide(seen("UPDATE_IN_PROGRESS")) == CancelUpdate()


@pytest.mark.parametrize(
    "status",
    [
        "CREATE_IN_PROGRESS",
        "ROLLBACK_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "IMPORT_IN_PROGRESS",
        "IMPORT_ROLLBACK_IN_PROGRESS",
    ],
)
def test_a_stack_that_cloudformation_is_at_work_on_is_waited_for(status: str) -> None:
    assert decide(seen(status)) == Wait(f"{status} to end")


@pytest.mark.parametrize("status", ["UPDATE_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"])
def test_a_deployed_stack_without_a_snapshot_needs_nothing_and_says_what_stays(status: str) -> None:
    move = decide(seen(status))
    assert end(move) == (Result.NOT_NEEDED, Code.STACK_KEEPS_DEPLOYMENT)
    assert isinstance(move, Done)
    assert [notice.code for notice in move.warnings] == [Code.STACK_KEEPS_DEPLOYMENT]
    assert f"Stack shop is in {status}: CloudFormation keeps no earlier version" in move.warnings[0].text


def test_create_complete_is_a_first_deployment_that_stays() -> None:
    move = decide(seen("CREATE_COMPLETE"))
    assert end(move) == (Result.NOT_NEEDED, Code.STACK_FIRST_DEPLOYMENT)
    assert isinstance(move, Done)
    assert [notice.code for notice in move.warnings] == [Code.STACK_FIRST_DEPLOYMENT]


def test_update_failed_is_rolled_back() -> None:
    assert decide(seen("UPDATE_FAILED")) == RollbackStack()


def test_update_rollback_failed_is_continued_without_skipping_anything() -> None:
    assert decide(seen("UPDATE_ROLLBACK_FAILED", skip=("Api",))) == ContinueRollback(1)


def test_update_rollback_complete_that_came_about_in_this_run_is_rolled_back() -> None:
    move = decide(seen("UPDATE_ROLLBACK_COMPLETE", moved=True))
    assert move == Done(Result.ROLLED_BACK, "CloudFormation reverted the update.")


def test_update_rollback_complete_that_was_there_before_is_already_good() -> None:
    move = decide(seen("UPDATE_ROLLBACK_COMPLETE", moved=False))
    assert move == Done(Result.ALREADY_GOOD, "CloudFormation had already reverted the update.")


@pytest.mark.parametrize("status", ["CREATE_FAILED", "ROLLBACK_FAILED", "ROLLBACK_COMPLETE"])
def test_a_first_creation_that_failed_is_refused_with_the_delete_left_to_a_person(status: str) -> None:
    move = decide(seen(status))
    assert end(move) == (Result.REFUSED, Code.STACK_FIRST_CREATION_FAILED)
    assert lines(move) == [
        "aws cloudformation describe-stacks --stack-name shop --region us-west-2",
        "aws cloudformation delete-stack --stack-name shop --region us-west-2",
    ]


@pytest.mark.parametrize("status", ["IMPORT_ROLLBACK_FAILED", "DELETE_FAILED"])
def test_a_failed_import_or_delete_needs_a_person(status: str) -> None:
    move = decide(seen(status))
    assert end(move) == (Result.REFUSED, Code.STACK_NEEDS_A_PERSON)
    assert lines(move) == [
        "aws cloudformation describe-stack-events --stack-name shop --region us-west-2 --max-items 20"
    ]


@pytest.mark.parametrize("status", ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"])
def test_a_stack_being_deleted_is_refused(status: str) -> None:
    move = decide(seen(status))
    assert end(move) == (Result.REFUSED, Code.STACK_BEING_DELETED)
    assert isinstance(move, Done)
    assert [step.purpose for step in move.next_steps] == ["Deploy it again"]


def test_a_stack_in_review_never_settles_so_nobody_waits() -> None:
    move = decide(seen("REVIEW_IN_PROGRESS"))
    assert end(move) == (Result.REFUSED, Code.STACK_IN_REVIEW)
    assert lines(move) == ["aws cloudformation list-change-sets --stack-name shop --region us-west-2"]


def test_a_stack_that_does_not_exist_is_refused() -> None:
    move = decide(seen(None))
    assert end(move) == (Result.REFUSED, Code.STACK_NOT_FOUND)
    assert lines(move) == ["aws cloudformation list-stacks --region us-west-2 --query 'StackSummaries[].StackName'"]


def test_a_status_that_nobody_knows_is_left_alone() -> None:
    assert end(decide(seen("MIGRATE_IN_PROGRESS"))) == (Result.REFUSED, Code.STACK_STATUS_UNKNOWN)


@pytest.mark.parametrize("status", sorted(STATES))
def test_no_status_is_without_an_answer_and_every_refusal_has_a_remedy(status: str) -> None:
    move = decide(seen(status))
    if isinstance(move, Done) and move.result is Result.REFUSED:
        assert move.code in set(Code)
        assert move.next_steps


@pytest.mark.parametrize("status", sorted(STATES))
def test_while_nothing_shows_our_last_calls_effect_nothing_is_done(status: str) -> None:
    assert decide(seen(status, certain=False)) == Wait("AWS to show the effect of our last call")


# --- races and rejections ---


def rejected(
    step: str, times: int, rejection: str = "cannot be called from current stack status"
) -> tuple[object, ...]:
    return tuple(attempt(step, rejection=rejection) for _ in range(times))


def unclear(step: str, times: int) -> tuple[object, ...]:
    return tuple(attempt(step, unclear="no connection") for _ in range(times))


@pytest.mark.parametrize(
    ("status", "step", "move"),
    [
        ("UPDATE_IN_PROGRESS", "cancel", CancelUpdate()),
        ("UPDATE_FAILED", "rollback", RollbackStack()),
    ],
)
def test_a_rejected_or_unclear_call_is_made_again_while_the_status_asks_for_it(
    status: str, step: str, move: Move
) -> None:
    assert decide(seen(status, attempts=rejected(step, MOST_TRIES - 1))) == move
    assert decide(seen(status, attempts=unclear(step, 99))) == move


def test_a_cancel_that_aws_keeps_rejecting_fails_with_the_command() -> None:
    move = decide(seen("UPDATE_IN_PROGRESS", attempts=rejected("cancel", MOST_TRIES)))
    assert end(move) == (Result.FAILED, Code.AWS_REJECTED)
    assert lines(move)[1] == "aws cloudformation cancel-update-stack --stack-name shop --region us-west-2"


def test_a_status_that_moved_on_after_a_rejection_decides_anew() -> None:
    attempts = rejected("cancel", MOST_TRIES)
    assert decide(seen("UPDATE_ROLLBACK_FAILED", attempts=attempts)) == ContinueRollback(1)


def test_our_restore_under_way_is_not_cancelled() -> None:
    assert decide(seen("UPDATE_IN_PROGRESS", restoring=True)) == Wait("the restore that is under way")


# --- continue ---


def continued(times: int) -> tuple[object, ...]:
    return tuple(attempt("continue", status_before="UPDATE_ROLLBACK_FAILED") for _ in range(times))


@pytest.mark.parametrize(
    ("times", "skip", "move"),
    [
        (0, (), ContinueRollback(1)),
        (1, (), ContinueRollback(2)),
        (0, ("Api",), ContinueRollback(1)),
        (1, ("Api",), ContinueRollback(2, ("Api",))),
    ],
)
def test_continuing_skips_resources_after_exactly_one_plain_attempt_that_failed(
    times: int, skip: tuple[str, ...], move: Move
) -> None:
    assert decide(seen("UPDATE_ROLLBACK_FAILED", attempts=continued(times), skip=skip)) == move


@pytest.mark.parametrize(("times", "skip"), [(2, ()), (3, ("Api",))])
def test_continuing_is_bounded_and_the_end_names_what_is_stuck(times: int, skip: tuple[str, ...]) -> None:
    move = decide(seen("UPDATE_ROLLBACK_FAILED", attempts=continued(times), skip=skip, stuck=("Api", "Mail")))
    assert end(move) == (Result.FAILED, Code.STACK_ROLLBACK_FAILED)
    command = "aws cloudformation continue-update-rollback --stack-name shop --region us-west-2"
    assert lines(move) == [command, f"{command} --resources-to-skip Api Mail"]


def test_a_continue_whose_answer_got_lost_is_repeated_under_its_own_number() -> None:
    attempts = (*continued(1), *unclear("continue", 1))
    assert decide(seen("UPDATE_ROLLBACK_FAILED", attempts=attempts)) == ContinueRollback(2)


def test_a_number_that_a_killed_run_used_is_not_used_again() -> None:
    ours = Tokens("octo/shop/7/1", STACK_ID)
    left = [attempt("continue", token=ours.make(CONTINUE, number), earlier=True) for number in (3,)]
    move = decide(seen("UPDATE_ROLLBACK_FAILED", attempts=tuple(left), skip=("Api",)))
    assert move == ContinueRollback(4, ("Api",))


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE"])
@pytest.mark.parametrize("facts", [{"restore_executed": True}, {"moved": True}, {"moved": False}])
def test_what_was_skipped_is_told_with_a_usable_snapshot_too(status: str, facts: dict[str, bool]) -> None:
    move = decide(seen(status, skipped=("Api",), restore=view(differences=()), **facts))
    assert isinstance(move, Done)
    assert [notice.code for notice in move.warnings] == [Code.STACK_RESOURCES_SKIPPED]
    assert "skipped Api" in move.warnings[0].text


def test_a_rejected_continue_does_not_use_up_an_attempt() -> None:
    attempts = (*rejected("continue", 1), *continued(1))
    assert decide(seen("UPDATE_ROLLBACK_FAILED", attempts=attempts)) == ContinueRollback(3)


def test_a_continue_that_aws_keeps_rejecting_says_what_cloudformation_said() -> None:
    attempts = rejected("continue", MOST_TRIES, "Role is not assumable")
    move = decide(seen("UPDATE_ROLLBACK_FAILED", attempts=attempts))
    assert "CloudFormation: Role is not assumable" in str(move)


def test_a_rollback_that_skipped_resources_says_that_they_are_not_rolled_back() -> None:
    move = decide(seen("UPDATE_ROLLBACK_COMPLETE", skipped=("Api",)))
    assert isinstance(move, Done)
    assert [notice.code for notice in move.warnings] == [Code.STACK_RESOURCES_SKIPPED]


# --- rollback of an update that failed in place ---

EXPRESS = "RollbackStack is not supported for stacks deployed with the EXPRESS deployment mode"


def test_an_express_stack_cannot_be_rolled_back_without_a_snapshot() -> None:
    move = decide(seen("UPDATE_FAILED", attempts=rejected("rollback", 1, EXPRESS)))
    assert end(move) == (Result.REFUSED, Code.STACK_EXPRESS_MODE)
    assert EXPRESS in str(move)


def test_an_express_stack_is_restored_from_its_snapshot() -> None:
    attempts = rejected("rollback", 1, EXPRESS)
    assert decide(seen("UPDATE_FAILED", attempts=attempts, restore=view())) == CreateChangeSet()


def test_a_rollback_that_aws_keeps_rejecting_is_refused() -> None:
    attempts = rejected("rollback", MOST_TRIES, "no")
    assert end(decide(seen("UPDATE_FAILED", attempts=attempts))) == (Result.REFUSED, Code.AWS_REJECTED)


# --- snapshots that can't be used ---


@pytest.mark.parametrize("status", ["UPDATE_COMPLETE", "CREATE_COMPLETE"])
def test_an_unusable_snapshot_refuses_the_restore(status: str) -> None:
    move = decide(seen(status, restore=view(unusable="there is no snapshot at good.json.")))
    assert end(move) == (Result.REFUSED, Code.SNAPSHOT_UNUSABLE)
    assert isinstance(move, Done)
    assert move.reason == "The stack was not restored: there is no snapshot at good.json."


@pytest.mark.parametrize(("moved", "result"), [(True, Result.ROLLED_BACK), (False, Result.ALREADY_GOOD)])
def test_an_unusable_snapshot_is_only_a_warning_where_cloudformation_reverted(*, moved: bool, result: Result) -> None:
    move = decide(seen("UPDATE_ROLLBACK_COMPLETE", moved=moved, restore=view(unusable="it is broken.")))
    assert isinstance(move, Done)
    assert move.result is result
    assert [notice.code for notice in move.warnings] == [Code.SNAPSHOT_UNUSABLE]


@pytest.mark.parametrize(
    ("status", "move"),
    [
        ("UPDATE_IN_PROGRESS", CancelUpdate()),
        ("UPDATE_ROLLBACK_FAILED", ContinueRollback(1)),
        ("UPDATE_FAILED", RollbackStack()),
    ],
)
def test_an_unusable_snapshot_stops_neither_cancelling_nor_continuing(status: str, move: Move) -> None:
    assert decide(seen(status, restore=view(unusable="it is broken."))) == move


# --- the deadline ---


def test_a_timeout_says_that_aws_goes_on_and_how_to_go_on() -> None:
    done = timed_out(seen("UPDATE_ROLLBACK_IN_PROGRESS"), "shop", "us-west-2", "UPDATE_ROLLBACK_IN_PROGRESS to end")
    assert (done.result, done.code) == (Result.TIMED_OUT, Code.STACK_TIMED_OUT)
    assert "stack-timeout ended the waiting" in done.reason
    assert lines(done)[0] == "aws cloudformation describe-stacks --stack-name shop --region us-west-2"


def test_a_timeout_before_the_first_look_is_told_too() -> None:
    assert timed_out(None, "shop", "us-west-2", "AWS to answer").result is Result.TIMED_OUT
