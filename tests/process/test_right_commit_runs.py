"""Whole runs in which the newest success is the failed deployment and does not look like it, or is not and does."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import ALL, Fault, Kind
from sandbox.errors import AwsError
from sandbox.faults import first
from tests.process.shop import APP_ID, BAD, BRANCH, DAY, FRONTEND_FAILED, GOOD, OTHER, SMOKE_TESTS_FAILED

if TYPE_CHECKING:
    from tests.process.shop import Ran, Shop

TIP = "d" * 40
"""The default branch's tip, or a merge commit: GITHUB_SHA, but nothing that Amplify ever built."""
UNTOLD = {"deploy-infrastructure": "success", "smoke-tests": "failure"}
CANCELLED = {"deploy-infrastructure": "success", "deploy-frontend": "cancelled", "smoke-tests": "failure"}

Row = tuple[str, str, float]
"""Status, commit as Amplify shows it, and how many seconds ago the job began."""


def history(shop: Shop, *rows: Row, retries: tuple[int, ...] = ()) -> None:
    """Make the branch with these jobs, the oldest first; what a job names by halves or not at all it built whole."""
    shop.app()
    now = shop.sandbox.clock.now()
    for number, (status, commit, ago) in enumerate(rows, 40):
        whole = next((sha for sha in (GOOD, BAD, OTHER) if sha.startswith(commit.lower())), GOOD)
        shop.sandbox.amplify.add_job(
            APP_ID,
            BRANCH,
            commit=commit,
            status=status,
            job_type="RETRY" if number in retries else "RELEASE",
            job_id=number,
            builds=whole,
            started=now - ago,
            ended=None if status == "RUNNING" else now - ago + 50,
        )


