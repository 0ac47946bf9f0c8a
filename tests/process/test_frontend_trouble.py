"""Whole runs on a branch whose builds fail, and on an Amplify whose answers do not come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox import ALL, Fault, Kind, first
from tests.process.shop import APP_ID, BAD, BRANCH, DAY, GOOD, OTHER

if TYPE_CHECKING:
    from tests.process.shop import Ran, Shop


def roll_back(shop: Shop, **inputs: Any) -> Ran:
    return shop.run(**{"app_name": "shop", **inputs})


def test_a_clone_failure_is_tried_again(shop: Shop) -> None:
    shop.frontend()
    shop.sandbox.amplify.fail_next_build(2)
    ran = roll_back(shop)
    assert ran.ended == ("skipped", "rolled-back", "rolled-back")
    assert shop.writes == ["StartJob"] * 3


def test_builds_that_keep_failing_are_bounded_and_told(shop: Shop) -> None:
    shop.frontend()
    shop.sandbox.amplify.fail_commit(GOOD, "npm exited with 1")
    ran = roll_back(shop)
    assert ran.ended == ("skipped", "failed", "failed")
    assert shop.writes == ["StartJob"] * 2
    assert "npm exited with 1" in ran["reason"]


def test_a_rebuild_that_fails_while_the_site_is_good_is_already_good(shop: Shop) -> None:
    shop.frontend("FAILED")
    shop.sandbox.amplify.fail_commit(GOOD, "npm exited with 1")
    ran = roll_back(shop)
    assert ran.ended == ("skipped", "already-good", "not-needed")
    assert ran.codes == {"redeployment-failed-site-good"}


def test_a_manual_deployment_cannot_be_retried(shop: Shop) -> None:
    shop.app()
    shop.job("HEAD", job_type="MANUAL", started=shop.sandbox.clock.now() - DAY)
    shop.job(BAD)
    ran = roll_back(shop)
    assert ran.codes == {"target-cannot-be-retried"}
    assert "aws amplify start-deployment" in ran.summary
    assert shop.writes == []


# --- answers that get lost ---


@pytest.mark.parametrize(
    "kind", [Kind.DROPPED_AFTER, Kind.DROPPED_BEFORE, Kind.INTERNAL_ERROR, Kind.MALFORMED, Kind.THROTTLING]
)
@pytest.mark.parametrize("delay", [0.0, 1.5])
def test_a_start_whose_answer_is_lost_makes_exactly_one_redeployment(shop: Shop, kind: Kind, delay: float) -> None:
    shop.frontend()
    shop.sandbox.amplify.quirks.listing_delay = delay
    shop.sandbox.faults.add(Fault("StartJob", kind, first(1)))
    assert roll_back(shop).ended == ("skipped", "rolled-back", "rolled-back")
    assert [job for job in shop.jobs if job[1] == "RETRY"] == [(3, "RETRY", GOOD)]


def test_a_start_that_was_found_again_is_told_as_done(shop: Shop) -> None:
    shop.frontend()
    shop.sandbox.faults.add(Fault("StartJob", Kind.DROPPED_AFTER, first(1)))
    assert roll_back(shop).report["frontend"]["actions"] == [f"redeployed job 1 ({GOOD[:7]})"]


def test_a_job_that_began_between_look_and_start_is_waited_for(shop: Shop) -> None:
    shop.frontend()

    def somebody_retries(_service: str, operation: str, _params: dict[str, object]) -> None:
        if operation == "StartJob" and len(shop.jobs) == 2:
            shop.sandbox.amplify.add_job(APP_ID, BRANCH, commit=BAD, status="RUNNING", job_type="RETRY")

    shop.sandbox.before_call.append(somebody_retries)
    assert roll_back(shop).ended[1] == "rolled-back"
    assert shop.live == GOOD


@pytest.mark.parametrize("kind", [Kind.THROTTLING, Kind.DROPPED_BEFORE, Kind.UNAVAILABLE, Kind.MALFORMED])
def test_reads_that_fail_for_a_while_are_borne(shop: Shop, kind: Kind) -> None:
    shop.frontend()
    for operation in ("ListApps", "ListJobs", "GetJob"):
        shop.sandbox.faults.add(Fault(operation, kind, first(4)))
    assert roll_back(shop)["outcome"] == "rolled-back"


@pytest.mark.parametrize("operation", ["ListApps", "ListJobs", "StartJob", "GetJob"])
def test_what_is_denied_names_the_permission(shop: Shop, operation: str) -> None:
    shop.frontend()
    shop.sandbox.faults.add(Fault(operation, Kind.DENIED, ALL))
    ran = roll_back(shop)
    assert ran.ended == ("skipped", "failed", "failed")
    assert f"Add the permission amplify:{operation} to the role" in ran.summary


def test_a_build_that_hangs_in_cancelling_ends_with_the_waiting(shop: Shop) -> None:
    shop.frontend("RUNNING")
    shop.sandbox.amplify.quirks.cancelling_hangs = True
    ran = roll_back(shop, frontend_timeout="2")
    assert ran.ended == ("skipped", "timed-out", "failed")
    assert shop.writes == ["StopJob"]


@pytest.mark.parametrize("kind", [Kind.DENIED, Kind.INTERNAL_ERROR, Kind.MALFORMED])
def test_a_bad_build_that_cannot_be_stopped_is_waited_for_and_built_over(shop: Shop, kind: Kind) -> None:
    shop.frontend("RUNNING")
    shop.sandbox.faults.add(Fault("StopJob", kind, ALL))
    ran = roll_back(shop)
    assert ran.ended == ("skipped", "rolled-back", "rolled-back")
    assert shop.live == GOOD
    denied = kind is Kind.DENIED
    assert ("access-denied" in ran.codes) is denied
    assert ("Add the permission amplify:StopJob to the role" in ran.summary) is denied


def test_a_job_that_hangs_before_its_build_is_named_with_the_command_that_stops_it(shop: Shop) -> None:
    shop.frontend()
    shop.sandbox.amplify.timing.pending = 6 * 3600
    shop.job(OTHER, "PENDING", started=None)
    ran = shop.run(app_name="shop", target_job_id="1", frontend_timeout="1")
    assert ran["frontend-result"] == "timed-out"
    assert "aws amplify stop-job --app-id d1shop --branch-name develop --region us-west-2 --job-id 3" in ran.told
