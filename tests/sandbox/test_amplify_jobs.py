"""Jobs: their life, one a branch, and what RETRY, RELEASE and StopJob really do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from sandbox.amplify import CLONE_FAILURE

if TYPE_CHECKING:
    from tests.sandbox.conftest import Shop

GOOD = "a" * 40
BAD = "b" * 40
BUILD_SECONDS = 180


def test_a_job_goes_through_every_status_by_the_clock(shop: Shop) -> None:
    shop.job(commit=GOOD)
    started = shop.start(jobType="RETRY", jobId="1")
    seen = [started["status"]]
    for _ in range(BUILD_SECONDS):
        shop.clock.advance(1)
        status = shop.status(started["jobId"])
        if status != seen[-1]:
            seen.append(status)
    assert seen == ["CREATED", "PENDING", "PROVISIONING", "RUNNING", "SUCCEED"]


def test_a_retry_is_a_new_job_of_the_same_commit(shop: Shop) -> None:
    shop.job(commit=GOOD, message="Good")
    shop.job(commit=BAD)
    retry = shop.start(jobType="RETRY", jobId="1")
    assert (retry["jobId"], retry["jobType"], retry["commitId"], retry["commitMessage"]) == ("3", "RETRY", GOOD, "Good")
    shop.clock.advance(BUILD_SECONDS)
    assert shop.live == GOOD


def test_the_site_serves_the_job_that_succeeded_last_by_its_end(shop: Shop) -> None:
    now = shop.clock.now()
    shop.job(commit=GOOD, started=now - 900, ended=now - 100)
    shop.job(commit=BAD, started=now - 800, ended=now - 500)
    assert shop.live == GOOD


def test_a_failed_build_changes_nothing(shop: Shop) -> None:
    shop.job(commit=GOOD)
    shop.push(BAD)
    shop.sandbox.amplify.fail_commit(GOOD)
    shop.clock.advance(BUILD_SECONDS)
    shop.start(jobType="RETRY", jobId="1")
    shop.clock.advance(BUILD_SECONDS)
    assert shop.status("3") == "FAILED"
    assert shop.live == BAD


def test_a_clone_failure_passes(shop: Shop) -> None:
    shop.job(commit=GOOD)
    shop.sandbox.amplify.fail_next_build()
    shop.start(jobType="RETRY", jobId="1")
    shop.clock.advance(BUILD_SECONDS)
    steps = shop.call("get_job", jobId="2")["job"]["steps"]
    assert (steps[0]["status"], steps[0]["statusReason"]) == ("FAILED", CLONE_FAILURE)
    shop.start(jobType="RETRY", jobId="1")
    shop.clock.advance(BUILD_SECONDS)
    assert shop.status("3") == "SUCCEED"


@pytest.mark.parametrize("status", ["CREATED", "PENDING", "PROVISIONING", "RUNNING", "CANCELLING"])
def test_no_job_starts_while_one_is_under_way(shop: Shop, status: str) -> None:
    shop.job(commit=GOOD)
    shop.job(commit=BAD, status=status)
    with pytest.raises(
        shop.client.exceptions.LimitExceededException, match="already have pending or running jobs"
    ) as error:
        shop.start(jobType="RETRY", jobId="1")
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429


def test_a_push_during_a_build_waits_and_ships_after_it(shop: Shop) -> None:
    shop.job(commit=GOOD)
    shop.start(jobType="RETRY", jobId="1")
    shop.push(BAD)
    assert [summary["status"] for summary in shop.summaries()] == ["PENDING", "CREATED", "SUCCEED"]
    shop.clock.advance(BUILD_SECONDS)
    assert shop.live == GOOD
    shop.clock.advance(BUILD_SECONDS)
    assert shop.live == BAD


def test_a_push_builds_nothing_where_auto_build_is_off(shop: Shop) -> None:
    shop.call("update_branch", enableAutoBuild=False)
    assert shop.push(BAD) is None


def test_a_retry_of_a_head_job_says_head_and_builds_the_tip(shop: Shop) -> None:
    shop.job(commit="HEAD", builds=GOOD)
    shop.job(commit=BAD)
    retry = shop.start(jobType="RETRY", jobId="1")
    shop.clock.advance(BUILD_SECONDS)
    assert retry["commitId"] == "HEAD"
    assert shop.live == BAD


def test_a_retry_of_a_head_job_may_build_its_own_commit_again(shop: Shop) -> None:
    shop.sandbox.amplify.quirks.retry_of_head = "same"
    shop.job(commit="HEAD", builds=GOOD)
    shop.job(commit=BAD)
    shop.start(jobType="RETRY", jobId="1")
    shop.clock.advance(BUILD_SECONDS)
    assert shop.live == GOOD


def test_a_retry_of_a_head_job_may_come_to_name_the_tip(shop: Shop) -> None:
    shop.sandbox.amplify.quirks.show_built_commit = True
    shop.job(commit="HEAD", builds=GOOD)
    shop.job(commit=BAD)
    assert shop.start(jobType="RETRY", jobId="1")["commitId"] == BAD


def test_a_release_without_a_commit_says_head(shop: Shop) -> None:
    shop.job(commit=BAD)
    assert shop.start(jobType="RELEASE")["commitId"] == "HEAD"
    shop.clock.advance(BUILD_SECONDS)
    assert shop.live == BAD


def test_a_release_with_a_commit_shows_it_and_builds_the_tip(shop: Shop) -> None:
    shop.job(commit=GOOD)
    shop.job(commit=BAD)
    assert shop.start(jobType="RELEASE", commitId=GOOD)["commitId"] == GOOD
    shop.clock.advance(BUILD_SECONDS)
    assert shop.live == BAD


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"jobType": "RETRY", "jobId": "99"}, "NotFoundException"),
        ({"jobType": "RETRY", "jobId": "1"}, "BadRequestException"),
        ({"jobType": "RETRY"}, "BadRequestException"),
        ({"jobType": "MANUAL"}, "BadRequestException"),
        ({"jobType": "ROLLBACK"}, "BadRequestException"),
    ],
)
def test_start_job_refuses_what_amplify_refuses(shop: Shop, params: dict[str, str], code: str) -> None:
    shop.job(job_type="MANUAL", commit="")
    with pytest.raises(ClientError, match=code):
        shop.start(**params)


def test_a_stopped_build_is_cancelled_after_a_while(shop: Shop) -> None:
    shop.job(commit=BAD, status="RUNNING")
    assert shop.call("stop_job", jobId="1")["jobSummary"]["status"] == "CANCELLING"
    shop.clock.advance(5)
    assert shop.status("1") == "CANCELLED"
    assert shop.live == ""


def test_cancelling_can_hang(shop: Shop) -> None:
    shop.sandbox.amplify.quirks.cancelling_hangs = True
    shop.job(commit=BAD, status="RUNNING")
    shop.call("stop_job", jobId="1")
    shop.clock.advance(100_000)
    assert shop.status("1") == "CANCELLING"


def test_a_finished_job_cannot_be_stopped(shop: Shop) -> None:
    shop.job(commit=GOOD)
    with pytest.raises(shop.client.exceptions.BadRequestException):
        shop.call("stop_job", jobId="1")


def test_a_waiting_job_is_cancelled_at_once(shop: Shop) -> None:
    shop.job(commit=GOOD, status="RUNNING")
    shop.push(BAD)
    assert shop.call("stop_job", jobId="2")["jobSummary"]["status"] == "CANCELLED"
    shop.clock.advance(10 * BUILD_SECONDS)
    assert shop.live == GOOD


def test_a_build_sees_the_environment_of_the_day_it_begins(shop: Shop) -> None:
    shop.job(commit=GOOD)
    shop.client.update_app(appId="d1shop", environmentVariables={"API_KEY": "new"})
    shop.start(jobType="RETRY", jobId="1")
    assert shop.sandbox.amplify.branch("d1shop", "develop").jobs[2].built_with == {"API_KEY": "new", "STAGE": "dev"}


def test_steps_carry_links_that_are_secrets(shop: Shop) -> None:
    shop.job(commit=GOOD)
    steps = shop.call("get_job", jobId="1")["job"]["steps"]
    assert [step["stepName"] for step in steps] == ["BUILD", "DEPLOY", "VERIFY"]
    assert all("X-Amz-Signature=" in step["logUrl"] for step in steps)


def test_a_deleted_job_is_gone_and_the_call_recorded(shop: Shop) -> None:
    shop.job(commit=GOOD)
    shop.call("delete_job", jobId="1")
    with pytest.raises(shop.client.exceptions.NotFoundException):
        shop.status("1")
    assert "DeleteJob" in shop.sandbox.operations("amplify")
