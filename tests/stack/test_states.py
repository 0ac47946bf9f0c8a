"""The table of statuses holds all that CloudFormation has."""

from __future__ import annotations

import botocore.session
import pytest

from rollback.stack.states import GOOD_TO_RECORD, STATES, State, in_progress


def statuses_of_the_api() -> set[str]:
    model = botocore.session.get_session().get_service_model("cloudformation")
    return set(model.shape_for("StackStatus").metadata["enum"])


def test_the_table_holds_every_status_of_the_api_model_and_no_other() -> None:
    assert set(STATES) == statuses_of_the_api()
    assert len(STATES) == 23


@pytest.mark.parametrize(
    ("state", "statuses"),
    [
        (State.CANCELLABLE, {"UPDATE_IN_PROGRESS"}),
        (
            State.MOVING,
            {
                "CREATE_IN_PROGRESS",
                "ROLLBACK_IN_PROGRESS",
                "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
                "UPDATE_ROLLBACK_IN_PROGRESS",
                "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
                "IMPORT_IN_PROGRESS",
                "IMPORT_ROLLBACK_IN_PROGRESS",
            },
        ),
        (State.UPDATED, {"UPDATE_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"}),
        (State.FIRST, {"CREATE_COMPLETE"}),
        (State.FAILED_IN_PLACE, {"UPDATE_FAILED"}),
        (State.STUCK, {"UPDATE_ROLLBACK_FAILED"}),
        (State.REVERTED, {"UPDATE_ROLLBACK_COMPLETE"}),
        (State.FIRST_CREATION_FAILED, {"CREATE_FAILED", "ROLLBACK_FAILED", "ROLLBACK_COMPLETE"}),
        (State.NEEDS_A_PERSON, {"IMPORT_ROLLBACK_FAILED", "DELETE_FAILED"}),
        (State.DELETING, {"DELETE_IN_PROGRESS", "DELETE_COMPLETE"}),
        (State.IN_REVIEW, {"REVIEW_IN_PROGRESS"}),
    ],
)
def test_each_status_means_what_aws_facts_say(state: State, statuses: set[str]) -> None:
    assert {status for status, its in STATES.items() if its is state} == statuses


def test_a_change_set_in_review_is_nothing_in_progress() -> None:
    assert {status for status in STATES if in_progress(status)} == {
        status for status in STATES if status.endswith("_IN_PROGRESS")
    } - {"REVIEW_IN_PROGRESS"}


def test_a_snapshot_records_whole_states_alone() -> None:
    assert {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
    } == GOOD_TO_RECORD
