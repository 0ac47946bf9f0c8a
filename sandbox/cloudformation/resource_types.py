"""What AWS says about its resource types: which changes replace a resource, which hold data, which can be tagged.

The source is AWS's own resource schemas, as cfn-lint ships them (a dependency of moto's server): `createOnlyProperties`
need a replacement, `conditionalCreateOnlyProperties` may need one, `primaryIdentifier` is the physical name.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

NESTED_STACK = "AWS::CloudFormation::Stack"

# Types whose deletion takes people's data with it.
STATEFUL = frozenset({
    "AWS::Backup::BackupVault", "AWS::Cassandra::Table", "AWS::Cognito::IdentityPool", "AWS::Cognito::UserPool",
    "AWS::DAX::Cluster", "AWS::DocDB::DBCluster", "AWS::DocDB::DBInstance", "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table", "AWS::EC2::Volume", "AWS::ECR::Repository", "AWS::EFS::FileSystem",
    "AWS::ElastiCache::CacheCluster", "AWS::ElastiCache::ReplicationGroup", "AWS::Elasticsearch::Domain",
    "AWS::FSx::FileSystem", "AWS::KMS::Key", "AWS::Kinesis::Stream", "AWS::Logs::LogGroup", "AWS::MemoryDB::Cluster",
    "AWS::MSK::Cluster", "AWS::Neptune::DBCluster", "AWS::Neptune::DBInstance", "AWS::OpenSearchService::Domain",
    "AWS::QLDB::Ledger", "AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::Redshift::Cluster", "AWS::S3::Bucket",
    "AWS::SDB::Domain", "AWS::SecretsManager::Secret", "AWS::SQS::Queue", "AWS::SSM::Parameter",
    "AWS::Timestream::Database", "AWS::Timestream::Table",
})  # fmt: skip

# The types for which DeletionPolicy and UpdateReplacePolicy may be Snapshot (user guide, DeletionPolicy attribute).
SNAPSHOT = frozenset({
    "AWS::DocDB::DBCluster", "AWS::EC2::Volume", "AWS::ElastiCache::CacheCluster", "AWS::ElastiCache::ReplicationGroup",
    "AWS::Neptune::DBCluster", "AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::Redshift::Cluster",
})  # fmt: skip

# Where the schema only says "may", and every change of the property does replace (user guide, resource reference).
_ALWAYS = {"AWS::DynamoDB::Table": {"KeySchema"}, "AWS::DynamoDB::GlobalTable": {"KeySchema"}}
# Types that are identified by something else than the name that a template may give them.
_NAMES = {
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName", "AWS::SNS::Topic": "TopicName", "AWS::SQS::Queue": "QueueName",
    "AWS::SecretsManager::Secret": "Name", "AWS::StepFunctions::StateMachine": "StateMachineName",
}  # fmt: skip
_ALWAYS_CUSTOM = {"ServiceToken"}


@lru_cache(maxsize=512)
def schema(type_name: str) -> dict[str, Any]:
    """Return AWS's schema of a resource type; an empty one for custom resources. Raises KeyError for others."""
    if type_name.startswith("Custom::") or type_name == "AWS::CloudFormation::CustomResource":
        return {}
    # Late: the import costs half a second, and a sandbox without templates doesn't need it.
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER, ResourceNotFoundError  # type: ignore[import-untyped]  # noqa: PLC0415

    try:
        found: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type_name).schema
    except ResourceNotFoundError as error:
        raise KeyError(type_name) from error
    return found


@lru_cache(maxsize=512)
def _top_level(type_name: str, member: str) -> frozenset[str]:
    return frozenset(path.split("/")[2] for path in schema(type_name).get(member) or ())


def recreation(type_name: str, name: str) -> str:
    """Return whether changing the property replaces the resource: Always, Conditionally or Never."""
    if name in _ALWAYS.get(type_name, ()) or (not schema(type_name) and name in _ALWAYS_CUSTOM):
        return "Always"
    if name in _top_level(type_name, "createOnlyProperties"):
        return "Always"
    return "Conditionally" if name in _top_level(type_name, "conditionalCreateOnlyProperties") else "Never"


def name_property(type_name: str) -> str | None:
    """Return the property with which a template gives the resource its physical name, if the type has one."""
    if type_name in _NAMES:
        return _NAMES[type_name]
    identifiers = _top_level(type_name, "primaryIdentifier") & _top_level(type_name, "createOnlyProperties")
    return next(iter(identifiers)) if len(identifiers) == 1 else None


def taggable(type_name: str) -> bool:
    """Tell whether the stack's tags reach the resource."""
    return bool((schema(type_name).get("tagging") or {}).get("taggable"))


def known(type_name: str) -> bool:
    """Tell whether AWS has the type."""
    try:
        schema(type_name)
    except KeyError:
        return False
    return True
