"""Whole runs beside somebody who may make change sets, or write where the snapshot lies."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from rollback.stack.client import CloudFormation
from rollback.stack.restoring import MOST_MADE
from sandbox import AwsError, Fault, Kind
from tests.process.releases import BAD_RESOURCES, incident, restore, state, template, without_secrets
from tests.process.shop import STACK

if TYPE_CHECKING:
    from tests.process.shop import Shop

THEIR_ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {},
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
    },
}


def theirs() -> dict[str, Any]:
    """Return what somebody's own change set of the stack would ask for."""
    kept = ("Stage", "Password", "Flag")
    return {
        "StackName": STACK,
        "TemplateBody": json.dumps(template({**BAD_RESOURCES, "Admin": THEIR_ROLE}, Flag={"Type": "String"})),
        "Parameters": [{"ParameterKey": name, "UsePreviousValue": True} for name in kept],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "RoleARN": "arn:aws:iam::123456789012:role/theirs",
    }


Made = Callable[[Callable[[str], object]], None]


@pytest.fixture
def once_made(monkeypatch: pytest.MonkeyPatch) -> Made:
    """Let somebody act as soon as our change set is made; they are told its name."""
    honest = CloudFormation.create_change_set

    def plan(act: Callable[[str], object]) -> None:
        def create(door: CloudFormation, stack_id: str, name: str, asked: Any) -> str:
            arn = honest(door, stack_id, name, asked)
            act(name)
            return arn

        monkeypatch.setattr(CloudFormation, "create_change_set", create)

    return plan


class Killed(BaseException):
    """The process is gone."""


def test_what_somebody_put_under_the_name_of_a_killed_run_is_never_executed(shop: Shop, once_made: Made) -> None:
    good = incident(shop)
    api = shop.sandbox.client("cloudformation")

    def replace_it(name: str) -> None:
        api.delete_change_set(StackName=STACK, ChangeSetName=name)
        api.create_change_set(ChangeSetName=name, **theirs())
        raise Killed

    once_made(replace_it)
    with pytest.raises(Killed):
        restore(shop)
    once_made(lambda _name: None)
    assert restore(shop).ended == ("rolled-back", "skipped", "rolled-back")
    assert without_secrets(state(shop)) == without_secrets(good)
    assert "Admin" not in shop.sandbox.cloudformation.stack(STACK).resources


def test_what_only_bears_the_name_of_one_of_ours_is_named_and_stays(shop: Shop, once_made: Made) -> None:
    incident(shop)
    api = shop.sandbox.client("cloudformation")
    once_made(lambda name: api.create_change_set(ChangeSetName=f"{name}-0", **theirs()))
    shop.sandbox.faults.add(Fault("ExecuteChangeSet", Kind.DENIED))
    ran = restore(shop)
    assert ran.ended[0] == "failed"
    (planted,) = shop.change_sets()
    assert f"change set {planted} has the name of one of ours, but the template" in ran.log
    assert "it was neither executed nor deleted" in ran.log


def test_a_change_set_that_shows_anything_else_is_refused_and_named(shop: Shop, once_made: Made) -> None:
    incident(shop)
    before = state(shop)

    def swap(name: str) -> None:
        for one in shop.sandbox.cloudformation.stack(STACK).change_sets.values():
            assert one.target is not None
            assert one.name == name
            text = json.dumps({"Resources": {"Admin": THEIR_ROLE}})
            one.target = replace(one.target, original=text, template=json.loads(text))

    once_made(swap)
    ran = restore(shop)
    assert ran.ended == ("refused", "skipped", "failed")
    assert ran.codes == {"restore-not-ours"}
    (left,) = shop.sandbox.cloudformation.stack(STACK).change_sets.values()
    _, _, told = left.id.partition(":changeSet/")
    assert f":changeSet/{told} is not what was asked for: the template" in ran["reason"]
    assert state(shop) == before
    assert "ExecuteChangeSet" not in shop.writes


def test_a_change_set_that_is_never_shown_is_made_a_few_times_and_none_is_left(shop: Shop) -> None:
    incident(shop)
    gone = AwsError("ChangeSetNotFound", "ChangeSet [ours] does not exist", 404)
    shop.sandbox.faults.add(Fault("DescribeChangeSet", Kind.DENIED, error=gone))
    ran = restore(shop)
    assert ran.ended == ("failed", "skipped", "failed")
    assert ran.codes == {"restore-failed"}
    assert shop.writes.count("CreateChangeSet") == MOST_MADE
    assert shop.change_sets() == []
