"""What Amplify's jobs, branches and errors may be besides the ordinary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sandbox import Fault, Kind
from sandbox.amplify import NO_DIFFERENCE, troubles

if TYPE_CHECKING:
    from sandbox import AwsError, Sandbox
    from tests.sandbox.conftest import Shop

GOOD = "a" * 40
BAD = "b" * 40
BUILD_SECONDS = 180
OPERATIONS: dict[str, dict[str, Any]] = {
    "list_apps": {},
    "get_app": {"appId": "d1shop"},
    "update_app": {"appId": "d1shop"},
    "list_branches": {"appId": "d1shop"},
    "get_branch": {"appId": "d1shop", "branchName": "develop"},
    "update_branch": {"appId": "d1shop", "branchName": "develop"},
    "list_jobs": {"appId": "d1shop", "branchName": "develop"},
    "get_job": {"appId": "d1shop", "branchName": "develop", "jobId": "1"},
    "start_job": {"appId": "d1shop", "branchName": "develop", "jobType": "RELEASE"},
    "stop_job": {"appId": "d1shop", "branchName": "develop", "jobId": "1"},
    "start_deployment": {"appId": "d1shop", "branchName": "develop", "sourceUrl": "s3://b/k.zip"},
    "create_deployment": {"appId": "d1shop", "branchName": "develop"},
}


@pytest.mark.parametrize("commit", [GOOD, GOOD[:7], "v1.1.0", "release/2026 ä", "HEAD", "", "x" * 255])
def test_a_jobs_commit_is_any_text(shop: Shop, commit: str) -> None:
    shop.job(commit=commit, builds=GOOD)
    assert shop.summaries()[0]["commitId"] == commit
    assert shop.live == GOOD


@pytest.mark.parametrize("commit", [GOOD[:7], "v1.1.0"])
def test_a_retry_builds_the_commit_that_the_text_means(shop: Shop, commit: str) -> None:
    shop.sandbox.amplify.name_commit("d1shop", "v1.1.0", GOOD)
    shop.job(commit=GOOD)
    shop.job(commit=commit)
    shop.job(commit=BAD)
    assert shop.start(jobType="RETRY", jobId="2")["commitId"] == commit
    shop.clock.advance(BUILD_SECONDS)
    assert shop.live == GOOD


def test_a_retry_of_a_text_that_names_nothing_builds_what_the_job_built(shop: Shop) -> None:
    shop.job(commit="nightly", builds=GOOD)
    shop.job(commit=BAD)
    shop.start(jobType="RETRY", jobId="1")
    shop.clock.advance(BUILD_SECONDS)
    assert shop.live == GOOD


def test_a_retry_builds_the_commit_that_its_job_named_also_where_that_built_the_tip(shop: Shop) -> None:
    for commit in (GOOD, BAD):
        shop.job(commit=commit)
    shop.start(jobType="RELEASE", commitId=GOOD)
    shop.clock.advance(BUILD_SECONDS)
    assert shop.live == BAD
    shop.start(jobType="RETRY", jobId="3")
    shop.clock.advance(BUILD_SECONDS)
    assert shop.live == GOOD


def test_a_commit_of_more_than_255_characters_is_refused(shop: Shop) -> None:
    with pytest.raises(ClientError, match="BadRequestException"):
        shop.start(jobType="RELEASE", commitId="x" * 256)


def test_amplify_itself_may_cancel_a_build_and_says_why(shop: Shop) -> None:
    shop.job(commit=GOOD)
    shop.sandbox.amplify.cancel_next_build()
    shop.push(BAD)
    shop.clock.advance(BUILD_SECONDS)
    job = shop.call("get_job", jobId="2")["job"]
    assert (job["summary"]["status"], job["steps"][0]["status"]) == ("CANCELLED", "CANCELLED")
    assert job["steps"][0]["statusReason"] == NO_DIFFERENCE
    assert shop.live == GOOD


def test_a_build_that_somebody_stopped_has_no_reason(shop: Shop) -> None:
    shop.sandbox.amplify.cancel_next_build()
    shop.push(BAD)
    shop.clock.advance(60)
    shop.call("stop_job", jobId="1")
    shop.clock.advance(60)
    job = shop.call("get_job", jobId="1")["job"]
    assert job["summary"]["status"] == "CANCELLED"
    assert "statusReason" not in job["steps"][0]


def test_a_cancelled_job_of_the_past_tells_its_reason(shop: Shop) -> None:
    shop.job(commit=BAD, status="CANCELLED", failure=NO_DIFFERENCE)
    shop.job(commit=BAD, status="CANCELLED")
    first, second = [shop.call("get_job", jobId=number)["job"]["steps"] for number in "12"]
    assert first[0]["statusReason"] == NO_DIFFERENCE
    assert "statusReason" not in second[0]


def test_a_build_may_fail_after_it_was_built(shop: Shop) -> None:
    shop.sandbox.amplify.fail_next_build(reason="Failed to deploy", step="DEPLOY")
    shop.push(BAD)
    shop.clock.advance(BUILD_SECONDS)
    steps = shop.call("get_job", jobId="1")["job"]["steps"]
    assert [(step["stepName"], step["status"], step.get("statusReason")) for step in steps] == [
        ("BUILD", "SUCCEED", None),
        ("DEPLOY", "FAILED", "Failed to deploy"),
    ]


def test_a_newer_push_may_skip_those_that_wait(shop: Shop) -> None:
    shop.sandbox.amplify.quirks.newer_skips = True
    for commit in (GOOD, BAD, "c" * 40):
        shop.push(commit)
    assert [summary["status"] for summary in shop.summaries()] == ["PENDING", "CANCELLED", "CREATED"]
    skipped = shop.call("get_job", jobId="2")["job"]["steps"]
    assert [(step["stepName"], step["status"]) for step in skipped] == [("BUILD", "CANCELLED")]
    assert "newer" in skipped[0]["statusReason"]
    shop.clock.advance(2 * BUILD_SECONDS)
    assert shop.live == "c" * 40


def test_a_job_may_be_pending_for_hours_until_it_is_stopped(shop: Shop) -> None:
    shop.job(commit=GOOD)
    shop.sandbox.amplify.timing.pending = 6 * 3600
    shop.job(commit=BAD, status="PENDING")
    shop.clock.advance(5 * 3600)
    assert shop.status("2") == "PENDING"
    with pytest.raises(shop.client.exceptions.LimitExceededException):
        shop.start(jobType="RETRY", jobId="1")
    shop.call("stop_job", jobId="2")
    shop.clock.advance(5)
    assert shop.status("2") == "CANCELLED"
    assert shop.start(jobType="RETRY", jobId="1")["status"] == "CREATED"


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("trouble", "code", "status"),
    [
        (troubles.UNAUTHORIZED, "UnauthorizedException", 401),
        (troubles.RATE_EXCEEDED, "BadRequestException", 400),
        (troubles.LIMIT_EXCEEDED, "LimitExceededException", 429),
        (troubles.REPOSITORY_LOST, "BadRequestException", 400),
    ],
)
def test_every_operation_may_answer_each_trouble(
    shop: Shop, operation: str, trouble: AwsError, code: str, status: int
) -> None:
    shop.sandbox.faults.add(Fault("*", Kind.THROTTLING, service="amplify", error=trouble))
    with pytest.raises(ClientError) as error:
        getattr(shop.client, operation)(**OPERATIONS[operation])
    answer = error.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    assert answer["Error"]["Message"] == trouble.message


def test_a_branch_may_have_a_name_for_its_site_and_a_backend(sandbox: Sandbox, shop: Shop) -> None:
    stack = "arn:aws:cloudformation:us-west-2:123456789012:stack/amplify-shop-main/1f0c"
    environment = "arn:aws:amplify:us-west-2:123456789012:apps/d1shop/backendenvironments/dev"
    sandbox.amplify.add_branch("d1shop", "main", display_name="live", backend_stack=stack)
    sandbox.amplify.add_branch("d1shop", "gen1", backend_environment=environment)
    main, gen1, plain = [
        shop.client.get_branch(appId="d1shop", branchName=name)["branch"] for name in ("main", "gen1", "develop")
    ]
    assert (main["displayName"], main["backend"]) == ("live", {"stackArn": stack})
    assert (gen1["displayName"], gen1["backendEnvironmentArn"]) == ("gen1", environment)
    assert "backend" not in plain
    assert "backendEnvironmentArn" not in plain


@pytest.mark.parametrize(("builds_tip", "live"), [(True, BAD), (False, GOOD), (None, BAD)])
def test_a_release_with_a_commit_builds_the_tip_for_some_apps(
    sandbox: Sandbox, shop: Shop, builds_tip: bool | None, live: str
) -> None:
    sandbox.amplify.add_app("other", "d2other", release_builds_tip=builds_tip)
    sandbox.amplify.add_branch("d2other", "main")
    for commit in (GOOD, BAD):
        sandbox.amplify.add_job("d2other", "main", commit=commit)
    shop.client.start_job(appId="d2other", branchName="main", jobType="RELEASE", commitId=GOOD)
    shop.clock.advance(BUILD_SECONDS)
    assert sandbox.amplify.branch("d2other", "main").live_commit == live
