"""Templates, parameters, capabilities and settings over HTTP: what is kept, what is shown, what is refused."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sandbox.cloudformation.seeding import OLD_TEMPLATE

if TYPE_CHECKING:
    from sandbox import ManualClock, Sandbox
    from sandbox.cloudformation import CloudFormation

YAML = """\
AWSTemplateFormatVersion: 2010-09-09
# a comment that must survive
Parameters:
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  Key: {Type: String, NoEcho: true}
  Image: {Type: 'AWS::SSM::Parameter::Value<String>'}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Mappings:
  Sizes: {dev: {memory: 128}, prod: {memory: 1024}}
Resources:
  Api:
    Type: AWS::Lambda::Function
    Properties:
      Description: !Sub '${Stage} of ${AWS::StackName} in ${AWS::Region}'
      Role: !GetAtt Role.Arn
      MemorySize: !FindInMap [Sizes, !Ref Stage, memory]
      Code: {ImageUri: !Ref Image}
      Environment: {Variables: {KEY: !Ref Key, MODE: !If [IsProd, strict, !Ref 'AWS::NoValue']}}
  Role:
    Type: AWS::IAM::Role
    Properties: {AssumeRolePolicyDocument: {}}
  Alarm:
    Type: AWS::SNS::Topic
    Condition: IsProd
Outputs:
  Function: {Value: !Ref Api, Export: {Name: !Sub '${AWS::StackName}-api'}}
