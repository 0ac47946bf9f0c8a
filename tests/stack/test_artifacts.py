"""Which objects in S3 a template needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rollback.aws import Aws
from rollback.stack.artifacts import Artifact, Image, artifacts, images, parse
from rollback.stack.images import Images
from rollback.stack.record import ParameterSnapshot, ResourceSnapshot
from sandbox import Fault, Kind
from tests.stack.given import STACK_ID, record

if TYPE_CHECKING:
    from rollback.stack.record import StackSnapshot
    from sandbox import Sandbox


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
    [
        {"Fn::ImportValue": "Key"},
        {"Ref": "Elsewhere"},
        {"Fn::Sub": "${AWS::NoValue}.zip"},
        {"Fn::Sub": []},
        {"Fn::Sub": ["${X}.zip", {"X": {"Fn::If": ["Prod", "a", "b"]}}]},
        {"Fn::Join": ["-", ["a", {"Ref": "Elsewhere"}]]},
        {"Fn::Join": []},
        {"Fn::If": []},
        {},
        7,
        None,
    ],
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


# --- what the record tells of names ---


def stack_with(resources: dict[str, Any], *made: tuple[str, str, str], **facts: Any) -> StackSnapshot:
    """Return the record of a stack; `made` are its resources as logical id, physical id and type."""
    there = tuple(ResourceSnapshot(logical_id=one, physical_id=name, type=kind) for one, name, kind in made)
    return record(template=json.dumps({"Resources": resources}), resources=there, **facts)


def function(bucket: Any, key: Any) -> dict[str, Any]:
    return {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S3Bucket": bucket, "S3Key": key}}}


CDK = "cdk-hnb659fds-assets-123456789012-us-west-2"
CDK_URL = {
    "Fn::Join": [
        "",
        [
            "https://s3.",
            {"Ref": "AWS::Region"},
            ".",
            {"Ref": "AWS::URLSuffix"},
            "/",
            {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"},
            "/0af1.json",
        ],
    ]
}


def test_cdks_assets_are_found() -> None:
    api = function({"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"}, "0af1.zip")
    child = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": CDK_URL}}
    assert artifacts(stack_with({"Api": api, "Child": child})) == (
        Artifact("Api", CDK, "0af1.zip"),
        Artifact("Child", CDK, "0af1.json", nested=True),
    )


def test_the_serverless_frameworks_bucket_is_one_of_the_stacks_own() -> None:
    api = function({"Ref": "ServerlessDeploymentBucket"}, "serverless/shop/dev/1/shop.zip")
    made = ("ServerlessDeploymentBucket", "shop-dev-serverlessdeploymentbucket-1x", "AWS::S3::Bucket")
    found_there = artifacts(stack_with({"Api": api}, made, ("Api", "shop-api", "AWS::Lambda::Function")))
    assert found_there == (Artifact("Api", made[1], "serverless/shop/dev/1/shop.zip"),)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ({"Fn::Sub": "${AWS::StackName}/${!Build}.zip"}, "shop/${Build}.zip"),
        ({"Fn::Sub": ["${Where}/${AWS::Partition}.zip", {"Where": {"Ref": "AWS::StackName"}}]}, "shop/aws.zip"),
        ({"Fn::Join": ["/", ["a", {"Ref": "AWS::AccountId"}, "b.zip"]]}, "a/123456789012/b.zip"),
        ({"Ref": "AWS::StackId"}, STACK_ID),
    ],
)
def test_what_the_stacks_arn_tells_is_filled_in(key: object, told: str) -> None:
    assert artifacts(stack_with({"Api": function("code", key)})) == (Artifact("Api", "code", told),)


@pytest.mark.parametrize(("partition", "suffix"), [("aws", "amazonaws.com"), ("aws-cn", "amazonaws.com.cn")])
def test_the_hosts_names_end_as_the_partition_has_it(partition: str, suffix: str) -> None:
    arn = STACK_ID.replace("arn:aws:", f"arn:{partition}:")
    api = function("code", {"Ref": "AWS::URLSuffix"})
    assert artifacts(stack_with({"Api": api}, id=arn)) == (Artifact("Api", "code", suffix),)


def test_a_resource_that_the_stack_does_not_have_needs_nothing() -> None:
    """A false Condition made none; a layer of SAM has another logical id than in its template."""
    layer = {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "s3://code/layer.zip"}}
    resources = {"Api": function("code", "api.zip"), "OnlyInProd": function("code", "prod.zip"), "Layer": layer}
    made = (("Api", "shop-api", "AWS::Lambda::Function"), ("Layer0af1", "arn", "AWS::Lambda::LayerVersion"))
    found_there = artifacts(stack_with(resources, *made))
    assert [one.key for one in found_there] == ["api.zip", "layer.zip"]


def test_the_version_that_a_url_names_is_the_one_to_look_for() -> None:
    url = "https://templates.s3.us-west-2.amazonaws.com/child.yaml?versionId=v3"
    assert found("AWS::CloudFormation::Stack", {"TemplateURL": url}) == (
        Artifact("Api", "templates", "child.yaml", "v3", nested=True),
    )


@pytest.mark.parametrize("uri", ["https://[::1", "s3://[", "https://[x]/y"])
def test_an_address_that_is_none_names_nothing(uri: str) -> None:
    assert found("AWS::Serverless::Function", {"CodeUri": uri}) == ()


# --- images ---

REGISTRY = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
DIGEST = f"sha256:{'0' * 64}"


@pytest.mark.parametrize(
    ("type_", "properties"),
    [
        ("AWS::Lambda::Function", {"Code": {"ImageUri": f"{REGISTRY}/api:7"}}),
        ("AWS::Lambda::Function", {"Code": {"ImageUri": {"Fn::Sub": "${Repository.RepositoryUri}:7"}}}),
        (
            "AWS::Serverless::Function",
            {"ImageUri": {"Fn::Sub": "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/${Repository}:7"}},
        ),
        (
            "AWS::ECS::TaskDefinition",
            {
                "ContainerDefinitions": [
                    {"Image": "nginx"},
                    {"Image": {"Fn::Join": [":", [{"Fn::GetAtt": ["Repository", "RepositoryUri"]}, "7"]]}},
                ]
            },
        ),
    ],
)
def test_images_in_ecr_are_found(type_: str, properties: dict[str, Any]) -> None:
    made = (("Repository", "api", "AWS::ECR::Repository"), ("Api", "shop-api", type_))
    assert images(stack_with({"Api": {"Type": type_, "Properties": properties}}, *made)) == (
        Image("Api", "123456789012", "us-west-2", "api", "7"),
    )


@pytest.mark.parametrize(
    ("uri", "image"),
    [
        (f"{REGISTRY}/team/api@{DIGEST}", Image("Api", "123456789012", "us-west-2", "team/api", "", DIGEST)),
        (f"{REGISTRY}/api:7@{DIGEST}", Image("Api", "123456789012", "us-west-2", "api", "7", DIGEST)),
        (f"{REGISTRY}/api", Image("Api", "123456789012", "us-west-2", "api", "latest")),
    ],
)
def test_an_image_is_known_by_digest_or_tag(uri: str, image: Image) -> None:
    template = {"Api": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"ImageUri": uri}}}}
    assert images(stack_with(template)) == (image,)


@pytest.mark.usefixtures("aws_environment")
def test_images_that_are_gone_are_told(sandbox: Sandbox) -> None:
    ecr = sandbox.client("ecr")
    ecr.create_repository(repositoryName="api")
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "config": {"digest": DIGEST}, "layers": []})
    pushed = ecr.put_image(repositoryName="api", imageManifest=manifest, imageTag="7")["image"]["imageId"]
    here = {"account": "123456789012", "region": "us-west-2"}
    known = Image("Api", repository="api", tag="7", **here)
    by_digest = Image("Api", repository="api", digest=pushed["imageDigest"], **here)
    gone = Image("Api", repository="api", tag="6", **here)
    nowhere = Image("Mail", repository="mail", tag="7", **here)
    door = Images(Aws("us-west-2"))
    assert door.missing((known, by_digest, gone, nowhere)) == (
        "123456789012.dkr.ecr.us-west-2/api:6 (Api)",
        "123456789012.dkr.ecr.us-west-2/mail:7 (Mail)",
    )
    sandbox.faults.add(Fault("DescribeImages", Kind.DENIED))
    assert door.missing((gone,)) == ()
