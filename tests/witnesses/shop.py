"""A small shop as plain CloudFormation: its good release, and a bad one that changes, adds and removes resources."""

from __future__ import annotations

import json
from typing import Any

STACK = "shop"
GOOD_PARAMETERS = {"Stage": "development"}
BAD_PARAMETERS = {"Stage": "broken"}
GOOD_TAGS = {"team": "shop", "release": "1"}
BAD_TAGS = {"team": "shop", "release": "2"}


def good() -> dict[str, Any]:
    """The release that works."""
    return _template(
        Orders=_table(),
        Jobs={"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 30}},
        News={"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "news"}},
        Greeting=_parameter("hello"),
    )


def bad() -> dict[str, Any]:
    """The release that fails its smoke tests: a queue and a parameter changed, the topic gone, another one new."""
    return _template(
        Orders=_table(),
        Jobs={"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 60}},
        Greeting=_parameter("goodbye"),
        Alerts={"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "alerts"}},
    )


def text(template: dict[str, Any]) -> str:
    """Return the template as people write it."""
    return json.dumps(template, indent=2)


def _template(**resources: dict[str, Any]) -> dict[str, Any]:
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {"Stage": {"Type": "String"}},
        "Resources": resources,
        "Outputs": {"Table": {"Value": {"Ref": "Orders"}}},
    }


def _table() -> dict[str, Any]:
    return {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        },
    }


def _parameter(value: str) -> dict[str, Any]:
    return {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Name": "/shop/greeting", "Type": "String", "Value": {"Fn::Sub": f"{value} ${{Stage}}"}},
    }
