"""The sandbox as a whole: records, hooks, kept connections, moto's services, the environment of a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from sandbox import ConnectionDroppedError, ManualClock, Sandbox, ScaledClock

if TYPE_CHECKING:
    from tests.sandbox.conftest import Shop


def test_every_call_is_recorded_with_its_parameters_and_end(shop: Shop) -> None:
    shop.summaries()
    with pytest.raises(ClientError):
        shop.status("1")
    first, second = shop.sandbox.calls
    assert (first.service, first.operation, first.params) == (
        "amplify",
        "ListJobs",
        {"appId": "d1shop", "branchName": "develop"},
    )
    assert (first.status, first.time, first.region) == (200, shop.clock.now(), "us-west-2")
    assert (second.operation, second.status, second.error) == ("GetJob", 404, "NotFoundException")


def test_calls_of_motos_services_are_recorded_too(sandbox: Sandbox) -> None:
    sandbox.services.create_bucket("snapshots")
    sandbox.client("s3").put_object(Bucket="snapshots", Key="a/b.json", Body=b"{}")
    call = sandbox.calls[0]
    assert (call.service, call.operation, call.params["Key"], call.status) == ("s3", "PutObject", "a/b.json", 200)


def test_a_hook_sees_each_call_before_and_after_its_effect(shop: Shop) -> None:
    shop.job(commit="a" * 40)
    seen: list[tuple[str, int]] = []
    branch = shop.sandbox.amplify.branch("d1shop", "develop")
    shop.sandbox.before_call.append(lambda _service, operation, _params: seen.append((operation, len(branch.jobs))))
    shop.sandbox.after_call.append(lambda _service, operation, _params: seen.append((operation, len(branch.jobs))))
    shop.start(jobType="RETRY", jobId="1")
    assert seen == [("StartJob", 1), ("StartJob", 2)]


def test_a_hook_may_move_the_world(shop: Shop) -> None:
    def push(*_: Any) -> None:
        shop.push("b" * 40)

    shop.sandbox.before_call.append(push)
    assert len(shop.summaries()) == 1


def test_a_hook_may_drop_the_connection_before_the_effect(shop: Shop) -> None:
    def drop(*_: Any) -> None:
        raise ConnectionDroppedError

    shop.job(commit="a" * 40)
    shop.sandbox.before_call.append(drop)
    with pytest.raises(ConnectionClosedError):
        shop.start(jobType="RETRY", jobId="1")
    assert len(shop.sandbox.amplify.branch("d1shop", "develop").jobs) == 1


def test_a_client_killed_after_the_effect_leaves_the_effect(shop: Shop) -> None:
    program = (
        "import boto3; boto3.client('amplify', 'us-west-2').start_job("
        "appId='d1shop', branchName='develop', jobType='RETRY', jobId='1')"
    )
    shop.job(commit="a" * 40)
    process = subprocess.Popen([sys.executable, "-c", program], env={**os.environ, **shop.sandbox.environment()})
    shop.sandbox.after_call.append(lambda *_: process.kill())
    assert process.wait(30) == -signal.SIGKILL
    assert len(shop.sandbox.amplify.branch("d1shop", "develop").jobs) == 2


def test_the_environment_is_all_that_a_process_needs(sandbox: Sandbox) -> None:
    program = "import boto3; print(boto3.client('sts', 'us-west-2').get_caller_identity()['Account'])"
    environment = {"PATH": os.environ["PATH"], **sandbox.environment()}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "123456789012"


def test_motos_services_are_seeded_and_read_directly(sandbox: Sandbox) -> None:
    services = sandbox.services
    services.create_bucket("snapshots")
    services.put_object("snapshots", "shop.json", "{}")
    services.set_alarm("errors", "ALARM")
    services.put_parameter("/shop/size", "1")
    services.put_parameter("/shop/size", "2")
    assert sandbox.client("s3").get_object(Bucket="snapshots", Key="shop.json")["Body"].read() == b"{}"
    assert services.get_object("snapshots", "shop.json") == b"{}"
    assert services.object_keys("snapshots") == ["shop.json"]
    assert sandbox.client("cloudwatch").describe_alarms()["MetricAlarms"][0]["StateValue"] == "ALARM"
    assert sandbox.client("ssm").get_parameter(Name="/shop/size")["Parameter"]["Value"] == "2"


def test_cloudformation_reads_templates_and_parameters_from_motos_services(
    sandbox: Sandbox, clock: ManualClock
) -> None:
    template = {
        "Parameters": {"Size": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/shop/size"}},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
    }
    sandbox.services.create_bucket("templates")
    sandbox.services.put_object("templates", "shop.json", json.dumps(template))
    sandbox.services.put_parameter("/shop/size", "3")
    client = sandbox.client("cloudformation")
    client.create_stack(StackName="shop", TemplateURL="https://templates.s3.us-west-2.amazonaws.com/shop.json")
    clock.advance(600)
    stack = client.describe_stacks(StackName="shop")["Stacks"][0]
    assert (stack["StackStatus"], stack["Parameters"][0]["ResolvedValue"]) == ("CREATE_COMPLETE", "3")


@pytest.mark.parametrize("where", [("snapshots", "gone.json"), ("elsewhere", "shop.json")])
def test_an_object_that_does_not_exist_is_a_key_error(sandbox: Sandbox, where: tuple[str, str]) -> None:
    sandbox.services.create_bucket("snapshots")
    with pytest.raises(KeyError):
        sandbox.services.get_object(*where)


def test_a_new_sandbox_starts_empty(clock: ManualClock) -> None:
    for _ in range(2):
        with Sandbox(clock) as sandbox:
            sandbox.services.create_bucket("snapshots")
            sandbox.services.set_alarm("errors", "OK")


def test_a_thousand_calls_take_seconds_and_one_connection(shop: Shop) -> None:
    started = time.monotonic()
    for _ in range(1000):
        shop.call("get_branch")
    assert time.monotonic() - started < 20


def test_stopping_does_not_wait_for_clients_that_wait(clock: ManualClock) -> None:
    with Sandbox(clock) as sandbox:
        sandbox.client("amplify").list_apps()
        started = time.monotonic()
    assert time.monotonic() - started < 1


def test_a_scaled_clock_runs_ahead() -> None:
    clock = ScaledClock(1000)
    before = clock.now()
    time.sleep(0.01)
    assert clock.now() - before >= 10
