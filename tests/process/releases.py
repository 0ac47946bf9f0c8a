"""Two releases of the shop's stack, and what is to be equal after the first was restored over the second."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.process.shop import STACK

if TYPE_CHECKING:
    from tests.process.shop import Ran, Shop

ARTIFACTS, SNAPSHOTS = "shop-artifacts", "shop-snapshots"
IN_S3 = f"s3://{SNAPSHOTS}/good.json"
IN_FILE = "out/good.json"
PASSWORD_THEN, PASSWORD_NOW = "hunter2-of-the-good-release", "hunter3-of-the-bad-release"


def table(*, key: str = "id", policy: str = "Retain") -> dict[str, Any]:
    return {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": policy,
        "UpdateReplacePolicy": policy,
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        },
    }


def function(version: str, memory: int) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "nodejs22.x",
            "Handler": "index.handler",
            "Role": "arn:aws:iam::123456789012:role/shop-api",
            "MemorySize": memory,
            "Code": {"S3Bucket": ARTIFACTS, "S3Key": f"api/{version}.zip"},
            "Environment": {"Variables": {"STAGE": {"Ref": "Stage"}, "PASSWORD": {"Ref": "Password"}}},
        },
    }


def topic(name: str) -> dict[str, Any]:
    return {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": name}}


def template(resources: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    usual = {"Stage": {"Type": "String"}, "Password": {"Type": "String", "NoEcho": True}}
    return {"AWSTemplateFormatVersion": "2010-09-09", "Parameters": {**usual, **parameters}, "Resources": resources}


GOOD_RESOURCES: dict[str, Any] = {"Orders": table(), "Api": function("1", 256), "News": topic("news")}
BAD_RESOURCES: dict[str, Any] = {"Orders": table(), "Api": function("2", 512), "Alerts": topic("alerts")}


def given(**parameters: str) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]


def tags(**values: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


def buckets(shop: Shop) -> None:
    """Make the buckets for artifacts and snapshots, with both releases' code."""
    for bucket in (ARTIFACTS, SNAPSHOTS):
        shop.sandbox.services.create_bucket(bucket)
    for version in ("1", "2"):
        shop.sandbox.services.put_object(ARTIFACTS, f"api/{version}.zip", b"zip")


def deploy_good(shop: Shop, resources: dict[str, Any] | None = None, **parameters: Any) -> None:
    """Deploy the good release. Its text has a blank at the end of a line, and no new line at its end."""
    text = json.dumps(template(resources or GOOD_RESOURCES, **parameters), indent=1).replace("{\n", "{ \n", 1)
    values = {name: "/shop/ami" for name, kind in parameters.items() if kind["Type"].startswith("AWS::SSM")}
    shop.sandbox.cloudformation.create(
        STACK,
        text,
        Parameters=given(Stage="development", Password=PASSWORD_THEN, **values),
        Tags=tags(team="shop", cost="1"),
        Capabilities=["CAPABILITY_IAM"],
    )


def deploy_bad(shop: Shop, resources: dict[str, Any] | None = None, **parameters: Any) -> None:
    """Deploy the bad release over it: changed, added and removed resources, parameters, tags; wait for its end."""
    values = {name: "/shop/ami" for name, kind in parameters.items() if kind["Type"].startswith("AWS::SSM")}
    shop.sandbox.cloudformation.update(
        STACK,
        template(resources or BAD_RESOURCES, Flag={"Type": "String", "Default": "on"}, **parameters),
        Parameters=given(Stage="production", Password=PASSWORD_NOW, **values),
        Tags=tags(team="shop", release="2"),
        Capabilities=["CAPABILITY_IAM"],
    )
    wait(shop)
    assert shop.status() == "UPDATE_COMPLETE"


def wait(shop: Shop, seconds: float = 3600.0) -> None:
    assert shop.clock is not None
    shop.clock.advance(seconds)


def state(shop: Shop, name: str = STACK) -> dict[str, Any]:
    """Return what a restore has to bring back, as the embedded AWS itself has it."""
    stack = shop.sandbox.cloudformation.stack(name)
    assert stack.deployment is not None
    described = shop.sandbox.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    return {
        "template": stack.deployment.original,
        "parameters": {one["ParameterKey"]: one["ParameterValue"] for one in described.get("Parameters", [])},
        "tags": {one["Key"]: one["Value"] for one in described.get("Tags", [])},
        "resources": {one.logical_id: one.desired.properties for one in stack.resources.values()},
        "role": described.get("RoleARN"),
        "topics": described.get("NotificationARNs"),
    }


def without_secrets(of: dict[str, Any]) -> str:
    """Return the state as text, the NoEcho parameter's value left out: a restore can't bring that one back."""
    return json.dumps(of, sort_keys=True).replace(PASSWORD_THEN, "****").replace(PASSWORD_NOW, "****")


def snapshot(shop: Shop, where: str = IN_S3, **inputs: Any) -> Ran:
    """Record the last known good, as the run does before it deploys."""
    given_inputs = {"mode": "snapshot", "job_results": "", "stack_name": STACK, "snapshot": where, **inputs}
    return shop.run(**given_inputs)


def restore(shop: Shop, where: str = IN_S3, **inputs: Any) -> Ran:
    """Roll back with the snapshot."""
    return shop.run(**{"stack_name": STACK, "snapshot": where, **inputs})


def incident(shop: Shop, where: str = IN_S3) -> dict[str, Any]:
    """Deploy the good release, record it, deploy the bad one; return the good one's state."""
    buckets(shop)
    deploy_good(shop)
    good = state(shop)
    assert snapshot(shop, where)["outcome"] == "snapshot-saved"
    deploy_bad(shop)
    return good
