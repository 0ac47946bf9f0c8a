"""Whether a stack equals its snapshot, byte for byte."""

from __future__ import annotations

import pytest

from rollback.stack.compare import differences, kept_values, secrets_lost
from rollback.stack.model import Parameter
from rollback.stack.record import ParameterSnapshot
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


def test_an_ssm_parameter_counts_by_the_name_it_stores() -> None:
    now = stack(parameters={"Ami": Parameter("/ami", resolved="ami-2")})
    then = record(parameters={"Ami": ParameterSnapshot(value="/ami", resolved="ami-1")})
    assert differences(now, TEMPLATE, then) == ()
    assert kept_values(now, then) == (
        (
            "SSM parameter /ami (stack parameter Ami) has another value than when the snapshot was taken: "
            "the stack uses today's."
        ),
    )


def test_an_ssm_parameter_with_the_same_value_is_not_worth_a_word() -> None:
    now = stack(parameters={"Ami": Parameter("/ami", resolved="ami-1")})
    assert kept_values(now, record(parameters={"Ami": ParameterSnapshot(value="/ami", resolved="ami-1")})) == ()


def test_noecho_values_that_stay_are_named_never_shown() -> None:
    then = record(parameters={"Password": SECRET, "Token": SECRET})
    assert kept_values(stack(parameters=parameters(Password="****", Token="****")), then) == (
        (
            "NoEcho parameter(s) Password, Token keep the failed deployment's value: CloudFormation tells nobody the "
            "earlier one."
        ),
    )


def test_a_noecho_parameter_that_the_stack_no_longer_has_is_lost() -> None:
    then = record(parameters={"Password": SECRET, "Token": SECRET, **recorded(Stage="dev")})
    assert secrets_lost(stack(parameters=parameters(Token="****")), then) == ("Password",)
