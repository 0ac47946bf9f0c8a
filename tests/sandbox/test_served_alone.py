"""`python -m sandbox`: the embedded AWS as a process of its own, for any client."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
TEMPLATE = '{"Resources": {"Box": {"Type": "AWS::S3::Bucket"}}}'


@contextmanager
def served(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str], str]]:
    """Serve on a free port; yield the process, the variables that it printed, and everything it printed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", "--speed", "60", *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:
            printed += line
            if "Ctrl-C" in line:
                break
        yield process, dict(re.findall(r"^export (\w+)=(.*)$", printed, re.MULTILINE)), printed
    finally:
        process.kill()
        process.communicate()


def client(service: str, variables: dict[str, str]) -> Any:
    return boto3.client(  # type: ignore[call-overload]
        service,
        region_name=variables["AWS_DEFAULT_REGION"],
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=variables["AWS_SESSION_TOKEN"],
    )


def test_its_state_lives_until_it_is_stopped_and_it_ends_well() -> None:
    with served() as (process, variables, _):
        client("cloudformation", variables).create_stack(StackName="shop", TemplateBody=TEMPLATE)
        waiter = client("cloudformation", variables).get_waiter("stack_create_complete")
        waiter.wait(StackName="shop", WaiterConfig={"Delay": 1, "MaxAttempts": 60})

        names = [item["Name"] for item in client("s3", variables).list_buckets()["Buckets"]]
        process.send_signal(signal.SIGTERM)

        assert (len(names), process.wait(20)) == (1, 0)


def test_the_action_finds_it_with_the_variables_alone() -> None:
    with served("--app", "My Shop", "--branch", "develop") as (_, variables, printed):
        ran = subprocess.run(
            [sys.executable, str(ROOT / "entrypoint.py")],
            env={
                "PATH": os.environ["PATH"], **variables,
                "INPUT_MODE": "status", "INPUT_APP-NAME": "My Shop", "INPUT_BRANCH": "develop",
            },
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

        assert (ran.returncode, "the app My Shop (d1myshop)" in printed) == (0, True), ran.stdout + ran.stderr


def test_a_taken_port_is_said_with_the_cure() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = subprocess.run(
            [sys.executable, "-m", "sandbox", "--port", str(port)],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    assert (ran.returncode, ran.stdout) == (2, "")
    assert f"port {port}" in ran.stderr
    assert "--port 4567" in ran.stderr


def test_the_port_is_a_fixed_one_unless_another_is_named() -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "sandbox", "--help"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )

    assert "default: 4566" in asked.stdout
    assert "--port $(PORT)" in (ROOT / "Makefile").read_text(encoding="utf-8")
