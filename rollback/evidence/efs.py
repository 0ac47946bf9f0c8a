"""What protects a file system. The door to EFS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.aws import Aws, speaking_to_aws
from rollback.engine.trouble import Rejected
from rollback.evidence.protection import Protection
from rollback.report.commands import aws as command
from rollback.report.model import Command

if TYPE_CHECKING:
    from rollback.evidence.resources import Owned


def look_at_file_system(aws: Aws, owned: Owned) -> Protection:
    """Look at the file system's backup policy: AWS Backup then takes one a day. Raises AwsTrouble."""
    client = aws.client("efs")
    try:
        with speaking_to_aws("efs", "DescribeBackupPolicy"):
            policy = client.describe_backup_policy(FileSystemId=owned.physical_id)["BackupPolicy"]
            is_on = policy["Status"] in {"ENABLED", "ENABLING"}
    except Rejected as rejection:
        if rejection.code != "PolicyNotFound":
            raise
        is_on = False
    if is_on:
        return Protection(("daily backups are on",), recovery=True)
    line = command(
        "efs",
        "put-backup-policy",
        file_system_id=owned.physical_id,
        backup_policy="Status=ENABLED",
        region=aws.region,
    )
    cure = Command(purpose=f"Switch daily backups of {owned.logical_id} on, in the template too", line=line)
    return Protection().with_weakness("backups are off", cure)
