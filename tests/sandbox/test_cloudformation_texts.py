"""What CloudFormation answers of texts: characters beyond ASCII are lost on the way out, and only there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sandbox.cloudformation import CloudFormation
    from tests.sandbox.conftest import Client

YAML = """\
# Grüße
Description: Ein Gruß?
Resources:
  Greeting:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Value: "Grüß Gott 🎉"}
Outputs:
  Greeting: {Value: "Grüß Gott", Description: "höflich"}
"""
MARKED = YAML.replace("ü", "?").replace("ß", "?").replace("ö", "?").replace("🎉", "?")


@pytest.mark.parametrize("stage", ["Original", "Processed"])
def test_a_template_is_answered_with_a_question_mark_for_each_character_beyond_ascii(
    aws: CloudFormation, client: Client, stage: str
) -> None:
    aws.create("shop", YAML)

    assert client.api.get_template(StackName="shop", TemplateStage=stage)["TemplateBody"] == MARKED


def test_outputs_are_answered_with_question_marks_too(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", YAML)

    outputs = client.api.describe_stacks(StackName="shop")["Stacks"][0]["Outputs"]

    assert outputs == [{"OutputKey": "Greeting", "OutputValue": "Gr?? Gott", "Description": "h?flich"}]


def test_the_resources_keep_the_real_text(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", YAML)
    client.api.get_template(StackName="shop")

    assert aws.stack("shop").resources["Greeting"].desired.properties["Value"] == "Grüß Gott 🎉"


def test_the_answered_text_sent_back_changes_the_resource(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", YAML)
    answered = client.api.get_template(StackName="shop", TemplateStage="Original")["TemplateBody"]

    client.api.create_change_set(StackName="shop", ChangeSetName="back", TemplateBody=answered)
    client.clock.advance(5)

    assert [item["ResourceChange"]["LogicalResourceId"] for item in client.describe()["Changes"]] == ["Greeting"]


def test_a_processed_template_says_it_in_question_marks_not_in_escapes(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", "Transform: AWS::LanguageExtensions\n" + YAML, Capabilities=["CAPABILITY_AUTO_EXPAND"])

    processed: Any = client.api.get_template(StackName="shop")["TemplateBody"]

    assert processed["Resources"]["Greeting"]["Properties"]["Value"] == "Gr?? Gott ?"


def test_a_change_sets_template_is_the_text_that_was_sent(aws: CloudFormation, client: Client) -> None:
    aws.create("shop", YAML)
    sent = YAML.replace("Gott", "dich")
    created = client.api.create_change_set(StackName="shop", ChangeSetName="back", TemplateBody=sent)

    for how in ({"StackName": "shop", "ChangeSetName": "back"}, {"ChangeSetName": created["Id"]}):
        answered = client.api.get_template(TemplateStage="Original", **how)["TemplateBody"]
        assert answered == MARKED.replace("Gott", "dich")


def test_a_stack_in_review_has_the_template_of_nothing(client: Client) -> None:
    body = json.dumps({"Resources": {"Mail": {"Type": "AWS::SQS::Queue"}}})
    client.api.create_change_set(StackName="shop", ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=body)
    client.clock.advance(5)

    assert client.api.get_template(StackName="shop")["TemplateBody"] == {}
    assert client.api.get_template(StackName="shop", ChangeSetName="first")["TemplateBody"] == json.loads(body)
