"""Injected faults look like the service's own and strike the calls that are meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from sandbox import ALL, FIRST, Calls, Fault, Kind, exactly, first, since

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.sandbox.conftest import Shop


def ask(sandbox: Sandbox, service: str) -> Any:
    match service:
        case "amplify":
            return sandbox.client("amplify").list_apps()
        case "cloudformation":
            return sandbox.client("cloudformation").describe_stacks()
        case "s3":
            return sandbox.client("s3").get_object(Bucket="snapshots", Key="shop.json")
        case "ssm":
            return sandbox.client("ssm").get_parameter(Name="/shop/size")
        case "sts":
            return sandbox.client("sts").get_caller_identity()
        case _:
            return sandbox.client("cloudwatch").describe_alarms()


@pytest.mark.parametrize(
    ("service", "kind", "code", "status"),
    [
        ("cloudformation", Kind.THROTTLING, "Throttling", 400),
        ("cloudformation", Kind.INTERNAL_ERROR, "InternalFailure", 500),
        ("cloudformation", Kind.UNAVAILABLE, "ServiceUnavailable", 503),
        ("cloudformation", Kind.DENIED, "AccessDenied", 403),
        ("cloudformation", Kind.EXPIRED, "ExpiredToken", 403),
        ("amplify", Kind.THROTTLING, "TooManyRequestsException", 429),
        ("amplify", Kind.INTERNAL_ERROR, "InternalFailureException", 500),
        ("amplify", Kind.UNAVAILABLE, "ServiceUnavailableException", 503),
        ("amplify", Kind.DENIED, "AccessDeniedException", 403),
        ("amplify", Kind.EXPIRED, "ExpiredTokenException", 403),
        ("s3", Kind.THROTTLING, "SlowDown", 503),
        ("s3", Kind.INTERNAL_ERROR, "InternalError", 500),
        ("s3", Kind.DENIED, "AccessDenied", 403),
        ("s3", Kind.EXPIRED, "ExpiredToken", 400),
        ("cloudwatch", Kind.THROTTLING, "Throttling", 400),
        ("ssm", Kind.DENIED, "AccessDeniedException", 400),
        ("sts", Kind.EXPIRED, "ExpiredToken", 403),
    ],
)
def test_each_service_words_its_faults_in_its_own_way(
    sandbox: Sandbox, service: str, kind: Kind, code: str, status: int
) -> None:
    sandbox.faults.add(Fault("*", kind))
    with pytest.raises(ClientError) as error:
        ask(sandbox, service)
    assert error.value.response["Error"]["Code"] == code
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_refusal_names_principal_action_and_resource(shop: Shop) -> None:
    shop.sandbox.faults.add(Fault("StartJob", Kind.DENIED))
    with pytest.raises(ClientError) as error:
        shop.start(jobType="RELEASE")
    message = error.value.response["Error"]["Message"]
    assert message.startswith("User: arn:aws:sts::123456789012:assumed-role/deploy/")
    assert "is not authorized to perform: amplify:StartJob on resource: arn:aws:amplify:us-west-2:1234" in message


@pytest.mark.parametrize(
    ("kind", "happened"),
    [
        (Kind.THROTTLING, False),
        (Kind.INTERNAL_ERROR, False),
        (Kind.DENIED, False),
        (Kind.TIMEOUT, False),
        (Kind.TIMEOUT_AFTER, True),
        (Kind.DROPPED_BEFORE, False),
        (Kind.DROPPED_AFTER, True),
        (Kind.MALFORMED, True),
    ],
)
def test_the_effect_takes_place_only_where_the_kind_says_so(shop: Shop, kind: Kind, *, happened: bool) -> None:
    shop.job(commit="a" * 40)
    shop.client = shop.sandbox.client("amplify", read_timeout=0.1)
    shop.sandbox.faults.add(Fault("StartJob", kind, seconds=0.3))
    with pytest.raises((ClientError, ReadTimeoutError, ConnectionClosedError, KeyError)):
        shop.start(jobType="RETRY", jobId="1")
    assert (len(shop.sandbox.amplify.branch("d1shop", "develop").jobs) == 2) is happened


@pytest.mark.parametrize(
    ("calls", "hit"),
    [
        (ALL, [1, 2, 3, 4]),
        (FIRST, [1]),
        (first(2), [1, 2]),
        (exactly(3), [3]),
        (since(3), [3, 4]),
        (Calls(2, 3), [2, 3]),
    ],
)
def test_a_fault_strikes_the_calls_that_are_meant(shop: Shop, calls: Calls, hit: list[int]) -> None:
    fault = shop.sandbox.faults.add(Fault("ListJobs", Kind.THROTTLING, calls))
    failed = []
    for number in range(1, 5):
        shop.client.list_apps()
        try:
            shop.summaries()
        except ClientError:
            failed.append(number)
    assert failed == hit
    assert fault.hit == len(hit)


def test_a_fault_may_be_of_one_service_only(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("*", Kind.THROTTLING, service="cloudformation"))
    assert ask(sandbox, "amplify")["apps"] == []


def test_cleared_faults_strike_no_more(shop: Shop) -> None:
    shop.sandbox.faults.add(Fault("*", Kind.THROTTLING))
    shop.sandbox.faults.clear()
    assert shop.summaries() == []
