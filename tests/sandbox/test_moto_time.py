"""The embedded S3 tells the sandbox's time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sandbox import ManualClock, Sandbox

BUCKET = "releases"


def at(clock: ManualClock, ago: float = 0) -> datetime:
    return datetime.fromtimestamp(clock.now() - ago, tz=UTC)


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    sandbox.services.create_bucket(BUCKET)
    return sandbox.client("s3")


def test_an_object_is_as_old_as_the_clock_says(sandbox: Sandbox, clock: ManualClock, client: Any) -> None:
    client.put_object(Bucket=BUCKET, Key="a", Body=b"1")
    clock.advance(3600)
    sandbox.services.put_object(BUCKET, "b", "2")
    client.copy_object(Bucket=BUCKET, Key="c", CopySource=f"{BUCKET}/a")
    times = {item["Key"]: item["LastModified"] for item in client.list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert times == {"a": at(clock, 3600), "b": at(clock), "c": at(clock)}
    assert client.head_object(Bucket=BUCKET, Key="a")["LastModified"] == at(clock, 3600)


def test_the_newest_version_is_the_latest_also_where_time_stands_still(clock: ManualClock, client: Any) -> None:
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    ids = [client.put_object(Bucket=BUCKET, Key="latest.zip", Body=body)["VersionId"] for body in (b"1", b"2", b"3")]
    found = client.list_object_versions(Bucket=BUCKET)["Versions"]
    assert [(item["VersionId"], item["IsLatest"]) for item in found] == [
        (ids[2], True),
        (ids[1], False),
        (ids[0], False),
    ]
    assert {item["LastModified"] for item in found} == {at(clock)}


def test_an_object_can_be_of_the_past(sandbox: Sandbox, clock: ManualClock, client: Any) -> None:
    sandbox.services.put_object(BUCKET, "a", "1")
    sandbox.services.date_object(BUCKET, "a", clock.now() - 86_400)
    assert client.head_object(Bucket=BUCKET, Key="a")["LastModified"] == at(clock, 86_400)
    with pytest.raises(KeyError):
        sandbox.services.date_object(BUCKET, "gone", clock.now())
    with pytest.raises(KeyError):
        sandbox.services.date_object("elsewhere", "a", clock.now())


def test_a_tables_recovery_reaches_back_by_the_sandboxs_clock(sandbox: Sandbox, clock: ManualClock) -> None:
    dynamodb = sandbox.client("dynamodb")
    dynamodb.create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )

    def recovery() -> Any:
        told = dynamodb.describe_continuous_backups(TableName="orders")["ContinuousBackupsDescription"]
        return told["PointInTimeRecoveryDescription"]

    assert recovery() == {"PointInTimeRecoveryStatus": "DISABLED"}
    on = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(TableName="orders", PointInTimeRecoverySpecification=on)
    assert recovery()["EarliestRestorableDateTime"] == at(clock, 35 * 86_400)
    assert recovery()["LatestRestorableDateTime"] == at(clock, 300)
