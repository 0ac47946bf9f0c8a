"""Works out a template's conditions, mappings and intrinsic functions as far as its parameters decide them.

What only a running resource can tell (Ref and Fn::GetAtt of a resource) stays as it is written.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.cloudformation import identifiers
from sandbox.cloudformation.errors import invalid

if TYPE_CHECKING:
    from sandbox.cloudformation.template import Json, Value

_SUB = re.compile(r"\$\{([^!}][^}]*)\}")
NO_VALUE = object()


@dataclass(frozen=True)
class Scope:
    """What a template's expressions can see: parameters' values, pseudo parameters, mappings, conditions."""

    template: Json
    values: dict[str, Any]
    resources: dict[str, str] | None = None
    _conditions: dict[str, bool] = field(default_factory=dict)

    def condition(self, name: str) -> bool:
        """Return whether the named condition holds."""
        if name not in self._conditions:
            expression = self.template.get("Conditions", {}).get(name)
            if expression is None:
                raise invalid(f"Template format error: Unresolved condition dependency {name} in the Conditions block")
            self._conditions[name] = bool(self.evaluate(expression))
        return self._conditions[name]

    def evaluate(self, value: Value) -> Value:
        """Return the value with every expression replaced that can be decided now."""
        if isinstance(value, list):
            return [item for item in map(self.evaluate, value) if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            function = _FUNCTIONS.get(name)
            if function is not None:
                return function(self, argument)
        evaluated = {key: self.evaluate(item) for key, item in value.items()}
        return {key: item for key, item in evaluated.items() if item is not NO_VALUE}

    def ref(self, name: Value) -> Value:
        """Return what Ref gives: a parameter's value, a resource's physical id if known, else the Ref itself."""
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.values:
            return self.values[name]
        if name in self.template.get("Resources", {}):
            if self.resources is not None and name in self.resources:
                return self.resources[name]
            return {"Ref": name}
        raise invalid(
            f"Template format error: Unresolved resource dependencies [{name}] in the Resources block of the template"
        )


def _sub(scope: Scope, argument: Value) -> Value:
    text, own = (argument, {}) if isinstance(argument, str) else (argument[0], scope.evaluate(argument[1]))
    open_ended = False

    def replace(match: re.Match[str]) -> str:
        nonlocal open_ended
        name = match[1].strip()
        if "." in name and name not in own:
            value: Value = _get_att(scope, name.split(".", 1))
        else:
            value = own[name] if name in own else scope.ref(name)
        if isinstance(value, dict | list):
            open_ended = True
            return match[0]
        return str(value)

    done = _SUB.sub(replace, text).replace("${!", "${") if text else text
    return {"Fn::Sub": done if not own else [done, own]} if open_ended else done


def _get_att(scope: Scope, argument: Value) -> Value:
    logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else (argument[0], argument[1])
    if logical_id not in scope.template.get("Resources", {}):
        raise invalid(
            f"Template error: instance of Fn::GetAtt references undefined resource {logical_id}",
        )
    if scope.resources is not None and logical_id in scope.resources:
        where = {"region": scope.values["AWS::Region"], "account": scope.values["AWS::AccountId"]}
        kind = scope.template["Resources"][logical_id]["Type"]
        return identifiers.attribute(kind, scope.resources[logical_id], attribute, where)
    return {"Fn::GetAtt": [logical_id, attribute]}


def _if(scope: Scope, argument: Value) -> Value:
    return scope.evaluate(argument[1] if scope.condition(argument[0]) else argument[2])


def _join(scope: Scope, argument: Value) -> Value:
    parts = scope.evaluate(argument[1])
    if not isinstance(parts, list) or any(isinstance(part, dict | list) for part in parts):
        return {"Fn::Join": [argument[0], parts]}
    return argument[0].join(str(part) for part in parts)


def _select(scope: Scope, argument: Value) -> Value:
    index, items = scope.evaluate(argument[0]), scope.evaluate(argument[1])
    return items[int(index)] if isinstance(items, list) else {"Fn::Select": [index, items]}


def _split(scope: Scope, argument: Value) -> Value:
    text = scope.evaluate(argument[1])
    return text.split(argument[0]) if isinstance(text, str) else {"Fn::Split": [argument[0], text]}


def _find_in_map(scope: Scope, argument: Value) -> Value:
    name, first, second = (scope.evaluate(part) for part in argument[:3])
    try:
        return scope.evaluate(scope.template["Mappings"][name][str(first)][str(second)])
    except KeyError as error:
        raise invalid(f"Template error: Unable to get mapping for {name}::{first}::{second}") from error


def _base64(scope: Scope, argument: Value) -> Value:
    text = scope.evaluate(argument)
    return base64.b64encode(text.encode()).decode() if isinstance(text, str) else {"Fn::Base64": text}


def _equals(scope: Scope, argument: Value) -> bool:
    return str(scope.evaluate(argument[0])) == str(scope.evaluate(argument[1]))


def _condition(scope: Scope, argument: Value) -> Value:
    # A one-key mapping named Condition is also what an IAM policy statement may hold: only a name is a reference.
    return scope.condition(argument) if isinstance(argument, str) else {"Condition": scope.evaluate(argument)}


_FUNCTIONS: dict[str, Any] = {
    "Ref": lambda scope, name: scope.ref(name),
    "Condition": _condition,
    "Fn::And": lambda scope, parts: all(scope.evaluate(part) for part in parts),
    "Fn::Base64": _base64,
    "Fn::Equals": _equals,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAtt": _get_att,
    "Fn::If": _if,
    "Fn::Join": _join,
    "Fn::Not": lambda scope, parts: not scope.evaluate(parts[0]),
    "Fn::Or": lambda scope, parts: any(scope.evaluate(part) for part in parts),
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
}


def references(value: Value) -> set[tuple[str, str | None]]:
    """Return the names that a value speaks of, parameters among them, each with its attribute (None for Ref)."""
    found: set[tuple[str, str | None]] = set()
    _collect(value, found)
    return found


def _collect(value: Value, found: set[tuple[str, str | None]]) -> None:
    if isinstance(value, list):
        for item in value:
            _collect(item, found)
    if not isinstance(value, dict):
        return
    for key, item in value.items():
        if key == "Ref" and isinstance(item, str):
            found.add((item, None))
        elif key == "Fn::GetAtt":
            parts = item.split(".", 1) if isinstance(item, str) else item
            found.add((str(parts[0]), str(parts[1])))
        else:
            if key == "Fn::Sub":
                for name in _SUB.findall(item if isinstance(item, str) else item[0]):
                    first, dot, rest = name.partition(".")
                    found.add((first, rest if dot else None))
            _collect(item, found)
