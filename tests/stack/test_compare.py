"""Whether a stack equals its snapshot, byte for byte."""

from __future__ import annotations

from typing import Any

import pytest

from rollback.stack.compare import behind, differences, left_alone, secrets, secrets_lost, settings, uncompared
from rollback.stack.model import Parameter
from rollback.stack.record import NestedSnapshot, ParameterSnapshot
from tests.stack.given import TEMPLATE, parameters, record, stack


def recorded(**values: str) -> dict[str, ParameterSnapshot]:
    return {name: ParameterSnapshot(value=value) for name, value in values.items()}


SECRET = ParameterSnapshot(no_echo=True)


def test_equal_is_equal() -> None:
    now = stack(parameters={**parameters(Stage="dev"), "Password": Parameter("****")}, tags={"team": "shop"})
    then = record(parameters={**recorded(Stage="dev"), "Password": SECRET}, tags={"team": "shop"})
    assert differences(now, TEMPLATE, then) == ()


@pytest.mark.parametrize("template", [TEMPLATE + "\n", TEMPLATE.replace(": ", ":"), ""])
def test_a_template_is_compared_byte_for_byte(template: str) -> None:
    assert differences(stack(), template, record()) == ("the template",)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (parameters(Stage="prod"), recorded(Stage="dev")),
        (parameters(), recorded(Stage="dev")),
        (parameters(Stage="dev"), recorded()),
    ],
)
def test_a_parameter_that_changed_came_or_went_is_named(
    now: dict[str, Parameter], then: dict[str, ParameterSnapshot]
) -> None:
    assert differences(stack(parameters=now), TEMPLATE, record(parameters=then)) == ("parameter Stage",)


def test_a_noecho_value_never_counts_but_its_parameter_does() -> None:
    then = record(parameters={"Password": SECRET})
    assert differences(stack(parameters=parameters(Password="****")), TEMPLATE, then) == ()
    assert differences(stack(), TEMPLATE, then) == ("parameter Password",)


@pytest.mark.parametrize("tags", [{"team": "other"}, {}, {"team": "shop", "cost": "1"}])
def test_a_tag_that_changed_came_or_went_is_named(tags: dict[str, str]) -> None:
    found = differences(stack(tags=tags), TEMPLATE, record(tags={"team": "shop"}))
    assert found == (("tag cost",) if "cost" in tags else ("tag team",))


# --- what stands behind equal texts ---

SSM = record(parameters={"Ami": ParameterSnapshot(value="/ami", resolved="ami-1")})


@pytest.mark.parametrize("resolved", ["ami-2", None])
def test_an_ssm_parameter_that_stands_for_another_value_is_no_difference_of_the_texts_but_told(
    resolved: str | None,
) -> None:
    now = stack(parameters={"Ami": Parameter("/ami", resolved=resolved)})
    assert differences(now, TEMPLATE, SSM) == ()
    (told,) = behind(now, None, None, SSM)
    assert told.startswith("SSM parameter /ami (stack parameter Ami) has another value")


def test_an_ssm_parameter_with_the_same_value_is_not_worth_a_word() -> None:
    now = stack(parameters={"Ami": Parameter("/ami", resolved="ami-1")})
    assert behind(now, None, None, SSM) == ()


@pytest.mark.parametrize(
    ("processed", "count"),
    [('{"Resources":{"A":{}}}', 0), ('{"Resources": {"A": {}}}\n', 0), ('{"Resources": {}}', 1), ("Resources:", 1)],
)
def test_what_transforms_made_of_the_template_is_compared_as_data(processed: str, count: int) -> None:
    then = record(processed_template='{"Resources":{"A":{}}}')
    assert len(behind(stack(), processed, None, then)) == count


def nested(**digests: str) -> tuple[NestedSnapshot, ...]:
    return tuple(NestedSnapshot(path=path, digest=digest) for path, digest in digests.items())


@pytest.mark.parametrize(
    ("now", "told", "left_out"),
    [
        (nested(Db="1", Web="1"), 0, 0),
        (nested(Db="2", Web="1"), 1, 0),
        (nested(Db="2", Web="2"), 2, 0),
        (nested(Db="1"), 1, 0),
        (nested(Db="1", Web="1", New="1"), 1, 0),
        (nested(Db="1", Web=""), 0, 1),
    ],
)
def test_a_nested_template_that_is_another_one_is_told_and_one_that_can_not_be_read_is_not_called_equal(
    now: tuple[NestedSnapshot, ...], told: int, left_out: int
) -> None:
    then = record(nested=nested(Db="1", Web="1"))
    assert len(behind(stack(), None, now, then)) == told
    assert len(uncompared(now, then)) == left_out


def test_nested_templates_that_only_look_alike_are_not_called_compared() -> None:
    alike = (NestedSnapshot(path="Db", digest="1", ambiguous=True),)
    then = record(nested=alike)
    assert behind(stack(), None, alike, then) == ()
    (told,) = uncompared(alike, then)
    assert "hold `?`" in told


# --- settings ---

TRIGGER = {"RollbackTriggers": [{"Arn": "arn:alarm", "Type": "AWS::CloudWatch::Alarm"}], "MonitoringTimeInMinutes": 5}


def test_triggers_and_topics_that_differ_are_settings_that_a_restore_sends() -> None:
    now = stack(rollback_configuration=TRIGGER, notification_arns=("arn:topic",))
    assert settings(now, record()) == ("the rollback configuration", "the notification topics")
    assert settings(now, record(rollback_configuration=TRIGGER, notification_arns=("arn:topic",))) == ()


@pytest.mark.parametrize(
    "empty", [{}, {"RollbackTriggers": []}, {"RollbackTriggers": [], "MonitoringTimeInMinutes": 0}]
)
def test_no_triggers_are_no_triggers_however_it_is_said(empty: dict[str, Any]) -> None:
    assert settings(stack(rollback_configuration=empty), record()) == ()


def test_a_role_and_a_policy_that_differ_are_told_since_no_restore_touches_them() -> None:
    then = record(role_arn="arn:role/then", stack_policy='{"Statement": []}')
    assert left_alone(stack(role_arn="arn:role/then"), '{"Statement":[]}', then) == ()
    role, policy = left_alone(stack(role_arn="arn:role/now"), "", then)
    assert "is arn:role/now, in the snapshot arn:role/then" in role
    assert "stack policy is another one" in policy
    assert "could not be read" in left_alone(stack(role_arn="arn:role/then"), None, then)[0]


def test_the_values_that_nobody_can_read_are_named() -> None:
    assert secrets(record(parameters={"Password": SECRET, **recorded(Stage="dev")})) == ("Password",)


def test_a_noecho_parameter_that_the_stack_no_longer_has_is_lost() -> None:
    then = record(parameters={"Password": SECRET, "Token": SECRET, **recorded(Stage="dev")})
    assert secrets_lost(stack(parameters=parameters(Token="****")), then) == ("Password",)