"""

SAM: dict[str, Any] = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Globals": {"Function": {"Runtime": "nodejs22.x"}},
    "Resources": {
        "Api": {
            "Type": "AWS::Serverless::Function",
            "Properties": {"Handler": "a.b", "CodeUri": "s3://artifacts/api.zip"},
        },
    },
}


@pytest.fixture
def aws(sandbox: Sandbox) -> CloudFormation:
    return sandbox.cloudformation


@pytest.fixture
def api(sandbox: Sandbox) -> Any:
    sandbox.services.put_parameter("/image", "registry/image:1")
    return sandbox.client("cloudformation")


def given(**values: str) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def create(api: Any, template: Any, **request: Any) -> None:
    body = template if isinstance(template, str) else json.dumps(template)
    api.create_stack(StackName="shop", TemplateBody=body, **request)


def refused(api: Any, template: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as error:
        create(api, template, **request)
    return str(error.value.response["Error"]["Message"])


def make(aws: CloudFormation) -> Any:
    return aws.create("shop", YAML, Parameters=given(Key="hush", Image="/image"), Capabilities=["CAPABILITY_IAM"])


def test_expressions_are_worked_out_as_far_as_parameters_go(sandbox: Sandbox, aws: CloudFormation) -> None:
    sandbox.services.put_parameter("/image", "registry/image:1")
    stack = make(aws)

    assert set(stack.resources) == {"Api", "Role"}
    properties = stack.resources["Api"].desired.properties
    assert properties["Description"] == "dev of shop in us-west-2"
    assert properties["MemorySize"] == 128
    assert properties["Code"] == {"ImageUri": "registry/image:1"}
    assert properties["Environment"] == {"Variables": {"KEY": "hush"}}
    assert properties["Role"] == {"Fn::GetAtt": ["Role", "Arn"]}


def test_secret_parameters_are_masked_and_ssm_names_are_shown_with_their_value(aws: CloudFormation, api: Any) -> None:
    make(aws)

    shown = api.describe_stacks(StackName="shop")["Stacks"][0]

    assert shown["Parameters"] == [
        {"ParameterKey": "Stage", "ParameterValue": "dev"},
        {"ParameterKey": "Key", "ParameterValue": "****"},
        {"ParameterKey": "Image", "ParameterValue": "/image", "ResolvedValue": "registry/image:1"},
    ]
    assert "hush" not in str(api.describe_stack_events(StackName="shop"))
    assert shown["Outputs"][0]["ExportName"] == "shop-api"


def test_the_original_template_is_the_exact_text(aws: CloudFormation, api: Any) -> None:
    make(aws)

    assert api.get_template(StackName="shop", TemplateStage="Original")["TemplateBody"] == YAML


def test_a_transform_makes_the_processed_template_another_one(aws: CloudFormation, api: Any) -> None:
    aws.create("shop", SAM, Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])

    original = api.get_template(StackName="shop", TemplateStage="Original")["TemplateBody"]
    processed = api.get_template(StackName="shop")["TemplateBody"]

    assert original["Transform"] == "AWS::Serverless-2016-10-31"
    assert {name: item["Type"] for name, item in processed["Resources"].items()} == {
        "Api": "AWS::Lambda::Function",
        "ApiRole": "AWS::IAM::Role",
    }
    assert processed["Resources"]["Api"]["Properties"]["Code"] == {"S3Bucket": "artifacts", "S3Key": "api.zip"}


@pytest.mark.parametrize(
    ("template", "capabilities", "missing"),
    [
        (SAM, [], "[CAPABILITY_IAM, CAPABILITY_AUTO_EXPAND]"),
        (SAM, ["CAPABILITY_IAM"], "[CAPABILITY_AUTO_EXPAND]"),
        (SAM, ["CAPABILITY_AUTO_EXPAND"], "[CAPABILITY_IAM]"),
        (
            {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "me"}}}},
            ["CAPABILITY_IAM"],
            "[CAPABILITY_NAMED_IAM]",
        ),
    ],
)
def test_capabilities_must_be_acknowledged(api: Any, template: Any, capabilities: list[str], missing: str) -> None:
    assert refused(api, template, Capabilities=capabilities) == f"Requires capabilities : {missing}"


def test_a_change_set_with_a_transform_fails_for_want_of_iam_but_needs_no_auto_expand(
    api: Any, clock: ManualClock
) -> None:
    for name, capabilities in (("without", []), ("with", ["CAPABILITY_IAM"])):
        api.create_change_set(
            StackName="shop", ChangeSetName=name, ChangeSetType="CREATE", TemplateBody=json.dumps(SAM),
            Capabilities=capabilities,
        )  # fmt: skip
    clock.advance(5)

    without = api.describe_change_set(StackName="shop", ChangeSetName="without")
    assert (without["Status"], without["StatusReason"]) == ("FAILED", "Requires capabilities : [CAPABILITY_IAM]")
    assert api.describe_change_set(StackName="shop", ChangeSetName="with")["Status"] == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"Key": "a"}, "Parameters: [Image] must have values"),
        ({"Key": "a", "Image": "/image", "No": "1", "Nor": "2"}, "Parameters: [No, Nor] do not exist in the template"),
        ({"Key": "a", "Image": "/gone"}, "Unable to fetch parameters [/gone] from parameter store for this account."),
        ({"Key": "a", "Image": "/image", "Stage": "x"}, "Parameter 'Stage' must be one of AllowedValues"),
    ],
)
def test_wrong_parameters_are_refused(api: Any, parameters: dict[str, str], message: str) -> None:
    assert message in refused(api, YAML, Parameters=given(**parameters), Capabilities=["CAPABILITY_IAM"])


def test_previous_values_are_used_where_the_request_says_so(aws: CloudFormation, api: Any, clock: ManualClock) -> None:
    make(aws)
    previous = [{"ParameterKey": key, "UsePreviousValue": True} for key in ("Key", "Image")]

    api.update_stack(
        StackName="shop", UsePreviousTemplate=True, Parameters=[*previous, *given(Stage="prod")],
        Capabilities=["CAPABILITY_IAM"],
    )  # fmt: skip
    clock.advance(60)

    made = aws.stack("shop").deployment
    assert made is not None
    assert {key: item.value for key, item in made.parameters.items()} == {
        "Stage": "prod",
        "Key": "hush",
        "Image": "/image",
    }
    assert "Alarm" in aws.stack("shop").resources


def test_the_mask_sent_back_becomes_the_value(aws: CloudFormation, api: Any, clock: ManualClock) -> None:
    make(aws)

    api.update_stack(
        StackName="shop", UsePreviousTemplate=True, Parameters=given(Key="****", Image="/image"),
        Capabilities=["CAPABILITY_IAM"],
    )  # fmt: skip
    clock.advance(60)

    assert aws.stack("shop").resources["Api"].desired.properties["Environment"]["Variables"]["KEY"] == "****"


def test_a_previous_value_of_a_new_parameter_is_refused(aws: CloudFormation, api: Any) -> None:
    aws.create("shop", OLD_TEMPLATE)

    with pytest.raises(ClientError, match="for a parameter key not in the previous template"):
        api.update_stack(
            StackName="shop", TemplateBody=YAML, Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": "Key", "UsePreviousValue": True}, *given(Image="/image")],
        )  # fmt: skip


def test_omitted_settings_stay_and_empty_tags_are_removed(aws: CloudFormation, api: Any, clock: ManualClock) -> None:
    role = "arn:aws:iam::123456789012:role/deployer"
    topic = "arn:aws:sns:us-west-2:123456789012:alerts"
    aws.create("shop", OLD_TEMPLATE, Tags=[{"Key": "a", "Value": "b"}], RoleARN=role, NotificationARNs=[topic])
    changed = json.dumps(OLD_TEMPLATE | {"Resources": OLD_TEMPLATE["Resources"] | {"T": {"Type": "AWS::SNS::Topic"}}})

    api.update_stack(StackName="shop", TemplateBody=changed)
    clock.advance(60)
    first = api.describe_stacks(StackName="shop")["Stacks"][0]
    api.update_stack(StackName="shop", TemplateBody=changed, Tags=[])
    clock.advance(60)
    second = api.describe_stacks(StackName="shop")["Stacks"][0]

    assert (first["RoleARN"], first["NotificationARNs"], first["Tags"]) == (role, [topic], [{"Key": "a", "Value": "b"}])
    assert second["Tags"] == []


def test_tags_of_aws_cannot_be_sent(api: Any) -> None:
    assert "aws: prefixed tag key" in refused(api, OLD_TEMPLATE, Tags=[{"Key": "aws:x", "Value": "y"}])


def test_an_update_that_changes_nothing_is_refused(aws: CloudFormation, api: Any) -> None:
    aws.create("shop", OLD_TEMPLATE)

    with pytest.raises(ClientError, match=r"No updates are to be performed\."):
        api.update_stack(StackName="shop", TemplateBody=json.dumps(OLD_TEMPLATE, indent=1))


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{", "Template format error: JSON not well-formed."),
        ("a: [", "Template format error: YAML not well-formed."),
        ("text", "Template format error: unsupported structure."),
        ({"Resources": {}}, "At least one Resources member must be defined."),
        ({"Resources": {"A": {}}}, "Every Resources object must contain a Type member."),
        ({"Resources": {"A": {"Type": "AWS::Foo::Bar"}}}, "Unrecognized resource types: [AWS::Foo::Bar]"),
        ({"Resources": {"A": {"Type": "AWS::SNS::Topic"}}, "X": 1}, "Invalid template property or properties [X]"),
    ],
)
def test_what_is_no_template_is_refused(api: Any, template: Any, message: str) -> None:
    assert message in refused(api, template)


def large() -> str:
    """A SAM template of 200 resources and some 210 KB."""
    resources: dict[str, Any] = {
        f"Function{number}": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "Handler": "a.b",
                "Role": "arn:aws:iam::123456789012:role/x",
                "InlineCode": "//" + "x" * 850,
                "Runtime": "nodejs22.x",
            },
        }
        for number in range(200)
    }
    return json.dumps({"Transform": SAM["Transform"], "Resources": resources}, indent=1)


def test_a_template_over_the_limit_goes_through_s3_only(sandbox: Sandbox, api: Any, clock: ManualClock) -> None:
    text = large()
    assert len(text) > 205_000
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket="templates", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket="templates", Key="shop/large.json", Body=text.encode())
    url = "https://templates.s3.us-west-2.amazonaws.com/shop/large.json"
    started = time.perf_counter()

    assert "less than or equal to 51200" in refused(api, text)
    api.create_stack(StackName="shop", TemplateURL=url, Capabilities=["CAPABILITY_AUTO_EXPAND"])
    clock.advance(60)

    assert api.describe_stacks(StackName="shop")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    pages = list(api.get_paginator("list_stack_resources").paginate(StackName="shop"))
    assert [len(page["StackResourceSummaries"]) for page in pages] == [100, 100]
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    "url",
    [
        "https://templates.s3.us-west-2.amazonaws.com/a/b.json",
        "https://templates.s3.amazonaws.com/a/b.json",
        "https://s3.us-west-2.amazonaws.com/templates/a/b.json",
        "{endpoint}/templates/a/b.json",
    ],
)
def test_every_form_of_an_s3_address_is_taken(sandbox: Sandbox, api: Any, url: str) -> None:
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket="templates", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket="templates", Key="a/b.json", Body=json.dumps(OLD_TEMPLATE).encode())

    api.create_stack(StackName="shop", TemplateURL=url.format(endpoint=sandbox.url))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://example.com/a.json", "TemplateURL must be a supported URL."),
        ("https://nothing.s3.amazonaws.com/a.json", "S3 error: The specified key does not exist."),
    ],
)
def test_an_address_without_a_template_is_refused(api: Any, url: str, message: str) -> None:
    with pytest.raises(ClientError, match=message):
        api.create_stack(StackName="shop", TemplateURL=url)


def test_an_address_that_names_another_region_than_the_buckets_own_is_refused(sandbox: Sandbox, api: Any) -> None:
    sandbox.services.create_bucket("far", region="eu-central-1")
    sandbox.services.put_object("far", "shop.json", json.dumps({"Resources": {"Mail": {"Type": "AWS::SQS::Queue"}}}))

    with pytest.raises(ClientError, match="must be addressed using the specified endpoint"):
        api.create_stack(StackName="shop", TemplateURL="https://far.s3.us-west-2.amazonaws.com/shop.json")

    for number, host in enumerate(("far.s3.eu-central-1.amazonaws.com", "far.s3.amazonaws.com")):
        api.create_stack(StackName=f"shop{number}", TemplateURL=f"https://{host}/shop.json")


def test_the_summary_names_parameters_capabilities_and_transforms(aws: CloudFormation, api: Any) -> None:
    make(aws)

    summary = api.get_template_summary(StackName="shop")

    assert {item["ParameterKey"]: (item["ParameterType"], item["NoEcho"]) for item in summary["Parameters"]} == {
        "Stage": ("String", False),
        "Key": ("String", True),
        "Image": ("AWS::SSM::Parameter::Value<String>", False),
    }
    assert summary["Capabilities"] == ["CAPABILITY_IAM"]
    assert api.get_template_summary(TemplateBody=json.dumps(SAM))["DeclaredTransforms"] == [SAM["Transform"]]


def test_a_stack_policy_is_kept_and_shown(aws: CloudFormation, api: Any) -> None:
    aws.create("shop", OLD_TEMPLATE)
    assert "StackPolicyBody" not in api.get_stack_policy(StackName="shop")

    api.set_stack_policy(StackName="shop", StackPolicyBody='{"Statement": []}')

    assert api.get_stack_policy(StackName="shop")["StackPolicyBody"] == '{"Statement": []}'
