"""Before, while and after, by whole runs: what could be brought back, why it failed, what becomes of the data."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import ALL, Fault, Kind
from tests.process.releases import ARTIFACTS, IN_FILE, IN_S3, buckets, deploy_bad, deploy_good, function, restore, wait
from tests.process.releases import snapshot as take
from tests.process.shop import BAD, STACK

if TYPE_CHECKING:
    from tests.process.shop import Ran, Shop

TABLE: dict[str, Any] = {"Type": "AWS::DynamoDB::Table", "Properties": {"BillingMode": "PAY_PER_REQUEST"}}
KEPT_TABLE: dict[str, Any] = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": True,
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    },
}
BUCKET = {"Type": "AWS::S3::Bucket", "Properties": {"VersioningConfiguration": {"Status": "Enabled"}}}
ALARM = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": "shop-errors"}}
RESOURCES = {"Orders": TABLE, "Carts": KEPT_TABLE, "Files": BUCKET, "Api": function("1", 128), "Errors": ALARM}


def given(shop: Shop, **resources: Any) -> None:
    """Deploy the good release: tables, a bucket, a function and an alarm, and a frontend."""
    buckets(shop)
    deploy_good(shop, resources or RESOURCES)
    shop.app()
    shop.job()


def rows(ran: Ran) -> dict[str, tuple[str, str]]:
    """Return the rows of "If this deployment fails": what, to its state and what is said."""
    return {row["what"]: (row["state"], "; ".join(row["said"])) for row in ran.report["readiness"]}


def states(ran: Ran) -> dict[str, str]:
    return {what: state for what, (state, _) in rows(ran).items()}


# --- ready ---


def test_a_snapshot_says_of_each_part_and_of_all_data_whether_it_could_be_had_again(shop: Shop) -> None:
    given(shop)
    ran = take(shop, app_name="shop")
    assert (ran["outcome"], ran["ready"]) == ("snapshot-saved", "true")
    assert states(ran) == {
        f"Stack {STACK}": "weak",  # a NoEcho parameter
        "Frontend develop": "ready",
        "Data: Orders (AWS::DynamoDB::Table)": "weak",
        "Data: Carts (AWS::DynamoDB::Table)": "ready",
        "Data: Files (AWS::S3::Bucket)": "ready",
        "Previous deployment": "ready",
    }
    assert "aws dynamodb update-continuous-backups --table-name" in ran.told
    assert "If this deployment fails" in ran.told


def test_what_may_not_be_asked_is_not_checked_and_names_the_permission(shop: Shop) -> None:
    given(shop)
    for operation in ("DescribeContinuousBackups", "GetBucketVersioning", "DescribeAlarms", "GetBranch", "ListJobs"):
        shop.sandbox.faults.add(Fault(operation, Kind.DENIED, ALL))
    ran = take(shop)
    assert (ran["outcome"], ran["ready"]) == ("snapshot-saved", "true")
    assert states(ran) == {
        f"Stack {STACK}": "weak",
        "Data: Orders (AWS::DynamoDB::Table)": "unchecked",
        "Data: Carts (AWS::DynamoDB::Table)": "unchecked",
        "Data: Files (AWS::S3::Bucket)": "unchecked",
        "Previous deployment": "unchecked",
    }
    for permission in ("dynamodb:DescribeContinuousBackups", "s3:GetBucketVersioning", "cloudwatch:DescribeAlarms"):
        assert f"Add the permission {permission}" in ran.told


@pytest.mark.parametrize("kind", [Kind.THROTTLING, Kind.INTERNAL_ERROR, Kind.MALFORMED, Kind.DROPPED_BEFORE])
def test_no_trouble_of_the_services_fails_a_snapshot(shop: Shop, kind: Kind) -> None:
    given(shop)
    for operation in ("DescribeContinuousBackups", "DescribeTable", "GetBucketVersioning", "DescribeAlarms"):
        shop.sandbox.faults.add(Fault(operation, kind, ALL))
    ran = take(shop, app_name="shop")
    assert (ran["outcome"], ran["ready"]) == ("snapshot-saved", "true")
    assert states(ran)["Data: Orders (AWS::DynamoDB::Table)"] == "unchecked"


def test_a_stack_without_a_record_is_not_ready(shop: Shop) -> None:
    buckets(shop)
    ran = take(shop)
    assert (ran["ready"], states(ran)[f"Stack {STACK}"]) == ("false", "lost")


def test_code_that_is_gone_from_s3_makes_it_not_ready(shop: Shop) -> None:
    given(shop)
    shop.sandbox.services.delete_object(ARTIFACTS, "api/1.zip")
    ran = take(shop)
    assert (ran["ready"], states(ran)[f"Stack {STACK}"]) == ("false", "lost")
    assert "api/1.zip" in ran.told


def test_a_template_too_large_for_a_file_makes_it_not_ready(shop: Shop) -> None:
    topics = {f"T{n}": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "x" * 90}} for n in range(450)}
    given(shop, **topics)
    assert take(shop, IN_FILE)["ready"] == "false"
    assert take(shop, IN_S3)["ready"] == "true"


def test_the_kept_snapshot_of_an_earlier_attempt_is_looked_at_too(shop: Shop) -> None:
    given(shop)
    first = take(shop, app_name="shop")
    again = take(shop, app_name="shop", environ={"GITHUB_RUN_ATTEMPT": "2"})
    assert "snapshot-kept" in again.codes
    assert (again["ready"], states(again)) == ("true", states(first))


def test_ready_is_empty_elsewhere(shop: Shop) -> None:
    given(shop)
    assert shop.run(mode="status", stack_name=STACK)["ready"] == ""


def test_a_previous_deployment_that_failed_is_said_at_once(shop: Shop) -> None:
    given(shop)
    shop.job(BAD, "FAILED")
    shop.sandbox.services.set_alarm("shop-errors", "ALARM")
    ran = take(shop, app_name="shop")
    assert ran.codes == {"previous-deployment-failed"}
    assert ran["ready"] == "true"
    state, said = rows(ran)["Previous deployment"]
    assert state == "weak"
    assert "ended in FAILED" in said
    assert "in ALARM: shop-errors" in said


def test_a_stack_that_was_rolled_back_is_a_previous_deployment_that_failed(shop: Shop) -> None:
    buckets(shop)
    shop.stack("UPDATE_ROLLBACK_COMPLETE")
    ran = take(shop)
    assert "previous-deployment-failed" in ran.codes
    assert f"stack {STACK} is in UPDATE_ROLLBACK_COMPLETE" in ran.told


# --- why ---


def rolled_back(shop: Shop, **inputs: Any) -> Ran:
    return shop.run(**{"stack_name": STACK, "app_name": "shop", **inputs})


def test_an_alarm_of_the_stack_that_rings_is_told_with_its_reason(shop: Shop) -> None:
    given(shop)
    shop.job(BAD)
    shop.sandbox.services.set_alarm("shop-errors", "ALARM")
    ran = rolled_back(shop)
    assert [alarm["name"] for alarm in ran.report["evidence"]["alarms"]] == ["shop-errors"]
    assert "set to ALARM" in ran.told


def test_without_the_permissions_the_rollback_is_the_same_and_says_what_was_not_read(shop: Shop) -> None:
    given(shop)
    shop.job(BAD)
    for operation in ("ListStackResources", "DescribeAlarms"):
        shop.sandbox.faults.add(Fault(operation, Kind.DENIED, ALL))
    ran = rolled_back(shop)
    assert ran["outcome"] == "rolled-back"
    assert "cloudformation:ListStackResources" in " ".join(ran.report["evidence"]["not_read"])


def test_what_functions_logged_as_errors_is_counted_where_asked_for(shop: Shop) -> None:
    given(shop)
    shop.job(BAD)
    now, group = shop.sandbox.clock.now(), f"/aws/lambda/{function_name(shop)}"
    for number in range(3):
        shop.sandbox.services.put_log(group, f"[ERROR] no price for {number}", now + number)
    shop.sandbox.services.put_log(group, "START RequestId: 8c1f9b3e-4a86-4b7c-9f0e-1d2c3b4a5f60", now)
    ran = rolled_back(shop, logs="true")
    (logged,) = ran.report["evidence"]["logged"]
    assert (logged["function"], logged["message"], logged["count"]) == ("Api", "[ERROR] no price for …", 3)


def test_logs_are_left_alone_where_nobody_asked(shop: Shop) -> None:
    given(shop)
    shop.job(BAD)
    rolled_back(shop)
    assert "FilterLogEvents" not in shop.sandbox.operations()


def test_logs_are_read_before_anything_is_changed(shop: Shop) -> None:
    given(shop)
    take(shop)
    deploy_bad(shop)
    shop.app()
    restore(shop, logs="true")
    asked = shop.sandbox.operations()
    assert asked.index("FilterLogEvents") < asked.index("CreateChangeSet")


def test_logs_that_may_not_be_read_are_told_with_the_permission(shop: Shop) -> None:
    given(shop)
    shop.job(BAD)
    shop.sandbox.faults.add(Fault("FilterLogEvents", Kind.DENIED, ALL))
    ran = rolled_back(shop, logs="true")
    assert ran["outcome"] == "rolled-back"
    assert "the log of Api: logs:FilterLogEvents" in " ".join(ran.report["evidence"]["not_read"])


def function_name(shop: Shop) -> str:
    listed = shop.sandbox.client("cloudformation").list_stack_resources(StackName=STACK)["StackResourceSummaries"]
    return next(str(one["PhysicalResourceId"]) for one in listed if one["LogicalResourceId"] == "Api")


def test_a_failed_build_shows_its_step_and_the_end_of_its_log_without_the_environments_values(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    shop.app(environment={"COMMAND": "npm run build"})
    shop.job()
    shop.job(BAD, "FAILED")
    ran = rolled_back(shop)
    build = ran.report["evidence"]["build"]
    assert (build["job"], build["step"]) == ("2", "BUILD")
    assert "Build failed" in build["lines"][-1]
    assert "npm run build" not in ran.everything


def test_where_the_environment_can_not_be_known_the_builds_log_is_not_shown(shop: Shop) -> None:
    given(shop)
    shop.job(BAD, "FAILED")
    shop.sandbox.faults.add(Fault("GetBranch", Kind.DENIED, ALL))
    ran = rolled_back(shop)
    assert ran.report["evidence"]["build"] is None
    assert "amplify:GetBranch" in " ".join(ran.report["evidence"]["not_read"])


# --- the data, afterwards ---


def test_each_resource_that_holds_data_has_the_commands_for_the_moment_before(shop: Shop) -> None:
    given(shop)
    take(shop)
    wait(shop, 7200)
    before = datetime.fromtimestamp(shop.sandbox.clock.now() - 1, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    deploy_bad(shop, {**RESOURCES, "Api": function("2", 128)})
    ran = restore(shop)
    assert ran["outcome"] == "rolled-back"
    data = {one["resource"]: one for one in ran.report["data"]}
    assert set(data) == {"Orders", "Carts", "Files"}
    assert "no point-in-time recovery was on" in data["Orders"]["said"]
    (line,) = [command["line"] for command in data["Carts"]["commands"]]
    assert line.startswith("aws dynamodb restore-table-to-point-in-time ")
    assert f"--restore-date-time {before} " in line, "one second before the bad deployment began"
    assert data["Files"]["commands"][0]["line"].startswith("aws s3api list-object-versions ")
    assert all(one["physical_id"] for one in data.values())


def test_what_a_restore_leaves_behind_and_what_is_the_stacks_again_is_named_with_its_physical_id(shop: Shop) -> None:
    kept = {**TABLE, "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    given(shop, Orders=TABLE, Api=function("1", 128))
    take(shop)
    deploy_bad(shop, {"Orders": TABLE, "Carts": kept, "Api": function("2", 128)})
    ran = restore(shop, allow_destructive="true")
    assert ran["stack-result"] == "rolled-back"
    data = {one["resource"]: one for one in ran.report["data"]}
    assert data["Carts"]["said"].startswith("left: it is the stack's no more")
    assert data["Carts"]["physical_id"] in ran.told
    assert not data["Orders"]["said"].startswith("left")


def test_a_dry_run_asks_nothing_about_data(shop: Shop) -> None:
    given(shop)
    shop.job(BAD)
    ran = rolled_back(shop, dry_run="true")
    assert ran.report["data"] == []
    assert "DescribeTable" not in shop.sandbox.operations()


# --- the incident's record ---


def record(shop: Shop, name: str = "out/incident.md") -> str:
    return (shop.folder / "workspace" / name).read_text(encoding="utf-8")


def test_the_incident_is_written_to_the_workspace(shop: Shop) -> None:
    given(shop)
    shop.job(BAD)
    ran = rolled_back(shop, incident_file="out/incident.md")
    assert ran["outcome"] == "rolled-back"
    assert "Rolled back" in record(shop)
    assert "Whom to ask" in record(shop)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"stack_name": "none-such"}, "Rollback failed"),
        ({"stack_name": STACK, "poll_interval": "often"}, "Wrong inputs"),
        ({"mode": "verify", "verify_alarms": "none-such", "verify_timeout": "1"}, "Not healthy"),
    ],
)
def test_it_is_written_where_the_run_fails_too(shop: Shop, inputs: dict[str, Any], said: str) -> None:
    shop.run(**inputs, incident_file="incident.md")
    assert said in record(shop, "incident.md")


@pytest.mark.parametrize("path", ["/etc/incident.md", "../incident.md", "out/", "a/../../b.md", "out/\x07.md"])
def test_a_path_out_of_the_workspace_is_a_wrong_input(shop: Shop, path: str) -> None:
    ran = shop.run(stack_name=STACK, incident_file=path)
    assert ran["outcome"] == "invalid-inputs"
    assert "incident-file: " in ran.told


def test_a_link_out_of_the_workspace_is_not_followed(shop: Shop) -> None:
    given(shop)
    shop.job(BAD)
    (shop.folder / "elsewhere").mkdir()
    (shop.folder / "workspace").mkdir(exist_ok=True)
    (shop.folder / "workspace" / "out").symlink_to(shop.folder / "elsewhere")
    ran = rolled_back(shop, incident_file="out/incident.md")
    assert ran["outcome"] == "rolled-back"
    assert "incident-not-written" in ran.codes
    assert list((shop.folder / "elsewhere").iterdir()) == []


def test_a_pipe_in_its_place_holds_nobody_up(shop: Shop) -> None:
    given(shop)
    shop.job(BAD)
    (shop.folder / "workspace").mkdir(exist_ok=True)
    os.mkfifo(shop.folder / "workspace" / "incident.md")
    ran = rolled_back(shop, incident_file="incident.md")
    assert ran["outcome"] == "rolled-back"
    assert "incident-not-written" in ran.codes
