"""What fails an operation although no resource failed: alarms, exports in use, outputs. Only the stack's event says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.cloudformation.seeding import OLD_TEMPLATE, changed_template

if TYPE_CHECKING:
    from sandbox import ManualClock, Sandbox
    from sandbox.cloudformation import CloudFormation
    from tests.sandbox.conftest import Client

ALARM_TYPE = "AWS::CloudWatch::Alarm"
QUEUE = {"Type": "AWS::SQS::Queue"}


def watching(sandbox: Sandbox, *names: str, minutes: int = 0) -> dict[str, Any]:
    triggers = [{"Arn": sandbox.services.alarm_arn(name), "Type": ALARM_TYPE} for name in names]
    return {"RollbackTriggers": triggers, "MonitoringTimeInMinutes": minutes}


def outcome(aws: CloudFormation) -> tuple[str, str]:
    """Return the stack's status, and the reason that its own events give for going back."""
    stack = aws.stack("shop")
    reasons = [line.reason for line in stack.events if line.status.endswith("ROLLBACK_IN_PROGRESS")]
    failed = [line for line in stack.events if line.status.endswith("_FAILED") and line.logical_id != "shop"]
    assert failed == [], "no resource says anything"
    return stack.status, reasons[-1] if reasons else ""


class TestRollbackTriggers:
    def test_one_whose_alarm_is_missing_fails_the_whole_operation(
        self, sandbox: Sandbox, aws: CloudFormation, clock: ManualClock
    ) -> None:
        aws.create("shop", OLD_TEMPLATE)
        aws.update("shop", changed_template(), RollbackConfiguration=watching(sandbox, "gone"))

        clock.advance(60)

        status, reason = outcome(aws)
        assert status == "UPDATE_ROLLBACK_COMPLETE"
        assert sandbox.services.alarm_arn("gone") in reason

    @pytest.mark.parametrize("after", [0, 3, 60])
    def test_an_alarm_that_rings_during_the_operation_or_the_watch_rolls_it_back(
        self, sandbox: Sandbox, aws: CloudFormation, clock: ManualClock, after: float
    ) -> None:
        sandbox.services.set_alarm("errors")
        aws.create("shop", OLD_TEMPLATE)
        aws.update("shop", changed_template(), RollbackConfiguration=watching(sandbox, "errors", minutes=5))

        clock.advance(after)
        assert aws.stack("shop").status == "UPDATE_IN_PROGRESS"
        sandbox.services.set_alarm("errors", "ALARM")
        clock.advance(600)

        status, reason = outcome(aws)
        assert (status, "ALARM" in reason) == ("UPDATE_ROLLBACK_COMPLETE", True)
        assert aws.stack("shop").resources["Api"].desired.properties["MemorySize"] == 256

    def test_they_stay_with_the_stack_until_they_are_replaced(
        self, sandbox: Sandbox, aws: CloudFormation, clock: ManualClock, client: Client
    ) -> None:
        sandbox.services.set_alarm("errors")
        aws.create("shop", OLD_TEMPLATE, RollbackConfiguration=watching(sandbox, "errors"))
        sandbox.services.set_alarm("errors", "ALARM")

        aws.update("shop", changed_template())
        clock.advance(60)
        kept = outcome(aws)[0]
        client.propose(changed_template(), RollbackConfiguration={"RollbackTriggers": []})

        assert (kept, client.execute()) == ("UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE")
        shown = client.api.describe_stacks(StackName="shop")["Stacks"][0]
        assert shown["RollbackConfiguration"].get("RollbackTriggers", []) == []

    def test_a_quiet_alarm_lets_the_operation_end(
        self, sandbox: Sandbox, aws: CloudFormation, clock: ManualClock
    ) -> None:
        sandbox.services.set_alarm("errors")
        aws.create("shop", OLD_TEMPLATE)
        aws.update("shop", changed_template(), RollbackConfiguration=watching(sandbox, "errors", minutes=1))

        clock.advance(120)

        assert outcome(aws) == ("UPDATE_COMPLETE", "")


class TestExports:
    def exporting(self, value: str = "v1", name: str = "shop-mail") -> dict[str, Any]:
        return {"Resources": {"Mail": QUEUE}, "Outputs": {"Mail": {"Value": value, "Export": {"Name": name}}}}

    def importing(self) -> dict[str, Any]:
        used = {"Type": "AWS::SSM::Parameter", "Properties": {"Value": {"Fn::ImportValue": {"Fn::Sub": "shop-mail"}}}}
        return {"Resources": {"Used": used}}

    @pytest.mark.parametrize(("after", "verb"), [({"value": "v2"}, "updated"), ({"name": "shop-post"}, "deleted")])
    def test_one_in_use_is_neither_changed_nor_removed(
        self, aws: CloudFormation, clock: ManualClock, after: dict[str, str], verb: str
    ) -> None:
        aws.create("shop", self.exporting())
        aws.create("web", self.importing())
        aws.update("shop", self.exporting(**after))

        clock.advance(60)

        reason = f"Export shop-mail cannot be {verb} as it is in use by web"
        assert outcome(aws) == ("UPDATE_ROLLBACK_COMPLETE", reason)
        assert aws.stack("shop").outputs[0]["OutputValue"] == "v1"

    def test_one_that_nobody_imports_may_go(self, aws: CloudFormation, clock: ManualClock) -> None:
        aws.create("shop", self.exporting())
        aws.update("shop", self.exporting(name="shop-post"))

        clock.advance(60)

        assert outcome(aws) == ("UPDATE_COMPLETE", "")

    def test_a_stack_whose_export_is_in_use_is_not_deleted(
        self, aws: CloudFormation, clock: ManualClock, client: Client
    ) -> None:
        aws.create("shop", self.exporting())
        aws.create("web", self.importing())

        client.api.delete_stack(StackName="shop")
        clock.advance(60)

        assert (aws.stack("shop").status, aws.stack("shop").reason) == (
            "DELETE_FAILED",
            "Export shop-mail cannot be deleted as it is in use by web",
        )

    def test_what_nobody_exports_cannot_be_imported(self, aws: CloudFormation, clock: ManualClock) -> None:
        aws.create("shop", OLD_TEMPLATE)
        aws.update("shop", self.importing())

        clock.advance(60)

        assert outcome(aws) == ("UPDATE_ROLLBACK_COMPLETE", "No export named shop-mail found. ")


def test_outputs_that_cannot_be_worked_out_roll_the_update_back(aws: CloudFormation, clock: ManualClock) -> None:
    aws.create("shop", OLD_TEMPLATE)
    aws.fail_outputs("Attribute: StreamArn was not found for resource: Orders", stack="shop")
    aws.update("shop", changed_template())

    clock.advance(60)

    assert outcome(aws) == ("UPDATE_ROLLBACK_COMPLETE", "Attribute: StreamArn was not found for resource: Orders")
