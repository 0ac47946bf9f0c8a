"""ministack as a process on a loopback port, and its stacks as a person with boto3 has them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tests.witnesses.witness import WitnessBrokeError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REGION = "us-west-2"
_LONGEST_START, _LONGEST_OPERATION = 60, 60


class Stacks:
    """Stacks that a person makes and updates; whatever fails here is the witness's own fault."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self.cloudformation = self.client("cloudformation")

    def client(self, service: str) -> Any:
        """Return a boto3 client of this AWS."""
        return boto3.client(  # type: ignore[call-overload]
            service,
            region_name=REGION,
            endpoint_url=self._environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=self._environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self._environment["AWS_SECRET_ACCESS_KEY"],
        )

    def create(self, name: str, template: dict[str, Any], **request: Any) -> None:
        """Create a stack and wait for it."""
        self._own(lambda: self.cloudformation.create_stack(**_asked(name, template, request)))
        self.rests(name, "CREATE_COMPLETE")

    def update(self, name: str, template: dict[str, Any], end: str = "UPDATE_COMPLETE", **request: Any) -> None:
        """Update a stack, and wait until it is in status `end`."""
        self._own(lambda: self.cloudformation.update_stack(**_asked(name, template, request)))
        self.rests(name, end)

    def rests(self, name: str, end: str) -> None:
        """Wait until the stack is in status `end`."""
        until = time.monotonic() + _LONGEST_OPERATION
        while (status := self.look(name)["StackStatus"]) != end:
            if time.monotonic() > until or (status.endswith(("COMPLETE", "FAILED")) and "CLEANUP" not in status):
                raise WitnessBrokeError(f"stack {name} is in {status} instead of {end}")
            time.sleep(0.2)

    def look(self, name: str) -> dict[str, Any]:
        """Return the stack as DescribeStacks tells it."""
        found: dict[str, Any] = self._own(lambda: self.cloudformation.describe_stacks(StackName=name))["Stacks"][0]
        return found

    def seen(self, name: str) -> dict[str, Any]:
        """Return what a rollback must bring back: template, parameters, tags, and the resources there are."""
        stack = self.look(name)
        resources = self.cloudformation.describe_stack_resources(StackName=name)["StackResources"]
        return {
            "template": self.cloudformation.get_template(StackName=name, TemplateStage="Original")["TemplateBody"],
            "parameters": {item["ParameterKey"]: item["ParameterValue"] for item in stack.get("Parameters", [])},
            "tags": {item["Key"]: item["Value"] for item in stack.get("Tags", [])},
            "resources": sorted(item["LogicalResourceId"] for item in resources),
        }

    def id_of(self, stack: str, logical_id: str) -> str:
        """Return a resource's physical id."""
        told = self.cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=logical_id)
        return str(told["StackResourceDetail"]["PhysicalResourceId"])

    @staticmethod
    def _own(call: Any) -> Any:
        try:
            return call()
        except (ClientError, BotoCoreError) as problem:
            raise WitnessBrokeError(str(problem)) from problem


@contextmanager
def served(program: list[str], folder: Path, settings: dict[str, str], port: int) -> Iterator[dict[str, str]]:
    """Serve an AWS by a program of the witness's; yield the variables that lead to it. Raises WitnessBrokeError."""
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with (folder / "served.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            program, cwd=folder, env={"PATH": os.environ["PATH"], "HOME": str(folder), **settings},
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            _await(process, port)
            yield environment
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def free_port() -> int:
    """Return a port of this machine that nobody listens on now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + _LONGEST_START
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise WitnessBrokeError(f"it does not serve (exit code {process.poll()})")


def _asked(name: str, template: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    return {"StackName": name, "TemplateBody": json.dumps(template), **request}
