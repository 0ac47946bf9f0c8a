"""The doors of the evidence against the embedded AWS, and where that lacks a member, against botocore's Stubber."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber

from rollback.aws import Aws
from rollback.engine.trouble import AwsTrouble
from rollback.evidence.alarms import ringing
from rollback.evidence.builds import failed_step
from rollback.evidence.functions import FUNCTION, log_group
from rollback.evidence.kinds import LOOKS, UNKNOWN, holds_data, protection_of
from rollback.evidence.logs import errors_in
from rollback.evidence.resources import Owned, family
from rollback.stack.client import CloudFormation
from rollback.stack.record import ResourceSnapshot
from sandbox import ALL, Fault, Kind
from tests.evidence.given import REGION, owned

if TYPE_CHECKING:
    from rollback.evidence.protection import Protection
    from sandbox import ManualClock, Sandbox

DATA: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "table": (
        "AWS::DynamoDB::Table",
        {},
        {
            "DeletionProtectionEnabled": True,
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        },
    ),
    "bucket": ("AWS::S3::Bucket", {}, {"VersioningConfiguration": {"Status": "Enabled"}}),
    "database": (
        "AWS::RDS::DBInstance",
        {"BackupRetentionPeriod": 0, "AllocatedStorage": 20},
        {"BackupRetentionPeriod": 7, "DeletionProtection": True, "AllocatedStorage": 20},
    ),
    "cluster": (
        "AWS::RDS::DBCluster",
        {"BackupRetentionPeriod": 1},
        {"BackupRetentionPeriod": 7, "DeletionProtection": True},
    ),
    "file system": ("AWS::EFS::FileSystem", {}, {"BackupPolicy": {"Status": "ENABLED"}}),
    "user pool": ("AWS::Cognito::UserPool", {}, {"DeletionProtection": "ACTIVE"}),
}
BY_STUBBER = {"AWS::EFS::FileSystem", "AWS::OpenSearchService::Domain", "AWS::Elasticsearch::Domain"}
"""moto answers these with a 500, or takes any name for one that is there."""


@pytest.fixture
def aws(sandbox: Sandbox, aws_environment: None, monkeypatch: pytest.MonkeyPatch) -> Aws:
    del sandbox, aws_environment
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    return Aws(REGION)


def deployed(sandbox: Sandbox, aws: Aws, **resources: Any) -> dict[str, Owned]:
    """Deploy a stack, and return its resources by their logical ids."""
    sandbox.cloudformation.create("shop", json.dumps({"Resources": resources}))
    door = CloudFormation(aws)
    stack = door.describe("shop")
    assert stack
    found, unread = family("shop", stack.id, door.resources("shop"), door.resources)
    assert unread == ()
    return {one.logical_id: one for one in found}


def looked(sandbox: Sandbox, aws: Aws, type_: str, properties: dict[str, Any]) -> Protection:
    one = deployed(sandbox, aws, Thing={"Type": type_, "Properties": properties})["Thing"]
    assert holds_data(one)
    return protection_of(aws, one)


@pytest.mark.parametrize("kind", list(DATA))
def test_what_is_off_has_the_cure_that_switches_it_on(sandbox: Sandbox, aws: Aws, kind: str) -> None:
    type_, off, _ = DATA[kind]
    found = looked(sandbox, aws, type_, off)
    assert found.unread == ""
    assert found.weak
    assert len(found.cures) == len(found.weak)


@pytest.mark.parametrize("kind", list(DATA))
def test_what_is_on_needs_no_cure(sandbox: Sandbox, aws: Aws, kind: str) -> None:
    type_, _, on = DATA[kind]
    found = looked(sandbox, aws, type_, on)
    assert (found.unread, found.weak, found.cures) == ("", (), ())
    assert found.recovery is (kind != "user pool"), "Cognito keeps no backups"


def test_a_search_domain_takes_snapshots_by_itself(sandbox: Sandbox, aws: Aws) -> None:
    found = looked(sandbox, aws, "AWS::OpenSearchService::Domain", {})
    assert (found.unread, found.weak, found.recovery) == ("", (), True)


@pytest.mark.parametrize("kind", list(DATA))
def test_what_may_not_be_asked_is_unread_with_the_permission(sandbox: Sandbox, aws: Aws, kind: str) -> None:
    type_, off, _ = DATA[kind]
    one = deployed(sandbox, aws, Thing={"Type": type_, "Properties": off})["Thing"]
    sandbox.faults.add(Fault("*", Kind.DENIED, ALL))
    found = protection_of(aws, one)
    assert "access denied" in found.unread
    assert found.cure.startswith("Add the permission ")


@pytest.mark.parametrize("type_", sorted(set(LOOKS) - BY_STUBBER))
def test_what_is_gone_is_said_to_be_gone(aws: Aws, type_: str) -> None:
    name = "us-west-2_gone12345" if type_ == "AWS::Cognito::UserPool" else "gone"
    assert protection_of(aws, owned(type_, name)).unread == "it is not there any more"


def test_a_file_system_that_is_gone_is_said_to_be_gone(aws: Aws) -> None:
    with Stubber(aws.client("efs")) as efs:
        efs.add_client_error("describe_backup_policy", "FileSystemNotFound")
        assert protection_of(aws, owned("AWS::EFS::FileSystem", "fs-1")).unread == "it is not there any more"


def test_a_file_system_that_never_had_a_policy_has_no_backups(aws: Aws) -> None:
    with Stubber(aws.client("efs")) as efs:
        efs.add_client_error("describe_backup_policy", "PolicyNotFound")
        assert protection_of(aws, owned("AWS::EFS::FileSystem", "fs-1")).weak == ("backups are off",)


@pytest.mark.parametrize("type_", sorted(UNKNOWN))
def test_a_type_whose_protection_nobody_knows_is_unread(aws: Aws, type_: str) -> None:
    assert holds_data(owned(type_))
    assert type_ in protection_of(aws, owned(type_)).unread


def test_an_instance_of_a_cluster_is_kept_by_the_cluster(aws: Aws) -> None:
    with Stubber(aws.client("rds")) as rds:
        member = {"DBInstanceIdentifier": "a", "DBClusterIdentifier": "shop", "BackupRetentionPeriod": 0}
        rds.add_response("describe_db_instances", {"DBInstances": [member]})
        found = protection_of(aws, owned("AWS::RDS::DBInstance", "a"))
    assert found.weak == ()
    assert "cluster shop" in found.said[0]


def test_those_alarms_of_the_stacks_that_ring_are_found_with_their_reason(sandbox: Sandbox, aws: Aws) -> None:
    alarms = {
        name: {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": f"shop-{name}"}}
        for name in ("Errors", "Latency")
    }
    resources = deployed(sandbox, aws, **alarms)
    sandbox.services.set_alarm("shop-Errors", "ALARM")
    sandbox.services.set_alarm("of-somebody-else", "ALARM")
    (found,) = ringing(aws, list(resources.values()))
    assert (found.name, found.stack, found.reason) == ("shop-Errors", "shop", "set to ALARM")
    assert sandbox.operations("cloudwatch") == ["DescribeAlarms"]


def test_a_composite_alarm_is_asked_for_by_its_name(aws: Aws) -> None:
    arn = "arn:aws:cloudwatch:us-west-2:123456789012:alarm:shop-any"
    with Stubber(aws.client("cloudwatch")) as cloudwatch:
        entry = {"AlarmName": "shop-any", "StateValue": "ALARM", "StateReason": "errors rings"}
        asked = {"AlarmNames": ["shop-any"], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
        cloudwatch.add_response(
            "describe_alarms", {"CompositeAlarms": [entry]}, {**asked, "StateValue": "ALARM", "MaxRecords": 100}
        )
        (found,) = ringing(aws, [owned("AWS::CloudWatch::CompositeAlarm", arn, "Any")])
    assert found.reason == "errors rings"


def test_without_alarms_nobody_is_asked(sandbox: Sandbox, aws: Aws) -> None:
    assert ringing(aws, [owned("AWS::DynamoDB::Table")]) == ()
    assert sandbox.operations("cloudwatch") == []


def test_more_alarms_than_a_call_takes_are_asked_for_in_several(sandbox: Sandbox, aws: Aws) -> None:
    many = [owned("AWS::CloudWatch::Alarm", f"alarm-{number}") for number in range(250)]
    assert ringing(aws, many) == ()
    assert sandbox.operations("cloudwatch") == ["DescribeAlarms"] * 3


def test_a_function_logs_where_its_logging_config_says(aws: Aws) -> None:
    function = owned(FUNCTION, "shop-api", "Api")
    with Stubber(aws.client("lambda")) as lambda_:
        lambda_.add_response("get_function_configuration", {"LoggingConfig": {"LogGroup": "/shop/all"}})
        assert log_group(aws, function) == "/shop/all"
        lambda_.add_client_error("get_function_configuration", "AccessDeniedException")
        assert log_group(aws, function) == "/aws/lambda/shop-api"


def test_lines_since_the_deployment_began_are_read(sandbox: Sandbox, aws: Aws, clock: ManualClock) -> None:
    function, group, now = owned(FUNCTION, "shop-api", "Api"), "/aws/lambda/shop-api", clock.now()
    sandbox.services.put_log(group, "[ERROR] of yesterday", now - 86_400)
    sandbox.services.put_log(group, "[ERROR] no price", now - 5)
    found = errors_in(aws, function, group, datetime.fromtimestamp(now, UTC) - timedelta(minutes=5))
    assert [(line.text, line.at.timestamp()) for line in found] == [("[ERROR] no price", now - 5)]
    assert "filterPattern" in sandbox.calls[-1].params


def test_no_more_than_five_pages_of_a_log_are_read(aws: Aws) -> None:
    event = {"timestamp": 1_764_756_900_000, "message": "[ERROR] again"}
    with Stubber(aws.client("logs")) as logs:
        for _ in range(5):
            logs.add_response("filter_log_events", {"events": [event], "nextToken": "more"})
        assert len(errors_in(aws, owned(FUNCTION), "group", datetime.now(UTC))) == 5
        logs.assert_no_pending_responses()


def test_a_function_that_has_not_logged_yet_has_no_group(aws: Aws) -> None:
    assert errors_in(aws, owned(FUNCTION), "/aws/lambda/none", datetime.now(UTC)) == ()


def failed_build(sandbox: Sandbox) -> None:
    sandbox.amplify.add_app("shop", "d1shop")
    sandbox.amplify.add_branch("d1shop", "develop")
    sandbox.amplify.add_job("d1shop", "develop", commit="b" * 40, status="FAILED")


def test_a_failed_builds_step_and_the_end_of_its_log_are_read(sandbox: Sandbox, aws: Aws) -> None:
    failed_build(sandbox)
    found = failed_step(aws, "d1shop", "develop", "1", [])
    assert found
    assert (found.job, found.step) == ("1", "BUILD")
    assert "Build failed" in found.lines[-1]


def test_no_value_of_the_environment_is_in_a_builds_log(sandbox: Sandbox, aws: Aws) -> None:
    failed_build(sandbox)
    found = failed_step(aws, "d1shop", "develop", "1", ["npm run build", "npm run", ""])
    assert found
    assert "npm run" not in "\n".join(found.lines)
    assert "# Executing command: ***" in "\n".join(found.lines)


def test_a_log_that_can_not_be_had_is_trouble_that_names_no_address(aws: Aws) -> None:
    with Stubber(aws.client("amplify")) as amplify:
        step = {"stepName": "BUILD", "status": "FAILED", "startTime": 1, "endTime": 2}
        summary = {
            "jobArn": "arn",
            "jobId": "1",
            "commitId": "HEAD",
            "commitMessage": "",
            "commitTime": 1,
            "startTime": 1,
            "status": "FAILED",
            "jobType": "RELEASE",
        }
        signed = "http://127.0.0.1:1/log.txt?X-Amz-Signature=secret"
        amplify.add_response("get_job", {"job": {"summary": summary, "steps": [{**step, "logUrl": signed}]}})
        with pytest.raises(AwsTrouble) as trouble:
            failed_step(aws, "d1shop", "develop", "1", [])
    assert "secret" not in trouble.value.what
    assert "127.0.0.1" not in trouble.value.what


def test_a_build_that_succeeded_has_no_failed_step(sandbox: Sandbox, aws: Aws) -> None:
    failed_build(sandbox)
    sandbox.amplify.add_job("d1shop", "develop", commit="a" * 40)
    assert failed_step(aws, "d1shop", "develop", "2", []) is None


def listed(**stacks: tuple[ResourceSnapshot, ...]) -> Any:
    def resources(stack_id: str) -> tuple[ResourceSnapshot, ...]:
        if stack_id not in stacks:
            raise AwsTrouble("cloudformation:ListStackResources: access denied", "Add the permission")
        return stacks[stack_id]

    return resources


def test_resources_of_nested_stacks_are_the_stacks_too_and_what_can_not_be_read_is_told() -> None:
    table = ResourceSnapshot(logical_id="Orders", physical_id="orders", type="AWS::DynamoDB::Table")
    inner = ResourceSnapshot(logical_id="Data", physical_id="data", type="AWS::CloudFormation::Stack")
    secret = ResourceSnapshot(logical_id="Secret", physical_id="secret", type="AWS::CloudFormation::Stack")
    found, unread = family("shop", "arn", (inner, secret), listed(data=(table,)))
    assert [(one.stack, one.logical_id, one.arn) for one in found] == [("shop", "Data.Orders", "data")]
    assert unread == (
        "nested stack Secret of shop: cloudformation:ListStackResources: access denied Add the permission",
    )
