"""What protects databases and their clusters. The door to RDS, which knows Neptune's and DocumentDB's clusters too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollback.aws import Aws, speaking_to_aws
from rollback.evidence.protection import CLI, Protection
from rollback.report.commands import aws as command
from rollback.report.model import Command

if TYPE_CHECKING:
    from rollback.evidence.resources import Owned


def look_at_instance(aws: Aws, owned: Owned) -> Protection:
    """Look at the instance's backups and its deletion protection. Raises AwsTrouble."""
    client = aws.client("rds")
    with speaking_to_aws("rds", "DescribeDBInstances"):
        found = client.describe_db_instances(DBInstanceIdentifier=owned.physical_id)["DBInstances"][0]
        if found.get("DBClusterIdentifier"):
            return Protection((f"its data is that of cluster {found['DBClusterIdentifier']}, and kept by it",))
    return _judged(aws.region, owned, found, "modify-db-instance", {"db_instance_identifier": owned.physical_id})


def look_at_cluster(aws: Aws, owned: Owned) -> Protection:
    """Look at the cluster's backups and its deletion protection. Raises AwsTrouble."""
    client = aws.client("rds")
    with speaking_to_aws("rds", "DescribeDBClusters"):
        found = client.describe_db_clusters(DBClusterIdentifier=owned.physical_id)["DBClusters"][0]
    return _judged(aws.region, owned, found, "modify-db-cluster", {"db_cluster_identifier": owned.physical_id})


def _judged(region: str, owned: Owned, found: Any, modify: str, which: dict[str, str]) -> Protection:
    cli = CLI.get(owned.type, "rds")
    with speaking_to_aws("rds", "DescribeDBInstances"):
        days, protected = int(found["BackupRetentionPeriod"]), bool(found.get("DeletionProtection"))
    said = [f"backups are kept for {days} days"] * bool(days) + ["deletion protection is on"] * protected
    protection = Protection(
        tuple(said),
        recovery=bool(days),
        earliest=found.get("EarliestRestorableTime"),
        latest=found.get("LatestRestorableTime"),
    )
    if not days:
        line = command(cli, modify, **which, backup_retention_period="7", apply_immediately=True, region=region)
        purpose = f"Keep backups of {owned.logical_id}, in the template too"
        protection = protection.with_weakness("no backups are kept", Command(purpose=purpose, line=line))
    if not protected:
        line = command(cli, modify, **which, deletion_protection=True, apply_immediately=True, region=region)
        purpose = f"Protect {owned.logical_id} from deletion, in the template too"
        protection = protection.with_weakness("deletion protection is off", Command(purpose=purpose, line=line))
    return protection
