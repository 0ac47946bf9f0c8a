"""AWS's errors as the kinds that matter to a rollback, by what the embedded AWS and botocore really raise."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from rollback.aws import Aws, speaking_to_aws
from rollback.engine.trouble import AwsTrouble, Busy, Denied, Rejected, Throttled, Unreadable
from rollback.frontend.client import Amplify
from rollback.snapshot.place import place
from rollback.snapshot.store import SnapshotStore
from rollback.stack.client import CloudFormation
from sandbox import AwsError, Fault, Kind

if TYPE_CHECKING:
    from sandbox import Sandbox


Look = Callable[[Path], object]


@pytest.fixture(autouse=True)
def without_retries(aws_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's own retries would really wait."""
    del aws_environment
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


def cloudformation(_folder: Path) -> object:
    return CloudFormation(Aws("us-west-2")).describe("shop")


def amplify(_folder: Path) -> object:
    return Amplify(Aws("us-west-2")).apps()


def s3(folder: Path) -> object:
    return SnapshotStore(Aws("us-west-2"), folder).read(place("s3://snapshots/good.json"))


SERVICES: tuple[Look, ...] = (cloudformation, amplify, s3)


@pytest.mark.parametrize("look", SERVICES)
@pytest.mark.parametrize(
    ("kind", "trouble"),
    [
        (Kind.THROTTLING, Throttled),
        (Kind.INTERNAL_ERROR, Unreadable),
        (Kind.UNAVAILABLE, Unreadable),
        (Kind.DROPPED_BEFORE, Busy),
        (Kind.DROPPED_AFTER, Busy),
        (Kind.DENIED, Denied),
        (Kind.EXPIRED, Denied),
    ],
)
def test_each_fault_is_of_its_kind_in_each_service(
    sandbox: Sandbox, tmp_path: Path, look: Look, kind: Kind, trouble: type[AwsTrouble]
) -> None:
    sandbox.faults.add(Fault("*", kind))
    with pytest.raises(AwsTrouble) as raised:
        look(tmp_path)
    assert type(raised.value) is trouble


@pytest.mark.parametrize("look", [cloudformation, amplify])
@pytest.mark.parametrize("body", [b"", b"{", b"<html>busy</html>", b"[]", b"null"])
def test_an_answer_that_is_none_is_unreadable(sandbox: Sandbox, tmp_path: Path, look: Look, body: bytes) -> None:
    sandbox.faults.add(Fault("*", Kind.MALFORMED, body=body))
    with pytest.raises(Unreadable):
        look(tmp_path)


def test_nobody_listening_is_busy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(Busy, match="no connection to AWS"):
            cloudformation(tmp_path)


def test_no_credentials_are_denied_with_the_cure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(Denied) as raised:
        cloudformation(tmp_path)
    assert "aws-actions/configure-aws-credentials" in raised.value.cure


@pytest.mark.parametrize("look", SERVICES)
def test_credentials_that_aws_does_not_know_are_denied(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, look: Look
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIANOBODY")
    with pytest.raises(Denied, match="does not accept the credentials"):
        look(tmp_path)


def test_a_denial_names_the_permission_that_is_missing(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.faults.add(Fault("DescribeStacks", Kind.DENIED))
    with pytest.raises(Denied) as raised:
        cloudformation(tmp_path)
    assert raised.value.cure.startswith("Add the permission cloudformation:DescribeStacks to the role")


def test_a_no_is_told_in_awss_own_words(sandbox: Sandbox, tmp_path: Path) -> None:
    no = AwsError("ValidationError", "Stack is Nonsense", 400)
    sandbox.faults.add(Fault("DescribeStacks", Kind.DENIED, error=no))
    with pytest.raises(Rejected) as raised:
        cloudformation(tmp_path)
    rejection = raised.value
    assert (rejection.operation, rejection.code, rejection.message) == (
        "DescribeStacks",
        "ValidationError",
        "Stack is Nonsense",
    )
    assert rejection.says("is nonsense")


@pytest.mark.parametrize(
    ("code", "status", "trouble"),
    [
        ("Throttling", 400, Throttled),
        ("ThrottlingException", 400, Throttled),
        ("RequestLimitExceeded", 503, Throttled),
        ("SlowDown", 503, Throttled),
        ("TooManyRequestsException", 429, Throttled),
        ("LimitExceededException", 429, Rejected),
        ("ExpiredToken", 403, Denied),
        ("RequestExpired", 400, Denied),
        ("InvalidClientTokenId", 403, Denied),
        ("AccessDenied", 403, Denied),
        ("403", 403, Denied),
        ("404", 404, Rejected),
        ("NoSuchKey", 404, Rejected),
        ("InternalFailure", 500, Unreadable),
        ("", 200, Unreadable),
        ("502", 502, Unreadable),
        ("ValidationError", 400, Rejected),
    ],
)
def test_each_code_is_of_its_kind(code: str, status: int, trouble: type[AwsTrouble]) -> None:
    answer = {"Error": {"Code": code, "Message": "why"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    with pytest.raises(AwsTrouble) as raised, speaking_to_aws("cloudformation", "DescribeStacks"):
        raise ClientError(answer, "DescribeStacks")  # type: ignore[arg-type]
    assert type(raised.value) is trouble


def test_a_throttle_is_known_by_its_words_too() -> None:
    answer = {"Error": {"Code": "ValidationError", "Message": "Rate exceeded"}}
    with pytest.raises(Throttled), speaking_to_aws("cloudformation", "DescribeStacks"):
        raise ClientError(answer, "DescribeStacks")  # type: ignore[arg-type]


def test_each_client_is_built_once() -> None:
    aws = Aws("us-west-2")
    assert aws.client("amplify") is aws.client("amplify")
    assert aws.client("amplify") is not aws.client("amplify", retries=False)


def test_the_region_is_the_users() -> None:
    assert Aws("eu-central-1").client("cloudformation").meta.region_name == "eu-central-1"


def test_times_are_read_as_they_are(sandbox: Sandbox, clock: object) -> None:
    del clock
    sandbox.cloudformation.create("shop", {"Resources": {"News": {"Type": "AWS::SNS::Topic"}}})
    stack = CloudFormation(Aws("us-west-2")).describe("shop")
    assert stack is not None
    (newest, *_) = CloudFormation(Aws("us-west-2")).events(stack.id, lambda _: True)
    assert newest.at == datetime.fromtimestamp(sandbox.clock.now(), UTC)


@pytest.mark.parametrize("operation", ["ListApps", "ListJobs", "GetJob", "GetBranch", "StopJob"])
def test_amplifys_limit_is_throttling_wherever_no_job_is_started(operation: str) -> None:
    with pytest.raises(Throttled):
        answer("amplify", operation, "LimitExceededException", "Too many requests.")


@pytest.mark.parametrize(
    ("service", "operation"),
    [("amplify", "StartJob"), ("amplify", "StartDeployment"), ("cloudformation", "CreateChangeSet")],
)
def test_other_limits_are_rejections(service: str, operation: str) -> None:
    with pytest.raises(Rejected):
        answer(service, operation, "LimitExceededException", "There are already have pending or running jobs.")


def test_unauthorized_is_a_missing_permission() -> None:
    """UnauthorizedException is in the errors of every operation of Amplify's API model."""
    with pytest.raises(Denied) as denied:
        answer("amplify", "ListJobs", "UnauthorizedException", "You are not authorized.")
    assert "amplify:ListJobs" in denied.value.cure


def answer(service: str, operation: str, code: str, message: str) -> None:
    with speaking_to_aws(service, operation):
        raise ClientError({"Error": {"Code": code, "Message": message}}, operation)
