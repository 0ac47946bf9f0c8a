"""What the guard is told: of the root by its operations, of nested stacks by what they did in that time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from rollback.engine.trouble import Denied, Throttled
from rollback.stack.changes import Change
from rollback.stack.emptiness import Emptiness
from rollback.stack.guard import Contents, losses
from rollback.stack.model import STACK_TYPE, Event
from rollback.stack.record import ResourceSnapshot
from rollback.stack.tokens import RESTORE, Tokens
from rollback.stack.witness import Witness
from tests.stack.given import BEGINNING, STACK_ID, change, change_set, record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

QUEUE, TABLE = "AWS::SQS::Queue", "AWS::DynamoDB::Table"
CHILD = STACK_ID.replace("shop", "shop-Child-1A2B")
OURS = Tokens("run", STACK_ID).make(RESTORE)


@dataclass
class Door:
    """CloudFormation's events and resources, as lists; `denied` stacks are not told of."""

    history: list[Event] = field(default_factory=list)
    inside: dict[str, tuple[ResourceSnapshot, ...]] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def happen(self, what: str, status: str, *, stack: str = STACK_ID, type_: str = QUEUE, token: str = "") -> Door:
        number = len(self.history)
        self.history.append(
            Event(
                id=f"event-{number}",
                at=BEGINNING + timedelta(seconds=number),
                stack_id=stack,
                logical_id=what or "shop",
                physical_id=f"physical-{what}" if what else stack,
                type=type_ if what else STACK_TYPE,
                status=status,
                token=token,
            )
        )
        return self

    def events(self, stack_id: str, enough: Callable[[Sequence[Event]], bool]) -> list[Event]:
        self.asked.append(stack_id)
        if stack_id in self.denied:
            raise Denied("cloudformation:DescribeStackEvents: access denied")
        found: list[Event] = []
        for event in reversed(self.history):
            if event.stack_id == stack_id:
                found.append(event)
                if enough(found):
                    break
        return found

    def resources(self, stack_id: str) -> tuple[ResourceSnapshot, ...]:
        if stack_id in self.denied:
            raise Denied("cloudformation:ListStackResources: access denied")
        return self.inside[stack_id]


class Empty(Emptiness):
    """Every table is empty."""

    def __init__(self) -> None:
        """Speak to no AWS."""

    def of(self, type_: str, physical_id: str) -> Contents:
        return Contents(empty=type_ == TABLE and bool(physical_id), found="it is empty")


def lost(door: Door, *changes: Change, emptiness: Empty | None = None) -> tuple[str, ...]:
    kept = ResourceSnapshot(logical_id="Api", physical_id="api", type="AWS::Lambda::Function")
    witness = Witness(cast("Any", door), emptiness or Empty(), STACK_ID, record(resources=(kept,)))
    return losses(witness.verdicts(change_set(*changes)))


def removed(name: str, type_: str = QUEUE, stack: str = STACK_ID) -> Change:
    return Change("Remove", name, type_, physical_id=f"physical-{name}", stack_id=stack)


def deployed() -> Door:
    return Door().happen("", "UPDATE_IN_PROGRESS").happen("Jobs", "CREATE_COMPLETE").happen("", "UPDATE_COMPLETE")


def test_nothing_is_asked_where_no_change_needs_it() -> None:
    door = Door()
    assert lost(door, change("Modify", replacement="False"), change("Remove", "AWS::SNS::Topic")) == ()
    assert door.asked == []


@pytest.mark.parametrize("type_", [QUEUE, TABLE])
def test_what_the_newest_deployment_made_may_go(type_: str) -> None:
    assert lost(deployed(), removed("Jobs", type_)) == ()


def test_what_an_earlier_one_made_may_not() -> None:
    door = deployed().happen("", "UPDATE_IN_PROGRESS").happen("News", "UPDATE_COMPLETE").happen("", "UPDATE_COMPLETE")
    assert lost(door, removed("Jobs")) == (f"Jobs ({QUEUE}): would be deleted",)


