"""The resource types that moto's services have for real, one row each: how they are made, changed, filled, deleted."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.cloudformation.outside import Thing
from sandbox.databases import DATABASES
from sandbox.kind import Backend, Kind, is_true


def _make_alarm(backend: Backend, thing: Thing) -> None:
    given = thing.properties
    backend.put_metric_alarm(
        name=thing.name,
        namespace=given.get("Namespace", ""),
        metric_name=given.get("MetricName", ""),
        comparison_operator=given.get("ComparisonOperator", "GreaterThanThreshold"),
        evaluation_periods=int(given.get("EvaluationPeriods", 1)),
        period=int(given.get("Period", 60)),
        threshold=float(given.get("Threshold", 0)),
        statistic=given.get("Statistic", "Sum"),
        description=given.get("AlarmDescription", ""),
        dimensions=[],
        alarm_actions=[],
    )


def _make_bucket(backend: Backend, thing: Thing) -> None:
    backend.create_bucket(thing.name, thing.region)
    _change_bucket(backend, thing)


def _change_bucket(backend: Backend, thing: Thing) -> None:
    status = (thing.properties.get("VersioningConfiguration") or {}).get("Status")
    if status:
        backend.put_bucket_versioning(thing.name, status)


def _bucket_is_full(backend: Backend, thing: Thing) -> str | None:
    if not backend.get_bucket(thing.name).keys:
        return None
    return "The bucket you tried to delete is not empty (Service: S3, Status Code: 409)"


def _make_parameter(backend: Backend, thing: Thing) -> None:
    value = thing.properties.get("Value")
    backend.put_parameter(
        name=thing.name,
        description=thing.properties.get("Description", ""),
        value=value if isinstance(value, str) else str(value),
        parameter_type=thing.properties.get("Type", "String"),
        allowed_pattern=thing.properties.get("AllowedPattern", ""),
        keyid="",
        overwrite=True,
        tags=[],
        data_type=thing.properties.get("DataType", "text"),
        tier=thing.properties.get("Tier"),
        policies=None,
    )


def _make_table(backend: Backend, thing: Thing) -> None:
    given = thing.properties
    schema = given.get("KeySchema") or [{"AttributeName": "id", "KeyType": "HASH"}]
    declared = {item["AttributeName"]: item for item in given.get("AttributeDefinitions") or []}
    for key in schema:
        declared.setdefault(key["AttributeName"], {"AttributeName": key["AttributeName"], "AttributeType": "S"})
    backend.create_table(
        name=thing.name,
        schema=schema,
        attr=list(declared.values()),
        throughput=given.get("ProvisionedThroughput"),
        global_indexes=given.get("GlobalSecondaryIndexes") or [],
        indexes=given.get("LocalSecondaryIndexes") or [],
        streams=given.get("StreamSpecification"),
        billing_mode=given.get("BillingMode", "PROVISIONED"),
        sse_specification=given.get("SSESpecification"),
        tags=[],
        deletion_protection_enabled=_protected_table(thing),
        warm_throughput=None,
    )
    _change_table(backend, thing)


def _change_table(backend: Backend, thing: Thing) -> None:
    recovery = thing.properties.get("PointInTimeRecoverySpecification") or {}
    for replica in thing.properties.get("Replicas") or []:
        recovery = replica.get("PointInTimeRecoverySpecification") or recovery
    enabled = is_true(recovery.get("PointInTimeRecoveryEnabled"))
    backend.update_continuous_backups(thing.name, {"PointInTimeRecoveryEnabled": enabled})
    backend.get_table(thing.name).deletion_protection_enabled = _protected_table(thing)


def _put_item(backend: Backend, thing: Thing, data: str) -> None:
    table = backend.get_table(thing.name)
    kinds = {item["AttributeName"]: item["AttributeType"] for item in table.attr}
    item = {key["AttributeName"]: {kinds.get(key["AttributeName"], "S"): "1"} for key in table.schema}
    backend.put_item(thing.name, {"data": {"S": data}, **item}, overwrite=True)


def _protected_table(thing: Thing) -> bool:
    replicas = thing.properties.get("Replicas") or []
    return any(is_true(item.get("DeletionProtectionEnabled")) for item in (thing.properties, *replicas))


def _make_queue(backend: Backend, thing: Thing) -> None:
    simple = {key: str(value) for key, value in thing.properties.items() if isinstance(value, str | int)}
    simple.pop("QueueName", None)
    backend.create_queue(name=thing.name, region=thing.region, **simple)


def _change_queue(backend: Backend, thing: Thing) -> None:
    if "VisibilityTimeout" in thing.properties:
        backend.get_queue(thing.name).visibility_timeout = int(thing.properties["VisibilityTimeout"])


def _make_log_group(backend: Backend, thing: Thing) -> None:
    backend.create_log_group(thing.name, {})
    _change_log_group(backend, thing)


def _change_log_group(backend: Backend, thing: Thing) -> None:
    if "RetentionInDays" in thing.properties:
        backend.put_retention_policy(thing.name, int(thing.properties["RetentionInDays"]))


def _put_log(backend: Backend, thing: Thing, data: str) -> None:
    if "stored" not in backend.groups[thing.name].streams:
        backend.create_log_stream(thing.name, "stored")
    backend.groups[thing.name].streams["stored"].put_log_events([{"timestamp": 0, "message": data}])


def _make_repository(backend: Backend, thing: Thing) -> None:
    backend.create_repository(thing.name, None, None, None, "MUTABLE", [])


def _repository_is_full(backend: Backend, thing: Thing) -> str | None:
    if is_true(thing.properties.get("EmptyOnDelete")) or not backend.repositories[thing.name].images:
        return None
    return f"The repository with name '{thing.name}' cannot be deleted because it still contains images"


def _make_function(backend: Backend, thing: Thing) -> None:
    # Nothing here runs code, so the artifact itself plays no part: an empty one stands for it.
    backend.create_function(
        {
            **{key: value for key, value in thing.properties.items() if key not in {"Tags", "Layers", "VpcConfig"}},
            "FunctionName": thing.name,
            "Role": _role(backend.account_id, thing.properties.get("Role")),
            "Code": {"ZipFile": b""},
            "PackageType": "Zip",
        }
    )


def _role(account: str, given: object) -> str:
    """Return the ARN of the function's role, which moto wants to know, though nobody here assumes it."""
    name = given.rpartition("/")[2] if isinstance(given, str) and ":role/" in given else "sandbox"
    roles = import_module("moto.iam.models").iam_backends[account]["aws"]
    if all(role.name != name for role in roles.roles.values()):
        roles.create_role(name, "{}", "/", None, "", [], 3600)
    return next(str(role.arn) for role in roles.roles.values() if role.name == name)


