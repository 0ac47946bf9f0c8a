"""Pure: the S3 objects that a template's functions, layers and nested stacks name: gone ones would fail a restore."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rollback.stack.record import StackSnapshot

_PLACES = {
    # type: the property, and its members for bucket, key and version (CloudFormation's resource reference, SAM's)
    "AWS::Lambda::Function": ("Code", "S3Bucket", "S3Key", "S3ObjectVersion"),
    "AWS::Lambda::LayerVersion": ("Content", "S3Bucket", "S3Key", "S3ObjectVersion"),
    "AWS::Serverless::Function": ("CodeUri", "Bucket", "Key", "Version"),
    "AWS::Serverless::LayerVersion": ("ContentUri", "Bucket", "Key", "Version"),
    "AWS::Serverless::Application": ("Location", "", "", ""),
    "AWS::CloudFormation::Stack": ("TemplateURL", "", "", ""),
}


@dataclass(frozen=True)
class Artifact:
    """An object in S3 that the resource `logical_id` needs; `nested` where it is a nested stack's template."""

    logical_id: str
    bucket: str
    key: str
    version: str = ""
    nested: bool = False

    def __str__(self) -> str:
        """Return how people are told of it."""
        return f"s3://{self.bucket}/{self.key} ({self.logical_id})"


def artifacts(record: StackSnapshot) -> tuple[Artifact, ...]:
    """Return the S3 objects that the snapshot's template names, parameters filled in.

    What only CloudFormation could evaluate (imports, pseudo parameters, conditions) is left out.
    """
    template = parse(record.processed_template or record.template)
    resources = template.get("Resources") if isinstance(template, dict) else None
    if not isinstance(resources, dict):
        return ()
    values = {name: parameter.resolved or parameter.value for name, parameter in record.parameters.items()}
    return tuple(found for name, resource in resources.items() for found in _of(str(name), resource, values))


def parse(text: str) -> Any:
    """Return a template, JSON or YAML with CloudFormation's short tags, as plain data; None where it can't be read."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    import yaml  # noqa: PLC0415 - a restore alone needs it

    class Loader(yaml.SafeLoader):
        """YAML in which !Ref and its kin become the long form."""

    def tagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
        if isinstance(node, yaml.ScalarNode):
            value: Any = loader.construct_scalar(node)
        elif isinstance(node, yaml.SequenceNode):
            value = loader.construct_sequence(node, deep=True)
        else:
            value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
        return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}

    Loader.add_multi_constructor("!", tagged)
    try:
        return yaml.load(text, Loader)  # noqa: S506 - a SafeLoader with more tags
    except (yaml.YAMLError, RecursionError, ValueError):
        return None


def _of(logical_id: str, resource: Any, values: Mapping[str, str]) -> Iterator[Artifact]:
    if not isinstance(resource, dict) or not isinstance(resource.get("Properties"), dict):
        return
    place = _PLACES.get(str(resource.get("Type")))
    if place is None:
        return
    member, bucket, key, version = place
    where = resource["Properties"].get(member)
    found: tuple[str | None, str | None, str | None] | None
    if isinstance(where, dict) and bucket in where and key in where:
        found = _value(where[bucket], values), _value(where[key], values), _value(where.get(version, ""), values)
    else:
        found = _from_uri(_value(where, values) or "")
    if found and found[0] and found[1]:
        nested = member in {"TemplateURL", "Location"}
        yield Artifact(logical_id, found[0], found[1], found[2] or "", nested=nested)


def _from_uri(uri: str) -> tuple[str, str, str] | None:
    parts = urlsplit(uri)
    path = unquote(parts.path.lstrip("/"))
    if parts.scheme == "s3":
        return parts.netloc, path, ""
    host = parts.netloc
    if parts.scheme == "https" and (match := re.fullmatch(r"(.+)\.s3[.-][a-z0-9.-]*amazonaws\.com(\.cn)?", host)):
        return match.group(1), path, ""
    if parts.scheme == "https" and re.fullmatch(r"s3[.-][a-z0-9.-]*amazonaws\.com(\.cn)?", host) and "/" in path:
        bucket, key = path.split("/", 1)
        return bucket, key, ""
    return None


def _value(expression: Any, values: Mapping[str, str]) -> str | None:
    """Return a string, a Ref to a parameter or a Sub of parameters, filled in; None for anything else."""
    if isinstance(expression, str):
        return expression
    if isinstance(expression, dict) and len(expression) == 1:
        kind, argument = next(iter(expression.items()))
        if kind == "Ref":
            return values.get(str(argument))
        if kind == "Fn::Sub" and isinstance(argument, str):
            names = re.findall(r"\$\{([^!}]+)\}", argument)
            if all(name in values for name in names):
                return re.sub(r"\$\{([^!}]+)\}", lambda match: values[match.group(1)], argument)
    return None
