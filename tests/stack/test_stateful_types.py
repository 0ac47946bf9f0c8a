"""The tables of what resources hold, against every resource type that AWS's own schemas know."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import pytest
from cfnlint.helpers import REGIONS  # type: ignore[import-untyped]
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

from rollback.stack.stateful import HOLDS_DATA, is_stateful, remade
from rollback.stack.stateful_types import NOTHING_OF_THEIR_OWN, REMADE, TELLING, USERS_DATA

KEEPS = re.compile(
    "DeletionProtect|DeleteProtect|TerminationProtect|FinalSnapshot|PointInTime|SnapshotIdentifier|SnapshotArn"
    "|EmptyOnDelete|ForceDelete|DeletionPolicy|RetentionP|RetentionIn|DataRetention|SnapshotRet|BackupRet|BackupPolic"
    "|PendingWindow"
)
"""Properties by which a type tells that something in it is worth keeping."""

HERE = "us-east-1"
KNOWN = frozenset[str]().union(*(PROVIDER_SCHEMA_MANAGER.get_resource_types(region) for region in (HERE, *REGIONS)))
TABLES = {"users' data": USERS_DATA, "nothing": NOTHING_OF_THEIR_OWN, **REMADE}


def keeps(type_: str) -> list[str]:
    schema: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema(HERE, type_).schema
    return [name for name in schema.get("properties", {}) if KEEPS.search(name)]


def test_every_type_that_sounds_or_acts_like_a_store_stands_in_a_table() -> None:
    classed = frozenset[str]().union(*TABLES.values())
    here = PROVIDER_SCHEMA_MANAGER.get_resource_types(HERE)
    telling = {type_ for type_ in KNOWN if TELLING.search(type_)} | {type_ for type_ in here if keeps(type_)}
    assert len(KNOWN) > 1500
    assert {type_ for type_ in telling if type_.count("::") == 2} - classed == set()


def test_no_type_stands_in_two_tables() -> None:
    assert [(a, b, TABLES[a] & TABLES[b]) for a, b in combinations(TABLES, 2) if TABLES[a] & TABLES[b]] == []


@pytest.mark.parametrize("table", sorted(TABLES))
def test_every_type_in_a_table_is_one_of_aws(table: str) -> None:
    assert TABLES[table] - KNOWN == set()


def test_what_is_remade_is_stateful_and_holds_no_users_data() -> None:
    for what, types in REMADE.items():
        assert {(is_stateful(type_), remade(type_)) for type_ in types} == {(True, what)}
    assert {(is_stateful(type_), remade(type_)) for type_ in USERS_DATA} == {(True, "")}
    assert {is_stateful(type_) for type_ in NOTHING_OF_THEIR_OWN} == {False}
    assert HOLDS_DATA < USERS_DATA


@pytest.mark.parametrize(
    "kind",
    [
        *(
            "AmazonMQ::Broker",
            "CloudFormation::StackSet",
            "Timestream::InfluxDBInstance",
            "Timestream::InfluxDBCluster",
        ),
        *("Lightsail::Database", "Lightsail::Disk", "Kendra::Index", "QBusiness::Index", "HealthLake::FHIRDatastore"),
        *(
            "CloudTrail::EventDataStore",
            "OpenSearchServerless::Index",
            "DocDB::GlobalCluster",
            "Neptune::GlobalCluster",
        ),
        *("ACMPCA::CertificateAuthority", "CloudHSM::Cluster", "Cognito::UserPoolClient", "Cognito::UserPoolUser"),
        *("Cognito::UserPoolDomain", "Amplify::App", "Amplify::Branch", "CodeArtifact::Repository"),
        *("CodeArtifact::Domain", "ECR::PublicRepository", "RDS::DBSnapshot", "RDS::ClusterSnapshot"),
        *("Redshift::Snapshot", "ElastiCache::Snapshot", "ElastiCache::ServerlessCacheSnapshot", "DynamoDB::Table"),
        *("S3::Bucket", "RDS::DBInstance", "EFS::FileSystem", "Cognito::UserPool", "SQS::Queue", "KMS::Key"),
        *("SecretsManager::Secret", "Kinesis::Stream", "Logs::LogGroup", "SSM::Parameter", "CloudFormation::Stack"),
    ],
)
def test_what_people_would_miss_is_stateful(kind: str) -> None:
    assert is_stateful(f"AWS::{kind}")


@pytest.mark.parametrize(
    "kind",
    ["", "AWS::NewDB::Table", "AWS::NewDB::FileSystem", "MongoDB::Atlas::Cluster", "Custom::DynamoDBReplica"],
)
def test_a_type_that_no_table_has_counts_by_its_name_and_as_users_data(kind: str) -> None:
    assert is_stateful(kind)
    assert remade(kind) == ""


@pytest.mark.parametrize(
    "kind",
    [
        *("AWS::SNS::Topic", "AWS::Lambda::Function", "AWS::ECS::Cluster", "AWS::EC2::RouteTable", "AWS::IAM::Role"),
        *("Custom::S3BucketNotifications", "Custom::LogRetention", "AWS::CloudFormation::CustomResource"),
    ],
)
def test_what_a_template_brings_back_whole_is_not(kind: str) -> None:
    assert not is_stateful(kind)