def _change_function(backend: Backend, thing: Thing) -> None:
    backend.delete_function(thing.name)
    _make_function(backend, thing)


def _make_file_system(backend: Backend, thing: Thing) -> None:
    backup = (thing.properties.get("BackupPolicy") or {}).get("Status") == "ENABLED"
    made = backend.create_file_system(
        thing.name, "", thing.properties.get("Encrypted", False), "", "", 0, "", backup, []
    )
    del backend.file_systems_by_id[made.file_system_id]
    made.file_system_id = thing.name
    backend.file_systems_by_id[thing.name] = made


def _make_user_pool(backend: Backend, thing: Thing) -> None:
    config = {"DeletionProtection": thing.properties.get("DeletionProtection", "INACTIVE")}
    made = backend.create_user_pool(thing.properties.get("UserPoolName", thing.name), config)
    del backend.user_pools[made.id]
    made.arn = made.arn.replace(made.id, thing.name)
    made.id = thing.name
    backend.user_pools[thing.name] = made


def _put_user(backend: Backend, thing: Thing, data: str) -> None:
    backend.admin_create_user(thing.name, data.replace(" ", "-"), "SUPPRESS", "Sandbox-1", [])


_TABLE = Kind(
    "dynamodb",
    make=_make_table,
    change=_change_table,
    drop=lambda backend, name: backend.delete_table(name),
    there=lambda backend, name: name in backend.tables,
    put=_put_item,
    protected=_protected_table,
)

KINDS = {
    **DATABASES,
    "AWS::CloudWatch::Alarm": Kind(
        "cloudwatch",
        make=_make_alarm,
        change=_make_alarm,
        drop=lambda backend, name: backend.delete_alarms([name]),
        there=lambda backend, name: name in backend.alarms,
    ),
    "AWS::DynamoDB::GlobalTable": _TABLE,
    "AWS::DynamoDB::Table": _TABLE,
    "AWS::Cognito::UserPool": Kind(
        "cognito-idp",
        make=_make_user_pool,
        drop=lambda backend, name: backend.user_pools.pop(name),
        there=lambda backend, name: name in backend.user_pools,
        put=_put_user,
        protected=lambda thing: thing.properties.get("DeletionProtection") == "ACTIVE",
    ),
    "AWS::ECR::Repository": Kind(
        "ecr",
        make=_make_repository,
        drop=lambda backend, name: backend.delete_repository(name, force=True),
        there=lambda backend, name: name in backend.repositories,
        full=_repository_is_full,
    ),
    "AWS::EFS::FileSystem": Kind(
        "efs",
        make=_make_file_system,
        drop=lambda backend, name: backend.delete_file_system(name),
        there=lambda backend, name: name in backend.file_systems_by_id,
    ),
    "AWS::Lambda::Function": Kind(
        "lambda",
        make=_make_function,
        change=_change_function,
        drop=lambda backend, name: backend.delete_function(name),
        there=lambda backend, name: any(item.function_name == name for item in backend.list_functions()),
    ),
    "AWS::Logs::LogGroup": Kind(
        "logs",
        make=_make_log_group,
        change=_change_log_group,
        drop=lambda backend, name: backend.delete_log_group(name),
        there=lambda backend, name: name in backend.groups,
        put=_put_log,
        protected=lambda thing: is_true(thing.properties.get("DeletionProtectionEnabled")),
    ),
    "AWS::S3::Bucket": Kind(
        "s3",
        make=_make_bucket,
        change=_change_bucket,
        drop=lambda backend, name: backend.delete_bucket(name),
        there=lambda backend, name: name in backend.buckets,
        put=lambda backend, thing, data: backend.put_object(thing.name, "stored", data.encode()),
        full=_bucket_is_full,
    ),
    "AWS::SQS::Queue": Kind(
        "sqs",
        make=_make_queue,
        change=_change_queue,
        drop=lambda backend, name: backend.delete_queue(name),
        there=lambda backend, name: name in backend.queues,
        put=lambda backend, thing, data: backend.send_message(thing.name, data),
    ),
    "AWS::SSM::Parameter": Kind(
        "ssm",
        make=_make_parameter,
        change=_make_parameter,
        drop=lambda backend, name: backend.delete_parameter(name),
        there=lambda backend, name: backend.get_parameter(name) is not None,
    ),
}
