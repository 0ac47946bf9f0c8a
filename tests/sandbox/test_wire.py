"""AWS's API model judges every request, and every answer of ours."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

from sandbox import AwsError, ManualClock, Sandbox
from sandbox.world import ACCESS_KEY, SECRET_KEY, SESSION_TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.backend import Caller


class Stacks:
    """A CloudFormation that answers what the test wants and keeps what it was asked."""

    def __init__(self) -> None:
        self.result: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, Any], Caller]] = []

    def handle(self, operation: str, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        self.asked.append((operation, params, caller))
        if "error" in self.result:
            raise self.result["error"]
        return self.result


@pytest.fixture
def stacks() -> Stacks:
    return Stacks()


@pytest.fixture
def sandbox(clock: ManualClock, stacks: Stacks) -> Iterator[Sandbox]:
    with Sandbox(clock, backends={"cloudformation": stacks}) as running:
        yield running


def signed(sandbox: Sandbox, body: str, service: str = "cloudformation", path: str = "/") -> tuple[int, str]:
    """Send what no SDK would send."""
    form = "application/x-www-form-urlencoded" if service == "cloudformation" else "application/json"
    request = AWSRequest("POST", sandbox.url + path, data=body, headers={"Content-Type": form})
    SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY, SESSION_TOKEN), service, "us-west-2").add_auth(request)
    response = URLLib3Session().send(request.prepare())
    return response.status_code, response.text


def test_the_backend_gets_the_parsed_parameters_and_the_caller(sandbox: Sandbox, stacks: Stacks) -> None:
    sandbox.client("cloudformation").cancel_update_stack(StackName="shop", ClientRequestToken="t-1")
    operation, params, caller = stacks.asked[0]
    assert (operation, params) == ("CancelUpdateStack", {"StackName": "shop", "ClientRequestToken": "t-1"})
    assert (caller.region, caller.account, caller.access_key) == ("us-west-2", "123456789012", ACCESS_KEY)


def test_lists_and_structures_survive_the_query_protocol(sandbox: Sandbox, stacks: Stacks) -> None:
    stacks.result = {"Id": "arn:aws:cloudformation:us-west-2:1:changeSet/c/1", "StackId": "arn"}
    asked = {
        "StackName": "shop",
        "ChangeSetName": "restore",
        "Parameters": [{"ParameterKey": "Size", "ParameterValue": ""}, {"ParameterKey": "K", "UsePreviousValue": True}],
        "Tags": [],
        "Capabilities": ["CAPABILITY_IAM"],
        "IncludeNestedStacks": True,
    }
    sandbox.client("cloudformation").create_change_set(**asked)
    assert stacks.asked[0][1] == asked


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("Action=DescribeStacks&StackNam=x", "Unknown parameter: StackNam"),
        ("Action=CancelUpdateStack", "Value null at 'stackName'"),
        ("Action=CancelUpdateStack&StackName=a&ClientRequestToken=-x", "regular expression pattern"),
        ("Action=CancelUpdateStack&StackName=a&ClientRequestToken=" + "x" * 129, "less than or equal to 128"),
        ("Action=RollbackStack&StackName=", "greater than or equal to 1"),
        ("Action=ListStacks&StackStatusFilter.member.1=GONE", "enum value set"),
        (
            "Action=CreateChangeSet&StackName=a&ChangeSetName=b&Tags.member.1.Kee=x",
            "Unknown parameter: Tags.member.1.Kee",
        ),
        ("Action=DropAllStacks", "Could not find operation DropAllStacks"),
    ],
)
def test_what_the_model_forbids_is_a_validation_error(sandbox: Sandbox, stacks: Stacks, body: str, words: str) -> None:
    status, text = signed(sandbox, body)
    assert status == 400
    assert words in text
    assert stacks.asked == []
    assert sandbox.calls[0].status == 400


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"jobType": "RETRY", "job": "1"}', "Unknown parameter: job"),
        ('{"jobType": 7}', "BadRequestException"),
        ("{}", "Value null at 'jobType'"),
        ("not JSON", "SerializationException"),
    ],
)
def test_a_json_body_is_judged_too(sandbox: Sandbox, body: str, words: str) -> None:
    status, text = signed(sandbox, body, "amplify", "/apps/d1shop/branches/develop/jobs")
    assert status == 400
    assert words in text


@pytest.mark.parametrize(
    "result",
    [
        {"Stacks": [{"StackName": "shop"}]},
        {"Stacks": [{"StackName": "shop", "StackStatus": "RESTED", "CreationTime": "2025-01-01T00:00:00Z"}]},
        {"Stack": []},
        {"Stacks": [{"StackName": 7, "StackStatus": "UPDATE_COMPLETE", "CreationTime": "2025-01-01T00:00:00Z"}]},
    ],
)
def test_an_answer_that_the_model_lacks_is_a_loud_defect(
    sandbox: Sandbox, stacks: Stacks, result: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    stacks.result = result
    with caplog.at_level(logging.ERROR), pytest.raises(ClientError, match="500"):
        sandbox.client("cloudformation").describe_stacks()
    assert "cloudformation.DescribeStacks" in caplog.text
    assert len(sandbox.defects) == 1
    sandbox.defects.clear()


def test_a_defect_does_not_go_unseen(clock: ManualClock, stacks: Stacks) -> None:
    stacks.result = {"Stack": []}
    with (
        pytest.raises(RuntimeError, match="the sandbox failed"),
        Sandbox(clock, backends={"cloudformation": stacks}) as sandbox,
    ):
        signed(sandbox, "Action=DescribeStacks")


def test_an_error_of_the_backend_arrives_as_it_is(sandbox: Sandbox, stacks: Stacks) -> None:
    stacks.result = {"error": AwsError("ValidationError", "Stack with id <x> & y does not exist")}
    with pytest.raises(ClientError) as error:
        sandbox.client("cloudformation").describe_stacks(StackName="x")
    assert error.value.response["Error"]["Message"] == "Stack with id <x> & y does not exist"
    assert (sandbox.calls[0].status, sandbox.calls[0].error) == (400, "ValidationError")


def test_text_that_xml_cannot_carry_does_not_break_the_answer(sandbox: Sandbox, stacks: Stacks) -> None:
    stack = {"StackName": "shop", "StackStatus": "UPDATE_FAILED", "CreationTime": "2025-01-01T00:00:00Z"}
    stacks.result = {"Stacks": [{**stack, "StackStatusReason": "\x1b[31m::error::\x00 \ud800 <b>&amp; \u202e😀"}]}
    answer = sandbox.client("cloudformation").describe_stacks()["Stacks"][0]
    assert answer["StackStatusReason"] == "\ufffd[31m::error::\ufffd \ufffd <b>&amp; \u202e😀"


def test_unknown_credentials_are_refused(sandbox: Sandbox, stacks: Stacks) -> None:
    stranger = boto3.client(
        "cloudformation",
        region_name="us-west-2",
        endpoint_url=sandbox.url,
        aws_access_key_id="AKIASTRANGER",
        aws_secret_access_key="x",
    )
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        stranger.describe_stacks()
    assert stacks.asked == []
