"""How data can be had again: the moment, and the commands. By values."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime, timedelta

import pytest

from rollback.evidence.after import data_report, moment_before
from rollback.evidence.protection import Protection
from tests.evidence.given import REGION, owned

BEGAN = datetime(2025, 12, 3, 10, 15, tzinfo=UTC)
MOMENT = BEGAN - timedelta(seconds=1)
ON = Protection(recovery=True)


def commands(
    type_: str, protection: Protection = ON, name: str = "shop-orders", moment: datetime | None = MOMENT
) -> list[str]:
    return [one.line for one in data_report(owned(type_, name), protection, moment, REGION).commands]


def test_the_moment_is_just_before_what_aws_saw_begin_first() -> None:
    later = BEGAN + timedelta(minutes=3)
    assert moment_before(None, None, [later, BEGAN]) == MOMENT


def test_what_began_before_the_push_belongs_to_an_earlier_deployment() -> None:
    last_week, pushed = BEGAN - timedelta(days=7), BEGAN - timedelta(minutes=5)
    assert moment_before(None, pushed, [last_week, BEGAN]) == MOMENT
    assert moment_before(None, BEGAN + timedelta(hours=1), [last_week, BEGAN]) == MOMENT, "the push is only a guess"


def test_the_users_word_for_the_beginning_wins() -> None:
    said = BEGAN - timedelta(hours=1)
    assert moment_before(said, said, [BEGAN]) == said - timedelta(seconds=1)


def test_where_nothing_tells_the_beginning_the_moment_is_left_to_fill_in() -> None:
    assert moment_before(None, None, []) is None
    assert "--restore-date-time …" in commands("AWS::DynamoDB::Table", moment=None)[0]


def test_a_table_is_restored_beside_itself_to_the_moment_before() -> None:
    assert commands("AWS::DynamoDB::Table") == [
        (
            "aws dynamodb restore-table-to-point-in-time --source-table-name shop-orders "
            "--target-table-name shop-orders-at-20251203101459 --restore-date-time 2025-12-03T10:14:59Z "
            "--region us-west-2"
        )
    ]


def test_a_database_and_a_cluster_are_restored_beside_themselves() -> None:
    assert commands("AWS::RDS::DBInstance") == [
        (
            "aws rds restore-db-instance-to-point-in-time --source-db-instance-identifier shop-orders "
            "--target-db-instance-identifier shop-orders-at-20251203101459 --restore-time 2025-12-03T10:14:59Z "
            "--region us-west-2"
        )
    ]
    for type_, cli in (("AWS::RDS::DBCluster", "rds"), ("AWS::DocDB::DBCluster", "docdb")):
        assert commands(type_) == [
            (
                f"aws {cli} restore-db-cluster-to-point-in-time --source-db-cluster-identifier shop-orders "
                "--db-cluster-identifier shop-orders-at-20251203101459 --restore-to-time 2025-12-03T10:14:59Z "
                "--region us-west-2"
            )
        ]


def test_a_new_name_is_no_longer_than_the_service_takes() -> None:
    long = "a" * 255
    assert len(shlex.split(commands("AWS::DynamoDB::Table", name=long)[0])[6]) <= 255
    assert len(shlex.split(commands("AWS::RDS::DBInstance", name=long[:63])[0])[6]) <= 63


def test_a_bucket_lists_what_was_written_and_what_was_deleted_since() -> None:
    written, deleted, back = map(shlex.split, commands("AWS::S3::Bucket"))
    assert written[written.index("--query") + 1] == (
        "Versions[?LastModified>='2025-12-03T10:14:59Z'].[LastModified,Key,VersionId]"
    )
    assert deleted[deleted.index("--query") + 1].startswith("DeleteMarkers[?LastModified>='2025-12-03T10:14:59Z']")
    assert back[:3] == ["aws", "s3api", "copy-object"]


def test_a_file_systems_backups_are_asked_for_by_its_arn() -> None:
    (line,) = commands("AWS::EFS::FileSystem", name="fs-1")
    assert "--resource-arn arn:aws:elasticfilesystem:us-west-2:123456789012:file-system/fs-1" in line


@pytest.mark.parametrize(
    ("type_", "said"),
    [
        ("AWS::DynamoDB::Table", "no point-in-time recovery was on"),
        ("AWS::S3::Bucket", "no versioning was on"),
        ("AWS::EFS::FileSystem", "no backups were on"),
        ("AWS::RDS::DBInstance", "no backups were kept"),
        ("AWS::Cognito::UserPool", "Cognito keeps no backups"),
    ],
)
def test_where_nothing_was_on_that_is_said(type_: str, said: str) -> None:
    report = data_report(owned(type_), Protection(), MOMENT, REGION)
    assert report.said.startswith(said)
    assert report.commands == ()
    assert report.physical_id == "shop-Orders-1ABC"


def test_where_recovery_began_later_than_the_deployment_no_earlier_moment_is_promised() -> None:
    since = Protection(recovery=True, earliest=BEGAN + timedelta(minutes=2))
    report = data_report(owned("AWS::DynamoDB::Table"), since, MOMENT, REGION)
    assert "2025-12-03T10:17:00Z as the first moment that can be had again" in report.said
    assert [one.line.partition("--restore-date-time ")[2].split()[0] for one in report.commands] == [
        "2025-12-03T10:17:00Z",
        "2025-12-03T10:14:59Z",
    ]


def test_restore_commands_say_how_far_the_newest_moment_lies_back() -> None:
    for type_ in ("AWS::DynamoDB::Table", "AWS::RDS::DBInstance", "AWS::RDS::DBCluster"):
        assert "some five minutes back" in data_report(owned(type_), ON, MOMENT, REGION).said


def test_what_could_not_be_asked_is_told_with_the_permission() -> None:
    unread = Protection(unread="access denied", cure="Add the permission rds:DescribeDBInstances")
    report = data_report(owned("AWS::RDS::DBInstance"), unread, MOMENT, REGION)
    assert "was not checked: access denied" in report.said
    assert [one.purpose for one in report.commands] == ["Add the permission rds:DescribeDBInstances"]


def test_a_name_is_an_argument_and_nothing_more() -> None:
    words = shlex.split(commands("AWS::DynamoDB::Table", name="x'; touch PWNED; '")[0])
    assert words[4] == "x'; touch PWNED; '"
