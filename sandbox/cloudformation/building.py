"""Turns a request (template, parameters, tags, capabilities) into a Deployment, or refuses it as AWS does."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from sandbox.cloudformation import resource_types, sam
from sandbox.cloudformation.errors import invalid, missing_capabilities
from sandbox.cloudformation.evaluate import NO_VALUE, references
from sandbox.cloudformation.model import Deployment, Desired, Stack
from sandbox.cloudformation.parameters import chosen, scope_of
from sandbox.cloudformation.template import Json, Value, parse

if TYPE_CHECKING:
    from sandbox.cloudformation.outside import Outside

MAX_BODY = 51_200
MAX_FILE = 1_000_000

_SNAPSHOT_BY_DEFAULT = {"AWS::RDS::DBCluster"}
_IAM_NAMES = {
    "AWS::IAM::Group": "GroupName", "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName", "AWS::IAM::Role": "RoleName", "AWS::IAM::User": "UserName",
}  # fmt: skip
_IAM_OTHERS = {"AWS::IAM::AccessKey", "AWS::IAM::Policy", "AWS::IAM::UserToGroupAddition"}


@dataclass(frozen=True)
class Builder:
    """Builds deployments with what lies outside CloudFormation: objects in S3 and parameters in SSM."""

    outside: Outside

    def text(self, request: Json, previous: Deployment | None) -> str:
        """Return the template's text: inline, from S3, or the stack's own. Raises AwsError."""
        if "TemplateText" in request:  # no member of the API: stacks are seeded with templates of any size
            return str(request["TemplateText"])
        ways = [name for name in ("TemplateBody", "TemplateURL") if request.get(name)]
        if request.get("UsePreviousTemplate"):
            if ways:
                raise invalid("Only one of TemplateBody, TemplateURL or UsePreviousTemplate can be specified.")
            if previous is None:
                raise invalid("Cannot use previous template: the stack has none.")
            return previous.original
        if len(ways) != 1:
            raise invalid("Either Template URL or Template Body must be specified.")
        if ways == ["TemplateURL"]:
            return self.fetch(request["TemplateURL"])
        body: str = request["TemplateBody"]
        if len(body.encode()) > MAX_BODY:
            raise invalid(
                f"1 validation error detected: Value '{body}' at 'templateBody' failed to satisfy constraint: "
                f"Member must have length less than or equal to {MAX_BODY}"
            )
        return body

    def fetch(self, url: Value) -> str:
        """Return a template from S3. Raises AwsError: no S3 address, no such object, too large."""
        place = bucket_and_key(str(url))
        if place is None:
            raise invalid("TemplateURL must be a supported URL.")
        named, region = region_in(str(url)), self.outside.bucket_region(place[0])
        if named and region and named != region:
            raise invalid(
                "S3 error: The bucket you are attempting to access must be addressed using the specified endpoint. "
                "Please send all future requests to this endpoint.\n"
                "For more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"
            )
        try:
            body = self.outside.read_object(*place)
        except KeyError as error:
            raise invalid(
                "S3 error: The specified key does not exist.\n"
                "For more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"
            ) from error
        if len(body) > MAX_FILE:
            raise invalid(f"Template may not exceed {MAX_FILE} bytes in size.")
        return body.decode()

    def build(
        self, stack: Stack, request: Json, previous: Deployment | None, *, change_set: bool = False
    ) -> Deployment:
        """Return what the request asks the stack to be; what it leaves out stays as in `previous`. Raises AwsError."""
        text = self.text(request, previous)
        source = parse(text)
        known = previous.parameters if previous else None
        parameters = chosen(source, request.get("Parameters") or [], known, self.outside.parameter)
        processed = sam.expand(source, parameters, stack.region)
        check_types(processed)
        capabilities = tuple(request.get("Capabilities") or ())
        # A change set with a transform learns what it needs only while it is being created: see changesets.py.
        if not change_set or not sam.transforms(source):
            require(capabilities, source, processed, change_set=change_set)
        kept = previous or Deployment("", {}, "", {}, {}, {})
        return Deployment(
            original=text,
            source=source,
            processed=text if processed is source else json.dumps(processed, separators=(",", ":"), ensure_ascii=False),
            template=processed,
            parameters=parameters,
            desired=desired(stack, processed, parameters),
            tags=_tags(request["Tags"]) if request.get("Tags") is not None else kept.tags,
            capabilities=capabilities,
            notification_arns=tuple(request["NotificationARNs"])
            if "NotificationARNs" in request
            else kept.notification_arns,
            # A list of triggers that is given replaces the earlier one, an empty one removes it (API reference).
            rollback_configuration={**kept.rollback_configuration, **(request.get("RollbackConfiguration") or {})},
            role_arn=request.get("RoleARN") or kept.role_arn,
        )


def bucket_and_key(url: str) -> tuple[str, str] | None:
    """Return bucket and key of an S3 address: virtual-hosted, path style, or of a local endpoint; None for another."""
    parts = urlsplit(url)
    host, path = parts.hostname or "", unquote(parts.path).lstrip("/")
    if parts.scheme not in {"http", "https"}:
        return None
    virtual = re.fullmatch(r"(?P<bucket>.+)\.s3([.-][a-z0-9-]+)*\.amazonaws\.com(\.cn)?", host)
    if virtual:
        return virtual["bucket"], path
    if re.fullmatch(r"s3([.-][a-z0-9-]+)*\.amazonaws\.com(\.cn)?|127\.0\.0\.1|localhost", host):
        bucket, _, key = path.partition("/")
        return (bucket, key) if key else None
    return None


def region_in(url: str) -> str | None:
    """Return the region that an S3 address names; one without a region leads to the bucket wherever it lies."""
    found = re.search(
        r"(?:^|\.)s3[.-](?:dualstack\.)?([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com", urlsplit(url).hostname or ""
    )
    return found[1] if found else None


def _tags(given: list[Json]) -> dict[str, str]:
    for tag in given:
        if tag["Key"].lower().startswith("aws:"):
            raise invalid("aws: prefixed tag key names are not allowed for external use.")
    return {tag["Key"]: tag["Value"] for tag in given}


def check_types(template: Json) -> None:
    """Refuse resource types that AWS doesn't have, and Snapshot policies where there is no snapshot."""
    unknown = sorted(
        {item["Type"] for item in template["Resources"].values() if not resource_types.known(item["Type"])}
    )
    if unknown:
        raise invalid(f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]")
    for item in template["Resources"].values():
        if item.get("DeletionPolicy") == "Snapshot" and item["Type"] not in resource_types.SNAPSHOT:
            raise invalid(f"Template error: resource type {item['Type']} does not support deletion policy Snapshot")


