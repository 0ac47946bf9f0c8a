"""The door to Amplify, against the embedded AWS."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from rollback.aws import Aws
from rollback.engine.trouble import Rejected, Throttled, Unreadable
from rollback.frontend.client import Amplify
from rollback.frontend.model import App, Branch, Job
from sandbox import ALL, Fault, Kind
from tests.frontend.given import BAD, GOOD

if TYPE_CHECKING:
    from sandbox import Sandbox

pytestmark = pytest.mark.usefixtures("aws_environment")
APP, BRANCH = "d1shop", "develop"


@pytest.fixture
def door(sandbox: Sandbox) -> Amplify:
    sandbox.amplify.add_app("shop", APP, environment={"KEY": "value"})
    sandbox.amplify.add_branch(APP, BRANCH, environment={"STAGE": "dev"}, auto_build=True)
    return Amplify(Aws("us-west-2"))


def test_apps_are_read_by_id_and_all_together(sandbox: Sandbox, door: Amplify) -> None:
    app = door.app(APP)
    assert app == App(
        APP, "shop", f"{APP}.amplifyapp.com", {"KEY": "value"}, arn=f"arn:aws:amplify:us-west-2:123456789012:apps/{APP}"
    )
    for number in range(130):
        sandbox.amplify.add_app(f"app-{number}")
    assert len(door.apps()) == 131
    assert door.apps()[0] == app


def test_a_branch_is_read_with_its_settings(door: Amplify) -> None:
    assert door.branch(APP, BRANCH) == Branch(
        BRANCH, auto_build=True, environment={"STAGE": "dev"}, display_name=BRANCH
    )


def test_a_job_is_read_in_our_words(sandbox: Sandbox, door: Amplify) -> None:
    now = sandbox.clock.now()
    sandbox.amplify.add_job(APP, BRANCH, commit=GOOD, started=now - 600, ended=now - 400, message="Prices with tax")
    (job,), token = door.jobs(APP, BRANCH)
    assert token == ""
    assert job == Job(
        id="1",
        status="SUCCEED",
        commit=GOOD,
        type="RELEASE",
        started=datetime.fromtimestamp(now - 600, UTC),
        ended=datetime.fromtimestamp(now - 400, UTC),
        message="Prices with tax",
    )
    assert door.job(APP, BRANCH, "1") == (job, "")


def test_a_job_without_commit_says_head(sandbox: Sandbox, door: Amplify) -> None:
    sandbox.amplify.add_job(APP, BRANCH)
    (job,), _ = door.jobs(APP, BRANCH)
    assert job.names_no_commit


def test_a_failed_job_tells_the_reason_of_its_step(sandbox: Sandbox, door: Amplify) -> None:
    sandbox.amplify.add_job(APP, BRANCH, commit=BAD, status="FAILED", failure="npm exited with 1")
    job, reason = door.job(APP, BRANCH, "1")
    assert job.status == "FAILED"
    assert reason == "BUILD: npm exited with 1"


def test_jobs_are_read_a_page_at_a_time(sandbox: Sandbox, door: Amplify) -> None:
    for _ in range(120):
        sandbox.amplify.add_job(APP, BRANCH, commit=GOOD)
    read: list[Job] = []
    token, pages = "", 0
    while pages == 0 or token:
        page, token = door.jobs(APP, BRANCH, token)
        read += page
        pages += 1
    assert pages == 3
    assert [job.number for job in read] == list(range(120, 0, -1))


def test_a_retry_is_a_new_job_with_our_reason(sandbox: Sandbox, door: Amplify) -> None:
    sandbox.amplify.add_job(APP, BRANCH, commit=GOOD)
    job = door.start_retry(APP, BRANCH, "1", "x" * 400)
    assert (job.id, job.type, job.commit) == ("2", "RETRY", GOOD)
    assert sandbox.amplify.branch(APP, BRANCH).jobs[2].reason == "x" * 255


@pytest.mark.parametrize(("kind", "trouble"), [(Kind.INTERNAL_ERROR, Unreadable), (Kind.THROTTLING, Throttled)])
def test_starting_is_never_repeated_by_the_client(
    sandbox: Sandbox, door: Amplify, kind: Kind, trouble: type[Exception]
) -> None:
    sandbox.amplify.add_job(APP, BRANCH, commit=GOOD)
    sandbox.faults.add(Fault("StartJob", kind, ALL))
    with pytest.raises(trouble):
        door.start_retry(APP, BRANCH, "1", "why")
    assert sandbox.operations().count("StartJob") == 1


def test_a_branch_that_is_busy_rejects_a_start(sandbox: Sandbox, door: Amplify) -> None:
    sandbox.amplify.add_job(APP, BRANCH, commit=GOOD)
    sandbox.amplify.add_job(APP, BRANCH, commit=BAD, status="RUNNING")
    with pytest.raises(Rejected) as rejected:
        door.start_retry(APP, BRANCH, "1", "why")
    assert rejected.value.code == "LimitExceededException"


def test_a_running_job_can_be_stopped(sandbox: Sandbox, door: Amplify) -> None:
    sandbox.amplify.add_job(APP, BRANCH, commit=BAD, status="RUNNING")
    door.stop(APP, BRANCH, "1")
    assert door.job(APP, BRANCH, "1")[0].status == "CANCELLING"


def test_locking_auto_build_leaves_everything_else(sandbox: Sandbox, door: Amplify) -> None:
    door.lock_auto_build(APP, BRANCH)
    branch = sandbox.amplify.branch(APP, BRANCH)
    assert (branch.auto_build, branch.environment) == (False, {"STAGE": "dev"})


def test_an_environment_is_replaced_whole(sandbox: Sandbox, door: Amplify) -> None:
    door.set_app_environment(APP, {"A": "1"})
    door.set_branch_environment(APP, BRANCH, {})
    branch = sandbox.amplify.branch(APP, BRANCH)
    assert (branch.app.environment, branch.environment, branch.auto_build) == ({"A": "1"}, {}, True)
