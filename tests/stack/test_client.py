"""The door to CloudFormation, against the embedded AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rollback.aws import Aws
from rollback.engine.trouble import Rejected
from rollback.stack.client import CloudFormation
from rollback.stack.model import STACK_TYPE, Parameter
from rollback.stack.record import ParameterSnapshot
from sandbox import AwsError, Fault, Kind

if TYPE_CHECKING:
    from sandbox import ManualClock, Sandbox

pytestmark = pytest.mark.usefixtures("aws_environment")
TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "news"}}


@pytest.fixture
def door() -> CloudFormation:
    return CloudFormation(Aws("us-west-2"))


def template(resources: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    return {"Parameters": parameters, "Resources": resources} if parameters else {"Resources": resources}


def test_a_stack_is_described_in_our_words(sandbox: Sandbox, door: CloudFormation) -> None:
    topics = ["arn:aws:sns:us-west-2:123456789012:deployments"]
    sandbox.cloudformation.create(
        "shop",
        template({"News": TOPIC}, Stage={"Type": "String"}, Password={"Type": "String", "NoEcho": True}),
        Parameters=[
            {"ParameterKey": "Stage", "ParameterValue": "dev"},
            {"ParameterKey": "Password", "ParameterValue": "hunter2"},
        ],
        Tags=[{"Key": "team", "Value": "shop"}],
        Capabilities=["CAPABILITY_IAM"],
        NotificationARNs=topics,
    )
    stack = door.describe("shop")
    assert stack is not None
    assert (stack.name, stack.status, stack.root_id) == ("shop", "CREATE_COMPLETE", None)
    assert stack.parameters == {"Stage": Parameter("dev"), "Password": Parameter("****")}
    assert stack.tags == {"team": "shop"}
    assert (stack.capabilities, stack.notification_arns) == (("CAPABILITY_IAM",), tuple(topics))
    assert door.describe(stack.id) == stack
    assert door.parameters(stack) == {
        "Stage": ParameterSnapshot(value="dev"),
        "Password": ParameterSnapshot(no_echo=True),
    }


def test_a_stack_that_does_not_exist_is_none(door: CloudFormation) -> None:
    assert door.describe("nothing-here") is None


@pytest.mark.parametrize(
    "text",
    [
        '{ "Resources": {"News": {"Type": "AWS::SNS::Topic"}} }  \n',
        "Resources:\n  News: # really?\n    Type: AWS::SNS::Topic\n\n",
        "Resources:\r\n  News:\r\n    Type: AWS::SNS::Topic\r\n",
    ],
)
def test_a_template_is_read_byte_for_byte(sandbox: Sandbox, door: CloudFormation, text: str) -> None:
    stack = sandbox.cloudformation.create("shop", text)
    assert stack.deployment is not None
    assert door.template(stack.id) == stack.deployment.original
    assert json.dumps(door.template(stack.id)) == json.dumps(text)


def test_events_are_read_newest_first_and_no_further_than_needed(sandbox: Sandbox, door: CloudFormation) -> None:
    stack = sandbox.cloudformation.seed_stack("shop", "UPDATE_COMPLETE", history_events=950)
    newest = door.events(stack.id, lambda found: len(found) >= 150)
    assert len(newest) == 200
    assert newest[0].is_stack_level
    assert newest[0].status == "UPDATE_COMPLETE"
    assert [event.at for event in newest] == sorted((event.at for event in newest), reverse=True)
    assert sandbox.operations().count("DescribeStackEvents") == 2
    everything = door.events(stack.id, lambda _: False)
    assert len({event.id for event in everything}) == len(everything) > 950


def test_all_pages_of_resources_are_read(sandbox: Sandbox, door: CloudFormation) -> None:
    stack = sandbox.cloudformation.create("shop", template({f"T{number}": TOPIC for number in range(230)}))
    assert len(door.resources(stack.id)) == 230
    assert {resource.type for resource in door.resources(stack.id)} == {"AWS::SNS::Topic"}


def test_a_stack_without_a_policy_has_an_empty_one(sandbox: Sandbox, door: CloudFormation) -> None:
    stack = sandbox.cloudformation.create("shop", template({"News": TOPIC}))
    assert door.stack_policy(stack.id) == ""
    policy = '{"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}'
    sandbox.client("cloudformation").set_stack_policy(StackName="shop", StackPolicyBody=policy)
    assert door.stack_policy(stack.id) == policy


def test_a_change_set_is_read_with_all_pages_of_its_changes(
    sandbox: Sandbox, clock: ManualClock, door: CloudFormation
) -> None:
    stack = sandbox.cloudformation.create("shop", template({"News": TOPIC}))
    more = json.dumps(template({"News": TOPIC, **{f"T{number}": TOPIC for number in range(250)}}))
    arn = door.create_change_set(stack.id, "ours", {"TemplateBody": more})
    clock.advance(60)
    change_set = door.change_set(stack.id, arn)
    assert change_set is not None
    assert (change_set.status, change_set.execution_status) == ("CREATE_COMPLETE", "AVAILABLE")
    assert len(change_set.changes) == 250
    assert {change.action for change in change_set.changes} == {"Add"}
    assert sandbox.operations().count("DescribeChangeSet") == 3


def test_a_change_set_shows_the_changes_in_nested_stacks(
    sandbox: Sandbox, clock: ManualClock, door: CloudFormation
) -> None:
    sandbox.services.create_bucket("templates")
    urls = []
    for number, name in enumerate(("Orders", "Baskets")):
        key = f"{number}.json"
        table = {"Type": "AWS::S3::Bucket"}
        sandbox.services.put_object("templates", key, json.dumps(template({name: table})))
        urls.append(f"https://templates.s3.us-west-2.amazonaws.com/{key}")
    parents = [template({"Child": {"Type": STACK_TYPE, "Properties": {"TemplateURL": url}}}) for url in urls]
    stack = sandbox.cloudformation.create("shop", parents[0])
    door.create_change_set(stack.id, "ours", {"TemplateBody": json.dumps(parents[1])})
    clock.advance(60)
    change_set = door.change_set(stack.id, "ours")
    assert change_set is not None
    assert {(change.action, change.logical_id) for change in change_set.changes} == {
        ("Modify", "Child"),
        ("Remove", "Orders"),
        ("Add", "Baskets"),
    }


def test_an_empty_change_set_is_known_by_its_reason(sandbox: Sandbox, clock: ManualClock, door: CloudFormation) -> None:
    text = json.dumps(template({"News": TOPIC}))
    stack = sandbox.cloudformation.create("shop", text)
    door.create_change_set(stack.id, "ours", {"TemplateBody": text})
    clock.advance(60)
    change_set = door.change_set(stack.id, "ours")
    assert change_set is not None
    assert change_set.is_empty


def test_a_change_set_that_is_not_there_is_none_and_deleting_it_is_no_error(
    sandbox: Sandbox, door: CloudFormation
) -> None:
    stack = sandbox.cloudformation.create("shop", template({"News": TOPIC}))
    assert door.change_set(stack.id, "ours") is None
    door.delete_change_set(stack.id, "ours")
    gone = AwsError("ChangeSetNotFound", "ChangeSet [ours] does not exist", 404)
    sandbox.faults.add(Fault("DeleteChangeSet", Kind.DENIED, error=gone))
    door.delete_change_set(stack.id, "ours")


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (lambda door, stack: door.cancel_update(stack, "t1"), "CancelUpdateStack cannot be called from current stack"),
        (
            lambda door, stack: door.continue_rollback(stack, "t1", ("News",), None),
            "RollbackUpdatedStack cannot be called from current stack status",
        ),
        (lambda door, stack: door.roll_back(stack, "t1", None), "RollbackStack cannot be called from current stack"),
    ],
)
def test_a_write_in_the_wrong_status_is_rejected_in_awss_words(
    sandbox: Sandbox, door: CloudFormation, write: Any, says: str
) -> None:
    stack = sandbox.cloudformation.create("shop", template({"News": TOPIC}))
    with pytest.raises(Rejected) as rejected:
        write(door, stack.id)
    assert rejected.value.says(says)
