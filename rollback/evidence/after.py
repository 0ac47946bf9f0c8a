"""Pure: how the data of before the failed deployment could be had again: the commands, ready to paste, a resource."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from rollback.evidence.protection import CLI
from rollback.report.commands import aws as command
from rollback.report.model import Command, DataReport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rollback.evidence.protection import Protection
    from rollback.evidence.resources import Owned

_LAG = "the newest restorable moment lies some five minutes back"
_FILL_IN = "…"
Made = tuple[str, tuple[Command, ...]]


def moment_before(explicit: datetime | None, bound: datetime | None, begins: Sequence[datetime]) -> datetime | None:
    """Return the moment just before the failed deployment began; None where nothing tells it.

    What the user says wins. Else it is what AWS saw begin first: what began before `bound`, the push, belongs to an
    earlier one, unless all did; the newest is this one's then.
    """
    if explicit:
        return explicit - timedelta(seconds=1)
    told = [begin for begin in begins if bound is None or begin >= bound] or sorted(begins)[-1:]
    return min(told).astimezone(UTC).replace(microsecond=0) - timedelta(seconds=1) if told else None


def data_report(owned: Owned, protection: Protection, moment: datetime | None, region: str) -> DataReport:
    """Return what can be done for one resource's data."""
    said, commands = _made(owned, protection, moment, region)
    return DataReport(
        stack=owned.stack,
        resource=owned.logical_id,
        type=owned.type,
        physical_id=owned.physical_id,
        said=said,
        commands=commands,
    )


def _made(owned: Owned, protection: Protection, moment: datetime | None, region: str) -> Made:
    if protection.unread:
        cure = (Command(purpose=protection.cure),) if protection.cure else ()
        return f"whether its data can be had again was not checked: {protection.unread}", cure
    if owned.type == "AWS::Cognito::UserPool":
        return "Cognito keeps no backups: users that are gone have to be made anew", ()
    if not protection.recovery:
        return _NONE.get(owned.type, "; ".join(protection.said) or "no backups were kept"), ()
    maker, at = _MAKERS[owned.type], _iso(moment) if moment else _FILL_IN
    said, commands = maker(owned, at, region)
    if protection.earliest and moment and moment < protection.earliest:
        since = _iso(protection.earliest)
        said = f"the service names {since} as the first moment that can be had again: the deployment had begun by then"
        first = [_retold(one, f"as of {since}") for one in maker(owned, since, region)[1]]
        return said, (*first, *(_retold(one, f"as of {at}: if it takes that") for one in commands))
    return said, commands


def _retold(step: Command, how: str) -> Command:
    return step.model_copy(update={"purpose": f"{step.purpose}, {how}"})


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _table(owned: Owned, at: str, region: str) -> Made:
    beside = f"{owned.physical_id[:230]}-at-{_digits(at)}"
    line = command(
        "dynamodb",
        "restore-table-to-point-in-time",
        source_table_name=owned.physical_id,
        target_table_name=beside,
        restore_date_time=at,
        region=region,
    )
    return f"point-in-time recovery is on; {_LAG}", (Command(purpose="Restore it into a table beside it", line=line),)


def _instance(owned: Owned, at: str, region: str) -> Made:
    line = command(
        "rds",
        "restore-db-instance-to-point-in-time",
        source_db_instance_identifier=owned.physical_id,
        target_db_instance_identifier=_identifier(owned.physical_id, at),
        restore_time=at,
        region=region,
    )
    return f"backups are kept; {_LAG}", (Command(purpose="Restore it into a database beside it", line=line),)


def _cluster(owned: Owned, at: str, region: str) -> Made:
    line = command(
        CLI.get(owned.type, "rds"),
        "restore-db-cluster-to-point-in-time",
        source_db_cluster_identifier=owned.physical_id,
        db_cluster_identifier=_identifier(owned.physical_id, at),
        restore_to_time=at,
        region=region,
    )
    purpose = "Restore it into a cluster beside it, which then needs an instance (create-db-instance)"
    return f"backups are kept; {_LAG}", (Command(purpose=purpose, line=line),)


def _bucket(owned: Owned, at: str, region: str) -> Made:
    def listed(what: str, columns: str) -> str:
        return command(
            "s3api",
            "list-object-versions",
            bucket=owned.physical_id,
            query=f"{what}[?LastModified>='{at}'].{columns}",
            output="table",
            region=region,
        )

    columns = "[LastModified,Key,VersionId]"
    written, deleted = listed("Versions", columns), listed("DeleteMarkers", columns)
    back = command(
        "s3api",
        "copy-object",
        bucket=owned.physical_id,
        key=_FILL_IN,
        copy_source=f"{owned.physical_id}/{_FILL_IN}?versionId={_FILL_IN}",
        region=region,
    )
    return "versioning is on: each earlier version is still there", (
        Command(purpose="What was written since", line=written),
        Command(purpose="What was deleted since", line=deleted),
        Command(purpose="Bring one object's earlier version back", line=back),
    )


def _file_system(owned: Owned, _at: str, region: str) -> Made:
    parts = owned.arn.split(":")
    partition, account = (parts[1], parts[4]) if len(parts) > 4 else ("aws", _FILL_IN)  # noqa: PLR2004 - an ARN's account
    arn = f"arn:{partition}:elasticfilesystem:{region}:{account}:file-system/{owned.physical_id}"
    line = command("backup", "list-recovery-points-by-resource", resource_arn=arn, region=region)
    return "daily backups are on", (Command(purpose="Its backups, to restore from with AWS Backup", line=line),)


def _domain(owned: Owned, _at: str, region: str) -> Made:
    line = command(
        "opensearch",
        "describe-domain",
        domain_name=owned.physical_id,
        query="DomainStatus.[Endpoint,Endpoints]",
        region=region,
    )
    said = "the service's own snapshots lie in its repository cs-automated-enc (cs-automated where it is not encrypted)"
    return said, (Command(purpose="Its address, whose _snapshot API lists and restores them", line=line),)


_MAKERS: Final[dict[str, Callable[[Owned, str, str], Made]]] = {
    "AWS::DocDB::DBCluster": _cluster,
    "AWS::DynamoDB::GlobalTable": _table,
    "AWS::DynamoDB::Table": _table,
    "AWS::EFS::FileSystem": _file_system,
    "AWS::Elasticsearch::Domain": _domain,
    "AWS::Neptune::DBCluster": _cluster,
    "AWS::OpenSearchService::Domain": _domain,
    "AWS::RDS::DBCluster": _cluster,
    "AWS::RDS::DBInstance": _instance,
    "AWS::S3::Bucket": _bucket,
}

_NONE: Final = {
    "AWS::DynamoDB::GlobalTable": "no point-in-time recovery was on: look for backups (aws dynamodb list-backups)",
    "AWS::DynamoDB::Table": "no point-in-time recovery was on: look for backups (aws dynamodb list-backups)",
    "AWS::EFS::FileSystem": "no backups were on",
    "AWS::S3::Bucket": "no versioning was on: what was overwritten or deleted is gone",
}


def _identifier(name: str, at: str) -> str:
    """Return an identifier as RDS takes them: at most 63 characters, no two hyphens in a row."""
    return f"{name[:40].rstrip('-')}-at-{_digits(at)}"


def _digits(at: str) -> str:
    return "".join(character for character in at if character.isdigit()) or _FILL_IN
