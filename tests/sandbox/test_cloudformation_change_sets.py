"""Change sets over HTTP: what they tell, what executing them does to resources and to the data in them."""

from __future__ import annotations

import copy
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sandbox.cloudformation.seeding import OLD_TEMPLATE, changed_template

if TYPE_CHECKING:
    from sandbox.cloudformation import CloudFormation
    from tests.sandbox.conftest import Client

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


def variant(**resources: Any) -> dict[str, Any]:
    """The small shop with some resources put in place of others; None takes one away."""
    template = copy.deepcopy(OLD_TEMPLATE)
    for name, resource in resources.items():
        if resource is None:
            del template["Resources"][name]
            template.pop("Outputs", None)
        else:
            template["Resources"][name] = resource
    return template


def table(key: str = "id", policy: str | None = None, **properties: Any) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
            **properties,
        },
    }
    return resource | ({"DeletionPolicy": policy, "UpdateReplacePolicy": policy} if policy else {})


def test_a_change_set_goes_from_pending_to_complete(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", OLD_TEMPLATE)
    client.api.create_change_set(
        StackName="shop", ChangeSetName="back", TemplateBody=json.dumps(changed_template()), ClientToken="one"
    )

    seen = []
    for _ in range(3):
        shown = client.describe()
        seen.append((shown["Status"], shown["ExecutionStatus"]))
        client.clock.advance(1)

    assert seen == [
        ("CREATE_PENDING", "UNAVAILABLE"),
        ("CREATE_IN_PROGRESS", "UNAVAILABLE"),
        ("CREATE_COMPLETE", "AVAILABLE"),
    ]


def test_it_tells_what_is_added_modified_and_removed(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", changed_template())

    changes = client.changes(OLD_TEMPLATE)

    assert {name: item["Action"] for name, item in changes.items()} == {"Api": "Modify", "Mail": "Remove"}
    assert changes["Api"]["Replacement"] == "False"
    assert changes["Mail"]["PolicyAction"] == "Delete"
    assert {item["Target"]["Name"] for item in changes["Api"]["Details"]} == {"MemorySize", "Code"}


@pytest.mark.parametrize(
    ("before", "after", "replacement", "policy"),
    [
        (table("id"), table("other"), "True", "ReplaceAndDelete"),
        (table("id", "Retain"), table("other", "Retain"), "True", "ReplaceAndRetain"),
        (table(TableName="a"), table(TableName="b"), "True", "ReplaceAndDelete"),
        (table(BillingMode="PROVISIONED"), table(), "False", None),
        (
            {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "mysql"}},
            {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "postgres"}},
            "Conditional",
            "ReplaceAndDelete",
        ),
        (
            {"Type": "AWS::RDS::DBInstance", "Properties": {"DBInstanceIdentifier": "a"}},
            {
                "Type": "AWS::RDS::DBInstance",
                "UpdateReplacePolicy": "Snapshot",
                "Properties": {"DBInstanceIdentifier": "b"},
            },
            "True",
            "ReplaceAndSnapshot",
        ),
        (
            {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "aaa"}},
            {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "bbb"}},
            "True",
            "ReplaceAndDelete",
        ),
    ],
)
def test_it_tells_whether_a_resource_is_replaced_and_what_becomes_of_the_old_one(
    aws: CloudFormation, client: Client, before: Any, after: Any, replacement: str, policy: str | None
) -> None:
    aws.create("shop", variant(Data=before))

    change = client.changes(variant(Data=after))["Data"]

    assert (change["Replacement"], change.get("PolicyAction")) == (replacement, policy)