def roll_back(shop: Shop, event: dict[str, Any] | None = None, name: str = "push", **inputs: Any) -> Ran:
    """Run for an event, with GITHUB_SHA being the tip unless it is a push of the bad commit."""
    file = shop.folder / "an-event.json"
    file.write_text(json.dumps(event or {}), encoding="utf-8")
    environ = {"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(file), "GITHUB_SHA": BAD if name == "push" else TIP}
    return shop.run(environ, app_name="shop", **inputs)


def pushed(shop: Shop, ago: float) -> dict[str, Any]:
    return {"repository": {"pushed_at": int(shop.sandbox.clock.now() - ago)}}


def redeployed(shop: Shop, ran: Ran) -> str:
    """Return which job was rebuilt; empty for none."""
    assert shop.writes in ([], ["StartJob"])
    return str(ran["restored-job-id"]) if shop.writes else ""


# --- the event's own head ---


PULL_REQUEST = {"action": "synchronize", "pull_request": {"head": {"sha": BAD}, "merged": False}}
HEADS = [
    ("pull_request", PULL_REQUEST),
    ("pull_request_target", PULL_REQUEST),
    ("pull_request_review", PULL_REQUEST),
    ("workflow_run", {"workflow_run": {"head_sha": BAD}}),
]


@pytest.mark.parametrize(("name", "event"), HEADS, ids=[name for name, _ in HEADS])
def test_the_failed_commit_is_the_events_own_head(shop: Shop, name: str, event: dict[str, Any]) -> None:
    history(shop, ("SUCCEED", GOOD, DAY), ("SUCCEED", BAD, 120))
    ran = roll_back(shop, event, name)
    assert redeployed(shop, ran) == "40"
    assert ran.report["context"]["commit"] == BAD
    assert shop.live == GOOD


NOBODYS = [
    *[(name, {}) for name, _ in HEADS],
    ("issue_comment", {"issue": {"number": 1}}),
    ("workflow_dispatch", {"inputs": {}}),
]


@pytest.mark.parametrize(("name", "event"), NOBODYS, ids=[name for name, _ in NOBODYS])
@pytest.mark.parametrize("results", [SMOKE_TESTS_FAILED, CANCELLED, UNTOLD], ids=["success", "cancelled", "untold"])
def test_where_no_job_is_of_the_failed_commit_nothing_is_guessed(
    shop: Shop, name: str, event: dict[str, Any], results: dict[str, str]
) -> None:
    history(shop, ("SUCCEED", GOOD, DAY), ("SUCCEED", BAD, 120))
    ran = roll_back(shop, event, name, job_results=json.dumps(results), rollback_on="failure,cancelled")
    assert ran.ended == ("skipped", "refused", "failed")
    assert ran.codes == {"last-known-good-unclear"}
    assert shop.writes == []
    for way in ("failed-job-id", "commit", "target-job-id", "snapshot"):
        assert way in ran.told


BEFORE_IT = "2025-12-02T23:55:00Z"
KNOWN: list[dict[str, str]] = [
    {"failed_job_id": "41"},
    {"commit": BAD[:8]},
    {"target_job_id": "40"},
    {"target_commit": GOOD[:8]},
    {"started_at": BEFORE_IT},
]


@pytest.mark.parametrize("known", KNOWN, ids=[next(iter(one)) for one in KNOWN])
def test_what_the_refusal_asks_for_tells_it(shop: Shop, known: dict[str, str]) -> None:
    history(shop, ("SUCCEED", GOOD, DAY), ("SUCCEED", BAD, 120))
    ran = roll_back(shop, {}, "workflow_dispatch", **known)
    assert redeployed(shop, ran) == "40"
    assert shop.live == GOOD


@pytest.mark.parametrize("name", ["v1.2.0", "release/42", "20251203"])
def test_a_job_that_names_a_tag_is_not_taken_for_another_commits(shop: Shop, name: str) -> None:
    history(shop, ("SUCCEED", GOOD, DAY), ("SUCCEED", name, 120))
    assert roll_back(shop).codes == {"last-known-good-unclear"}
    assert shop.writes == []
    assert redeployed(shop, roll_back(shop, failed_job_id="41")) == "40"


# --- a guessed time ---

TWO_PUSHES: tuple[Row, ...] = (("SUCCEED", OTHER, DAY), ("SUCCEED", GOOD, 900), ("SUCCEED", BAD, 100))
DAYS_LATER: tuple[Row, ...] = (
    ("SUCCEED", OTHER, 300_000),
    ("FAILED", BAD, 172_000),
    ("SUCCEED", GOOD, 86_400),
    ("SUCCEED", BAD, 100),
)


@pytest.mark.parametrize(
    ("rows", "ago", "good"), [(TWO_PUSHES, 1_000, "41"), (DAYS_LATER, 172_800, "42")], ids=["two pushes", "days later"]
)
@pytest.mark.parametrize("known", ["nothing", "id", "snapshot"])
def test_the_pushs_time_never_overrules_a_fact(
    shop: Shop, rows: tuple[Row, ...], ago: float, good: str, known: str
) -> None:
    history(shop, *rows[:-1])
    if known == "snapshot":
        roll_back(shop, pushed(shop, ago), mode="snapshot", snapshot="good.json")
    status, commit, began = rows[-1]
    started = shop.sandbox.clock.now() - began
    shop.sandbox.amplify.add_job(APP_ID, BRANCH, commit=commit, status=status, started=started, ended=started + 50)
    more = {"id": {"failed_job_id": str(39 + len(rows))}, "snapshot": {"snapshot": "good.json"}}.get(known, {})
    ran = roll_back(shop, pushed(shop, ago), **more)
    assert redeployed(shop, ran) == good
    assert shop.live == GOOD


# --- commits in short form ---


@pytest.mark.parametrize("bad", [BAD[:7], BAD[:10].upper()])
@pytest.mark.parametrize("good", [GOOD, GOOD[:7]])
def test_commits_in_short_form_are_the_same_commits(shop: Shop, bad: str, good: str) -> None:
    history(shop, ("SUCCEED", good, DAY), ("SUCCEED", bad, 120))
    ran = roll_back(shop)
    assert ran.ended == ("skipped", "rolled-back", "rolled-back")
    assert redeployed(shop, ran) == "40"
    assert ran.report["frontend"]["proven"] is True
    assert ran.codes == set()


def test_the_failed_commit_in_short_form_that_runs_again_is_stopped(shop: Shop) -> None:
    history(shop, ("SUCCEED", GOOD, DAY), ("SUCCEED", BAD, 300), ("RUNNING", BAD[:7], 60))
    assert roll_back(shop).ended[1] == "rolled-back"
    assert shop.writes == ["StopJob", "StartJob"]


# --- retries ---


@pytest.mark.parametrize("known", [{}, {"failed_job_id": "41"}])
def test_a_retry_of_the_failed_build_is_not_taken_for_a_rollback(shop: Shop, known: dict[str, str]) -> None:
    rows = ("SUCCEED", "HEAD", 6_000), ("FAILED", "HEAD", 300), ("SUCCEED", "HEAD", 60)
    history(shop, *rows, retries=(42,))
    shop.sandbox.amplify.quirks.retry_of_head = "same"
    ran = roll_back(shop, pushed(shop, 1_000), **known)
    assert ran.ended == ("skipped", "rolled-back", "rolled-back")
    assert redeployed(shop, ran) == "40"


def test_a_second_rollback_of_jobs_without_commit_goes_to_the_same_release(shop: Shop) -> None:
    history(shop, ("SUCCEED", "HEAD", 6_000), ("SUCCEED", "HEAD", 60))
    shop.sandbox.amplify.quirks.retry_of_head = "same"
    assert [roll_back(shop)["restored-job-id"] for _ in range(2)] == ["40", "40"]


def test_a_second_rollback_of_a_frontend_that_was_not_built_changes_nothing(shop: Shop) -> None:
    history(shop, ("SUCCEED", GOOD, DAY))
    told = {"job_results": json.dumps(FRONTEND_FAILED)}
    assert roll_back(shop, pushed(shop, 600), **told).ended[1] == "rolled-back"
    assert roll_back(shop, pushed(shop, 600), **told).ended[1] == "already-good"
    assert shop.writes == ["StartJob"]


# --- auto-build and start-job side by side ---


@pytest.mark.parametrize(
    ("rows", "good"),
    [
        ((GOOD, "HEAD", BAD, "HEAD"), "40"),
        (("HEAD", GOOD, "HEAD", BAD), "41"),
        ((GOOD, "HEAD", "HEAD", BAD), "40"),
        (("HEAD", GOOD, BAD, "HEAD"), "41"),
    ],
)
def test_of_two_builds_of_a_push_the_one_that_can_be_proven_is_redeployed(
    shop: Shop, rows: tuple[str, ...], good: str
) -> None:
    began = (6_400.0, 6_000.0, 500.0, 100.0)
    history(shop, *(("SUCCEED", commit, ago) for commit, ago in zip(rows, began, strict=True)))
    ran = roll_back(shop)
    assert redeployed(shop, ran) == good
    assert ran.report["frontend"]["proven"] is True
    assert shop.live == GOOD


# --- what is said ---


def test_the_decision_is_told_in_one_sentence(shop: Shop) -> None:
    history(shop, ("SUCCEED", GOOD, DAY), ("SUCCEED", BAD, 120))
    sentence = (
        "Job 40 (aaaaaaa) is the last known good: the newest job that succeeded before job 41, the failed deployment's "
        "(the newest of the failed commit)."
    )
    ways: tuple[dict[str, Any], ...] = ({"dry_run": "true"}, {"mode": "status"}, {})
    for inputs in ways:
        ran = roll_back(shop, **inputs)
        assert ran.report["frontend"]["rule"] == sentence
        assert sentence in re.sub(r"<[^>]+>", "", ran.told)


def test_the_snapshots_job_that_is_passed_over_is_told(shop: Shop) -> None:
    history(shop, ("SUCCEED", GOOD, DAY), ("SUCCEED", OTHER, 500))
    roll_back(shop, mode="snapshot", snapshot="good.json")
    shop.job(BAD)
    ran = roll_back(shop, snapshot="good.json", failed_job_id="41")
    assert ran["restored-job-id"] == "40"
    assert "snapshot-job-passed-over" in ran.codes
    assert "The snapshot's job 41 is passed over: not older than the failed job 41." in ran.told


def test_the_first_one_is_called_so_only_where_it_is(shop: Shop) -> None:
    history(shop, ("SUCCEED", GOOD, DAY), ("SUCCEED", BAD, 120))
    ran = roll_back(shop, started_at="2020-01-01T00:00:00Z")
    assert ran.codes == {"no-previous-deployment"}
    assert "this is the first one" not in ran["reason"]
    assert "job 40 (aaaaaaa): did not start before started-at" in ran["reason"]


# --- a frontend of its own ---


@pytest.mark.parametrize(
    "results", [{"deploy-frontend": "failure"}, {"deploy-frontend": "success", "smoke-tests": "failure"}]
)
def test_a_frontend_of_its_own_needs_no_infrastructure_job(shop: Shop, results: dict[str, str]) -> None:
    history(shop, ("SUCCEED", GOOD, DAY), ("SUCCEED", BAD, 120))
    ran = roll_back(shop, job_results=json.dumps(results))
    assert ran.ended == ("skipped", "rolled-back", "rolled-back")
    assert "infrastructure" not in ran["reason"]


def test_beside_a_stack_the_infrastructure_job_stays_needed(shop: Shop) -> None:
    ran = roll_back(shop, job_results='{"deploy-frontend": "failure"}', stack_name="shop-backend")
    assert ran["outcome"] == "invalid-inputs"
    assert "lacks deploy-infrastructure (infrastructure-job)" in ran["reason"]


# --- AWS's errors ---


def test_an_unauthorized_call_names_the_missing_permission(shop: Shop) -> None:
    history(shop, ("SUCCEED", GOOD, DAY), ("SUCCEED", BAD, 120))
    error = AwsError("UnauthorizedException", "You are not authorized.", 401)
    shop.sandbox.faults.add(Fault("ListJobs", Kind.DENIED, ALL, error=error))
    ran = roll_back(shop)
    assert ran.codes == {"access-denied"}
    assert "amplify:ListJobs" in ran.told


@pytest.mark.parametrize("operation", ["ListJobs", "GetJob"])
def test_a_limit_on_looking_is_throttling(shop: Shop, operation: str) -> None:
    history(shop, ("SUCCEED", GOOD, DAY), ("SUCCEED", BAD, 120))
    error = AwsError("LimitExceededException", "Too many requests.", 429)
    shop.sandbox.faults.add(Fault(operation, Kind.THROTTLING, first(12), error=error))
    assert roll_back(shop).ended == ("skipped", "rolled-back", "rolled-back")


def test_a_refusal_that_is_not_about_zips_shows_awss_words_and_no_zip(shop: Shop) -> None:
    history(shop, ("SUCCEED", GOOD, DAY), ("SUCCEED", BAD, 120))
    error = AwsError("BadRequestException", "The connection to your Git provider has expired.", 400)
    shop.sandbox.faults.add(Fault("StartJob", Kind.DENIED, ALL, error=error))
    ran = roll_back(shop)
    assert ran.codes == {"target-cannot-be-retried"}
    assert "The connection to your Git provider has expired." in ran.told
    assert "zip" not in ran.told
    assert "start-job --app-id d1shop --branch-name develop --region us-west-2 --job-type RETRY --job-id 40" in ran.told