def needed(source: Json, processed: Json, *, change_set: bool) -> tuple[list[str], str]:
    """Return the capabilities of which the request must name one each, and why (GetTemplateSummary's words)."""
    kinds = {item["Type"]: item for item in processed["Resources"].values()}
    found: list[str] = []
    named = [
        item["Type"]
        for item in processed["Resources"].values()
        if _IAM_NAMES.get(item["Type"], "") in (item.get("Properties") or {})
    ]
    plain = [kind for kind in kinds if kind in _IAM_NAMES or kind in _IAM_OTHERS]
    if named:
        found.append("CAPABILITY_NAMED_IAM")
    elif plain:
        found.append("CAPABILITY_IAM")
    # For change sets the transform itself needs no acknowledgement (API reference, CreateChangeSet, Capabilities).
    if sam.transforms(source) and not change_set:
        found.append("CAPABILITY_AUTO_EXPAND")
    return found, f"The following resource(s) require capabilities: [{', '.join(named or plain)}]" if plain else ""


def lacking(capabilities: tuple[str, ...], source: Json, processed: Json, *, change_set: bool) -> list[str]:
    """Return the needed capabilities that the request didn't acknowledge; NAMED_IAM includes IAM."""
    wanted, _ = needed(source, processed, change_set=change_set)
    have = {*capabilities, *(["CAPABILITY_IAM"] if "CAPABILITY_NAMED_IAM" in capabilities else [])}
    return [name for name in wanted if name not in have]


def require(capabilities: tuple[str, ...], source: Json, processed: Json, *, change_set: bool = False) -> None:
    """Raise AwsError (InsufficientCapabilitiesException) if something needed was not acknowledged."""
    missing = lacking(capabilities, source, processed, change_set=change_set)
    if missing:
        raise missing_capabilities(missing)


def desired(stack: Stack, template: Json, parameters: dict[str, Any]) -> dict[str, Desired]:
    """Return the resources the template asks for with these parameters, those of false conditions left out."""
    scope = scope_of(template, parameters, stack)
    masked = scope_of(template, parameters, stack, masked=True) if any(p.no_echo for p in parameters.values()) else None
    found: dict[str, Desired] = {}
    for logical_id, item in template["Resources"].items():
        if "Condition" in item and not scope.condition(item["Condition"]):
            continue
        raw = item.get("Properties") or {}
        properties = scope.evaluate(raw)
        depends = item.get("DependsOn") or []
        others = {name for name, _ in references(properties)} | {*([depends] if isinstance(depends, str) else depends)}
        deletion = str(item.get("DeletionPolicy") or _default_policy(item["Type"], properties))
        replace = scope.evaluate(item.get("UpdateReplacePolicy", "Delete"))
        found[logical_id] = Desired(
            logical_id=logical_id,
            type=item["Type"],
            properties=properties,
            shown=properties if masked is None else masked.evaluate(raw),
            raw=raw,
            depends_on=frozenset(others & template["Resources"].keys()),
            metadata=scope.evaluate(item.get("Metadata")),
            deletion_policy=deletion,
            replace_policy="Delete" if replace is NO_VALUE else str(replace),
        )
    return found


def _default_policy(type_name: str, properties: Json) -> str:
    """Return the DeletionPolicy of a resource that names none: Snapshot for database clusters and lone instances."""
    if type_name in _SNAPSHOT_BY_DEFAULT or (
        type_name == "AWS::RDS::DBInstance" and "DBClusterIdentifier" not in properties
    ):
        return "Snapshot"
    return "Delete"