def test_a_failed_restore_of_ours_is_no_deployment_and_what_it_made_is_not_its() -> None:
    door = deployed().happen("", "UPDATE_IN_PROGRESS", token=OURS).happen("Late", "CREATE_COMPLETE", token=OURS)
    door.happen("", "UPDATE_ROLLBACK_COMPLETE", token=OURS)
    assert lost(door, removed("Jobs")) == ()
    assert lost(door, removed("Late")) == (f"Late ({QUEUE}): would be deleted",)


def test_where_events_are_denied_or_do_not_reach_back_nothing_is_known() -> None:
    door = deployed()
    door.denied.add(STACK_ID)
    assert lost(door, removed("Jobs"))
    assert lost(Door(deployed().history[1:]), removed("Jobs"))


def test_trouble_that_passes_is_not_taken_for_an_answer() -> None:
    class Slow(Empty):
        def of(self, type_: str, physical_id: str) -> Contents:
            raise Throttled(f"{type_} {physical_id}")

    with pytest.raises(Throttled):
        lost(deployed(), removed("Jobs", TABLE), emptiness=Slow())


# --- nested stacks ---


def nested() -> Door:
    door = Door().happen("Old", "CREATE_COMPLETE", stack=CHILD).happen("", "UPDATE_IN_PROGRESS")
    door.happen("", "UPDATE_IN_PROGRESS", stack=CHILD).happen("Jobs", "CREATE_COMPLETE", stack=CHILD)
    return door.happen("", "UPDATE_COMPLETE", stack=CHILD).happen("", "UPDATE_COMPLETE")


def test_a_nested_stack_did_its_part_in_the_time_of_its_roots_deployment() -> None:
    assert lost(nested(), removed("Jobs", stack=CHILD)) == ()
    assert lost(nested(), removed("Old", stack=CHILD)) == (f"Old ({QUEUE}): would be deleted",)


def test_its_part_in_a_restore_of_ours_is_not_the_deployments_though_it_has_no_token() -> None:
    door = nested().happen("", "UPDATE_IN_PROGRESS", token=OURS).happen("", "UPDATE_IN_PROGRESS", stack=CHILD)
    door.happen("Late", "CREATE_COMPLETE", stack=CHILD).happen("", "UPDATE_ROLLBACK_COMPLETE", stack=CHILD)
    assert lost(door, removed("Jobs", stack=CHILD)) == ()
    assert lost(door, removed("Late", stack=CHILD)) == (f"Late ({QUEUE}): would be deleted",)


def test_a_nested_stack_whose_events_are_denied_or_that_has_no_id_is_unknown() -> None:
    door = nested()
    door.denied.add(CHILD)
    assert lost(door, removed("Jobs", stack=CHILD))
    assert lost(nested(), removed("Jobs", stack=""))


def whole_nested() -> Door:
    door = Door().happen("", "UPDATE_IN_PROGRESS").happen("", "CREATE_IN_PROGRESS", stack=CHILD)
    door.happen("Jobs", "CREATE_COMPLETE", stack=CHILD).happen("Child", "CREATE_COMPLETE", type_=STACK_TYPE)
    door.history[-1] = replace(door.history[-1], physical_id=CHILD)
    door.inside[CHILD] = (ResourceSnapshot(logical_id="Jobs", physical_id="physical-Jobs", type=QUEUE),)
    return door.happen("", "UPDATE_COMPLETE")


GOES = Change("Remove", "Child", STACK_TYPE, physical_id=CHILD, stack_id=STACK_ID)


def test_a_nested_stack_that_goes_is_judged_by_all_that_is_in_it() -> None:
    door = whole_nested()
    assert lost(door, GOES) == ()
    database = ResourceSnapshot(logical_id="Data", physical_id="data", type="AWS::RDS::DBInstance")
    door.inside[CHILD] += (database,)
    assert lost(door, GOES) == ("Data (AWS::RDS::DBInstance): would be deleted",)


def test_one_whose_resources_are_not_told_stays() -> None:
    door = whole_nested()
    door.inside[CHILD] = ()
    assert len(lost(door, GOES)) == 1
    door.denied.add(CHILD)
    assert len(lost(door, GOES)) == 1
