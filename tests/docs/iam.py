"""What IAM would say of a call: the policies of docs/iam, filled in for the tests' shop, against recorded calls.

As IAM evaluates: one statement has to fit in action, resource and each of its conditions. AWS's service authorization
reference gives each call's resource and condition keys; S3's permissions have names of their own there.
"""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from tests.docs.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sandbox.aws import Call

POLICIES = ROOT / "docs" / "iam"
ACCOUNT = "123456789012"
VARIABLES = {
    "Partition": "aws",
    "UrlSuffix": "amazonaws.com",
    "Region": "us-west-2",
    "Account": ACCOUNT,
    "StackName": "shop",
    "AppId": "d1shop",
    "BranchName": "develop",
    "Bucket": "snapshots",
    "Prefix": "develop/",
    "ArtifactBucket": "artifacts",
    "ParameterPath": "shop/",
    "StackRole": "shop-service",
    "Repository": "example/shop",
    "Environment": "development",
}

FREE = {"sts:GetCallerIdentity"}
"""Needs no permission (STS's reference)."""

_S3 = {
    "CopyObject": "PutObject",
    "HeadObject": "GetObject",
    "HeadBucket": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
}
_SERVICES = {"efs": "elasticfilesystem", "opensearch": "es"}
_CONDITIONS = {
    "cloudformation:ChangeSetName": "ChangeSetName",
    "cloudformation:RoleArn": "RoleARN",
    "cloudformation:TemplateUrl": "TemplateURL",
    "s3:prefix": "Prefix",
}


def permission(service: str, operation: str) -> str:
    """Return the permission that an operation needs; `service` is botocore's name of it."""
    return f"{_SERVICES.get(service, service)}:{_S3.get(operation, operation) if service == 's3' else operation}"


def files() -> list[Path]:
    """Return the policies of roles: all of docs/iam but who may assume them."""
    return sorted(path for path in POLICIES.glob("*.json") if path.name != "trust.json")


def statements(*names: str) -> list[dict[str, Any]]:
    """Return the statements of these policies."""
    texts = [(POLICIES / f"{name}.json").read_text(encoding="utf-8") for name in names]
    return [statement for text in texts for statement in json.loads(text)["Statement"]]


def filled(text: str, **others: str) -> str:
    """Return a text with the variables of the tests' shop, or others, filled in."""
    return re.sub(r"\$\{(\w+)\}", lambda match: {**VARIABLES, **others}[match[1]], text)


def denied(calls: Iterable[Call], *names: str, **others: str) -> list[str]:
    """Return those recorded calls that the policies, attached to one role, don't allow."""
    role = json.loads(filled(json.dumps(statements(*names)), **others))
    return [
        f"{permission(call.service, call.operation)} on {_resource(call)} with {_context(call)}"
        for call in calls
        if permission(call.service, call.operation) not in FREE
        and not any(_fits(statement, call) for statement in role)
    ]


def _fits(statement: dict[str, Any], call: Call) -> bool:
    return (
        permission(call.service, call.operation) in statement["Action"]
        and any(fnmatchcase(_resource(call) or pattern, pattern) for pattern in statement["Resource"])
        and all(
            _holds(operator, key, wanted, _context(call))
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _holds(operator: str, key: str, wanted: str | list[str], context: dict[str, str]) -> bool:
    if operator == "Null":
        return (key not in context) == (wanted == "true")
    if key not in context:
        return operator.endswith("IfExists")
    patterns = [wanted] if isinstance(wanted, str) else wanted
    assert operator.removesuffix("IfExists") in {"StringEquals", "StringLike", "ArnEquals"}
    return any(fnmatchcase(context[key], pattern) for pattern in patterns)


def _context(call: Call) -> dict[str, str]:
    asked = {key: str(call.params[name]) for key, name in _CONDITIONS.items() if name in call.params}
    return {"aws:ResourceAccount": ACCOUNT, **asked}


def _resource(call: Call) -> str:
    """Return the ARN that a call is about; empty for services whose statements are judged by their action alone."""
    asked = call.params
    match call.service:
        case "cloudformation":
            name = str(asked.get("StackName", ""))
            arn = f"arn:aws:cloudformation:us-west-2:{ACCOUNT}:stack/{name}/id"
            return name if name.startswith("arn:") else arn
        case "amplify":
            return f"arn:aws:amplify:us-west-2:{ACCOUNT}:apps/{_amplify(call)}"
        case "s3":
            return f"arn:aws:s3:::{asked.get('Bucket', '')}" + (f"/{asked['Key']}" if "Key" in asked else "")
        case _:
            return ""


def _amplify(call: Call) -> str:
    asked = call.params
    branch = f"/branches/{asked['branchName']}" if "branchName" in asked else ""
    job = f"/jobs/{asked.get('jobId', 'new')}" if call.operation in {"GetJob", "StartJob", "StopJob"} else ""
    return f"{asked.get('appId', '')}{branch}{job}"
