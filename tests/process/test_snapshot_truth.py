"""What is restored is what was recorded: texts that CloudFormation spoils, what stands behind equal ones, settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rollback.engine.interruption import Interrupted
from sandbox import ALL, Fault, Kind
from tests.process.releases import (
    GOOD_RESOURCES,
    IN_FILE,
    IN_S3,
    SNAPSHOTS,
    buckets,
    deploy_bad,
    deploy_good,
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
    from tests.process.shop import Ran, Shop


def saved(shop: Shop) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(shop.sandbox.services.get_object(SNAPSHOTS, "good.json"))["stacks"][0]
    return record


def text_of(**names: str) -> str:
    """Return a template with a topic for each name; its text is as it is, not escaped."""
    return json.dumps({"Resources": {key: topic(name) for key, name in names.items()}}, ensure_ascii=False, indent=1)


def deployed(shop: Shop, text: str, **request: Any) -> dict[str, Any]:
    buckets(shop)
    shop.sandbox.cloudformation.create(STACK, text, **request)
    return state(shop)


def deploy(shop: Shop, text: str | None, **request: Any) -> None:
    wait(shop, 60)
    shop.sandbox.cloudformation.update(STACK, text, **request)
    wait(shop)
    assert shop.status() == "UPDATE_COMPLETE"


def names(shop: Shop) -> dict[str, str]:
    resources: dict[str, Any] = state(shop)["resources"]
    return {key: properties["DisplayName"] for key, properties in resources.items()}


# --- characters beyond ASCII ---

SPOILED = "Grüß Gott"


@pytest.mark.parametrize("where", [IN_S3, IN_FILE])
def test_a_text_that_cloudformation_spoils_is_said_to_be_beyond_restoring_and_never_deployed(
    shop: Shop, where: str
) -> None:
    deployed(shop, text_of(Greeting=SPOILED, News="1"))
    ran = snapshot(shop, where)
    assert (ran["outcome"], ran.codes) == ("snapshot-saved", {"snapshot-cannot-restore"})
    assert "CloudFormation would change Greeting" in ran.told
    assert shop.change_sets() == []
    deploy(shop, text_of(Greeting=SPOILED, News="2"))
    bad = state(shop)
    ran = restore(shop, where)
    assert ran.ended == ("refused", "skipped", "failed")
    assert ran.codes == {"snapshot-unusable"}
    assert "characters beyond ASCII" in ran["reason"]
    assert state(shop) == bad


HARMLESS = {
    "one's own": text_of(News="really?"),
    "in a comment": f"# {SPOILED}\nResources: {{News: {{Type: AWS::SNS::Topic, Properties: {{DisplayName: news}}}}}}\n",
    "in a description": json.dumps({"Description": SPOILED, "Resources": {"News": topic("1")}}, ensure_ascii=False),
}


@pytest.mark.parametrize("kind", sorted(HARMLESS))
def test_a_question_mark_that_changes_nothing_does_not_keep_a_stack_from_being_restored(shop: Shop, kind: str) -> None:
    good = deployed(shop, HARMLESS[kind])
    assert snapshot(shop).codes == set()
    assert saved(shop)["verified"] is True
    assert shop.change_sets() == []
    deploy(shop, text_of(News="2"))
    assert restore(shop).ended == ("rolled-back", "skipped", "rolled-back")
    assert state(shop)["resources"] == good["resources"]


def test_a_text_without_question_marks_needs_no_proof(shop: Shop) -> None:
    deployed(shop, text_of(News="1"))
    snapshot(shop)
    assert "CreateChangeSet" not in shop.writes
    assert saved(shop)["verified"] is None


def test_an_escaped_text_is_restored_as_it_was(shop: Shop) -> None:
    good = deployed(shop, json.dumps({"Resources": {"Greeting": topic(SPOILED)}}))
    assert snapshot(shop).codes == set()
    deploy(shop, text_of(Greeting="2"))
    assert restore(shop).ended == ("rolled-back", "skipped", "rolled-back")
    assert state(shop)["resources"] == good["resources"]


@pytest.mark.parametrize("operation", ["CreateChangeSet", "DescribeChangeSet"])
def test_where_the_proof_is_denied_the_permission_is_named_and_a_restore_is_refused(shop: Shop, operation: str) -> None:
    deployed(shop, HARMLESS["one's own"])
    fault = shop.sandbox.faults.add(Fault(operation, Kind.DENIED, ALL))
    ran = snapshot(shop)
    assert fault.hit
    assert (ran["outcome"], ran.codes) == ("snapshot-saved", {"snapshot-cannot-restore"})
    assert f"cloudformation:{operation}" in ran.told
    assert shop.change_sets() == []
    shop.sandbox.faults.clear()
    deploy(shop, text_of(News="2"))
    assert restore(shop).ended == ("refused", "skipped", "failed")


def test_an_unproven_text_is_no_obstacle_where_nothing_was_deployed_since(shop: Shop) -> None:
    deployed(shop, text_of(Greeting=SPOILED))
    snapshot(shop)
    writes = list(shop.writes)
    assert restore(shop).ended == ("already-good", "skipped", "not-needed")
    assert shop.writes == writes


def test_two_texts_that_only_look_alike_are_not_called_equal(shop: Shop) -> None:
    deployed(shop, text_of(Greeting="Gr??e"))
    snapshot(shop)
    deploy(shop, text_of(Greeting="Größe"))
    ran = restore(shop)
    assert ran.ended == ("rolled-back", "skipped", "rolled-back"), ran["reason"]
    assert names(shop) == {"Greeting": "Gr??e"}


def test_a_deployment_that_changed_nothing_is_proven_so_by_cloudformation(shop: Shop) -> None:
    deployed(shop, text_of(Greeting="Gr??e"))
    snapshot(shop)
    deploy(shop, text_of(Greeting="2"))
    deploy(shop, text_of(Greeting="Gr??e"))
    ran = restore(shop)
    assert ran.ended == ("already-good", "skipped", "not-needed")
    assert "CloudFormation finds nothing to change" in ran["reason"]
    assert shop.change_sets() == []


def test_what_changes_without_the_text_is_not_held_against_it(shop: Shop) -> None:
    """An SSM parameter has a new value since: CloudFormation would change the stack, whatever its text."""
    shop.sandbox.services.put_parameter("/shop/ami", "ami-1")
    text = {
        "Parameters": {"Ami": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/shop/ami"}},
        "Resources": {"News": topic("really?"), "Image": {"Type": "AWS::SNS::Topic", "Properties": {}}},
    }
    text["Resources"]["Image"]["Properties"] = {"DisplayName": {"Ref": "Ami"}}
    deployed(shop, json.dumps(text))
    shop.sandbox.services.put_parameter("/shop/ami", "ami-2")
    assert snapshot(shop).codes == set()
    assert saved(shop)["verified"] is True


def test_tags_and_parameters_are_proven_too(shop: Shop) -> None:
    text = json.dumps({"Parameters": {"Url": {"Type": "String"}}, "Resources": {"News": topic("1")}})
    url = [{"ParameterKey": "Url", "ParameterValue": "https://shop.example/?page=1"}]
    deployed(shop, text, Parameters=url, Tags=tags(question="why?"))
    assert snapshot(shop).codes == set()
    assert saved(shop)["verified"] is True


# --- what stands behind equal texts ---

AMI = {"Type": "AWS::SSM::Parameter::Value<String>"}


def with_another_value(shop: Shop) -> Ran:
    buckets(shop)
    shop.sandbox.services.put_parameter("/shop/ami", "ami-1")
    deploy_good(shop, Ami=AMI)
    snapshot(shop)
    shop.sandbox.services.put_parameter("/shop/ami", "ami-2")
    wait(shop, 60)
    previous = [{"ParameterKey": name, "UsePreviousValue": True} for name in ("Stage", "Password", "Ami")]
    shop.sandbox.cloudformation.update(STACK, None, Parameters=previous, Capabilities=["CAPABILITY_IAM"])
    wait(shop)
    return restore(shop)


def test_the_same_template_with_a_new_value_behind_it_is_not_already_good(shop: Shop) -> None:
    ran = with_another_value(shop)
    assert ran.ended == ("refused", "skipped", "failed")
    assert ran.codes == {"restore-out-of-reach"}
    assert "SSM parameter /shop/ami (stack parameter Ami) has another value" in ran["reason"]
    assert "get-parameter-history" in ran.told
    assert shop.change_sets() == []


def test_once_the_value_is_back_the_restore_brings_it_into_the_stack(shop: Shop) -> None:
    with_another_value(shop)
    shop.sandbox.services.put_parameter("/shop/ami", "ami-1")
    assert restore(shop).ended == ("rolled-back", "skipped", "rolled-back")
    described = shop.sandbox.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    assert "ami-1" in json.dumps(described["Parameters"])


INNER, URL = "inner.json", f"https://{SNAPSHOTS}.s3.us-west-2.amazonaws.com/inner.json"
OUTER = json.dumps(
    {
        "Resources": {
            "News": topic("1"),
            "Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": URL}},
        }
    }
)


def with_another_nested_template(shop: Shop) -> Ran:
    buckets(shop)
    shop.sandbox.services.put_object(SNAPSHOTS, INNER, text_of(Mail="good"))
    shop.sandbox.cloudformation.create(STACK, OUTER)
    assert snapshot(shop).codes == set()
    shop.sandbox.services.put_object(SNAPSHOTS, INNER, text_of(Mail="bad"))
    deploy(shop, OUTER)
    return restore(shop)


def test_a_nested_template_that_was_overwritten_is_not_already_good(shop: Shop) -> None:
    ran = with_another_nested_template(shop)
    assert ran.ended == ("refused", "skipped", "failed")
    assert "nested stack Inner has another template" in ran["reason"]


def test_once_the_nested_template_is_back_the_restore_brings_it_into_the_stack(shop: Shop) -> None:
    with_another_nested_template(shop)
    shop.sandbox.services.put_object(SNAPSHOTS, INNER, text_of(Mail="good"))
    assert restore(shop).ended == ("rolled-back", "skipped", "rolled-back")


def test_a_snapshot_of_a_nested_stack_is_one_of_its_root(shop: Shop) -> None:
    buckets(shop)
    shop.sandbox.services.put_object(SNAPSHOTS, INNER, text_of(Mail="good"))
    shop.sandbox.cloudformation.create(STACK, OUTER)
    inner = shop.sandbox.cloudformation.stack(STACK).resources["Inner"].physical_id
    ran = snapshot(shop, stack_name=f"{inner}, {STACK}")
    assert [one["name"] for one in ran.report["stacks"]] == [STACK]
    deploy(shop, OUTER.replace("1", "2"))
    assert restore(shop, stack_name=inner).ended == ("rolled-back", "skipped", "rolled-back")


def test_values_that_nobody_can_compare_are_said_to_be_uncompared(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    snapshot(shop)
    wait(shop, 60)
    stage = {"ParameterKey": "Stage", "UsePreviousValue": True}
    password = {"ParameterKey": "Password", "ParameterValue": "changed-by-the-failed-deployment"}
    capabilities = ["CAPABILITY_IAM"]
    shop.sandbox.cloudformation.update(STACK, None, Parameters=[stage, password], Capabilities=capabilities)
    wait(shop)
    ran = restore(shop)
    assert ran["stack-result"] == "already-good"
    assert "NoEcho parameter(s) Password could not be compared" in ran.told


# --- settings ---


def test_the_failed_deployments_own_triggers_are_removed_and_the_recorded_ones_come_back(shop: Shop) -> None:
    deployed(shop, text_of(News="1"))
    snapshot(shop)
    shop.sandbox.services.set_alarm("errors")
    alarm = {"Arn": shop.sandbox.services.alarm_arn("errors"), "Type": "AWS::CloudWatch::Alarm"}
    deploy(shop, text_of(News="2"), RollbackConfiguration={"RollbackTriggers": [alarm], "MonitoringTimeInMinutes": 1})
    assert restore(shop).ended == ("rolled-back", "skipped", "rolled-back")
    described = shop.sandbox.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    assert described["RollbackConfiguration"].get("RollbackTriggers", []) == []


def test_no_role_is_sent_but_the_one_that_was_asked_for(shop: Shop) -> None:
    role, other = (f"arn:aws:iam::123456789012:role/{name}" for name in ("deploy", "other"))
    deployed(shop, text_of(News="1"), RoleARN=role)
    snapshot(shop)
    deploy(shop, text_of(News="2"), RoleARN=other)
    ran = restore(shop)
    assert ran.ended == ("rolled-back", "skipped", "rolled-back")
    assert "the stack's service role is" in ran.told
    deploy(shop, text_of(News="3"))
    restore(shop, role_arn=role, environ={"GITHUB_RUN_ID": "2"})
    sent = [call.params.get("RoleARN") for call in shop.sandbox.calls if call.operation == "CreateChangeSet"]
    assert sent == [None, role]


def test_a_stack_policy_that_differs_is_told(shop: Shop) -> None:
    deployed(shop, text_of(News="1"))
    snapshot(shop)
    deploy(shop, text_of(News="2"))
    allow = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
    client = shop.sandbox.client("cloudformation")
    client.set_stack_policy(StackName=STACK, StackPolicyBody=json.dumps({"Statement": [allow]}))
    ran = restore(shop)
    assert ran["stack-result"] == "rolled-back"
    assert "the stack policy is another one than in the snapshot" in ran.told


def test_what_the_failed_deployment_made_and_retains_is_listed(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    good = state(shop)
    snapshot(shop)
    deploy_bad(shop, {**GOOD_RESOURCES, "Baskets": table()})
    ran = restore(shop)
    assert ran["stack-result"] == "rolled-back"
    assert without_secrets(state(shop)) == without_secrets(good)
    (told,) = [text for text in ran.report["stacks"][0]["not_rolled_back"] if text.startswith("Baskets")]
    assert "so it stays outside of the stack" in told


def test_a_run_that_is_cancelled_in_the_middle_of_a_proof_leaves_no_change_set(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed(shop, HARMLESS["one's own"])

    def cancel(_seconds: float) -> None:
        assert shop.change_sets() != []
        raise Interrupted("SIGTERM")

    monkeypatch.setattr(shop.waits, "sleep", cancel)
    ran = snapshot(shop)
    assert ran["outcome"] == "interrupted"
    assert shop.change_sets() == []
