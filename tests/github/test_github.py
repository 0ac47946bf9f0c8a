"""What GitHub knows of the failed deployment: its environment, event file and API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from rollback.github import api
from rollback.incident.telling import context
from rollback.inputs.reading import read
from rollback.report.model import FailedJob

if TYPE_CHECKING:
    from pathlib import Path

    from rollback.inputs.model import Inputs
    from sandbox import Sandbox

SHA = "b" * 40
RUN = {
    "GITHUB_SERVER_URL": "https://github.example",
    "GITHUB_REPOSITORY": "octo/shop",
    "GITHUB_RUN_ID": "7",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_WORKFLOW": "Deploy",
    "GITHUB_ACTOR": "octocat",
    "GITHUB_REF_NAME": "develop",
    "GITHUB_SHA": SHA,
}
RESULTS = {
    "deploy-infrastructure": "success",
    "deploy-frontend": "cancelled",
    "smoke-tests": "failure",
    "lint": "skipped",
}


def inputs(**more: str) -> Inputs:
    given = {"stack-name": "shop", "aws-region": "us-west-2", "job-results": json.dumps(RESULTS), **more}
    return read({f"INPUT_{name.upper()}": value for name, value in given.items()})


def test_the_context_says_where_the_run_belongs() -> None:
    told = context(RUN, inputs(environment="development"))
    assert told.run_url == "https://github.example/octo/shop/actions/runs/7/attempts/2"
    assert told.commit_url == f"https://github.example/octo/shop/commit/{SHA}"
    assert (told.repository, told.workflow, told.run_id, told.run_attempt) == ("octo/shop", "Deploy", "7", "2")
    assert (told.branch, told.author, told.environment, told.region) == (
        "develop",
        "octocat",
        "development",
        "us-west-2",
    )


def test_the_inputs_commit_and_branch_come_first() -> None:
    told = context(RUN, inputs(commit="abcdef1", branch="main"))
    assert (told.commit, told.branch) == ("abcdef1", "main")


def test_on_a_terminal_what_nobody_knows_is_empty() -> None:
    told = context({}, inputs())
    assert (told.run_url, told.commit_url, told.commit, told.author) == ("", "", "", "")


def test_the_pushed_commit_tells_message_and_author(tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"head_commit": {"message": "Faster basket", "author": {"name": "Mona"}}}))
    told = context({**RUN, "GITHUB_EVENT_PATH": str(event)}, inputs())
    assert (told.commit_message, told.author) == ("Faster basket", "Mona")


@pytest.mark.parametrize(
    "event", ["", "[1]", '{"head_commit": null}', '{"head_commit": {"author": "x", "message": null}}']
)
def test_an_odd_event_file_is_no_trouble(tmp_path: Path, event: str) -> None:
    file = tmp_path / "event.json"
    file.write_text(event)
    told = context({**RUN, "GITHUB_EVENT_PATH": str(file)}, inputs())
    assert (told.commit_message, told.author) == ("", "octocat")


KNOWN = (
    FailedJob(name="deploy-frontend", result="cancelled"),
    FailedJob(name="smoke-tests", result="failure"),
)


def failed_jobs(
    environ: dict[str, str], known: tuple[FailedJob, ...] = KNOWN, token: str = "ghs_1"
) -> tuple[FailedJob, ...]:
    return api.failed_jobs(environ, known, token, timeout=5.0)


def test_without_a_token_the_job_results_tell_what_failed(sandbox: Sandbox) -> None:
    assert failed_jobs({**RUN, **sandbox.environment()}, token="") == KNOWN
    assert sandbox.github.requests == []


def test_with_a_token_github_tells_steps_and_links(sandbox: Sandbox) -> None:
    sandbox.github.add_job("Deploy infrastructure")
    sandbox.github.add_job(
        "Smoke tests",
        "failure",
        steps=[("Set up", "success"), ("Test the API", "failure"), ("Clean up", "skipped")],
        html_url="https://github.example/job/3",
    )
    told = failed_jobs({**RUN, **sandbox.environment()})
    assert told == (
        FailedJob(name="Smoke tests", result="failure", step="Test the API", link="https://github.example/job/3"),
    )
    assert sandbox.github.requests == ["/github/repos/octo/shop/actions/runs/7/attempts/2/jobs?per_page=100"]
    assert sandbox.github.authorizations == ["Bearer ghs_1"]


@pytest.mark.parametrize("failure", [0, 401, 403, 404, 500])
def test_whatever_goes_wrong_at_github_the_rollback_goes_on(sandbox: Sandbox, failure: int) -> None:
    sandbox.github.failure = failure
    assert failed_jobs({**RUN, **sandbox.environment()}) == KNOWN


def test_an_api_that_is_not_there_is_no_trouble() -> None:
    environ = {**RUN, "GITHUB_API_URL": "http://127.0.0.1:9"}
    assert failed_jobs(environ) == KNOWN


def test_where_github_knows_of_no_failed_job_the_job_results_tell(sandbox: Sandbox) -> None:
    sandbox.github.add_job("Deploy infrastructure")
    assert failed_jobs({**RUN, **sandbox.environment()}) == KNOWN


def test_a_forced_rollback_without_results_knows_no_failed_jobs(sandbox: Sandbox) -> None:
    assert failed_jobs({**RUN, **sandbox.environment()}, known=()) == ()
