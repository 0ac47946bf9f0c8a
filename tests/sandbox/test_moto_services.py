"""The services that moto has, behind the embedded AWS's one address."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox import Fault, Kind

if TYPE_CHECKING:
    from sandbox import Sandbox

LOOKS: list[tuple[str, str, dict[str, Any], str]] = [
    ("cognito-idp", "list_user_pools", {"MaxResults": 1}, "UserPools"),
    ("dynamodb", "list_tables", {}, "TableNames"),
    ("ecr", "describe_repositories", {}, "repositories"),
    ("efs", "describe_file_systems", {}, "FileSystems"),
    ("iam", "list_roles", {}, "Roles"),
    ("lambda", "list_functions", {}, "Functions"),
    ("logs", "describe_log_groups", {}, "logGroups"),
    ("opensearch", "list_domain_names", {}, "DomainNames"),
    ("rds", "describe_db_instances", {}, "DBInstances"),
    ("s3", "list_buckets", {}, "Buckets"),
    ("ssm", "describe_parameters", {}, "Parameters"),
]


@pytest.mark.parametrize(("service", "operation", "params", "member"), LOOKS, ids=[look[0] for look in LOOKS])
def test_an_empty_account_has_nothing_in_any_service(
    sandbox: Sandbox, service: str, operation: str, params: dict[str, Any], member: str
) -> None:
    answer = getattr(sandbox.client(service), operation)(**params)

    assert answer[member] == []
    assert sandbox.calls[-1].service == service


def test_a_queue_takes_messages(sandbox: Sandbox) -> None:
    sqs = sandbox.client("sqs")
    url = sqs.create_queue(QueueName="mail")["QueueUrl"]

    sqs.send_message(QueueUrl=url, MessageBody="hello")

    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert shown["Attributes"] == {"ApproximateNumberOfMessages": "1"}


@pytest.mark.parametrize(("service", "operation", "params", "member"), LOOKS, ids=[look[0] for look in LOOKS])
def test_a_denial_is_one_in_every_service(
    sandbox: Sandbox, service: str, operation: str, params: dict[str, Any], member: str
) -> None:
    sandbox.faults.add(Fault("*", Kind.DENIED))

    with pytest.raises(ClientError) as error:
        getattr(sandbox.client(service), operation)(**params)

    assert error.value.response["Error"]["Code"] in {"AccessDenied", "AccessDeniedException"}, member


def test_credentials_of_an_assumed_role_are_taken_and_made_up_ones_are_not(sandbox: Sandbox) -> None:
    role = "arn:aws:iam::123456789012:role/deploy"
    given = sandbox.client("sts").assume_role(RoleArn=role, RoleSessionName="run")["Credentials"]

    def stacks(token: str) -> Any:
        client = boto3.client(
            "cloudformation",
            region_name=sandbox.region,
            endpoint_url=sandbox.url,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=token,
            config=Config(retries={"max_attempts": 0}),
        )
        return client.describe_stacks()["Stacks"]

    assert stacks(given["SessionToken"]) == []
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        stacks("another")


def test_a_bucket_of_somebody_else_is_refused_where_the_owner_is_expected(sandbox: Sandbox) -> None:
    sandbox.services.create_bucket("snapshots")
    sandbox.services.put_object("snapshots", "shop.json", json.dumps({}))
    s3 = sandbox.client("s3")

    ours = s3.get_object(Bucket="snapshots", Key="shop.json", ExpectedBucketOwner="123456789012")
    assert ours["ResponseMetadata"]["HTTPStatusCode"] == 200
    calls: list[tuple[str, dict[str, Any]]] = [
        ("get_object", {"Key": "shop.json"}),
        ("head_object", {"Key": "shop.json"}),
        ("put_object", {"Key": "shop.json", "Body": b"{}"}),
        ("list_objects_v2", {}),
        ("head_bucket", {}),
        ("get_bucket_location", {}),
        ("get_bucket_versioning", {}),
    ]
    for operation, params in calls:
        with pytest.raises(ClientError) as error:
            getattr(s3, operation)(Bucket="snapshots", ExpectedBucketOwner="999999999999", **params)
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403, operation
    assert sandbox.services.get_object("snapshots", "shop.json") == b"{}"


def test_a_bucket_says_in_which_region_it_lies(sandbox: Sandbox) -> None:
    sandbox.services.create_bucket("far", region="eu-central-1")
    s3 = sandbox.client("s3")

    assert s3.get_bucket_location(Bucket="far")["LocationConstraint"] == "eu-central-1"
    head = s3.head_bucket(Bucket="far")
    assert head["BucketRegion"] == head["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "eu-central-1"
