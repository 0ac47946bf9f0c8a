"""Resources that no stack has any more: they are in the way of new ones, and can be adopted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sandbox.cloudformation import CloudFormation
    from tests.sandbox.conftest import Client

QUEUE = {"Type": "AWS::SQS::Queue"}
FAILING = {"Type": "AWS::SNS::Topic", "DependsOn": "Data"}
EXISTS = "Resource of type 'AWS::DynamoDB::Table' with identifier 'customers' already exists."


def table(policy: str = "Retain", **properties: Any) -> dict[str, Any]:
    key = [{"AttributeName": "id", "KeyType": "HASH"}]
    about = {"BillingMode": "PAY_PER_REQUEST", "KeySchema": key, "TableName": "customers", **properties}
    return {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": policy, "Properties": about}


def with_table(policy: str = "Retain", **others: Any) -> dict[str, Any]:
    return {"Resources": {"Mail": QUEUE, "Data": table(policy), **others}}


WITHOUT = {"Resources": {"Mail": QUEUE}}


def reasons(aws: CloudFormation) -> set[str]:
    return {line.reason for line in aws.stack("shop").events}


def drop_the_table(aws: CloudFormation, client: Client) -> None:
    """Deploy a template without the table: it stays, with its data, in no stack."""
    aws.create("shop", with_table())
    aws.store("shop", "Data", "1000 customers")
    aws.update("shop", WITHOUT)
    client.clock.advance(60)


def test_a_restore_that_fails_leaves_its_new_retained_resource_in_the_way_of_its_repetition(
    aws: CloudFormation, client: Client
) -> None:
    aws.create("shop", WITHOUT)
    aws.fail_update("Late", "Limit exceeded")
    client.propose(with_table(Late=FAILING))
    assert client.execute() == "UPDATE_ROLLBACK_COMPLETE"

    client.propose(with_table(), name="again")

    assert client.execute("again") == "UPDATE_ROLLBACK_COMPLETE"
    assert EXISTS in reasons(aws)


def test_with_retain_except_on_create_it_can_be_repeated(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", WITHOUT)
    aws.fail_update("Late", "Limit exceeded")
    client.propose(with_table(Late=FAILING))
    assert client.execute(RetainExceptOnCreate=True) == "UPDATE_ROLLBACK_COMPLETE"

    client.propose(with_table(), name="again")

    assert client.execute("again", RetainExceptOnCreate=True) == "UPDATE_COMPLETE"


@pytest.mark.parametrize(("except_on_create", "left"), [(True, 0), (False, 1)])
def test_with_rollback_disabled_it_stays_until_rollback_stack_decides(
    aws: CloudFormation, client: Client, except_on_create: bool, left: int
) -> None:
    aws.create("shop", WITHOUT)
    aws.fail_update("Late", "Limit exceeded")
    client.propose(with_table(Late=FAILING))
    assert client.execute(DisableRollback=True) == "UPDATE_FAILED"

    client.api.rollback_stack(StackName="shop", RetainExceptOnCreate=except_on_create)
    client.clock.advance(60)

    assert aws.stack("shop").status == "UPDATE_ROLLBACK_COMPLETE"
    assert len(aws.stack("shop").retained) == left


class TestAdoption:
    def test_an_existing_resource_is_told_as_import_and_comes_back_with_its_data(
        self, aws: CloudFormation, client: Client
    ) -> None:
        drop_the_table(aws, client)

        changes = client.changes(with_table(), ImportExistingResources=True)
        status = client.execute()

        assert (changes["Data"]["Action"], changes["Data"]["PhysicalResourceId"]) == ("Import", "customers")
        assert (status, aws.stack("shop").data["Data"]) == ("UPDATE_COMPLETE", "1000 customers")
        shown = client.api.describe_stack_resources(StackName="shop", LogicalResourceId="Data")["StackResources"]
        assert shown[0]["ResourceStatus"] == "IMPORT_COMPLETE"

    def test_without_being_asked_for_it_is_an_addition_that_fails(self, aws: CloudFormation, client: Client) -> None:
        drop_the_table(aws, client)

        changes = client.changes(with_table())

        assert (changes["Data"]["Action"], client.execute()) == ("Add", "UPDATE_ROLLBACK_COMPLETE")
        assert EXISTS in reasons(aws)

    def test_a_template_that_would_not_keep_it_may_not_adopt_it(self, aws: CloudFormation, client: Client) -> None:
        drop_the_table(aws, client)

        shown = client.propose(with_table(policy="Delete"), ImportExistingResources=True)

        assert shown["Status"] == "FAILED"
        assert shown["StatusReason"].endswith("The affected resources are Data ({TableName=customers})")

    def test_an_adoption_that_is_rolled_back_leaves_it_with_its_data(self, aws: CloudFormation, client: Client) -> None:
        drop_the_table(aws, client)
        aws.fail_update("Late", "Limit exceeded")
        client.propose(with_table(Late=FAILING), ImportExistingResources=True)

        assert client.execute(RetainExceptOnCreate=True) == "UPDATE_ROLLBACK_COMPLETE"

        client.propose(with_table(), name="again", ImportExistingResources=True)
        assert client.execute("again") == "UPDATE_COMPLETE"
        assert (aws.stack("shop").data["Data"], aws.losses) == ("1000 customers", [])

    def test_what_another_stack_has_is_not_adopted(self, aws: CloudFormation, client: Client) -> None:
        aws.create("other", with_table())
        aws.create("shop", WITHOUT)

        changes = client.changes(with_table(), ImportExistingResources=True)

        assert (changes["Data"]["Action"], client.execute()) == ("Add", "UPDATE_ROLLBACK_COMPLETE")

    def test_one_without_a_name_of_its_own_is_made_anew(self, aws: CloudFormation, client: Client) -> None:
        nameless = {"Resources": {"Mail": QUEUE, "Box": {**QUEUE, "DeletionPolicy": "Retain"}}}
        aws.create("shop", nameless)
        before = aws.stack("shop").resources["Box"].physical_id
        aws.update("shop", WITHOUT)
        client.clock.advance(60)

        changes = client.changes(nameless, ImportExistingResources=True)
        client.execute()

        assert changes["Box"]["Action"] == "Add"
        assert aws.stack("shop").resources["Box"].physical_id != before


def test_a_retained_old_one_of_a_replacement_stays_outside_with_its_data(aws: CloudFormation, client: Client) -> None:
    def keyed(name: str) -> dict[str, Any]:
        about = {"BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}]}
        return {"Type": "AWS::DynamoDB::Table", "UpdateReplacePolicy": "Retain", "Properties": about}

    aws.create("shop", {"Resources": {"Data": keyed("id")}})
    aws.store("shop", "Data", "1000 customers")
    changes = client.changes({"Resources": {"Data": keyed("mail")}})
    client.execute()

    assert (changes["Data"]["Replacement"], changes["Data"]["PolicyAction"]) == ("True", "ReplaceAndRetain")
    assert [item.data for item in aws.stack("shop").retained] == ["1000 customers"]
    assert (aws.stack("shop").data["Data"] != "1000 customers", aws.losses) == (True, [])
