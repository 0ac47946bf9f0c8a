"""Our change set, against the embedded AWS: known by its ARN, and never by a name that somebody else can choose."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from rollback.aws import Aws
from rollback.engine.trouble import Busy, Rejected
from rollback.stack.client import CloudFormation
from rollback.stack.preparing import OurChangeSet
from rollback.stack.restore import request
from rollback.stack.tokens import Tokens
from sandbox import AwsError, Fault, Kind, first
from tests.stack import given
from tests.stack.given import record

if TYPE_CHECKING:
    from rollback.stack.model import Stack
    from sandbox import ManualClock, Sandbox

pytestmark = pytest.mark.usefixtures("aws_environment")
ROLE = "arn:aws:iam::123456789012:role/theirs"


def template(name: str) -> str:
    return json.dumps({"Resources": {"News": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": name}}}})


GOOD, BAD, THEIRS = template("good"), template("bad"), template("theirs")
ASKED = request(record(template=GOOD), None, given.stack())


@pytest.fixture
def door() -> CloudFormation:
    return CloudFormation(Aws("us-west-2"))


@pytest.fixture
def stack(sandbox: Sandbox, door: CloudFormation) -> Stack:
    sandbox.cloudformation.create("shop", BAD)
    found = door.describe("shop")
    assert found is not None
    return found


@pytest.fixture
def names(stack: Stack) -> Tokens:
    return Tokens("octo/shop/7/1", stack.id)


def change_sets(sandbox: Sandbox) -> list[str]:
    return [one.name for one in sandbox.cloudformation.stack("shop").change_sets.values()]


def test_what_was_asked_for_is_ours(stack: Stack, door: CloudFormation, names: Tokens, clock: ManualClock) -> None:
    ours = OurChangeSet(door)
    ours.create(stack, names, ASKED)
    clock.advance(60)
    found = ours.look(stack, ASKED, GOOD)
    assert found is not None
    assert (found.status, found.id, ours.foreign) == ("CREATE_COMPLETE", ours.arn, ())


def test_it_is_held_against_what_was_asked_then_though_the_stack_has_moved_since(
    stack: Stack, door: CloudFormation, names: Tokens, clock: ManualClock
) -> None:
    ours = OurChangeSet(door)
    ours.create(stack, names, ASKED)
    clock.advance(60)
    now = {**ASKED, "RollbackConfiguration": {"MonitoringTimeInMinutes": 5}}
    ours.look(stack, now, GOOD)
    assert ours.foreign == ()


def test_no_two_processes_of_a_run_use_the_same_name(
    sandbox: Sandbox, stack: Stack, door: CloudFormation, names: Tokens
) -> None:
    OurChangeSet(door).create(stack, names, ASKED)
    OurChangeSet(door).create(stack, names, ASKED)
    assert len(set(change_sets(sandbox))) == 2


@pytest.mark.parametrize(
    ("theirs", "differs"),
    [
        ({"original": THEIRS}, ("the template",)),
        ({"capabilities": ("CAPABILITY_IAM",)}, ("capabilities",)),
        ({"tags": {"team": "theirs"}}, ("tag team",)),
        ({"notification_arns": ("arn:aws:sns:us-west-2:1:theirs",)}, ("notification topics",)),
    ],
)
def test_what_turns_out_to_be_another_one_is_named_and_stays(
    sandbox: Sandbox,
    stack: Stack,
    door: CloudFormation,
    names: Tokens,
    clock: ManualClock,
    theirs: dict[str, Any],
    differs: tuple[str, ...],
) -> None:
    ours = OurChangeSet(door)
    ours.create(stack, names, ASKED)
    (real,) = sandbox.cloudformation.stack("shop").change_sets.values()
    clock.advance(60)
    assert real.target is not None
    real.target = replace(real.target, **theirs)
    ours.look(stack, ASKED, GOOD)
    assert ours.foreign == differs
    ours.drop(stack)
    assert change_sets(sandbox) == [real.name]


@pytest.mark.parametrize("kind", [Kind.DROPPED_AFTER, Kind.DROPPED_BEFORE, Kind.INTERNAL_ERROR])
def test_a_lost_answer_is_asked_for_again_under_the_same_token(
    sandbox: Sandbox, stack: Stack, door: CloudFormation, names: Tokens, clock: ManualClock, kind: Kind
) -> None:
    ours = OurChangeSet(door)
    sandbox.faults.add(Fault("CreateChangeSet", kind, first(1)))
    with pytest.raises(Exception, match="CreateChangeSet"):
        ours.create(stack, names, ASKED)
    ours.create(stack, names, ASKED)
    clock.advance(60)
    assert ours.look(stack, ASKED, GOOD) is not None
    assert len(change_sets(sandbox)) == 1
    ours.drop(stack)
    assert change_sets(sandbox) == []


def test_one_whose_answer_got_lost_for_good_is_dropped_by_its_name(
    sandbox: Sandbox, stack: Stack, door: CloudFormation, names: Tokens
) -> None:
    ours = OurChangeSet(door)
    sandbox.faults.add(Fault("CreateChangeSet", Kind.DROPPED_AFTER, first(1)))
    with pytest.raises(Busy):
        ours.create(stack, names, ASKED)
    (lost,) = change_sets(sandbox)
    taken = AwsError("AlreadyExistsException", f"ChangeSet {lost} already exists", 400)
    sandbox.faults.add(Fault("CreateChangeSet", Kind.DENIED, first(1), error=taken))
    with pytest.raises(Busy, match="does not say which it is"):
        ours.create(stack, names, ASKED)
    ours.create(stack, names, ASKED)
    assert len(change_sets(sandbox)) == 2
    ours.drop(stack)
    assert change_sets(sandbox) == []


def test_a_name_that_somebody_has_already_is_not_ours(
    sandbox: Sandbox, stack: Stack, door: CloudFormation, names: Tokens
) -> None:
    ours = OurChangeSet(door)
    taken = AwsError("AlreadyExistsException", "ChangeSet rollback-action-1 already exists", 400)
    sandbox.faults.add(Fault("CreateChangeSet", Kind.DENIED, error=taken))
    with pytest.raises(Rejected):
        ours.create(stack, names, ASKED)
    assert ours.taken.startswith("rollback-action-")
    assert (ours.arn, ours.rejections) == ("", ["ChangeSet rollback-action-1 already exists"])
    ours.drop(stack)
    assert "DeleteChangeSet" not in sandbox.operations()


def test_of_what_bears_our_name_only_what_equals_the_snapshot_is_deleted(
    sandbox: Sandbox, stack: Stack, door: CloudFormation, names: Tokens, clock: ManualClock
) -> None:
    OurChangeSet(door).create(stack, names, ASKED)
    api = sandbox.client("cloudformation")
    theirs, others = names.change_set("theirs"), "rollback-action-of-nobody"
    for name in (theirs, others):
        api.create_change_set(StackName="shop", ChangeSetName=name, TemplateBody=THEIRS, RoleARN=ROLE)
    clock.advance(60)
    said: list[str] = []
    OurChangeSet(door).left_by_killed(stack, [names], ASKED, GOOD, said.append)
    assert change_sets(sandbox) == [theirs, others]
    assert len(said) == 1
    assert theirs in said[0]
    assert "neither executed nor deleted" in said[0]


def test_looks_that_do_not_show_it_are_counted(
    sandbox: Sandbox, stack: Stack, door: CloudFormation, names: Tokens
) -> None:
    ours = OurChangeSet(door)
    assert ours.look(stack, ASKED, GOOD) is None
    assert ours.unseen == 0
    ours.create(stack, names, ASKED)
    gone = AwsError("ChangeSetNotFound", "ChangeSet does not exist", 404)
    sandbox.faults.add(Fault("DescribeChangeSet", Kind.DENIED, first(2), error=gone))
    counted = []
    for _ in range(3):
        ours.look(stack, ASKED, GOOD)
        counted.append(ours.unseen)
    assert counted == [1, 2, 0]
