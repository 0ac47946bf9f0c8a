"""ministack, a second AWS that others wrote: every way back of a stack is played on it."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tests.witnesses import shop
from tests.witnesses.other_aws import REGION, Stacks, free_port, served
from tests.witnesses.stage import Stage, same
from tests.witnesses.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Iterator

_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


def _release(which: str) -> dict[str, Any]:
    parameters, tags = (
        (shop.GOOD_PARAMETERS, shop.GOOD_TAGS) if which == "good" else (shop.BAD_PARAMETERS, shop.BAD_TAGS)
    )
    return {
        "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        "Tags": [{"Key": name, "Value": value} for name, value in tags.items()],
    }


def _restore(stage: Stage) -> None:
    stacks = Stacks(stage.environment)
    stacks.create(shop.STACK, shop.good(), **_release("good"))
    before = stacks.seen(shop.STACK)
    stage.act("snapshot-saved", mode="snapshot", stack_name=shop.STACK, snapshot="good.json")
    stacks.update(shop.STACK, shop.bad(), **_release("bad"))
    stage.act("rolled-back", stack_name=shop.STACK, snapshot="good.json")
    same("the stack", stacks.seen(shop.STACK), before)
    stage.act("not-needed", stack_name=shop.STACK, snapshot="good.json")


def _guard(stage: Stage) -> None:
    """Have the bad release remove nothing, and the good one no table: restoring would delete one with an item."""
    stacks = Stacks(stage.environment)
    good = {"Resources": {"News": _topic("news")}}
    bad = {"Resources": {"News": _topic("new news"), "Orders": shop.good()["Resources"]["Orders"]}}
    stacks.create("guarded", good)
    stage.act("snapshot-saved", mode="snapshot", stack_name="guarded", snapshot="guarded.json")
    stacks.update("guarded", bad)
    table = stacks.id_of("guarded", "Orders")
    stacks.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "1"}})
    acted = stage.act("failed", stack_name="guarded", snapshot="guarded.json")
    same("the stack's result", acted.outputs["stack-result"], "refused")
    same("the table's items", stacks.client("dynamodb").scan(TableName=table)["Count"], 1)
    stage.act("rolled-back", stack_name="guarded", snapshot="guarded.json", allow_destructive="true")
    same("the resources", stacks.seen("guarded")["resources"], ["News"])


def _cancel(stage: Stage) -> None:
    stacks = Stacks(stage.environment)
    handle = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
    good = {"Resources": {"Handle": handle, "News": _topic("news")}}
    waits = {"Type": "AWS::CloudFormation::WaitCondition", "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "60"}}
    late = {**_topic("late"), "DependsOn": "Wait"}
    stacks.create("cancelled", good)
    before = stacks.seen("cancelled")
    url = stacks.id_of("cancelled", "Handle")
    bad = {"Resources": {"Handle": handle, "News": _topic("bad news"), "Wait": waits, "Late": late}}
    stacks.update("cancelled", bad, end="UPDATE_IN_PROGRESS")
    # ministack sees the cancelling when the next resource is due, so the wait ends once it was asked for.
    later = threading.Timer(2, _signal, [url])
    acted = stage.act("rolled-back", when=("cancel the update", later.start), stack_name="cancelled", force="true")
    same("the stack's status", acted.outputs["stack-status"], "UPDATE_ROLLBACK_COMPLETE")
    same("the stack", stacks.seen("cancelled"), before)


def _left_failed(stage: Stage) -> None:
    stacks = Stacks(stage.environment)
    stacks.create("left", {"Resources": {"News": _topic("news"), "Handle": _handle()}})
    before = stacks.seen("left")
    stacks.update("left", _failing("left"), end="UPDATE_FAILED", DisableRollback=True)
    stage.act("rolled-back", stack_name="left", force="true")
    same("the stack", stacks.seen("left"), before)


def _skip(stage: Stage) -> None:
    """Have the policy's role gone behind CloudFormation's back, so that the policy can't be put back as it was."""
    stacks = Stacks(stage.environment)
    iam = stacks.client("iam")
    iam.create_role(RoleName="guest", AssumeRolePolicyDocument=json.dumps(_document("sts:AssumeRole")))
    more: dict[str, Any] = {"Capabilities": _CAPABILITIES}
    stacks.create("stuck", {"Resources": {"News": _policy("sns:Publish"), "Handle": _handle()}}, **more)
    bad = _failing("stuck", seconds=15)
    bad["Resources"]["News"] = _policy("sns:Subscribe")
    stacks.update("stuck", bad, end="UPDATE_IN_PROGRESS", **more)
    time.sleep(2)
    iam.delete_role_policy(RoleName="guest", PolicyName="news")
    iam.delete_role(RoleName="guest")
    stacks.rests("stuck", "UPDATE_ROLLBACK_FAILED")
    acted = stage.act("rolled-back", stack_name="stuck", force="true", resources_to_skip="News")
    same("what was skipped", acted.report["stacks"][0]["skipped"], ["News"])
    same("the stack's status", stacks.look("stuck")["StackStatus"], "UPDATE_ROLLBACK_COMPLETE")


