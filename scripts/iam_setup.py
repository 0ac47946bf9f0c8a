"""The policies of docs/iam as resources of a CloudFormation template: what docs/iam/setup.yaml has between its marks.

Each policy becomes a managed policy on the roles that need it. `${…}` of the JSON become the template's parameters; a
parameter that takes several names has one resource each, left out where the name is empty.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "iam"
SETUP = FOLDER / "setup.yaml"
STACKS = ("StackName", "StackName2", "StackName3")
APPS = ("AppId", "AppId2")

_AUDIENCE = "token.actions.githubusercontent.com:aud"
_SUBJECT = "token.actions.githubusercontent.com:sub"
_WORKFLOW = "token.actions.githubusercontent.com:job_workflow_ref"
_MARKED = re.compile(r"(  # policies: [^\n]*\n).*?(  # /policies\n)", re.DOTALL)
_PSEUDO = {
    "Partition": "AWS::Partition",
    "Region": "AWS::Region",
    "Account": "AWS::AccountId",
    "UrlSuffix": "AWS::URLSuffix",
    "Bucket": "Snapshots",
}
_OPTIONAL = {
    "StackName": "HasStackName",
    "AppId": "HasAppId",
    "ArtifactBucket": "HasArtifactBucket",
    "ParameterPath": "HasParameterPath",
}


@dataclass(frozen=True)
class Attached:
    """A policy: its file, the roles that have it, and the template's condition for it, if any."""

    name: str
    roles: tuple[str, ...]
    says: str
    condition: str = ""

    @property
    def id(self) -> str:
        """The resource's logical id."""
        return "".join(word.capitalize() for word in self.name.split("-")) + "Policy"


LONGEST_SESSION = 7200
"""Seconds: stack, frontend and verification may take longer than the hour that is IAM's default."""

ROLES = {
    "SnapshotRole": "Records the last known good",
    "StatusRole": "Looks and changes nothing",
    "PlanRole": "Makes the plan of a rollback",
    "RollbackRole": "Rolls back",
}

POLICIES = (
    Attached("status", ("StatusRole", "PlanRole", "SnapshotRole", "RollbackRole"), "Looks and changes nothing"),
    Attached("compare", ("PlanRole", "SnapshotRole", "RollbackRole"), "Makes the change set of a restore and drops it"),
    Attached("snapshot", ("SnapshotRole",), "Records the last known good"),
    Attached("rollback", ("RollbackRole",), "Rolls stacks and frontend back"),
    Attached("restore", ("RollbackRole",), "Executes the change set of a restore"),
    Attached("pass-role", ("RollbackRole",), "Lets CloudFormation act with the service roles", "HasServiceRole"),
    Attached("update-branch", ("RollbackRole",), "Can change every setting of the branch", "MayUpdateBranch"),
    Attached("update-app", ("RollbackRole",), "Can change every setting of the app", "MayUpdateApp"),
    Attached("data", ("SnapshotRole", "RollbackRole"), "Reads what protects the data", "MayDescribeData"),
    Attached("empty", ("RollbackRole",), "Looks whether what was created holds data", "MayLookIntoData"),
    Attached("logs", ("RollbackRole",), "Reads what the functions logged as errors", "MayReadLogs"),
)
"""Every policy of a role, in the order in which the template has them."""


