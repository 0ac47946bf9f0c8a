"""A small part of the transform AWS::Serverless-2016-10-31: enough that a processed template differs as AWS's does."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from sandbox.cloudformation.errors import invalid

if TYPE_CHECKING:
    from sandbox.cloudformation.template import Json, Value

SAM = "AWS::Serverless-2016-10-31"
# Macros of AWS that leave a template as it is here: their effects play no part in a rollback.
_PLAIN = {
    "AWS::LanguageExtensions",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
    "AWS::CodeDeployBlueGreen",
}
_ATTRIBUTES = ("Condition", "DeletionPolicy", "DependsOn", "Metadata", "UpdateReplacePolicy")


def transforms(template: Json) -> list[str]:
    """Return the names of the transforms the template declares."""
    declared = template.get("Transform") or []
    return [
        str(item["Name"]) if isinstance(item, dict) else str(item)
        for item in ([declared] if not isinstance(declared, list) else declared)
    ]


def expand(template: Json) -> Json:
    """Return the processed template; the same object without a transform. Raises AwsError for an unknown one."""
    names = transforms(template)
    if not names:
        return template
    for name in names:
        if name != SAM and name not in _PLAIN:
            raise invalid(f"No transform named {name} found.")
    processed = {key: value for key, value in template.items() if key not in {"Transform", "Globals"}}
    if SAM in names:
        defaults = template.get("Globals") or {}
        resources: Json = {}
        for logical_id, resource in template["Resources"].items():
            resources.update(_expand_one(logical_id, resource, defaults))
        processed["Resources"] = resources
    return processed


def _expand_one(logical_id: str, resource: Json, defaults: Json) -> Json:
    kind = resource["Type"]
    if not kind.startswith("AWS::Serverless::"):
        return {logical_id: resource}
    expander = _EXPANDERS.get(kind.rpartition("::")[2])
    if expander is None:
        raise invalid(
            "Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application Specification document. "
            f"Number of errors found: 1. Resource with id [{logical_id}] is invalid. "
            f"Resource type {kind} is not supported."
        )
    properties = _merged(defaults.get(kind.rpartition("::")[2]) or {}, resource.get("Properties") or {})
    made: Json = expander(logical_id, properties)
    kept = {name: resource[name] for name in _ATTRIBUTES if name in resource}
    for item in made.values():
        item.update(
            {name: value for name, value in kept.items() if name == "Condition" or item is next(iter(made.values()))}
        )
    return made


def _merged(defaults: Json, own: Json) -> Json:
    result = dict(defaults)
    for key, value in own.items():
        result[key] = (
            _merged(result[key], value) if isinstance(value, dict) and isinstance(result.get(key), dict) else value
        )
    return result


def _s3(uri: Value, bucket: str = "S3Bucket", key: str = "S3Key") -> Value:
    if isinstance(uri, str) and uri.startswith("s3://"):
        where, _, what = uri[5:].partition("/")
        return {bucket: where, key: what}
    if isinstance(uri, dict) and "Bucket" in uri:
        return {bucket: uri["Bucket"], key: uri["Key"]}
    return uri


def _role(service: str, policies: Value) -> Json:
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": {"Service": [service]}}],
    }
    managed = [item for item in (policies if isinstance(policies, list) else [policies]) if isinstance(item, str)]
    base = ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"] if service.startswith("lambda") else []
    properties = {"AssumeRolePolicyDocument": trust, "ManagedPolicyArns": base + managed}
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def _function(logical_id: str, given: Json) -> Json:
    properties = {
        key: value
        for key, value in given.items()
        if key not in {"CodeUri", "InlineCode", "Events", "Policies", "AutoPublishAlias"}
    }
    properties["Code"] = {"ZipFile": given["InlineCode"]} if "InlineCode" in given else _s3(given.get("CodeUri"))
    extra: Json = {}
    if "Role" not in given:
        properties["Role"] = {"Fn::GetAtt": [f"{logical_id}Role", "Arn"]}
        extra[f"{logical_id}Role"] = _role("lambda.amazonaws.com", given.get("Policies") or [])
    if isinstance(given.get("Environment"), dict):
        properties["Environment"] = given["Environment"]
    for name, event in (given.get("Events") or {}).items():
        extra.update(_event(logical_id, name, event))
    return {logical_id: {"Type": "AWS::Lambda::Function", "Properties": properties}, **extra}


def _event(logical_id: str, name: str, event: Json) -> Json:
    about = event.get("Properties") or {}
    target = {"Fn::GetAtt": [logical_id, "Arn"]}
    if event.get("Type") == "Schedule":
        rule = {
            "ScheduleExpression": about.get("Schedule"),
            "Targets": [{"Arn": target, "Id": f"{logical_id}{name}LambdaTarget"}],
        }
        return {
            f"{logical_id}{name}": {"Type": "AWS::Events::Rule", "Properties": rule},
            f"{logical_id}{name}Permission": _permission(logical_id, "events.amazonaws.com"),
        }
    if event.get("Type") == "SQS":
        mapping = {"EventSourceArn": about.get("Queue"), "FunctionName": {"Ref": logical_id}}
        return {f"{logical_id}{name}": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": mapping}}
    return {f"{logical_id}{name}Permission": _permission(logical_id, "apigateway.amazonaws.com")}


def _permission(logical_id: str, principal: str) -> Json:
    properties = {"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": logical_id}, "Principal": principal}
    return {"Type": "AWS::Lambda::Permission", "Properties": properties}


def _table(logical_id: str, given: Json) -> Json:
    key = given.get("PrimaryKey") or {"Name": "id", "Type": "String"}
    properties: Json = {
        "AttributeDefinitions": [{"AttributeName": key["Name"], "AttributeType": key["Type"][0]}],
        "KeySchema": [{"AttributeName": key["Name"], "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    properties.update({name: given[name] for name in ("TableName", "SSESpecification", "Tags") if name in given})
    return {logical_id: {"Type": "AWS::DynamoDB::Table", "Properties": properties}}


def _layer(logical_id: str, given: Json) -> Json:
    # SAM names a layer by a hash of what is in it, and keeps the old version: every change is a new resource.
    mark = hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()[:10]
    properties = {key: value for key, value in given.items() if key not in {"ContentUri", "RetentionPolicy"}}
    properties["Content"] = _s3(given.get("ContentUri"))
    return {
        f"{logical_id}{mark}": {
            "Type": "AWS::Lambda::LayerVersion",
            "DeletionPolicy": "Retain",
            "Properties": properties,
        }
    }


def _api(logical_id: str, given: Json) -> Json:
    body = {key: value for key, value in given.items() if key in {"Name", "Description", "DefinitionBody"}}
    mark = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:10]
    deployment = f"{logical_id}Deployment{mark}"
    return {
        logical_id: {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": logical_id, **body}},
        deployment: {"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": {"Ref": logical_id}}},
        f"{logical_id}{given.get('StageName', 'Prod')}Stage": {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {
                "RestApiId": {"Ref": logical_id},
                "DeploymentId": {"Ref": deployment},
                "StageName": given.get("StageName", "Prod"),
            },
        },
    }


def _application(logical_id: str, given: Json) -> Json:
    properties = {"TemplateURL": given.get("Location"), "Parameters": given.get("Parameters") or {}}
    return {logical_id: {"Type": "AWS::CloudFormation::Stack", "Properties": properties}}


_EXPANDERS = {
    "Function": _function,
    "SimpleTable": _table,
    "LayerVersion": _layer,
    "Api": _api,
    "Application": _application,
}
