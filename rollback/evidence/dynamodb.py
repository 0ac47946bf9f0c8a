"""What protects a table. The door to DynamoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.aws import Aws, speaking_to_aws
from rollback.evidence.protection import Protection
from rollback.report.commands import aws as command
from rollback.report.model import Command

if TYPE_CHECKING:
    from rollback.evidence.resources import Owned


def look_at_table(aws: Aws, owned: Owned) -> Protection:
    """Look at the table's point-in-time recovery and its deletion protection. Raises AwsTrouble."""
    name, client = owned.physical_id, aws.client("dynamodb")
    with speaking_to_aws("dynamodb", "DescribeContinuousBackups"):
        backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        # Left out, it was never on: the member is no required one (the API's model).
        recovery = backups.get("PointInTimeRecoveryDescription") or {}
        is_on = recovery.get("PointInTimeRecoveryStatus") == "ENABLED"
        earliest, latest = recovery.get("EarliestRestorableDateTime"), recovery.get("LatestRestorableDateTime")
    with speaking_to_aws("dynamodb", "DescribeTable"):
        protected = bool(client.describe_table(TableName=name)["Table"].get("DeletionProtectionEnabled"))
    said = ["point-in-time recovery is on"] * is_on + ["deletion protection is on"] * protected
    found = Protection(tuple(said), recovery=is_on, earliest=earliest, latest=latest)
    if not is_on:
        line = command(
            "dynamodb",
            "update-continuous-backups",
            table_name=name,
            point_in_time_recovery_specification="PointInTimeRecoveryEnabled=true",
            region=aws.region,
        )
        purpose = f"Switch point-in-time recovery of {owned.logical_id} on, in the template too"
        found = found.with_weakness("point-in-time recovery is off", Command(purpose=purpose, line=line))
    if not protected:
        line = command("dynamodb", "update-table", table_name=name, deletion_protection_enabled=True, region=aws.region)
        purpose = f"Protect table {owned.logical_id} from deletion, in the template too"
        found = found.with_weakness("deletion protection is off", Command(purpose=purpose, line=line))
    return found
