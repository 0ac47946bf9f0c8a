"""SAM templates become what AWS's own transform makes of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from sandbox.cloudformation import CloudFormation
    from tests.sandbox.conftest import Client

TRANSFORM = "AWS::Serverless-2016-10-31"
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


def template(**resources: Any) -> dict[str, Any]:
    return {"Transform": TRANSFORM, "Resources": resources}


def function(**more: Any) -> dict[str, Any]:
    about = {"Handler": "a.b", "Runtime": "nodejs22.x", "CodeUri": "s3://artifacts/api/1.zip", **more}
    return {"Type": "AWS::Serverless::Function", "Properties": about}


def processed(aws: CloudFormation, client: Client, source: dict[str, Any], **request: Any) -> dict[str, Any]:
    """Return the resources of the processed template."""
    aws.create("shop", source, Capabilities=CAPABILITIES, **request)
    resources: dict[str, Any] = client.api.get_template(StackName="shop")["TemplateBody"]["Resources"]
    return resources


def types(resources: dict[str, Any]) -> dict[str, str]:
    return {name: item["Type"] for name, item in resources.items()}


def test_an_http_api_gets_its_stage_and_its_permission(aws: CloudFormation, client: Client) -> None:
    events = {"Get": {"Type": "HttpApi", "Properties": {"Path": "/", "Method": "get", "ApiId": {"Ref": "Web"}}}}
    made = processed(aws, client, template(Web={"Type": "AWS::Serverless::HttpApi"}, Api=function(Events=events)))

    assert types(made) == {
        "Api": "AWS::Lambda::Function",
        "ApiRole": "AWS::IAM::Role",
        "ApiGetPermission": "AWS::Lambda::Permission",
        "Web": "AWS::ApiGatewayV2::Api",
        "WebApiGatewayDefaultStage": "AWS::ApiGatewayV2::Stage",
    }


def test_a_state_machine_gets_its_role(aws: CloudFormation, client: Client) -> None:
    flow = {"Definition": {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}, "Policies": ["ReadOnlyAccess"]}
    made = processed(aws, client, template(Flow={"Type": "AWS::Serverless::StateMachine", "Properties": flow}))

    assert types(made) == {"Flow": "AWS::StepFunctions::StateMachine", "FlowRole": "AWS::IAM::Role"}
    assert made["FlowRole"]["Properties"]["ManagedPolicyArns"] == ["arn:aws:iam::aws:policy/ReadOnlyAccess"]


def test_a_changed_layer_is_a_new_resource_and_the_old_one_stays(aws: CloudFormation, client: Client) -> None:
    def layer(version: str) -> dict[str, Any]:
        about = {"ContentUri": f"s3://artifacts/layer/{version}.zip"}
        return template(Libs={"Type": "AWS::Serverless::LayerVersion", "Properties": about})

    before = set(processed(aws, client, layer("1")))
    aws.update("shop", layer("2"))
    client.clock.advance(60)
    after = aws.stack("shop").resources

    assert before.isdisjoint(after)
    assert [item.logical_id for item in aws.stack("shop").retained] == list(before)


def test_a_connector_becomes_a_policy(aws: CloudFormation, client: Client) -> None:
    link = {"Source": {"Id": "Api"}, "Destination": {"Id": "Data"}, "Permissions": ["Read"]}
    table = {"Type": "AWS::Serverless::SimpleTable"}
    connector = {"Type": "AWS::Serverless::Connector", "Properties": link}
    made = processed(aws, client, template(Api=function(), Data=table, Link=connector))

    assert types(made)["LinkPolicy"] == "AWS::IAM::ManagedPolicy"
    assert types(made)["Data"] == "AWS::DynamoDB::Table"


def test_an_alias_publishes_a_version_that_a_parameter_renews(aws: CloudFormation, client: Client) -> None:
    def source(version: str) -> dict[str, Any]:
        code = {"Bucket": "artifacts", "Key": {"Ref": "Key"}}
        declared = {"Key": {"Type": "String", "Default": version}}
        return {**template(Api=function(CodeUri=code, AutoPublishAlias="live")), "Parameters": declared}

    def versions() -> set[str]:
        return {name for name, item in aws.stack("shop").resources.items() if item.type == "AWS::Lambda::Version"}

    processed(aws, client, source("1"))
    before = versions()
    aws.update("shop", source("2"), Parameters=[{"ParameterKey": "Key", "ParameterValue": "2"}])
    client.clock.advance(60)

    assert (len(before), len(versions()), before & versions()) == (1, 1, set())


def test_what_sam_refuses_is_refused_in_its_words(client: Client) -> None:

    bad = json.dumps(template(Api={"Type": "AWS::Serverless::Function", "Properties": {"Runtime": "nodejs22.x"}}))

    with pytest.raises(ClientError) as error:
        client.api.create_stack(StackName="shop", TemplateBody=bad, Capabilities=CAPABILITIES)

    message = error.value.response["Error"]["Message"]
    assert message.startswith(
        f"Transform {TRANSFORM} failed with: Invalid Serverless Application Specification document. "
        "Number of errors found: 1. Resource with id [Api] is invalid."
    )


def test_an_unknown_transform_is_refused(client: Client) -> None:
    body = '{"Transform": "Mine", "Resources": {"Mail": {"Type": "AWS::SQS::Queue"}}}'

    with pytest.raises(ClientError, match="No transform named Mine found"):
        client.api.create_stack(StackName="shop", TemplateBody=body, Capabilities=CAPABILITIES)
