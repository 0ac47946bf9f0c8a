"""A template's parameters: which values a request gives them, and what AWS refuses."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox.cloudformation.errors import invalid
from sandbox.cloudformation.evaluate import NO_VALUE, Scope
from sandbox.cloudformation.model import Parameter, Stack

if TYPE_CHECKING:
    from sandbox.cloudformation.template import Json, Value

MASK = "****"
SsmResolver = Callable[[str], str | None]


def chosen(
    template: Json, given: list[Json], previous: dict[str, Parameter] | None, resolve: SsmResolver
) -> dict[str, Parameter]:
    """Return the value of every parameter of the template.

    `previous` are the stack's values for UsePreviousValue, None for a stack that doesn't exist yet. An omitted
    parameter falls back to the template's default, never to the previous value (API reference). Raises AwsError.
    """
    declared: dict[str, Json] = template.get("Parameters") or {}
    unknown = [item["ParameterKey"] for item in given if item["ParameterKey"] not in declared]
    if unknown:
        raise invalid(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    values: dict[str, str] = {}
    for item in given:
        key = item["ParameterKey"]
        if item.get("UsePreviousValue"):
            if "ParameterValue" in item:
                raise invalid(
                    f"Invalid input for parameter key {key}. Cannot specify usePreviousValue as true and "
                    "non empty value for a parameter"
                )
            if previous is None or key not in previous:
                raise invalid(
                    f"Invalid input for parameter key {key}. Cannot specify usePreviousValue as true "
                    "for a parameter key not in the previous template"
                )
            values[key] = previous[key].value
        elif "ParameterValue" in item:
            values[key] = item["ParameterValue"]
    missing = [key for key, about in declared.items() if key not in values and "Default" not in about]
    if missing:
        raise invalid(f"Parameters: [{', '.join(missing)}] must have values")
    return {
        key: _checked(key, about, values.get(key, _text(about.get("Default"))), resolve)
        for key, about in declared.items()
    }


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _checked(key: str, about: Json, value: str, resolve: SsmResolver) -> Parameter:
    kind, no_echo = str(about.get("Type", "String")), _text(about.get("NoEcho", False)).lower() == "true"
    if kind.startswith("AWS::SSM::Parameter::Value"):
        resolved = resolve(value)
        if resolved is None:
            raise invalid(f"Unable to fetch parameters [{value}] from parameter store for this account.")
        return Parameter(key, value, resolved, no_echo)
    parts = value.split(",") if kind == "CommaDelimitedList" else [value]
    rule = next((rule for part in parts if (rule := _broken(about, part))), None) or _out_of_bounds(about, kind, value)
    if rule is not None:
        described = about.get("ConstraintDescription")
        raise invalid(
            f"Parameter {key} failed to satisfy constraint: {described}" if described else f"Parameter '{key}' {rule}"
        )
    return Parameter(key, value, None, no_echo)


def _broken(about: Json, part: str) -> str | None:
    allowed = [_text(item) for item in about.get("AllowedValues") or []]
    if allowed and part not in allowed:
        return f"must be one of AllowedValues: [{', '.join(allowed)}]"
    if "AllowedPattern" in about and not re.fullmatch(str(about["AllowedPattern"]), part):
        return f"must match pattern {about['AllowedPattern']}"
    return None


def _out_of_bounds(about: Json, kind: str, value: str) -> str | None:
    if kind == "Number":
        try:
            number = float(value)
        except ValueError:
            return "must be a number"
        if number < float(about.get("MinValue", number)):
            return f"must be a number not less than {about['MinValue']}"
        if number > float(about.get("MaxValue", number)):
            return f"must be a number not greater than {about['MaxValue']}"
    if len(value) < int(about.get("MinLength", 0)):
        return f"must contain at least {about['MinLength']} characters"
    if len(value) > int(about.get("MaxLength", len(value))):
        return f"must contain at most {about['MaxLength']} characters"
    return None


def scope_of(
    template: Json,
    parameters: dict[str, Parameter],
    stack: Stack,
    *,
    masked: bool = False,
    resources: dict[str, str] | None = None,
) -> Scope:
    """Return what the template's expressions can see in the stack; masked: with `****` for every NoEcho value."""
    declared = template.get("Parameters") or {}
    values: dict[str, Any] = {
        "AWS::AccountId": stack.account,
        "AWS::NotificationARNs": [],
        "AWS::NoValue": NO_VALUE,
        "AWS::Partition": "aws",
        "AWS::Region": stack.region,
        "AWS::StackId": stack.id,
        "AWS::StackName": stack.name,
        "AWS::URLSuffix": "amazonaws.com",
    }
    for key, parameter in parameters.items():
        value = parameter.value if parameter.resolved is None else parameter.resolved
        kind = str(declared.get(key, {}).get("Type", "String"))
        listed = kind == "CommaDelimitedList" or "List<" in kind
        if masked and parameter.no_echo:
            values[key] = MASK
        else:
            values[key] = [part.strip() for part in value.split(",")] if listed else value
    return Scope(template, values, resources)
