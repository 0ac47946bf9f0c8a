"""Physical ids: what Ref gives of a resource, in the form that its type has, and what Fn::GetAtt gives of Arn."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Types whose names know no capital letters.
_LOWER = {
    "AWS::S3::Bucket", "AWS::ECR::Repository", "AWS::RDS::DBInstance", "AWS::RDS::DBCluster",
    "AWS::OpenSearchService::Domain", "AWS::ElastiCache::ReplicationGroup", "AWS::Redshift::Cluster",
}  # fmt: skip
# Types of which Ref is an ARN or a URL that ends in the name (resource reference, "Return values").
_WITH_NAME = {
    "AWS::SQS::Queue": "https://sqs.{region}.amazonaws.com/{account}/{name}",
    "AWS::SNS::Topic": "arn:aws:sns:{region}:{account}:{name}",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:{region}:{account}:stateMachine:{name}",
    "AWS::IAM::ManagedPolicy": "arn:aws:iam::{account}:policy/{name}",
}
# Types whose ids have nothing of a name.
_IDS = {
    "AWS::ApiGateway::RestApi": "{unique:.10}",
    "AWS::ApiGatewayV2::Api": "{unique:.10}",
    "AWS::Cognito::UserPool": "{region}_{upper:.9}",
    "AWS::EFS::FileSystem": "fs-{hex:.17}",
    "AWS::KMS::Key": "{uuid}",
}
_ARNS = {
    "AWS::DynamoDB::GlobalTable": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::ECR::Repository": "arn:aws:ecr:{region}:{account}:repository/{name}",
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}:*",
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
}


def made(type_name: str, name: str, where: Mapping[str, str], uuid: str) -> str:
    """Return the id of a resource of that name; `where` has region and account, `uuid` what is random in it."""
    if type_name in _IDS:
        plain = uuid.replace("-", "")
        return _IDS[type_name].format(unique=plain, upper=plain.upper(), hex=plain, uuid=uuid, **where)
    if type_name in _WITH_NAME:
        return _WITH_NAME[type_name].format(name=name, **where)
    return name.lower() if type_name in _LOWER else name


def version(type_name: str, name: str, number: int, where: Mapping[str, str]) -> str | None:
    """Return the ARN of a published version, which is what Ref gives of it; None for a type that has none."""
    kinds = {"AWS::Lambda::Version": "function", "AWS::Lambda::LayerVersion": "layer"}
    if type_name not in kinds:
        return None
    return f"arn:aws:lambda:{where['region']}:{where['account']}:{kinds[type_name]}:{name}:{number}"


def name_in(type_name: str, physical_id: str) -> str:
    """Return the name within a physical id."""
    return re.split(r"[/:]", physical_id)[-1] if type_name in _WITH_NAME else physical_id


def attribute(type_name: str, physical_id: str, name: str, where: Mapping[str, str]) -> str:
    """Return what Fn::GetAtt gives; a stand-in for attributes that only the service knows."""
    if name == "Arn" and type_name in _ARNS:
        return _ARNS[type_name].format(name=name_in(type_name, physical_id), **where)
    return f"{physical_id}.{name}"
