"""The guard: what each change would lose, by what is known of the resource."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.stack.changes import Change, Detail
from rollback.stack.guard import Contents, Past, judge, losses, needs_facts, past, to_read
from rollback.stack.model import STACK_TYPE
from tests.stack.given import History, change

TABLE, QUEUE, TOPIC = "AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::SNS::Topic"
GLOBAL = "AWS::DynamoDB::GlobalTable"
MADE = Past(recorded={"Api": "api"}, created=frozenset({("Orders", "orders-1")}))
EMPTY = Contents(empty=True, found="dynamodb:Scan shows it empty")


def why(made: Change, known: Past = Past(), **contents: Contents) -> str:  # noqa: B008 - frozen
    (verdict,) = judge([made], {made.stack_id: known}, {(TABLE, name): read for name, read in contents.items()})
    return verdict.loss


def recorded(physical_id: str = "orders-1", **facts: Any) -> Past:
    return Past(recorded={"Orders": physical_id}, **facts)


@pytest.mark.parametrize(
    ("made", "loss"),
    [
        (change("Remove"), "would be deleted"),
        (change("Remove", policy="Delete"), "would be deleted"),
        (change("Remove", policy="Snapshot"), "would be deleted"),
        (change("Remove", "AWS::Logs::LogGroup"), "would be deleted"),
        (change("Modify", replacement="True"), "would be replaced"),
        (change("Modify", replacement="Conditional"), "may be replaced"),
        (change("Modify", replacement="True", policy="ReplaceAndDelete"), "would be replaced"),
        (change("Modify", replacement="True", policy="ReplaceAndSnapshot"), "would be replaced"),
        (change("Modify", replacement="True", policy="ReplaceAndRetain"), "would be replaced by a new, empty one"),
        (change("Modify", replacement="Conditional", policy="Retain"), "may be replaced by a new, empty one"),
        (change("Modify"), "CloudFormation does not say whether it would be replaced"),
        (change("Dynamic"), "CloudFormation can't say what happens to it"),
        (change(""), "CloudFormation can't say what happens to it"),
        (change("SyncWithActual"), "CloudFormation can't say what happens to it"),
        (change("Remove", ""), "would be deleted"),
        (change("Modify", STACK_TYPE, replacement="True"), "would be replaced"),
        (change("Add"), "would be made anew, empty: the snapshot recorded orders-1"),
    ],
)
def test_what_existed_at_the_snapshot_is_neither_deleted_replaced_nor_made_anew(made: Change, loss: str) -> None:
    assert why(made, recorded()) == loss
    assert needs_facts([made])


@pytest.mark.parametrize(
    "made",
    [
        change("Import"),
        change("Import", physical_id="orders-1"),
        change("Modify", replacement="False"),
        change("Remove", policy="Retain"),
        change("Dynamic", STACK_TYPE),
        change("Modify", STACK_TYPE),
        change("Modify", STACK_TYPE, replacement="False"),
        change("Remove", TOPIC),
        change("", TOPIC),
        change("Add", TOPIC),
        change("Modify", "AWS::Lambda::Function", replacement="True"),
        change("Remove", "Custom::Thing"),
    ],
)
def test_what_loses_nothing_passes(made: Change) -> None:
    assert why(made, recorded()) == ""


def test_a_resource_that_the_snapshot_did_not_have_may_be_added() -> None:
    assert why(change("Add"), Past(recorded={"Api": "api"})) == ""
    assert why(change("Add"), Past(recorded={"Orders": ""})) == ""


def test_where_the_snapshot_lists_no_resources_nothing_is_known_to_be_new() -> None:
    assert why(change("Add")) == "would be made anew, empty: nothing tells of it"
    assert why(change("Remove", physical_id="orders-1"), replace(MADE, recorded=None), **{"orders-1": EMPTY}) == ""


def test_what_is_in_a_nested_stack_that_is_new_itself_is_judged_by_the_one_that_was() -> None:
    assert why(change("Add", in_new_stack=True, stack_id="new")) == ""


# --- what the deployment being undone made ---


@pytest.mark.parametrize("type_", [QUEUE, "AWS::Logs::LogGroup", "AWS::SSM::Parameter", "AWS::KMS::Key", STACK_TYPE])
@pytest.mark.parametrize("physical_id", ["orders-1", ""])
def test_what_the_deployment_made_and_holds_no_users_data_goes_without_asking(type_: str, physical_id: str) -> None:
    (verdict,) = judge([change("Remove", type_, physical_id=physical_id)], {"": MADE}, {})
    assert (verdict.loss, verdict.physical_id) == ("", "orders-1")
    assert verdict.goes


def test_users_data_that_the_deployment_made_goes_only_where_a_read_shows_it_empty() -> None:
    removed = change("Remove", physical_id="orders-1")
    assert to_read([removed], {"": MADE}) == ((TABLE, "orders-1"),)
    assert why(removed, MADE, **{"orders-1": EMPTY}) == ""
    denied = Contents(empty=False, found="whether it is empty can't be read")
    assert why(removed, MADE, **{"orders-1": denied}) == "would be deleted, and whether it is empty can't be read"
    assert why(removed, MADE) == "would be deleted, and nothing shows it empty"


@pytest.mark.parametrize(
    "known",
    [
        Past(recorded={"Api": "api"}),
        replace(MADE, recorded={"Orders": "orders-1"}),
        replace(MADE, recorded={"Orders": "orders-0"}),
        replace(MADE, recorded={"UnderAnotherName": "orders-1"}),
        replace(MADE, created=frozenset({("Orders", "another")})),
        replace(MADE, created=frozenset({("Others", "orders-1")})),
    ],
)
@pytest.mark.parametrize("type_", [QUEUE, TABLE])
def test_what_it_did_not_make_for_all_that_can_be_seen_stays_protected(known: Past, type_: str) -> None:
    removed = change("Remove", type_, physical_id="orders-1")
    assert why(removed, known, **{"orders-1": EMPTY}) == "would be deleted"
    assert to_read([removed], {"": known}) == ()


def test_what_it_made_in_another_stack_is_not_this_one() -> None:
    removed = change("Remove", QUEUE, physical_id="orders-1", stack_id="nested")
    (verdict,) = judge([removed], {"root": MADE}, {})
    assert verdict.loss == "would be deleted"


def test_a_queue_that_it_put_in_anothers_place_may_be_replaced_where_the_recorded_one_is_gone() -> None:
    modified = change("Modify", QUEUE, physical_id="jobs-2", replacement="True")
    known = Past(
        recorded={"Orders": "jobs-1"},
        replaced=frozenset({("Orders", "jobs-2")}),
        deleted=frozenset({("Orders", "jobs-1")}),
    )
    assert why(modified, known) == ""
    assert why(replace(modified, type=TABLE), known) == "would be replaced"
    assert why(modified, replace(known, deleted=frozenset())) == "would be replaced"
    assert why(modified, replace(known, recorded={"Orders": "jobs-2"})) == "would be replaced"
    # In a nested stack, whose resources no snapshot lists, the events alone tell which one it was.
    nested = replace(known, recorded=None)
    assert why(modified, nested) == ""
    assert why(replace(modified, type=TABLE), nested) == "would be replaced"
    assert why(modified, replace(nested, deleted=frozenset())) == "would be replaced"
    assert why(modified, replace(nested, kept=frozenset({("Orders", "jobs-0")}))) == "would be replaced"


# --- made anew ---


@pytest.mark.parametrize("nested", [False, True])
def test_what_the_deployment_deleted_is_made_anew_where_it_held_no_users_data(*, nested: bool) -> None:
    gone = Past(recorded=None if nested else {"Orders": "orders-1"}, deleted=frozenset({("Orders", "orders-1")}))
    (verdict,) = judge([change("Add", QUEUE)], {"": gone}, {})
    assert (verdict.loss, verdict.anew) == (
        "",
        "the failed deployment deleted orders-1, and it holds messages on their way",
    )
    assert "orders-1" in why(change("Add"), gone)


def test_what_left_the_stack_alive_is_asked_to_be_readopted() -> None:
    left = Past(recorded={"Orders": "orders-1"}, kept=frozenset({("Orders", "orders-1")}))
    for type_ in (TABLE, QUEUE):
        (verdict,) = judge([change("Add", type_)], {"": left}, {})
        assert (verdict.recreated, verdict.physical_id) == (True, "orders-1")
        assert "the snapshot recorded orders-1" in verdict.loss


def test_an_import_of_another_resource_than_the_recorded_one_is_not_it() -> None:
    assert "the snapshot recorded orders-1" in why(change("Import", physical_id="orders-2"), recorded())


# --- a global table's replicas ---


@pytest.mark.parametrize(
    ("details", "loses"),
    [
        (None, True),
        ((Detail("Replicas"),), True),
        ((Detail("Replicas", "/Properties/Replicas", "Modify"),), True),
        ((Detail("Replicas", "/Properties/Replicas/1", "Remove"),), True),
        ((Detail("Replicas", "/Properties/Replicas/1", "Modify"),), True),
        ((Detail("Replicas", "/Properties/Replicas/1", "Add"),), False),
        ((Detail("Replicas", "/Properties/Replicas/0/Tags", "Remove"),), False),
        ((Detail("BillingMode", "/Properties/BillingMode", "Modify"), Detail()), False),
        ((), False),
    ],
)
def test_a_replica_of_a_global_table_that_is_taken_away_counts(
    details: tuple[Detail, ...] | None, *, loses: bool
) -> None:
    made = change("Modify", GLOBAL, replacement="False", details=details)
    assert bool(why(made, recorded())) is loses


# --- what the events tell ---


def test_the_events_tell_what_a_deployment_made_replaced_deleted_and_let_go() -> None:
    history = History().of_stack("UPDATE_IN_PROGRESS").of("Jobs", "CREATE_IN_PROGRESS").of("Jobs", "CREATE_COMPLETE")
    history.of("Half", "CREATE_IN_PROGRESS").of("Half", "CREATE_FAILED")
    history.of("Mail", "UPDATE_IN_PROGRESS", physical_id="mail-1").of("Mail", "UPDATE_COMPLETE", physical_id="mail-2")
    history.of("Api", "UPDATE_IN_PROGRESS").of("Api", "UPDATE_COMPLETE")
    history.of("Mail", "DELETE_COMPLETE", physical_id="mail-1").of("Files", "DELETE_SKIPPED")
    events = history.of_stack("UPDATE_COMPLETE").newest_first
    assert past(events, events, {"Api": "api"}) == Past(
        recorded={"Api": "api"},
        created=frozenset({("Jobs", "physical-Jobs")}),
        replaced=frozenset({("Mail", "mail-2")}),
        deleted=frozenset({("Mail", "mail-1")}),
        kept=frozenset({("Files", "physical-Files")}),
    )


def test_a_replacement_that_was_rolled_back_made_nothing_that_is_there() -> None:
    history = History().of_stack("UPDATE_IN_PROGRESS").of("Mail", "UPDATE_IN_PROGRESS", physical_id="mail-1")
    history.of("Mail", "UPDATE_COMPLETE", physical_id="mail-2").of_stack("UPDATE_ROLLBACK_IN_PROGRESS")
    events = history.of("Mail", "UPDATE_COMPLETE", physical_id="mail-1").newest_first
    assert past(events, events, {}).replaced == {("Mail", "mail-2")}


# --- the promise ---

names = st.sampled_from(("A", "B"))
ids = st.sampled_from(("", "one", "two"))
resources = st.frozensets(st.tuples(names, st.sampled_from(("one", "two"))), max_size=3)
pasts = st.builds(
    Past,
    recorded=st.none() | st.dictionaries(names, ids),
    created=resources,
    replaced=resources,
    deleted=resources,
    kept=resources,
)
changes = st.builds(
    Change,
    action=st.sampled_from(["", "Add", "Modify", "Remove", "Import", "Dynamic"]),
    logical_id=names,
    type=st.sampled_from(["", TABLE, QUEUE, "AWS::S3::Bucket", "AWS::RDS::DBInstance"]),
    replacement=st.sampled_from(["", "True", "False", "Conditional"]),
    policy=st.sampled_from(["", "Delete", "Retain", "Snapshot", "ReplaceAndDelete", "ReplaceAndRetain"]),
    physical_id=ids,
)
contents = st.dictionaries(
    st.tuples(st.sampled_from([TABLE, "AWS::S3::Bucket"]), ids),
    st.builds(Contents, empty=st.booleans(), found=st.just("x")),
)


@given(made=changes, known=pasts, read=contents)
def test_nothing_that_existed_at_the_snapshot_is_lost_unasked(
    made: Change, known: Past, read: dict[tuple[str, str], Contents]
) -> None:
    (verdict,) = judge([made], {"": known}, read)
    existed = (known.recorded or {}).get(made.logical_id)
    if existed is None or verdict.loss or not existed:
        return
    # It passes: then this very resource is neither removed nor put in another's place, nor is another put in its place
    # while it lives on.
    if made.action == "Remove":
        assert made.policy in {"Retain", "ReplaceAndRetain"}
    if made.action == "Modify" and made.replacement != "False":
        assert made.physical_id != existed
        assert (made.logical_id, existed) in known.deleted
        assert made.type == QUEUE
    if made.action == "Add":
        assert (made.logical_id, existed) in known.deleted
        assert made.type == QUEUE
    assert made.action not in {"", "Dynamic"}


@given(made=changes, known=pasts, read=contents)
def test_what_native_rollback_would_have_removed_is_no_reason_to_refuse(
    made: Change, known: Past, read: dict[tuple[str, str], Contents]
) -> None:
    recorded = known.recorded or {}
    absent = made.logical_id not in recorded and made.physical_id not in recorded.values()
    own = absent and (made.logical_id, made.physical_id) in known.created
    if made.action != "Remove" or not own:
        return
    harmless = made.type == QUEUE or read.get((made.type, made.physical_id), Contents(empty=False, found="")).empty
    assert bool(losses(judge([made], {"": known}, read))) is not (
        harmless or made.policy in {"Retain", "ReplaceAndRetain"}
    )
