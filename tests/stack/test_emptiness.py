"""One cheap read says whether a table, a bucket or a user pool is empty; nothing else says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollback.aws import Aws
from rollback.engine.trouble import Throttled
from rollback.stack.emptiness import Emptiness
from sandbox import ALL, Fault, Kind, ManualClock, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TABLE, BUCKET, POOL = "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Cognito::UserPool"
NAME = "orders"


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox(ManualClock()) as aws:
        for name, value in {**aws.environment(), "AWS_MAX_ATTEMPTS": "1"}.items():
            monkeypatch.setenv(name, value)
        yield aws


@pytest.fixture
def emptiness(sandbox: Sandbox) -> Emptiness:
    return Emptiness(Aws(sandbox.region))


def table(sandbox: Sandbox) -> tuple[str, Callable[[], Any]]:
    api = sandbox.client("dynamodb")
    key = {"AttributeName": "id", "KeyType": "HASH"}
    about = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST"}
    api.create_table(TableName=NAME, KeySchema=[key], **about)
    return NAME, lambda: api.put_item(TableName=NAME, Item={"id": {"S": "1"}})


def bucket(sandbox: Sandbox) -> tuple[str, Callable[[], Any]]:
    sandbox.services.create_bucket(NAME)
    return NAME, lambda: sandbox.services.put_object(NAME, "key", b"")


def emptied_bucket(sandbox: Sandbox) -> tuple[str, Callable[[], Any]]:
    api = sandbox.client("s3")
    name, fill = bucket(sandbox)
    api.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})

    def leave_a_version() -> None:
        fill()
        api.delete_object(Bucket=name, Key="key")

    return name, leave_a_version


def user_pool(sandbox: Sandbox) -> tuple[str, Callable[[], Any]]:
    api = sandbox.client("cognito-idp")
    pool = api.create_user_pool(PoolName=NAME)["UserPool"]["Id"]
    return pool, lambda: api.admin_create_user(UserPoolId=pool, Username="somebody")


@pytest.mark.parametrize(
    ("type_", "made"),
    [
        (TABLE, table),
        ("AWS::DynamoDB::GlobalTable", table),
        (BUCKET, bucket),
        (BUCKET, emptied_bucket),
        (POOL, user_pool),
    ],
)
def test_a_read_shows_it_empty_until_somebody_uses_it(
    sandbox: Sandbox, emptiness: Emptiness, type_: str, made: Callable[[Sandbox], tuple[str, Callable[[], Any]]]
) -> None:
    physical_id, fill = made(sandbox)
    before = emptiness.of(type_, physical_id)
    fill()
    after = emptiness.of(type_, physical_id)
    assert (before.empty, after.empty) == (True, False)
    assert before.found.endswith("shows it empty")
    assert after.found.endswith("shows that it holds something")


@pytest.mark.parametrize(
    ("type_", "operation", "permission"),
    [
        (TABLE, "Scan", "dynamodb:Scan"),
        (BUCKET, "ListObjectVersions", "s3:ListBucketVersions"),
        (POOL, "ListUsers", "cognito-idp:ListUsers"),
    ],
)
def test_a_denied_read_shows_nothing_and_names_the_permission(
    sandbox: Sandbox, emptiness: Emptiness, type_: str, operation: str, permission: str
) -> None:
    sandbox.faults.add(Fault(operation, Kind.DENIED, ALL))
    read = emptiness.of(type_, "us-west-2_orders")
    assert (read.empty, permission in read.found) == (False, True)


@pytest.mark.parametrize("type_", [TABLE, BUCKET, POOL])
def test_what_is_not_there_is_not_shown_to_be_empty(emptiness: Emptiness, type_: str) -> None:
    assert not emptiness.of(type_, "us-west-2_gone").empty


@pytest.mark.parametrize(
    "type_", ["AWS::RDS::DBInstance", "AWS::EFS::FileSystem", "AWS::ElastiCache::CacheCluster", ""]
)
def test_for_what_no_cheap_read_shows_there_is_none(sandbox: Sandbox, emptiness: Emptiness, type_: str) -> None:
    assert emptiness.of(type_, NAME).empty is False
    assert emptiness.of(TABLE, "").empty is False
    assert sandbox.calls == []


def test_a_throttled_read_is_waited_for_and_not_taken_for_an_answer(sandbox: Sandbox, emptiness: Emptiness) -> None:
    sandbox.faults.add(Fault("Scan", Kind.THROTTLING, ALL))
    with pytest.raises(Throttled):
        emptiness.of(TABLE, NAME)