def _nested(stage: Stage) -> None:
    stacks = Stacks(stage.environment)
    s3 = stacks.client("s3")
    s3.create_bucket(Bucket="templates", CreateBucketConfiguration={"LocationConstraint": REGION})
    for version in ("good", "bad"):
        child = {"Resources": {"News": _topic(f"{version} news")}}
        s3.put_object(Bucket="templates", Key=f"{version}.json", Body=json.dumps(child).encode())
    stacks.create("parent", _parent("good"))
    inner = stacks.id_of("parent", "Child")
    before = stacks.seen(inner)
    stage.act("snapshot-saved", mode="snapshot", stack_name="parent", snapshot="parent.json")
    stacks.update("parent", _parent("bad"))
    # It makes no change sets of nested stacks, so nothing tells what a restore would do inside.
    acted = stage.act("failed", stack_name="parent", snapshot="parent.json", allow_destructive="true")
    same("the stack's result", acted.outputs["stack-result"], "refused")
    stacks.update("parent", _parent("good"))
    waiting = _failing("parent")["Resources"]
    late = {**_parent("bad")["Resources"], "Handle": _handle(), "Wait": {**waiting["Wait"], "DependsOn": ["Child"]}}
    stacks.update("parent", {"Resources": late}, end="UPDATE_FAILED", DisableRollback=True)
    stage.act("rolled-back", stack_name="parent", force="true")
    same("the nested stack", stacks.seen(inner), before)


def _sam(stage: Stage) -> None:
    stacks = Stacks(stage.environment)
    more: dict[str, Any] = {"Capabilities": _CAPABILITIES}
    stacks.create("serverless", _serverless("good"), **more)
    before = stacks.seen("serverless")
    stage.act("snapshot-saved", mode="snapshot", stack_name="serverless", snapshot="serverless.json")
    stacks.update("serverless", _serverless("bad"), **more)
    stage.act("rolled-back", stack_name="serverless", snapshot="serverless.json")
    same("the stack", stacks.seen("serverless"), before)


def _faults(stage: Stage) -> None:
    """Say which of its two known faults upstream has mended; the action's own calls meet neither."""
    stacks = Stacks(stage.environment)
    stacks.create("faulty", {"Resources": {"News": _topic("news")}})
    cloudformation, arn = stacks.cloudformation, stacks.look("faulty")["StackId"]
    made = [
        cloudformation.create_change_set(
            StackName="faulty", ChangeSetName="twice", TemplateBody=json.dumps({"Resources": {"News": _topic(name)}})
        )["Id"]
        for name in _until_refused(cloudformation)
    ]
    found = cloudformation.list_change_sets(StackName=arn)["Summaries"]
    arns = "still lists no change sets by the stack's ARN" if not found else "lists change sets by the stack's ARN now"
    names = "still takes a name twice" if len(set(made)) > 1 else "refuses a second change set of a name now"
    stage.note(f"ministack {arns}, and {names}; the action meets neither, as it goes by its change set's own ARN")


def _until_refused(cloudformation: Any) -> Iterator[str]:
    yield "first"
    try:
        cloudformation.create_change_set(
            StackName="faulty", ChangeSetName="twice", TemplateBody=json.dumps({"Resources": {"News": _topic("trial")}})
        )
    except ClientError:
        return
    yield "second"


def _signal(url: str) -> None:
    body = json.dumps({"Status": "SUCCESS", "UniqueId": "1", "Reason": "done", "Data": ""}).encode()
    urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": ""}, method="PUT"), timeout=10).close()


def _topic(name: str) -> dict[str, Any]:
    return {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": name}}


def _document(action: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def _policy(action: str) -> dict[str, Any]:
    properties = {"PolicyName": "news", "Roles": ["guest"], "PolicyDocument": _document(action)}
    return {"Type": "AWS::IAM::Policy", "Properties": properties}


def _handle() -> dict[str, Any]:
    return {"Type": "AWS::CloudFormation::WaitConditionHandle"}


def _failing(name: str, seconds: int = 4) -> dict[str, Any]:
    """Return a release that changes the news, and then waits some seconds for a signal that never comes."""
    waits = {
        "Type": "AWS::CloudFormation::WaitCondition",
        "DependsOn": ["News"],
        "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": str(seconds)},
    }
    return {"Resources": {"News": _topic(f"bad {name}"), "Handle": _handle(), "Wait": waits}}


def _parent(version: str) -> dict[str, Any]:
    url = f"https://s3.{REGION}.amazonaws.com/templates/{version}.json"
    return {"Resources": {"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}}}


def _serverless(version: str) -> dict[str, Any]:
    code = f"exports.handler = async () => '{version}'"
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {"Handler": "index.handler", "Runtime": "nodejs22.x", "InlineCode": code},
    }
    return {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Api": function}}


def _on_ministack(scene: Any) -> Any:
    def play(stage: Stage) -> None:
        port = free_port()
        settings = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "MINISTACK_REGION": REGION}
        with served([str(stage.home / "bin" / "ministack")], stage.folder, settings, port) as environment:
            scene(Stage(stage.home, stage.folder, environment, notes=stage.notes))

    return play


WITNESS = Witness(
    "ministack",
    "ministack",
    "a second AWS",
    {
        sentence: _on_ministack(scene)
        for sentence, scene in {
            "restore: resources changed, added, removed; parameters; tags": _restore,
            "the guard refuses, and lets go where it may": _guard,
            "an update under way is cancelled": _cancel,
            "a failed update left in place: RollbackStack": _left_failed,
            "a rollback that is stuck: continued with a skip": _skip,
            "a nested stack: what can't be read is refused, a failed update rolled back": _nested,
            "restore of a SAM application": _sam,
            "its two known faults": _faults,
        }.items()
    },
)
