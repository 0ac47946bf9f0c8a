"""The services that moto has, as moto's own server runs them, and tests' hands on some of them."""

from __future__ import annotations

import json
import sys
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any

from werkzeug.test import run_wsgi_app

from sandbox.backend import ACCOUNT
from sandbox.estate import Estate
from sandbox.exchange import Answer, Incoming
from sandbox.wire import environ

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIApplication

# By the service's name in botocore: moto's folder, where it has another name.
SERVICES = {
    "cloudwatch": "cloudwatch",
    "cognito-idp": "cognitoidp",
    "dynamodb": "dynamodb",
    "ecr": "ecr",
    "efs": "efs",
    "iam": "iam",
    "lambda": "awslambda",
    "logs": "logs",
    "opensearch": "opensearch",
    "rds": "rds",
    "s3": "s3",
    "sqs": "sqs",
    "ssm": "ssm",
    "sts": "sts",
}


class MotoServices:
    """moto's state is one per process: so is this. `reset` empties it.

    The applications are made on first use, because most tests need none of them.
    """

    def __init__(self, region: str) -> None:
        self._region = region
        self._apps: dict[str, WSGIApplication] = {}
        self._lock = threading.RLock()
        # The resources that stacks made: there as soon as anybody looks into their service.
        self.estate = Estate(self._at)
        # Called before each answer: CloudFormation works out only when asked what has happened meanwhile.
        self.catch_up: Callable[[], None] = lambda: None

    def answer(self, service: str, incoming: Incoming) -> Answer:
        """Return what moto's server answers."""
        self.catch_up()
        with self._lock:
            self.estate.settle(service)
            chunks, status, headers = run_wsgi_app(self._app(service), environ(incoming), buffered=True)
            body = b"".join(chunks)
        if incoming.header("X-Amz-Target").endswith(".DescribeTable"):
            body = _as_of_hours_ago(body)
        return Answer(int(status.split()[0]), body, dict(headers.items()))

    def _app(self, service: str) -> WSGIApplication:
        if service not in self._apps:
            server = import_module("moto.moto_server.werkzeug_app")
            self._apps[service] = server.create_backend_app(service)
        return self._apps[service]

    def reset(self) -> None:
        """Empty the services that were used in this process."""
        for folder in SERVICES.values():
            if models := sys.modules.get(f"moto.{folder}.models"):
                getattr(models, _attribute(folder)).reset()
        self.estate.reset()

    def create_bucket(self, bucket: str, *, region: str = "") -> None:
        """Create a bucket, in the sandbox's own region if none is named."""
        self._s3().create_bucket(bucket, region or self._region)

    def bucket_region(self, bucket: str) -> str | None:
        """Return the region in which a bucket lies, or None where there is no such bucket."""
        with self._lock:
            found = self._s3().buckets.get(bucket)
        return None if found is None else str(found.region_name)

    def put_object(self, bucket: str, key: str, body: bytes | str) -> None:
        """Store an object."""
        self._s3().put_object(bucket, key, body.encode() if isinstance(body, str) else body)

    def get_object(self, bucket: str, key: str) -> bytes:
        """Return an object's bytes. Raises KeyError if the bucket or the key does not exist."""
        with self._lock:
            found = self._s3().get_object(bucket, key) if bucket in self._s3().buckets else None
        if found is None:
            raise KeyError((bucket, key))
        return bytes(found.value)

    def delete_object(self, bucket: str, key: str) -> None:
        """Delete an object."""
        self._s3().delete_object(bucket, key)

    def object_keys(self, bucket: str) -> list[str]:
        """Return the keys of a bucket, sorted."""
        return sorted(self._s3().get_bucket(bucket).keys)

    def set_alarm(self, name: str, state: str = "OK") -> None:
        """Put a CloudWatch alarm into `OK`, `ALARM` or `INSUFFICIENT_DATA`; make it where it doesn't exist."""
        backend = self._backend("cloudwatch")
        if name not in backend.alarms:
            backend.put_metric_alarm(
                name=name,
                namespace="Sandbox",
                metric_name="Errors",
                comparison_operator="GreaterThanThreshold",
                evaluation_periods=1,
                period=60,
                threshold=1.0,
                statistic="Sum",
                description="",
                dimensions=[],
                alarm_actions=[],
            )
        backend.set_alarm_state(name, f"set to {state}", "{}", state)

    def alarm_arn(self, name: str) -> str:
        """Return the ARN of an alarm, whether or not it exists."""
        return f"arn:aws:cloudwatch:{self._region}:{ACCOUNT}:alarm:{name}"

    def alarm_state(self, arn: str) -> str | None:
        """Return the state of an alarm, or None where there is none."""
        region, name = arn.split(":")[3], arn.rsplit(":alarm:", maxsplit=1)[-1]
        with self._lock:
            found = self._backend("cloudwatch", region).alarms.get(name)
        return None if found is None else str(found.state_value)

    def put_parameter(self, name: str, value: str) -> None:
        """Store a plain SSM parameter, or its next version."""
        self._backend("ssm").put_parameter(
            name=name,
            description="",
            value=value,
            parameter_type="String",
            allowed_pattern="",
            keyid="",
            overwrite=True,
            tags=[],
            data_type="text",
            tier=None,
            policies=None,
        )

    def get_parameter(self, name: str) -> str | None:
        """Return an SSM parameter's value, or None."""
        with self._lock:
            found = self._backend("ssm").get_parameter(name)
        return None if found is None else str(found.value)

    def put_log(self, group: str, message: str, at: float) -> None:
        """Let a log group, made where it is not there, hold a line of this time, in epoch seconds."""
        backend = self._backend("logs")
        if group not in backend.groups:
            backend.create_log_group(group, {})
        if "sandbox" not in backend.groups[group].streams:
            backend.create_log_stream(group, "sandbox")
        event = {"timestamp": int(at * 1000), "message": message}
        backend.groups[group].streams["sandbox"].put_log_events([event])

    def _s3(self) -> Any:
        return self._backend("s3")

    def _backend(self, service: str, region: str = "") -> Any:
        """Return moto's backend of a service as it now is, with what stacks made."""
        self.estate.settle(service)
        return self._at(service, region or self._region)

    @staticmethod
    def _at(service: str, region: str) -> Any:
        """Return moto's backend of a service in a region; S3's is one for all."""
        return _backends(service)["aws" if service in {"s3", "iam"} else region]


def _backends(service: str) -> Any:
    """Return moto's backends of a service by region. Imported when needed: some take half a second."""
    folder = SERVICES[service]
    return getattr(import_module(f"moto.{folder}.models"), _attribute(folder))[ACCOUNT]


def _attribute(folder: str) -> str:
    return "lambda_backends" if folder == "awslambda" else f"{folder}_backends"


def _as_of_hours_ago(body: bytes) -> bytes:
    """Return DescribeTable's answer with the sizes that DynamoDB works out only every six hours: of a time before."""
    answer = json.loads(body)
    if "Table" in answer:
        answer["Table"] |= {"ItemCount": 0, "TableSizeBytes": 0}
    return json.dumps(answer).encode()
