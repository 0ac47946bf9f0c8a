"""Pure: which resources hold data, and which changes of a change set would lose it.

The list is data: types whose documentation says that deleting or replacing them deletes what is in them, after the
types that CloudFormation's guide on DeletionPolicy names, and those whose loss can't be undone (keys, pools, secrets).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.stack.model import STACK_TYPE, Change

if TYPE_CHECKING:
    from collections.abc import Iterable

STATEFUL_TYPES = frozenset(
    {
        "AWS::ApiGateway::ApiKey",
        "AWS::Backup::BackupVault",
        "AWS::Cassandra::Keyspace",
        "AWS::Cassandra::Table",
        "AWS::CodeCommit::Repository",
        "AWS::Cognito::IdentityPool",
        "AWS::Cognito::UserPool",
        "AWS::DAX::Cluster",
        "AWS::DMS::ReplicationInstance",
        "AWS::DSQL::Cluster",
        "AWS::DocDB::DBCluster",
        "AWS::DocDB::DBInstance",
        "AWS::DocDBElastic::Cluster",
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::EC2::EIP",
        "AWS::EC2::Instance",
        "AWS::EC2::Volume",
        "AWS::ECR::Repository",
        "AWS::EFS::FileSystem",
        "AWS::ElastiCache::CacheCluster",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::ElastiCache::ServerlessCache",
        "AWS::Elasticsearch::Domain",
        "AWS::Events::Archive",
        "AWS::FSx::FileSystem",
        "AWS::FSx::Volume",
        "AWS::Glue::Database",
        "AWS::Glue::Table",
        "AWS::Kinesis::Stream",
        "AWS::KinesisFirehose::DeliveryStream",
        "AWS::KMS::Key",
        "AWS::KMS::ReplicaKey",
        "AWS::Logs::LogGroup",
        "AWS::Logs::LogStream",
        "AWS::MSK::Cluster",
        "AWS::MSK::ServerlessCluster",
        "AWS::MemoryDB::Cluster",
        "AWS::Neptune::DBCluster",
        "AWS::Neptune::DBInstance",
        "AWS::NeptuneGraph::Graph",
        "AWS::OpenSearchServerless::Collection",
        "AWS::OpenSearchService::Domain",
        "AWS::QLDB::Ledger",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::RDS::GlobalCluster",
        "AWS::Redshift::Cluster",
        "AWS::RedshiftServerless::Namespace",
        "AWS::Route53::HostedZone",
        "AWS::S3::Bucket",
        "AWS::S3Express::DirectoryBucket",
        "AWS::S3Tables::Table",
        "AWS::S3Tables::TableBucket",
        "AWS::S3Vectors::VectorBucket",
        "AWS::SDB::Domain",
        "AWS::SQS::Queue",
        "AWS::SSM::Parameter",
        "AWS::SecretsManager::Secret",
        "AWS::Timestream::Database",
        "AWS::Timestream::Table",
        "AWS::WorkSpaces::Workspace",
        STACK_TYPE,  # a nested stack: whatever it holds goes with it
    }
)

HOLDS_DATA = frozenset(
    {
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::EFS::FileSystem",
        "AWS::OpenSearchService::Domain",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::S3::Bucket",
    }
)
"""Those whose content people ask about after a rollback: no restore of a template touches it."""

RETAINED = frozenset({"Retain", "ReplaceAndRetain"})


def destructive_changes(changes: Iterable[Change]) -> tuple[str, ...]:
    """Return a line for each change that would delete or replace a resource holding data: what, its type and why.

    A removal, or a replacement that is certain or possible (`Conditional`), counts unless the resource's own policy
    retains it. What CloudFormation can't say yet (`Dynamic`) counts too. A snapshot taken on deletion isn't
    retention: the stack would go on without the data. Custom types (`Custom::`, private ones) are unknown and pass.
    """
    return tuple(
        f"{change.logical_id} ({change.type}): {why}"
        for change in changes
        if change.type in STATEFUL_TYPES and (why := _loss(change))
    )


def _loss(change: Change) -> str:
    if change.policy in RETAINED:
        return ""
    if change.action == "Remove":
        return "would be deleted"
    if change.action == "Modify" and change.replacement in {"True", "Conditional"}:
        return "would be replaced" if change.replacement == "True" else "may be replaced"
    if change.action == "Dynamic" and change.type != STACK_TYPE:
        return "CloudFormation can't say what happens to it"
    return ""
