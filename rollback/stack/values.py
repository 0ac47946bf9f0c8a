"""Pure: what a template's expressions stand for in one recorded stack, as far as its record tells.

Known are parameters, the pseudo parameters that the stack's ARN holds, and the physical ids of its resources. What only
CloudFormation could evaluate (conditions, imports, other attributes) has no value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback.stack.record import StackSnapshot

_STACK = re.compile(
    r"arn:(?P<partition>[\w-]+):cloudformation:(?P<region>[\w-]+):(?P<account>\d+):stack/(?P<name>[^/]+)/"
)
_VARIABLE = re.compile(r"\$\{(!?)([^}]+)\}")


def known_values(record: StackSnapshot) -> dict[str, str]:
    """Return the value of each name that `Ref` or `Sub` can have in the stack; attributes as `Name.Attribute`."""
    values = {resource.logical_id: resource.physical_id for resource in record.resources if resource.physical_id}
    values |= {
        name: parameter.resolved or parameter.value
        for name, parameter in record.parameters.items()
        if not parameter.no_echo
    }
    stack = _STACK.match(record.id)
    if stack is None:
        return values
    suffix = "amazonaws.com.cn" if stack["partition"] == "aws-cn" else "amazonaws.com"
    values |= {
        "AWS::Partition": stack["partition"],
        "AWS::Region": stack["region"],
        "AWS::AccountId": stack["account"],
        "AWS::StackName": stack["name"],
        "AWS::StackId": record.id,
        "AWS::URLSuffix": suffix,
    }
    registry = f"{stack['account']}.dkr.ecr.{stack['region']}.{suffix}"
    repositories = [one for one in record.resources if one.type == "AWS::ECR::Repository" and one.physical_id]
    return values | {f"{one.logical_id}.RepositoryUri": f"{registry}/{one.physical_id}" for one in repositories}


def value_of(expression: Any, values: Mapping[str, str]) -> str | None:
    """Return the text that an expression of a template stands for, or None where the values don't tell."""
    if isinstance(expression, str):
        return expression
    if not isinstance(expression, dict) or len(expression) != 1:
        return None
    kind, argument = next(iter(expression.items()))
    match kind, argument:
        case "Ref", str():
            return values.get(argument)
        case "Fn::GetAtt", str():
            return values.get(argument)
        case "Fn::GetAtt", [str() as name, str() as attribute]:
            return values.get(f"{name}.{attribute}")
        case "Fn::Sub", str():
            return _filled(argument, values)
        case "Fn::Sub", [str() as text, dict() as more]:
            given = {str(name): value_of(inner, values) for name, inner in more.items()}
            return _filled(text, {**values, **{name: inner for name, inner in given.items() if inner is not None}})
        case "Fn::Join", [str() as between, list() as parts]:
            texts = [value_of(part, values) for part in parts]
            return between.join(text for text in texts if text is not None) if None not in texts else None
        case _:
            return None


def _filled(text: str, values: Mapping[str, str]) -> str | None:
    names = [name.strip() for literal, name in _VARIABLE.findall(text) if not literal]
    if any(name not in values for name in names):
        return None
    return _VARIABLE.sub(lambda found: f"${{{found[2]}}}" if found[1] else values[found[2].strip()], text)
