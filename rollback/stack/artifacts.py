"""Pure: the S3 objects and ECR images that a template's resources name: gone ones would fail a restore half-way."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from rollback.stack.values import known_values, value_of

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
    "AWS::Serverless::Api": ("DefinitionUri", "Bucket", "Key", "Version"),
    "AWS::Serverless::HttpApi": ("DefinitionUri", "Bucket", "Key", "Version"),
    "AWS::Serverless::StateMachine": ("DefinitionUri", "Bucket", "Key", "Version"),
    "AWS::StepFunctions::StateMachine": ("DefinitionS3Location", "Bucket", "Key", "Version"),
    "AWS::ApiGateway::RestApi": ("BodyS3Location", "Bucket", "Key", "Version"),
    "AWS::ApiGatewayV2::Api": ("BodyS3Location", "Bucket", "Key", "Version"),
    "AWS::AppSync::GraphQLSchema": ("DefinitionS3Location", "", "", ""),
    "AWS::ElasticBeanstalk::ApplicationVersion": ("SourceBundle", "S3Bucket", "S3Key", ""),
    "AWS::CloudFormation::Stack": ("TemplateURL", "", "", ""),
}

_IMAGES = {
    # type: the way to the image's URI; `*` is each entry of a list
    "AWS::Lambda::Function": ("Code", "ImageUri"),
    "AWS::Serverless::Function": ("ImageUri",),
    "AWS::ECS::TaskDefinition": ("ContainerDefinitions", "*", "Image"),
    "AWS::Batch::JobDefinition": ("ContainerProperties", "Image"),
    "AWS::AppRunner::Service": ("SourceConfiguration", "ImageRepository", "ImageIdentifier"),
}
_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
    r"/(?P<repository>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
# SAM makes a layer's logical id out of its content.
_RENAMED = frozenset({"AWS::Serverless::LayerVersion"})


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


@dataclass(frozen=True)
class Image:
    """An image in ECR that the resource `logical_id` needs, by its digest, else by its tag."""

    logical_id: str
    account: str
    region: str
    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        """Return how people are told of it."""
        which = f"@{self.digest}" if self.digest else f":{self.tag}"
        return f"{self.account}.dkr.ecr.{self.region}/{self.repository}{which} ({self.logical_id})"


def artifacts(record: StackSnapshot) -> tuple[Artifact, ...]:
    """Return the S3 objects that the snapshot's template names, as far as its record tells what they are called.

    What only CloudFormation could evaluate is left out, and so are resources that the stack does not have.
    """
    values = known_values(record)
    return tuple(
        found for name, kind, properties in _resources(record) for found in _of(name, kind, properties, values)
    )


def images(record: StackSnapshot) -> tuple[Image, ...]:
    """Return the images in ECR that the snapshot's template names, as far as its record tells."""
    values = known_values(record)
    found = [
        Image(name, match["account"], match["region"], match["repository"], match["tag"] or "", match["digest"] or "")
        for name, kind, properties in _resources(record)
        for expression in _along(properties, _IMAGES.get(kind, ()))
        if (match := _IMAGE.fullmatch(value_of(expression, values) or ""))
    ]
    return tuple(image if image.tag or image.digest else replace(image, tag="latest") for image in found)


def _resources(record: StackSnapshot) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield logical id, type and properties of each resource that the stack has: a false Condition makes none."""
    template = parse(record.processed_template or record.template)
    resources = template.get("Resources") if isinstance(template, dict) else None
    had = {resource.logical_id for resource in record.resources}
    for name, resource in resources.items() if isinstance(resources, dict) else ():
        if not isinstance(resource, dict) or not isinstance(resource.get("Properties"), dict):
            continue
        kind = str(resource.get("Type"))
        if not had or name in had or kind in _RENAMED:
            yield str(name), kind, resource["Properties"]


def _along(value: Any, way: tuple[str, ...]) -> Iterator[Any]:
    if not way:
        return
    inner = value if way[0] == "*" and isinstance(value, list) else []
    if way[0] != "*" and isinstance(value, dict) and way[0] in value:
        inner = [value[way[0]]]
    for one in inner:
        if len(way) == 1:
            yield one
        else:
            yield from _along(one, way[1:])


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


def _of(logical_id: str, kind: str, properties: dict[str, Any], values: Mapping[str, str]) -> Iterator[Artifact]:
    place = _PLACES.get(kind)
    if place is None:
        return
    member, bucket, key, version = place
    where = properties.get(member)
    found: tuple[str | None, str | None, str | None] | None
    if isinstance(where, dict) and bucket in where and key in where:
        found = value_of(where[bucket], values), value_of(where[key], values), value_of(where.get(version, ""), values)
    else:
        found = _from_uri(value_of(where, values) or "")
    if found and found[0] and found[1]:
        nested = member in {"TemplateURL", "Location"}
        yield Artifact(logical_id, found[0], found[1], found[2] or "", nested=nested)


def _from_uri(uri: str) -> tuple[str, str, str] | None:
    try:
        parts = urlsplit(uri)
    except ValueError:  # such as an address in brackets that is none
        return None
    path = unquote(parts.path.lstrip("/"))
    version = parse_qs(parts.query).get("versionId", [""])[0]
    if parts.scheme == "s3":
        return parts.netloc, path, version
    host = parts.netloc
    if parts.scheme == "https" and (match := re.fullmatch(r"(.+)\.s3[.-][a-z0-9.-]*amazonaws\.com(\.cn)?", host)):
        return match.group(1), path, version
    if parts.scheme == "https" and re.fullmatch(r"s3[.-][a-z0-9.-]*amazonaws\.com(\.cn)?", host) and "/" in path:
        bucket, key = path.split("/", 1)
        return bucket, key, version
    return None
