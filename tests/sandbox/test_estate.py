"""What stacks make is there: in S3, SSM, DynamoDB and the other services, with what people put into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sandbox import Sandbox
    from sandbox.cloudformation import CloudFormation
    from tests.sandbox.conftest import Client

KEEP = {"Type": "AWS::SNS::Topic"}
BUCKET = {"Type": "AWS::S3::Bucket", "Properties": {"VersioningConfiguration": {"Status": "Enabled"}}}
TABLE: dict[str, Any] = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    },
}


def template(**resources: Any) -> dict[str, Any]:
    return {"Resources": {"News": KEEP, **resources}}


def physical(aws: CloudFormation, logical_id: str) -> str:
    return aws.stack("shop").resources[logical_id].physical_id


class TestIsItEmpty:
    """The cheapest reads tell the truth: nothing in what was just made, something once people used it."""

    def test_a_table(self, sandbox: Sandbox, aws: CloudFormation) -> None:
        aws.create("shop", template(Data=TABLE))
        dynamodb, name = sandbox.client("dynamodb"), physical(aws, "Data")

        before = dynamodb.scan(TableName=name, Limit=1)["Items"]
        aws.store("shop", "Data", "1000 customers")

        assert (before, len(dynamodb.scan(TableName=name, Limit=1)["Items"])) == ([], 1)
        assert dynamodb.describe_table(TableName=name)["Table"]["ItemCount"] == 0, "it is hours old"
        backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"

    def test_a_bucket(self, sandbox: Sandbox, aws: CloudFormation) -> None:
        aws.create("shop", template(Data=BUCKET))
        s3, name = sandbox.client("s3"), physical(aws, "Data")

        before = s3.list_objects_v2(Bucket=name, MaxKeys=1)["KeyCount"]
        aws.store("shop", "Data", "1000 pictures")

        assert (before, s3.list_objects_v2(Bucket=name, MaxKeys=1)["KeyCount"]) == (0, 1)
        assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
        s3.delete_object(Bucket=name, Key="stored")
        assert s3.list_objects_v2(Bucket=name, MaxKeys=1)["KeyCount"] == 0
        versions = s3.list_object_versions(Bucket=name)
        assert (len(versions["Versions"]), len(versions["DeleteMarkers"])) == (1, 1), "a deleted object is data still"

    def test_a_queue(self, sandbox: Sandbox, aws: CloudFormation) -> None:
        aws.create("shop", template(Data={"Type": "AWS::SQS::Queue"}))
        url = physical(aws, "Data")
        aws.store("shop", "Data", "an order")

        shown = sandbox.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])

        assert url.startswith("https://sqs.us-west-2.amazonaws.com/123456789012/shop-Data-")
        assert shown["Attributes"]["ApproximateNumberOfMessages"] == "1"

    def test_a_log_group(self, sandbox: Sandbox, aws: CloudFormation) -> None:
        aws.create("shop", template(Data={"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}}))
        logs, name = sandbox.client("logs"), physical(aws, "Data")

        before = logs.describe_log_streams(logGroupName=name, limit=1)["logStreams"]
        aws.store("shop", "Data", "ERROR")

        assert (before, len(logs.describe_log_streams(logGroupName=name, limit=1)["logStreams"])) == ([], 1)
        assert logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]["retentionInDays"] == 7

    def test_a_user_pool(self, sandbox: Sandbox, aws: CloudFormation) -> None:
        aws.create("shop", template(Data={"Type": "AWS::Cognito::UserPool"}))
        cognito, pool = sandbox.client("cognito-idp"), physical(aws, "Data")

        before = cognito.list_users(UserPoolId=pool, Limit=1)["Users"]
        aws.store("shop", "Data", "somebody")

        assert (before, len(cognito.list_users(UserPoolId=pool, Limit=1)["Users"])) == ([], 1)


@pytest.mark.parametrize(
    ("kind", "service", "operation", "member", "argument"),
    [
        ("AWS::EFS::FileSystem", "efs", "describe_file_systems", "FileSystems", "FileSystemId"),
        ("AWS::Lambda::Function", "lambda", "get_function", "Configuration", "FunctionName"),
    ],
)
def test_others_are_found_by_their_physical_id(
    sandbox: Sandbox, aws: CloudFormation, kind: str, service: str, operation: str, member: str, argument: str
) -> None:
    code = {"Runtime": "nodejs22.x", "Handler": "index.handler", "Role": "arn:aws:iam::123456789012:role/shop-api"}
    properties = {**code, "Code": {"ZipFile": "x"}} if service == "lambda" else {}
    aws.create("shop", template(Data={"Type": kind, "Properties": properties}))

    assert getattr(sandbox.client(service), operation)(**{argument: physical(aws, "Data")})[member]


@pytest.mark.parametrize(
    ("kind", "service", "operation", "member", "shown"),
    [
        ("AWS::RDS::DBInstance", "rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
        ("AWS::RDS::DBCluster", "rds", "describe_db_clusters", "DBClusters", "DBClusterIdentifier"),
    ],
)
def test_a_database_shows_what_protects_it(
    sandbox: Sandbox, aws: CloudFormation, kind: str, service: str, operation: str, member: str, shown: str
) -> None:
    about = {"BackupRetentionPeriod": 7, "DeletionProtection": True}
    aws.create("shop", template(Data={"Type": kind, "Properties": about}))

    found = getattr(sandbox.client(service), operation)()[member]

    told = [(item[shown], item["BackupRetentionPeriod"], item["DeletionProtection"]) for item in found]
    assert told == [(physical(aws, "Data"), 7, True)]


def test_a_search_domain_is_there_under_its_name(sandbox: Sandbox, aws: CloudFormation) -> None:
    aws.create("shop", template(Data={"Type": "AWS::OpenSearchService::Domain"}))

    names = [item["DomainName"] for item in sandbox.client("opensearch").list_domain_names()["DomainNames"]]

    assert names == [physical(aws, "Data")]


def test_an_alarm_of_the_stack_is_one_that_a_rollback_trigger_can_name(
    sandbox: Sandbox, aws: CloudFormation, client: Client
) -> None:
    alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": "errors"}}
    aws.create("shop", template(Errors=alarm))
    sandbox.services.set_alarm("errors", "ALARM")
    trigger = {"Arn": sandbox.services.alarm_arn("errors"), "Type": "AWS::CloudWatch::Alarm"}

    aws.update("shop", template(Errors=alarm, More=KEEP), RollbackConfiguration={"RollbackTriggers": [trigger]})
    client.clock.advance(60)

    shown = sandbox.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert [(item["AlarmName"], item["StateValue"]) for item in shown] == [("errors", "ALARM")]
    assert aws.stack("shop").status == "UPDATE_ROLLBACK_COMPLETE"


def test_a_repository_is_there_under_its_name(sandbox: Sandbox, aws: CloudFormation) -> None:
    aws.create("shop", template(Data={"Type": "AWS::ECR::Repository"}))

    names = [item["repositoryName"] for item in sandbox.client("ecr").describe_repositories()["repositories"]]

    assert names == [physical(aws, "Data")]


def test_a_parameter_has_the_stacks_value_and_resolves_in_another_stack(
    sandbox: Sandbox, aws: CloudFormation, client: Client
) -> None:
    def parameter(value: str) -> dict[str, Any]:
        return template(Image={"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/image", "Value": value}})

    aws.create("shop", parameter("one"))
    aws.update("shop", parameter("two"))
    client.clock.advance(60)
    declared = {"Image": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/image"}}
    aws.create("web", {"Parameters": declared, **template()})

    assert sandbox.client("ssm").get_parameter(Name="/image")["Parameter"]["Value"] == "two"
    assert client.api.describe_stacks(StackName="web")["Stacks"][0]["Parameters"] == [
        {"ParameterKey": "Image", "ParameterValue": "/image", "ResolvedValue": "two"}
    ]


def test_a_rolled_back_update_leaves_the_earlier_value_and_nothing_new(
    sandbox: Sandbox, aws: CloudFormation, client: Client
) -> None:
    def parameter(value: str, **more: Any) -> dict[str, Any]:
        return template(Image={"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/image", "Value": value}}, **more)

    aws.create("shop", parameter("one"))
    aws.fail_update("Late", "Limit exceeded")
    late = {"Type": "AWS::SNS::Topic", "DependsOn": ["Image", "Data"]}
    aws.update("shop", parameter("two", Data=TABLE, Late=late))
    client.clock.advance(60)

    assert aws.stack("shop").status == "UPDATE_ROLLBACK_COMPLETE"
    assert sandbox.client("ssm").get_parameter(Name="/image")["Parameter"]["Value"] == "one"
    assert sandbox.client("dynamodb").list_tables()["TableNames"] == []


def test_what_was_made_since_the_last_look_at_the_stack_is_there(
    sandbox: Sandbox, aws: CloudFormation, client: Client
) -> None:
    aws.create("shop", template())
    aws.update("shop", template(Data=TABLE))
    client.clock.advance(60)

    assert len(sandbox.client("dynamodb").list_tables()["TableNames"]) == 1


class TestDeleting:
    def test_a_bucket_with_objects_is_not_deleted_and_stays_outside(
        self, sandbox: Sandbox, aws: CloudFormation, client: Client
    ) -> None:
        aws.create("shop", template(Data=BUCKET))
        name = physical(aws, "Data")
        aws.store("shop", "Data", "1000 pictures")

        aws.update("shop", template())
        client.clock.advance(60)

        assert (aws.stack("shop").status, aws.losses) == ("UPDATE_COMPLETE", [])
        failed = [line for line in aws.stack("shop").events if line.status == "DELETE_FAILED"]
        assert "is not empty" in failed[0].reason
        assert sandbox.client("s3").list_objects_v2(Bucket=name)["KeyCount"] == 1

    def test_an_empty_bucket_is(self, sandbox: Sandbox, aws: CloudFormation, client: Client) -> None:
        aws.create("shop", template(Data=BUCKET))
        aws.update("shop", template())
        client.clock.advance(60)

        assert sandbox.client("s3").list_buckets()["Buckets"] == []

    def test_a_protected_table_is_not_deleted(self, aws: CloudFormation, client: Client) -> None:
        protected = {**TABLE, "Properties": {**TABLE["Properties"], "DeletionProtectionEnabled": True}}
        aws.create("shop", template(Data=protected))
        aws.update("shop", template())
        client.clock.advance(60)

        assert aws.losses == []
        assert any("protected against deletion" in line.reason for line in aws.stack("shop").events)


class TestMadeByOthers:
    NAMED = template(
        Data={**TABLE, "DeletionPolicy": "Retain", "Properties": {**TABLE["Properties"], "TableName": "t"}}
    )

    def make(self, sandbox: Sandbox) -> None:
        key = TABLE["Properties"]
        sandbox.client("dynamodb").create_table(
            TableName="t",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=key["AttributeDefinitions"],
            KeySchema=key["KeySchema"],
        )

    def test_what_another_client_made_is_in_the_way(
        self, sandbox: Sandbox, aws: CloudFormation, client: Client
    ) -> None:
        self.make(sandbox)
        aws.create("shop", template())
        aws.update("shop", self.NAMED)
        client.clock.advance(60)

        reason = "Resource of type 'AWS::DynamoDB::Table' with identifier 't' already exists."
        assert aws.stack("shop").status == "UPDATE_ROLLBACK_COMPLETE"
        assert reason in {line.reason for line in aws.stack("shop").events}

    def test_and_can_be_adopted(self, sandbox: Sandbox, aws: CloudFormation, client: Client) -> None:
        self.make(sandbox)
        aws.create("shop", template())

        changes = client.changes(self.NAMED, ImportExistingResources=True)

        assert (changes["Data"]["Action"], client.execute()) == ("Import", "UPDATE_COMPLETE")


def test_the_published_versions_of_a_function_are_arns_counted_up(aws: CloudFormation, client: Client) -> None:
    function = {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "api"}}
    version = {
        "Type": "AWS::Lambda::Version",
        "DeletionPolicy": "Retain",
        "Properties": {"FunctionName": {"Ref": "Api"}},
    }
    outputs = {"Outputs": {"Live": {"Value": {"Ref": "First"}}, "Arn": {"Value": {"Fn::GetAtt": ["Api", "Arn"]}}}}
    aws.create("shop", {**template(Api=function, First=version), **outputs})
    aws.update("shop", {**template(Api=function, First=version, Second=version), **outputs})
    client.clock.advance(60)

    arn = "arn:aws:lambda:us-west-2:123456789012:function:api"
    assert [physical(aws, name) for name in ("First", "Second")] == [f"{arn}:1", f"{arn}:2"]
    shown = client.api.describe_stacks(StackName="shop")["Stacks"][0]["Outputs"]
    assert [item["OutputValue"] for item in shown] == [f"{arn}:1", arn]
