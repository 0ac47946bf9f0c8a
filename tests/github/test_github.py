"""What GitHub knows of the failed deployment: its environment, event file and API."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from rollback.github import event
from rollback.github.api import GitHub, Unresolved
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
    file = tmp_path / "event.json"
    file.write_text(json.dumps({"head_commit": {"message": "Faster basket", "author": {"name": "Mona"}}}))
    told = context({**RUN, "GITHUB_EVENT_PATH": str(file)}, inputs())
    assert (told.commit_message, told.author) == ("Faster basket", "Mona")


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("push", {"head_commit": {"id": SHA, "message": "Faster basket", "author": {"name": "Mona"}}}),
        (
            "workflow_run",
            {
                "workflow_run": {
                    "head_sha": "d" * 40,
                    "head_commit": {"id": "d" * 40, "message": "Faster basket", "author": {"name": "Mona"}},
                }
            },
        ),
        (
            "merge_group",
            {"merge_group": {"head_commit": {"id": SHA, "message": "Faster basket", "author": {"name": "Mona"}}}},
        ),
    ],
)
def test_message_and_author_are_the_deployed_commits(tmp_path: Path, name: str, event: dict[str, Any]) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps(event), encoding="utf-8")
    environ = {**RUN, "GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(file)}
    told = context(environ, inputs())
    assert (told.commit_message, told.author) == ("Faster basket", "Mona")
    assert told.commit == ("d" * 40 if name == "workflow_run" else SHA)
    other = context(environ, inputs(commit="abcdef1"))
    assert (other.commit_message, other.author) == ("", "octocat")


def test_a_commit_that_is_not_known_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text("{", encoding="utf-8")
    told = context({**RUN, "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(file)}, inputs())
    assert (told.commit, told.commit_url) == ("", "")


class TestWhenItWasPushed:
    @staticmethod
    def pushed_at(tmp_path: Path, text: str, name: str = "push") -> datetime | None:
        file = tmp_path / "event.json"
        file.write_text(text, encoding="utf-8")
        return event.pushed_at({"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(file)})

    def test_a_push_tells_it(self, tmp_path: Path) -> None:
        text = json.dumps({"repository": {"pushed_at": 1_764_756_900}})
        assert self.pushed_at(tmp_path, text) == datetime(2025, 12, 3, 10, 15, tzinfo=UTC)

    @pytest.mark.parametrize("name", ["workflow_dispatch", "schedule", "pull_request", ""])
    def test_other_events_do_not_tell_it(self, tmp_path: Path, name: str) -> None:
        assert self.pushed_at(tmp_path, json.dumps({"repository": {"pushed_at": 1_764_756_900}}), name) is None

    @pytest.mark.parametrize("moment", ["null", '"2025-12-03T10:15:00Z"', "true", "1e300", "NaN", "-1", "[1]"])
    def test_an_event_that_does_not_tell_it_is_no_problem(self, tmp_path: Path, moment: str) -> None:
        assert self.pushed_at(tmp_path, f'{{"repository": {{"pushed_at": {moment}}}}}') is None


@pytest.mark.parametrize(
    "text",
    ["", "[1]", "[" * 100_000, '{"head_commit": null}', '{"head_commit": {"author": "x", "message": null}}'],
)
def test_an_odd_event_file_is_no_trouble(tmp_path: Path, text: str) -> None:
    file = tmp_path / "event.json"
    file.write_text(text)
    told = context({**RUN, "GITHUB_EVENT_PATH": str(file)}, inputs())
    assert (told.commit_message, told.author) == ("", "octocat")


KNOWN = (
    FailedJob(name="deploy-frontend", result="cancelled"),
    FailedJob(name="smoke-tests", result="failure"),
)


def with_steps(
    environ: dict[str, str], known: tuple[FailedJob, ...] = KNOWN, token: str = "ghs_1"
) -> tuple[FailedJob, ...]:
    return GitHub({**RUN, **environ}, token, seconds=5.0).with_steps(known)


def test_without_a_token_nothing_is_asked(sandbox: Sandbox) -> None:
    assert with_steps(sandbox.environment(), token="") == KNOWN
    assert sandbox.github.requests == []


def test_github_adds_the_step_that_failed_and_a_link(sandbox: Sandbox) -> None:
    sandbox.github.add_job("Deploy infrastructure")
    sandbox.github.add_job(
        "Smoke tests",
        "failure",
        steps=[("Set up", "success"), ("Test the API", "failure"), ("Clean up", "skipped")],
        html_url="https://github.example/job/3",
    )
    told = with_steps(sandbox.environment())
    assert told == (
        KNOWN[0],
        FailedJob(name="smoke-tests", result="failure", step="Test the API", link="https://github.example/job/3"),
    )
    assert sandbox.github.requests == ["/github/repos/octo/shop/actions/runs/7/attempts/2/jobs?per_page=100&page=1"]
    assert sandbox.github.authorizations == ["Bearer ghs_1"]


def test_other_red_jobs_neither_replace_nor_precede_those_of_the_deployment(sandbox: Sandbox) -> None:
    sandbox.github.add_job("Lint (optional)", "failure", html_url="https://github.example/job/1")
    sandbox.github.add_job("Nightly", "failure", html_url="https://github.example/job/2")
    assert with_steps(sandbox.environment()) == KNOWN


def test_a_job_on_a_later_page_is_found(sandbox: Sandbox) -> None:
    for number in range(230):
        sandbox.github.add_job(f"Other {number}", "failure")
    sandbox.github.add_job("smoke-tests", "failure", html_url="https://github.example/job/231")
    assert with_steps(sandbox.environment())[1].link == "https://github.example/job/231"


@pytest.mark.parametrize("shown", ["smoke-tests (eu-west-1, chrome)", "Smoke Tests / run", "smoke_tests"])
def test_a_job_of_a_matrix_or_of_a_called_workflow_is_the_workflows_job(sandbox: Sandbox, shown: str) -> None:
    sandbox.github.add_job("smoke-tests (us-east-1, chrome)")
    sandbox.github.add_job(shown, "failure", html_url="https://github.example/job/2")
    assert with_steps(sandbox.environment())[1].link == "https://github.example/job/2"


@pytest.mark.parametrize("failure", [0, 401, 403, 404, 500])
def test_whatever_goes_wrong_at_github_the_rollback_goes_on(sandbox: Sandbox, failure: int) -> None:
    sandbox.github.failure = failure
    assert with_steps(sandbox.environment()) == KNOWN


def test_an_api_that_is_not_there_is_no_trouble() -> None:
    assert with_steps({"GITHUB_API_URL": "http://127.0.0.1:9"}) == KNOWN


def test_a_forced_rollback_without_results_knows_no_failed_jobs(sandbox: Sandbox) -> None:
    assert with_steps(sandbox.environment(), known=()) == ()
    assert sandbox.github.requests == []


@pytest.fixture
def named(sandbox: Sandbox) -> GitHub:
    """Return the API of a repository with a tag, an annotated tag and a branch with a slash."""
    sandbox.github.repository.commit("1" * 40)
    sandbox.github.repository.commit("2" * 40, branch="release/2")
    sandbox.github.repository.tag("v1.0.0", "1" * 40)
    sandbox.github.repository.tag("v1.1.0", "2" * 40, annotated=True)
    return GitHub({**RUN, **sandbox.environment()}, "ghs_1", seconds=5.0)


@pytest.mark.parametrize(("name", "commit"), [("v1.0.0", "1"), ("v1.1.0", "2"), ("release/2", "2"), ("main", "1")])
def test_a_tag_or_branch_names_a_commit(named: GitHub, name: str, commit: str) -> None:
    assert named.commit_of(name) == commit * 40


def test_an_unknown_name_is_said_to_be_unknown(named: GitHub) -> None:
    with pytest.raises(Unresolved, match="octo/shop has no such tag, branch or commit"):
        named.commit_of("v9")


@pytest.mark.parametrize(("failure", "said"), [(0, "gives no answer"), (403, "answers 403"), (500, "answers 500")])
def test_a_name_that_cannot_be_looked_up_is_a_problem(sandbox: Sandbox, named: GitHub, failure: int, said: str) -> None:
    sandbox.github.failure = failure
    with pytest.raises(Unresolved, match=said):
        named.commit_of("v1.0.0")


@pytest.mark.parametrize(
    ("environ", "token", "said"), [({}, "ghs_1", "no repository is known"), (RUN, "", "without github-token")]
)
def test_a_name_needs_a_repository_and_a_token(environ: dict[str, str], token: str, said: str) -> None:
    with pytest.raises(Unresolved, match=said):
        GitHub(environ, token, seconds=5.0).commit_of("v1.0.0")