@pytest.mark.parametrize(
    ("resource", "policy"),
    [
        (table(), "Delete"),
        (table(policy="Retain"), "Retain"),
        ({"Type": "AWS::RDS::DBCluster", "Properties": {"Engine": "aurora-mysql"}}, "Snapshot"),
        ({"Type": "AWS::RDS::DBInstance", "DeletionPolicy": "Delete", "Properties": {"Engine": "mysql"}}, "Delete"),
        ({"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "mysql"}}, "Snapshot"),
    ],
)
def test_it_tells_what_becomes_of_a_removed_resource(
    aws: CloudFormation, client: Client, resource: Any, policy: str
) -> None:
    aws.create("shop", variant(Data=resource))

    assert client.changes(OLD_TEMPLATE)["Data"]["PolicyAction"] == policy


def test_whoever_refers_to_a_replaced_resource_may_be_replaced_too(aws: CloudFormation, client: Client) -> None:
    user = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": {"Ref": "Orders"}}}
    aws.create("shop", variant(User=user))

    changes = client.changes(variant(User=user, Orders=table("other", "Retain")))

    assert changes["User"]["Replacement"] == "Conditional"
    assert [
        (item["Evaluation"], item["ChangeSource"], item["CausingEntity"]) for item in changes["User"]["Details"]
    ] == [("Dynamic", "ResourceReference", "Orders")]
    assert changes["Api"]["Replacement"] == "False"


def test_a_changed_parameter_is_named_as_the_cause(aws: CloudFormation, client: Client) -> None:
    template = variant() | {"Parameters": {"Memory": {"Type": "Number", "Default": 128}}}
    template["Resources"]["Api"]["Properties"]["MemorySize"] = {"Ref": "Memory"}
    aws.create("shop", template)

    change = client.changes(template, Parameters=[{"ParameterKey": "Memory", "ParameterValue": "256"}])["Api"]

    assert [(item["ChangeSource"], item["CausingEntity"]) for item in change["Details"]] == [
        ("ParameterReference", "Memory")
    ]


def test_values_are_told_only_if_asked_for_and_never_secret_ones(aws: CloudFormation, client: Client) -> None:
    template = variant() | {"Parameters": {"Key": {"Type": "String", "NoEcho": True}}}
    template["Resources"]["Api"]["Properties"]["Description"] = {"Fn::Sub": "key ${Key}"}
    aws.create("shop", template, Parameters=[{"ParameterKey": "Key", "ParameterValue": "hush-1"}])
    client.propose(template, Parameters=[{"ParameterKey": "Key", "ParameterValue": "hush-2"}])

    plain, full = client.describe(), client.describe(IncludePropertyValues=True)

    assert "BeforeContext" not in json.dumps(plain, default=str)
    assert json.loads(full["Changes"][0]["ResourceChange"]["BeforeContext"])["Properties"]["Description"] == "key ****"
    assert "hush" not in json.dumps(full, default=str)


def test_changed_tags_alone_are_a_change(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", OLD_TEMPLATE, Tags=[{"Key": "stage", "Value": "dev"}])

    changes = client.changes(None, Tags=[])

    assert changes["Orders"]["Scope"] == ["Tags"]
    client.execute()
    assert aws.stack("shop").deployment.tags == {}  # type: ignore[union-attr]


def test_without_changes_it_fails_and_says_so(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", OLD_TEMPLATE)

    shown = client.propose(OLD_TEMPLATE)

    assert (shown["Status"], shown["ExecutionStatus"], shown["StatusReason"]) == ("FAILED", "UNAVAILABLE", NO_CHANGES)
    with pytest.raises(ClientError, match=r"cannot be executed in its current status of \[FAILED\]") as error:
        client.execute()
    assert error.value.response["Error"]["Code"] == "InvalidChangeSetStatus"


def test_changes_come_in_pages(aws: CloudFormation, client: Client) -> None:
    topics = {f"Topic{number}": {"Type": "AWS::SNS::Topic"} for number in range(150)}
    aws.create("shop", OLD_TEMPLATE)

    shown = client.propose(variant(**topics))
    rest = client.describe(NextToken=shown["NextToken"])

    assert (len(shown["Changes"]), len(rest["Changes"])) == (100, 50)
    assert "NextToken" not in rest


def test_executing_runs_the_update_under_the_given_token(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", changed_template())
    client.propose(OLD_TEMPLATE)

    assert client.execute(ClientRequestToken="restore-1") == "UPDATE_COMPLETE"

    assert "Mail" not in aws.stack("shop").resources
    lines = client.api.describe_stack_events(StackName="shop")["StackEvents"]
    assert lines[0]["ClientRequestToken"] == "restore-1"
    assert client.describe()["ExecutionStatus"] == "EXECUTE_COMPLETE"


def test_executing_again_with_the_same_token_changes_nothing(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", changed_template())
    client.propose(OLD_TEMPLATE)
    client.execute(ClientRequestToken="restore-1")
    lines = len(aws.stack("shop").events)

    client.execute(ClientRequestToken="restore-1")

    assert len(aws.stack("shop").events) == lines


def test_executing_deletes_the_other_change_sets(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", changed_template())
    client.propose(OLD_TEMPLATE)
    client.propose(OLD_TEMPLATE, name="other")

    client.execute()

    assert [item["ChangeSetName"] for item in client.api.list_change_sets(StackName="shop")["Summaries"]] == ["back"]
    with pytest.raises(ClientError) as error:
        client.describe("other")
    assert error.value.response["Error"]["Code"] == "ChangeSetNotFound"


def test_an_update_by_somebody_else_makes_a_change_set_obsolete(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", changed_template())
    client.propose(OLD_TEMPLATE)

    aws.update("shop", variant(Extra={"Type": "AWS::SNS::Topic"}))
    client.clock.advance(60)

    assert client.describe()["ExecutionStatus"] == "OBSOLETE"
    with pytest.raises(ClientError, match=r"current execution status of \[OBSOLETE\]"):
        client.execute()


def test_an_execution_that_fails_is_rolled_back(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", changed_template())
    client.propose(OLD_TEMPLATE)
    aws.fail_update("Api", "The code is gone")

    assert client.execute() == "UPDATE_ROLLBACK_COMPLETE"

    assert client.describe()["ExecutionStatus"] == "EXECUTE_FAILED"
    assert aws.stack("shop").resources["Api"].desired.properties["MemorySize"] == 512
    assert "Mail" in aws.stack("shop").resources


def test_a_used_name_is_refused_and_a_repeated_request_is_not(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", changed_template())
    request = {"StackName": "shop", "ChangeSetName": "back", "TemplateBody": json.dumps(OLD_TEMPLATE)}
    first = client.api.create_change_set(**request, ClientToken="one")

    assert client.api.create_change_set(**request, ClientToken="one")["Id"] == first["Id"]
    with pytest.raises(ClientError) as error:
        client.api.create_change_set(**request, ClientToken="two")
    assert error.value.response["Error"]["Code"] == "AlreadyExistsException"


@pytest.mark.parametrize("seeded", ["UPDATE_IN_PROGRESS", "ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"])
def test_a_stack_that_cannot_be_updated_gets_no_change_set(aws: CloudFormation, client: Client, seeded: str) -> None:
    stack = aws.seed_stack("shop", seeded)

    with pytest.raises(ClientError, match=f"{stack.id} is in {seeded} state and can not be updated") as error:
        client.propose(OLD_TEMPLATE)

    assert error.value.response["Error"]["Code"] == "ValidationError"


def test_a_deleted_change_set_is_gone_and_deleting_it_again_is_no_error(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", changed_template())
    client.propose(OLD_TEMPLATE)

    client.api.delete_change_set(StackName="shop", ChangeSetName="back")
    client.api.delete_change_set(StackName="shop", ChangeSetName="back")

    assert client.api.list_change_sets(StackName="shop")["Summaries"] == []


def test_it_is_found_by_its_name_with_the_stacks_arn_and_by_its_own_arn(aws: CloudFormation, client: Client) -> None:
    stack = aws.create("shop", OLD_TEMPLATE)
    made = client.propose(changed_template())["ChangeSetId"]
    ways = ({"StackName": stack.id, "ChangeSetName": "back"}, {"StackName": "shop", "ChangeSetName": made})

    for how in (*ways, {"ChangeSetName": made}):
        assert client.api.describe_change_set(**how)["ChangeSetId"] == made
    assert [item["ChangeSetId"] for item in client.api.list_change_sets(StackName=stack.id)["Summaries"]] == [made]


def test_one_that_never_was_is_no_error_to_delete_by_name_and_one_by_arn(aws: CloudFormation, client: Client) -> None:
    stack = aws.create("shop", OLD_TEMPLATE)

    client.api.delete_change_set(StackName="shop", ChangeSetName="never")

    arn = stack.id.replace(":stack/shop/", ":changeSet/never/")
    with pytest.raises(ClientError, match=r"ChangeSetNotFound.*does not exist"):
        client.api.delete_change_set(ChangeSetName=arn)
    with pytest.raises(ClientError, match=r"Stack \[gone\] does not exist"):
        client.api.delete_change_set(StackName="gone", ChangeSetName="never")


def test_every_event_of_an_execution_carries_its_token(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", OLD_TEMPLATE)
    before = len(aws.stack("shop").events)
    client.propose(changed_template())
    client.execute(ClientRequestToken="rollback-1")

    events = client.api.describe_stack_events(StackName="shop")["StackEvents"]

    assert {line.get("ClientRequestToken") for line in events[:-before]} == {"rollback-1"}


def test_a_changed_type_is_refused(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", variant(Data=table()))

    shown = client.propose(variant(Data={"Type": "AWS::S3::Bucket"}))

    assert shown["Status"] == "FAILED"
    assert "Update of resource type is not permitted" in shown["StatusReason"]


class TestData:
    def test_a_removed_table_takes_its_data_with_it(self, aws: CloudFormation, client: Client) -> None:
        aws.create("shop", variant(Data=table()))
        aws.store("shop", "Data", "1000 customers")
        client.propose(OLD_TEMPLATE)
        assert aws.losses == []

        client.execute(ClientRequestToken="restore-1")

        lost = aws.losses[0]
        assert (lost.logical_id, lost.data, lost.token) == ("Data", "1000 customers", "restore-1")

    def test_a_retained_table_is_kept_outside_the_stack(self, aws: CloudFormation, client: Client) -> None:
        aws.create("shop", variant(Data=table(policy="Retain")))
        aws.store("shop", "Data", "1000 customers")
        client.propose(OLD_TEMPLATE)

        client.execute()

        assert aws.losses == []
        assert [item.data for item in aws.stack("shop").retained] == ["1000 customers"]

    def test_a_replaced_table_is_a_new_empty_one(self, aws: CloudFormation, client: Client) -> None:
        aws.create("shop", variant(Data=table()))
        aws.store("shop", "Data", "1000 customers")
        before = aws.stack("shop").resources["Data"].physical_id
        client.propose(variant(Data=table("other")))

        client.execute()

        assert aws.stack("shop").resources["Data"].physical_id != before
        assert [item.data for item in aws.losses] == ["1000 customers"]
        assert aws.stack("shop").data["Data"] != "1000 customers"

    def test_a_replacement_that_is_rolled_back_loses_nothing(self, aws: CloudFormation, client: Client) -> None:
        aws.create("shop", variant(Data=table()))
        aws.store("shop", "Data", "1000 customers")
        client.propose(variant(Data=table("other"), Extra={"Type": "AWS::SNS::Topic", "DependsOn": "Data"}))
        aws.fail_update("Extra", "Limit exceeded")

        assert client.execute() == "UPDATE_ROLLBACK_COMPLETE"

        assert aws.stack("shop").data["Data"] == "1000 customers"

    def test_a_table_named_by_its_template_cannot_be_replaced(self, aws: CloudFormation, client: Client) -> None:
        aws.create("shop", variant(Data=table(TableName="customers")))
        client.propose(variant(Data=table("other", TableName="customers")))

        assert client.execute() == "UPDATE_ROLLBACK_COMPLETE"

        reasons = {line.reason for line in aws.stack("shop").events}
        assert any("custom-named resource requires replacing" in reason for reason in reasons)

    def test_a_retained_table_of_that_name_is_in_the_way_of_a_new_one(
        self, aws: CloudFormation, client: Client
    ) -> None:
        named = variant(Data=table(policy="Retain", TableName="customers"))
        aws.create("shop", named)
        client.propose(OLD_TEMPLATE)
        client.execute()
        client.propose(named, name="again")

        assert client.execute("again") == "UPDATE_ROLLBACK_COMPLETE"

        assert any("already exists" in line.reason for line in aws.stack("shop").events)


def test_one_that_is_worked_out_during_an_update_fails(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", changed_template())
    request = {"StackName": "shop", "ChangeSetName": "back", "TemplateBody": json.dumps(OLD_TEMPLATE)}
    client.api.create_change_set(**request)

    aws.update("shop", variant(Extra={"Type": "AWS::SNS::Topic"}), resource_seconds=60)
    client.clock.advance(5)

    assert client.describe()["Status"] == "FAILED"


def test_five_hundred_resources_are_changed_quickly(aws: CloudFormation, client: Client) -> None:
    def queues(seconds: int) -> dict[str, Any]:
        about = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": seconds}}
        return {"Resources": {f"Queue{number}": about for number in range(500)}}

    aws.create("shop", queues(1))
    started = time.perf_counter()

    first = client.propose(queues(2))
    status = client.execute()

    assert (len(first["Changes"]), status) == (100, "UPDATE_COMPLETE")
    assert time.perf_counter() - started < 5


def test_replacements_spread_along_references(aws: CloudFormation, client: Client) -> None:
    def secret(name: Any) -> dict[str, Any]:
        return {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": name}}

    users = {"First": secret({"Ref": "Data"}), "Second": secret({"Fn::Sub": "${First}-2"})}
    aws.create("shop", variant(Data=table(), **users))
    before = {name: item.physical_id for name, item in aws.stack("shop").resources.items()}

    changes = client.changes(variant(Data=table("other"), **users))
    client.execute()

    told = {name: change["Replacement"] for name, change in changes.items()}
    assert told == {"Data": "True", "First": "Conditional", "Second": "Conditional"}
    after = {name: item.physical_id for name, item in aws.stack("shop").resources.items()}
    assert {name for name in after if after[name] != before[name]} == {"Data", "First", "Second"}


class TestRolledBack:
    """What becomes of resources that an update had made when it failed."""

    def roll_back(self, aws: CloudFormation, client: Client, **how: Any) -> None:
        failing = {"Type": "AWS::SNS::Topic", "DependsOn": "Data"}
        client.propose(variant(Data=how.pop("after"), Extra=failing))
        aws.fail_update("Extra", "Limit exceeded")
        assert client.execute(**how) == "UPDATE_ROLLBACK_COMPLETE"

    def test_the_new_resource_of_a_replacement_is_deleted(self, aws: CloudFormation, client: Client) -> None:
        before = aws.create("shop", variant(Data=table())).resources["Data"].physical_id

        self.roll_back(aws, client, after=table("other"))

        gone = {line.physical_id for line in aws.stack("shop").events if line.status == "DELETE_COMPLETE"}
        assert any(item.startswith("shop-Data-") and item != before for item in gone)
        assert before not in gone

    @pytest.mark.parametrize(
        ("policy", "options", "kept"),
        [
            ("Retain", {}, 1),
            ("Retain", {"RetainExceptOnCreate": True}, 0),
            ("RetainExceptOnCreate", {}, 0),
            ("Delete", {}, 0),
        ],
    )
    def test_an_added_one_stays_only_if_its_policy_says_so(
        self, aws: CloudFormation, client: Client, policy: str, options: dict[str, Any], kept: int
    ) -> None:
        aws.create("shop", OLD_TEMPLATE)

        self.roll_back(aws, client, after={**table(), "DeletionPolicy": policy}, **options)

        assert len(aws.stack("shop").retained) == kept
