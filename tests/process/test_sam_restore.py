"""A SAM application of 200 resources and some 210 KB, recorded, deployed badly, and brought back byte for byte."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.process.releases import (
    ARTIFACTS,
    IN_S3,
    PASSWORD_NOW,
    PASSWORD_THEN,
    SNAPSHOTS,
    buckets,
    given,
    restore,
    snapshot,
    state,
    table,
    tags,
    topic,
    wait,
    without_secrets,
)
from tests.process.shop import STACK

if TYPE_CHECKING:
    from tests.process.shop import Shop

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


def sam(resources: dict[str, Any]) -> str:
    parameters = {
        "Stage": {"Type": "String"},
        "Password": {"Type": "String", "NoEcho": True},
        "Image": {"Type": "AWS::SSM::Parameter::Value<String>"},
    }
    body = {"Transform": "AWS::Serverless-2016-10-31", "Parameters": parameters, "Resources": resources}
    return json.dumps(body, indent=1)


def function(version: str, comment: str = "") -> dict[str, Any]:
    return {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "Handler": "index.handler",
            "Runtime": "nodejs22.x",
            "Role": "arn:aws:iam::123456789012:role/shop",
            "CodeUri": f"s3://{ARTIFACTS}/api/{version}.zip",
            "Description": f"{comment}{'x' * 850}"[:256],
            "Environment": {
                "Variables": {"NOTE": "n" * 700, "STAGE": {"Ref": "Stage"}, "PASSWORD": {"Ref": "Password"}}
            },
        },
    }


def good() -> str:
    functions = {f"Function{number}": function("1") for number in range(190)}
    tables = {f"Table{number}": table() for number in range(10)}
    return sam({**functions, **tables})


def bad() -> str:
    """Return the release that fails: ten functions changed, ten removed, topics added; the tables are as they were."""
    functions = {f"Function{number}": function("2" if number < 10 else "1") for number in range(180)}
    tables = {f"Table{number}": table() for number in range(10)}
    return sam({**functions, **tables, **{f"Topic{number}": topic(f"t{number}") for number in range(10)}})


def test_a_large_sam_application_comes_back_byte_for_byte(shop: Shop) -> None:
    buckets(shop)
    shop.sandbox.services.put_parameter("/shop/ami", "ami-1")
    cloudformation = shop.sandbox.cloudformation
    values = {"Stage": "development", "Image": "/shop/ami"}
    cloudformation.create(
        STACK,
        good(),
        Parameters=given(**values, Password=PASSWORD_THEN),
        Tags=tags(team="shop"),
        Capabilities=CAPABILITIES,
    )
    for number in range(10):
        cloudformation.store(STACK, f"Table{number}", f"{number} customers")
    before = state(shop)
    assert len(before["template"]) > 205_000
    assert snapshot(shop)["outcome"] == "snapshot-saved"
    assert [key for key in shop.sandbox.services.object_keys(SNAPSHOTS) if key.endswith(".template")]

    cloudformation.update(
        STACK,
        bad(),
        Parameters=given(Stage="production", Image="/shop/ami", Password=PASSWORD_NOW),
        Tags=tags(team="shop", trial="yes"),
        Capabilities=CAPABILITIES,
    )
    wait(shop)
    shop.sandbox.services.put_parameter("/shop/ami", "ami-2")
    ran = restore(shop, IN_S3)

    assert ran.ended == ("rolled-back", "skipped", "rolled-back"), ran.log
    after = state(shop)
    assert after["template"] == before["template"]
    assert {name: without_secrets({"of": after[name]}) for name in after} == {
        name: without_secrets({"of": before[name]}) for name in before
    }
    assert cloudformation.losses == []
    assert [cloudformation.stack(STACK).resources[f"Table{number}"].data for number in range(10)] == [
        f"{number} customers" for number in range(10)
    ]
    assert shop.change_sets() == []
    assert "SSM parameter /shop/ami" in ran.told
