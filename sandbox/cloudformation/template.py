"""Reads templates, JSON or YAML with CloudFormation's short tags, into plain Python values."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, TypeAlias

import yaml

from sandbox.cloudformation.errors import invalid

Json = dict[str, Any]
# What may stand anywhere in a template: text, numbers, lists, mappings, expressions.
Value: TypeAlias = Any


class _Loader(yaml.CSafeLoader):
    """PyYAML's safe loader, taught the short forms of the intrinsic functions, and leaving dates as text."""


def _short_tag(loader: Value, suffix: str, node: yaml.Node) -> Json:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


def _as_text(loader: Value, node: yaml.Node) -> Value:
    return loader.construct_scalar(node)


_Loader.add_multi_constructor("!", _short_tag)
# 2010-09-09 is a version here, not a day.
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _as_text)


@lru_cache(maxsize=64)
def parse(text: str) -> Json:
    """Return the template as values; nobody may change them, they are shared.

    Raises AwsError (ValidationError) with AWS's "Template format error" for what is no template.
    """
    try:
        value = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, _Loader)  # noqa: S506, a safe one
    except json.JSONDecodeError as error:
        where = f"(line {error.lineno}, column {error.colno})"
        raise invalid(f"Template format error: JSON not well-formed. {where}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"(line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise invalid(f"Template format error: YAML not well-formed. {where}") from error
    except yaml.YAMLError as error:
        raise invalid("Template format error: unsupported structure.") from error
    if not isinstance(value, dict):
        raise invalid("Template format error: unsupported structure.")
    _check(value)
    return value


_SECTIONS = {
    "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings", "Conditions",
    "Transform", "Globals", "Resources", "Outputs", "Hooks",
}  # fmt: skip


def _check(template: Json) -> None:
    """Refuse what AWS refuses at once: unknown sections, no resources, resources without a type."""
    unknown = sorted(str(name) for name in template if name not in _SECTIONS)
    if unknown:
        raise invalid(f"Invalid template property or properties [{', '.join(unknown)}]")
    resources = template.get("Resources")
    if not isinstance(resources, dict) or not resources:
        raise invalid("Template format error: At least one Resources member must be defined.")
    if len(resources) > 500:  # noqa: PLR2004, the quota of resources in a template
        raise invalid(
            f"Template format error: Number of resources, {len(resources)}, is greater than maximum allowed, 500"
        )
    for name, resource in resources.items():
        if str(name).startswith("Fn::"):
            raise invalid(f"Template error: {name} in Resources is not part of the embedded AWS")
        if not str(name).isalnum():
            raise invalid(f"Template format error: Resource name {name} is non alphanumeric.")
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            raise invalid(
                f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member."
            )
