"""Which objects in S3 a template needs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollback.stack.artifacts import Artifact, artifacts, parse
from rollback.stack.record import ParameterSnapshot
from tests.stack.given import record


def found(type_: str, properties: dict[str, Any], **parameters: str) -> tuple[Artifact, ...]:
    template = json.dumps({"Resources": {"Api": {"Type": type_, "Properties": properties}}})
    values = {name: ParameterSnapshot(value=value) for name, value in parameters.items()}
    return artifacts(record(template=template, parameters=values))


@pytest.mark.parametrize(
    ("type_", "properties", "artifact"),
    [
        (
            "AWS::Lambda::Function",
            {"Code": {"S3Bucket": "code", "S3Key": "api/1.zip"}},
            Artifact("Api", "code", "api/1.zip"),
        ),
        (
            "AWS::Lambda::Function",
            {"Code": {"S3Bucket": "code", "S3Key": "api.zip", "S3ObjectVersion": "v3"}},
            Artifact("Api", "code", "api.zip", "v3"),
        ),
        (
            "AWS::Lambda::LayerVersion",
            {"Content": {"S3Bucket": "code", "S3Key": "layer.zip"}},
            Artifact("Api", "code", "layer.zip"),
        ),
        ("AWS::Serverless::Function", {"CodeUri": "s3://code/api.zip"}, Artifact("Api", "code", "api.zip")),
        (
            "AWS::Serverless::Function",
            {"CodeUri": {"Bucket": "code", "Key": "api.zip", "Version": "v3"}},
            Artifact("Api", "code", "api.zip", "v3"),
        ),
        ("AWS::Serverless::LayerVersion", {"ContentUri": "s3://code/l.zip"}, Artifact("Api", "code", "l.zip")),
        (
            "AWS::CloudFormation::Stack",
            {"TemplateURL": "https://templates.s3.us-west-2.amazonaws.com/net/child%20one.yaml"},
            Artifact("Api", "templates", "net/child one.yaml", nested=True),
        ),
        (
            "AWS::CloudFormation::Stack",
            {"TemplateURL": "https://s3.amazonaws.com/templates/child.yaml"},
            Artifact("Api", "templates", "child.yaml", nested=True),
        ),
        (
            "AWS::CloudFormation::Stack",
            {"TemplateURL": "https://my.dotted.bucket.s3-us-west-2.amazonaws.com/child.yaml"},
            Artifact("Api", "my.dotted.bucket", "child.yaml", nested=True),
        ),
        (
            "AWS::Serverless::Application",
            {"Location": "https://s3.cn-north-1.amazonaws.com.cn/templates/app.yaml"},
            Artifact("Api", "templates", "app.yaml", nested=True),
        ),
    ],
)
def test_each_kind_of_place_is_found(type_: str, properties: dict[str, Any], artifact: Artifact) -> None:
    assert found(type_, properties) == (artifact,)


def test_parameters_are_filled_in() -> None:
    properties = {"Code": {"S3Bucket": {"Ref": "Bucket"}, "S3Key": {"Fn::Sub": "api/${Build}.zip"}}}
    assert found("AWS::Lambda::Function", properties, Bucket="code", Build="7") == (
        Artifact("Api", "code", "api/7.zip"),
    )


@pytest.mark.parametrize(
    "key",
    [{"Fn::ImportValue": "Key"}, {"Ref": "AWS::StackName"}, {"Fn::Sub": "${AWS::Region}.zip"}, {"Fn::If": []}, 7, None],
)
def test_what_only_cloudformation_can_evaluate_is_left_out(key: object) -> None:
    assert found("AWS::Lambda::Function", {"Code": {"S3Bucket": "code", "S3Key": key}}) == ()


@pytest.mark.parametrize(
    ("type_", "properties"),
    [
        ("AWS::Lambda::Function", {"Code": {"ZipFile": "exports.handler = 1"}}),
        ("AWS::Lambda::Function", {"Code": {"ImageUri": "123456789012.dkr.ecr.us-west-2.amazonaws.com/api:1"}}),
        ("AWS::Serverless::Function", {"CodeUri": "./src"}),
        ("AWS::CloudFormation::Stack", {"TemplateURL": "https://example.com/child.yaml"}),
        ("AWS::SNS::Topic", {"Code": {"S3Bucket": "code", "S3Key": "api.zip"}}),
    ],
)
def test_what_lies_elsewhere_is_left_out(type_: str, properties: dict[str, Any]) -> None:
    assert found(type_, properties) == ()


def test_a_processed_template_tells_more_than_the_original() -> None:
    processed = {"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {}}}}}
    processed["Resources"]["F"]["Properties"] = {"Code": {"S3Bucket": "code", "S3Key": "f.zip"}}
    assert artifacts(record(template="{}", processed_template=json.dumps(processed))) == (
        Artifact("F", "code", "f.zip"),
    )


@pytest.mark.parametrize("text", ["", "[]", "null", "Resources: []", "Resources:\n  A: 1", "a: [", "\0", "&a [*a]"])
def test_a_template_that_is_none_names_nothing(text: str) -> None:
    assert artifacts(record(template=text)) == ()


def test_short_tags_become_the_long_form() -> None:
    text = "A: !Ref B\nC: !Sub 'x-${D}'\nE: !GetAtt F.G\nH: !Join ['', [a, !Ref B]]\nI: !Condition J\n"
    assert parse(text) == {
        "A": {"Ref": "B"},
        "C": {"Fn::Sub": "x-${D}"},
        "E": {"Fn::GetAtt": "F.G"},
        "H": {"Fn::Join": ["", ["a", {"Ref": "B"}]]},
        "I": {"Condition": "J"},
    }


def test_people_are_told_of_the_object_and_its_resource() -> None:
    assert str(Artifact("Api", "code", "api/1.zip")) == "s3://code/api/1.zip (Api)"
