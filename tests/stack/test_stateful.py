"""The guard: which changes would lose data."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.stack.model import STACK_TYPE, Change
from rollback.stack.stateful import HOLDS_DATA, STATEFUL_TYPES, destructive_changes
from tests.stack.given import change


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (change("Remove"), "would be deleted"),
        (change("Remove", policy="Delete"), "would be deleted"),
        (change("Remove", policy="Snapshot"), "would be deleted"),
        (change("Modify", replacement="True"), "would be replaced"),
        (change("Modify", replacement="Conditional"), "may be replaced"),
        (change("Modify", replacement="True", policy="ReplaceAndDelete"), "would be replaced"),
        (change("Modify", replacement="True", policy="ReplaceAndSnapshot"), "would be replaced"),
        (change("Dynamic"), "CloudFormation can't say what happens to it"),
    ],
)
def test_losing_data_is_destructive(made: Change, why: str) -> None:
    assert destructive_changes([made]) == (f"Orders (AWS::DynamoDB::Table): {why}",)


@pytest.mark.parametrize(
    "made",
    [
        change("Add"),
        change("Import"),
        change("Modify", replacement="False"),
        change("Remove", policy="Retain"),
        change("Modify", replacement="True", policy="ReplaceAndRetain"),
        change("Modify", replacement="Conditional", policy="ReplaceAndRetain"),
        change("Dynamic", STACK_TYPE),
        change("Remove", "AWS::SNS::Topic"),
        change("Modify", "AWS::Lambda::Function", replacement="True"),
        change("Remove", "Custom::Thing"),
    ],
)
def test_what_loses_no_data_passes(made: Change) -> None:
    assert destructive_changes([made]) == ()


@given(
    st.lists(
        st.builds(
            Change,
            action=st.sampled_from(["Add", "Modify", "Remove", "Import", "Dynamic"]),
            logical_id=st.just("R"),
            type=st.sampled_from(["AWS::S3::Bucket", "AWS::SNS::Topic"]),
            replacement=st.sampled_from(["", "True", "False", "Conditional"]),
            policy=st.sampled_from(["", "Delete", "Retain", "Snapshot", "ReplaceAndDelete", "ReplaceAndRetain"]),
        )
    )
)
def test_no_removal_or_replacement_of_unretained_data_passes_whatever_else_there_is(changes: list[Change]) -> None:
    losing = [
        made
        for made in changes
        if made.type == "AWS::S3::Bucket"
        and "Retain" not in made.policy
        and (made.action == "Remove" or (made.action == "Modify" and made.replacement in {"True", "Conditional"}))
    ]
    assert len(destructive_changes(changes)) >= len(losing)


@pytest.mark.parametrize(
    "kind",
    [
        *("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::RDS::DBInstance", "AWS::RDS::DBCluster"),
        *("AWS::EFS::FileSystem", "AWS::Cognito::UserPool", "AWS::SQS::Queue", "AWS::SecretsManager::Secret"),
        *("AWS::KMS::Key", "AWS::Kinesis::Stream", "AWS::Logs::LogGroup", STACK_TYPE),
    ],
)
def test_each_kind_of_thing_that_aws_facts_name_is_stateful(kind: str) -> None:
    assert kind in STATEFUL_TYPES


def test_whatever_holds_data_is_stateful() -> None:
    assert HOLDS_DATA < STATEFUL_TYPES