class Tagged(yaml.YAMLObject):
    """An intrinsic function in its short form, such as `!Sub`."""

    def __init__(self, tag: str, value: str | list[Any]) -> None:
        self.tag, self.value = tag, value


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 (CloudFormation reads no aliases)
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 (yaml's own)
        super().increase_indent(flow, indentless=False)


def _short_form(dumper: _Dumper, function: Tagged) -> yaml.Node:
    if isinstance(function.value, str):
        return dumper.represent_scalar(f"!{function.tag}", function.value)
    flow = not any(isinstance(item, dict) for item in function.value)
    return dumper.represent_sequence(f"!{function.tag}", function.value, flow_style=flow)


def _list(dumper: _Dumper, items: list[Any]) -> yaml.Node:
    flow = all(isinstance(item, str) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=flow)


_Dumper.add_representer(Tagged, _short_form)
_Dumper.add_representer(list, _list)

NOTHING = Tagged("Ref", "AWS::NoValue")


def with_policies(text: str) -> str:
    """Return the template's text with what is between the marks written anew."""
    dumped = yaml.dump(resources(), Dumper=_Dumper, sort_keys=False, width=1000, allow_unicode=True)
    body = "".join(f"  {line}\n" if line else "\n" for line in dumped.splitlines())
    return _MARKED.sub(lambda match: f"{match[1]}{body}{match[2]}", text)


def resources() -> dict[str, Any]:
    """Return the roles and their managed policies by logical id."""
    roles = {name: _role(name, says) for name, says in ROLES.items()}
    return roles | {policy.id: _resource(policy) for policy in POLICIES}


def _role(name: str, says: str) -> dict[str, Any]:
    trust = json.loads((FOLDER / "trust.json").read_text(encoding="utf-8"))
    (statement,) = trust["Statement"]
    provider = Tagged("If", ["MakesProvider", Tagged("Ref", "Provider"), Tagged("Ref", "OidcProviderArn")])
    wanted = statement["Condition"]["StringEquals"]
    environment = Tagged("If", ["HasEnvironment", _sub(wanted[_SUBJECT]), NOTHING])
    branch = Tagged("If", ["HasBranch", Tagged("Sub", "repo:${Repository}:ref:refs/heads/${Branch}"), NOTHING])
    # A key can't be left out by a condition of the template: without a workflow, the audience is asked for twice.
    workflow = Tagged(
        "If", ["HasJobWorkflowRef", {_WORKFLOW: Tagged("Ref", "JobWorkflowRef")}, {_AUDIENCE: wanted[_AUDIENCE]}]
    )
    condition = {"StringEquals": {**wanted, _SUBJECT: [environment, branch]}, "StringLike": workflow}
    allowed = {**statement, "Principal": {"Federated": provider}, "Condition": condition}
    properties = {
        "RoleName": Tagged("Sub", f"${{AWS::StackName}}-{name.removesuffix('Role').lower()}"),
        "Description": says,
        "MaxSessionDuration": LONGEST_SESSION,
        "AssumeRolePolicyDocument": {"Version": trust["Version"], "Statement": [allowed]},
    }
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def _resource(policy: Attached) -> dict[str, Any]:
    document = json.loads((FOLDER / f"{policy.name}.json").read_text(encoding="utf-8"))
    statements = [_statement(statement, policy) for statement in document["Statement"]]
    properties = {
        "Description": policy.says,
        "Roles": [Tagged("Ref", role) for role in policy.roles],
        "PolicyDocument": {"Version": document["Version"], "Statement": statements},
    }
    condition = {"Condition": policy.condition} if policy.condition else {}
    return {"Type": "AWS::IAM::ManagedPolicy", **condition, "Properties": properties}


def _statement(statement: dict[str, Any], policy: Attached) -> Any:
    translated = {key: _value(value) if key in {"Resource", "Condition"} else value for key, value in statement.items()}
    asked = [condition for name, condition in _OPTIONAL.items() if f"${{{name}}}" in json.dumps(statement)]
    # A policy with a condition of its own is there only with what it names.
    return Tagged("If", [asked[0], translated, NOTHING]) if asked and not policy.condition else translated


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _value(inner) for key, inner in value.items()}
    if isinstance(value, list):
        items = [item for inner in value for item in _items(inner)]
        return items[0] if len(items) == 1 and isinstance(items[0], Tagged) and items[0].tag == "Ref" else items
    return _items(value)[0]


def _items(text: str) -> list[Any]:
    """Return what stands for one text: one item for each name that a parameter may have."""
    if "${StackRole}" in text:
        return [Tagged("Ref", "ServiceRoleArns")]
    for first, names in (("StackName", STACKS), ("AppId", APPS)):
        if f"${{{first}}}" in text:
            items = [_sub(text.replace(f"${{{first}}}", f"${{{name}}}")) for name in names]
            others = zip(names[1:], items[1:], strict=True)
            return [items[0], *(Tagged("If", [f"Has{name}", item, NOTHING]) for name, item in others)]
    return [_sub(text)]


def _sub(text: str) -> Any:
    if "${" not in text:
        return text
    filled = re.sub(r"\$\{(\w+)\}", lambda match: f"${{{_PSEUDO.get(match[1], match[1])}}}", text)
    alone = re.fullmatch(r"\$\{([\w:]+)\}", filled)
    return Tagged("Ref", alone[1]) if alone else Tagged("Sub", filled)
