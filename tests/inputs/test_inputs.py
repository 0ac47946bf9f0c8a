"""The inputs: names, defaults, forms, and problems that are reported together."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from rollback.inputs.model import Inputs, InvalidInputs
from rollback.inputs.reading import names, read
from rollback.inputs.trigger import JobResult
from rollback.report.results import Mode

if TYPE_CHECKING:
    from pathlib import Path

NEEDS = {
    "deploy-infrastructure": {"result": "success", "outputs": {}},
    "deploy-frontend": {"result": "success", "outputs": {}},
    "smoke-tests": {"result": "failure", "outputs": {}},
}
COMPLETE = {"stack-name": "shop", "aws-region": "us-west-2", "job-results": json.dumps(NEEDS)}


def environ(**variables: str) -> dict[str, str]:
    return variables


def as_variables(inputs: dict[str, str]) -> dict[str, str]:
    return {f"INPUT_{name.upper()}": value for name, value in inputs.items()}


def given(more: dict[str, str] | None = None, without: str = "", **variables: str) -> Inputs:
    inputs = {name: value for name, value in {**COMPLETE, **(more or {})}.items() if name != without}
    return read({**as_variables(inputs), **variables})


def problems(more: dict[str, str] | None = None, without: str = "", **variables: str) -> tuple[str, ...]:
    with pytest.raises(InvalidInputs) as invalid:
        given(more, without, **variables)
    return invalid.value.problems


def test_the_names_are_the_contracts() -> None:
    assert set(names()) == {
        *("mode", "job-results", "infrastructure-job", "frontend-job", "smoke-tests-job", "rollback-on", "force"),
        *("reason", "dry-run", "environment", "aws-region", "stack-name", "app-id", "app-name", "branch", "commit"),
        *("started-at", "failed-job-id", "target-job-id", "target-commit", "redeploy", "lock-auto-build", "snapshot"),
        *("snapshot-digest", "order"),
        *("allow-destructive", "resources-to-skip", "role-arn", "stack-timeout", "frontend-timeout", "poll-interval"),
        *("verify-url", "verify-contains", "verify-alarms", "verify-timeout", "verify-for", "logs", "incident-file"),
        *("slack-webhook-url", "slack-api-url", "slack-bot-token", "slack-channel", "slack-mentions", "github-token"),
        "github-deployment",
    }


DEFAULTS: dict[str, Any] = {
    "mode": Mode.ROLLBACK,
    "infrastructure_job": ("deploy-infrastructure",),
    "frontend_job": ("deploy-frontend",),
    "smoke_tests_job": ("smoke-tests",),
    "rollback_on": (JobResult.FAILURE,),
    "force": False,
    "reason": "",
    "dry_run": False,
    "environment": "",
    "app_id": None,
    "app_name": "",
    "branch": None,
    "commit": None,
    "started_at": None,
    "failed_job_id": None,
    "target_job_id": None,
    "target_commit": None,
    "order": "stack-first",
    "redeploy": "always",
    "lock_auto_build": False,
    "snapshot": "",
    "snapshot_digest": "",
    "github_deployment": False,
    "allow_destructive": False,
    "resources_to_skip": (),
    "role_arn": None,
    "stack_timeout": 30.0,
    "frontend_timeout": 40.0,
    "poll_interval": 5.0,
    "verify_url": "",
    "verify_contains": "",
    "verify_alarms": (),
    "verify_timeout": 120.0,
    "verify_for": 0.0,
    "logs": False,
    "incident_file": "",
    "slack_webhook_url": None,
    "slack_api_url": "https://slack.com/api/",
    "slack_bot_token": None,
    "slack_channel": "",
    "slack_mentions": (),
    "github_token": None,
}


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_the_defaults_are_the_contracts(name: str) -> None:
    assert getattr(given(), name) == DEFAULTS[name]


def test_every_input_has_its_default_tested() -> None:
    assert {*DEFAULTS, "job_results", "stack_name", "aws_region"} == set(Inputs.model_fields)


SHA = "0123456789abcdef0123456789abcdef01234567"
GOOD_FORMS: list[tuple[str, str, Any]] = [
    ("mode", "status", Mode.STATUS),
    ("infrastructure-job", "deploy-infrastructure", ("deploy-infrastructure",)),
    ("frontend-job", "deploy-frontend\n smoke-tests ", ("deploy-frontend", "smoke-tests")),
    ("smoke-tests-job", "smoke-tests,deploy-frontend", ("smoke-tests", "deploy-frontend")),
    ("rollback-on", "failure, cancelled", (JobResult.FAILURE, JobResult.CANCELLED)),
    ("rollback-on", "cancelled", (JobResult.CANCELLED,)),
    ("force", "true", True),
    ("force", "False", False),
    ("force", "TRUE", True),
    ("reason", "payments fail", "payments fail"),
    ("dry-run", "true", True),
    ("environment", "development", "development"),
    ("aws-region", "us-gov-west-1", "us-gov-west-1"),
    ("stack-name", "network\r\nshop", ("network", "shop")),
    (
        "stack-name",
        "arn:aws:cloudformation:us-west-2:123456789012:stack/shop/4a37fa2d",
        ("arn:aws:cloudformation:us-west-2:123456789012:stack/shop/4a37fa2d",),
    ),
    ("commit", SHA.upper(), SHA),
    ("commit", "abcdef1", "abcdef1"),
    ("started-at", "2025-12-03T10:15:00Z", datetime(2025, 12, 3, 10, 15, tzinfo=UTC)),
    ("started-at", "2025-12-03T12:15:00+02:00", datetime(2025, 12, 3, 10, 15, tzinfo=UTC)),
    ("started-at", "2025-12-03 10:15:00", datetime(2025, 12, 3, 10, 15, tzinfo=UTC)),
    ("failed-job-id", "42", "42"),
    ("target-job-id", "41", "41"),
    ("target-commit", SHA, SHA),
    ("redeploy", "if-needed", "if-needed"),
    ("lock-auto-build", "true", True),
    ("snapshot", "s3://bucket/path/to/last-known-good.json", "s3://bucket/path/to/last-known-good.json"),
    ("snapshot", "out/snapshot.json", "out/snapshot.json"),
    ("snapshot", "s3://bucket/development/", "s3://bucket/development/"),
    ("snapshot", "s3://bucket/d/", "s3://bucket/d/"),
    ("allow-destructive", "true", True),
    ("resources-to-skip", "Api, Child.Table", ("Api", "Child.Table")),
    ("role-arn", "arn:aws:iam::123456789012:role/deploy/cfn", "arn:aws:iam::123456789012:role/deploy/cfn"),
    ("role-arn", "arn:aws-us-gov:iam::123456789012:role/cfn", "arn:aws-us-gov:iam::123456789012:role/cfn"),
    ("stack-timeout", "0.5", 0.5),
    ("frontend-timeout", "90", 90.0),
    ("poll-interval", ".25", 0.25),
    ("verify-url", "https://shop.example/health?deep=1", "https://shop.example/health?deep=1"),
    ("verify-alarms", "errors, latency (p99)", ("errors", "latency (p99)")),
    ("verify-timeout", "30", 30.0),
    ("logs", "true", True),
    ("incident-file", "out/incident.md", "out/incident.md"),
    ("verify-for", "0", 0.0),
    ("verify-for", "2.5", 2.5),
    ("slack-webhook-url", "http://127.0.0.1:9/hook", SecretStr("http://127.0.0.1:9/hook")),
    ("slack-api-url", "https://slack-gov.com/api/", "https://slack-gov.com/api/"),
    ("slack-mentions", "U012AB3CD,here\nS0614TZR7", ("U012AB3CD", "here", "S0614TZR7")),
    ("github-token", "ghs_token", SecretStr("ghs_token")),
    ("github-deployment", "false", False),
]


@pytest.mark.parametrize(("name", "text", "value"), GOOD_FORMS)
def test_a_good_form_becomes_its_value(name: str, text: str, value: object) -> None:
    assert getattr(given({name: text}), name.replace("-", "_")) == value


@pytest.mark.parametrize(("name", "text", "value"), [row for row in GOOD_FORMS if "\n" not in row[1]])
def test_a_flag_means_what_its_input_means(name: str, text: str, value: object) -> None:
    others = as_variables({key: text for key, text in COMPLETE.items() if key != name})
    assert getattr(read(others, [f"--{name}", text]), name.replace("-", "_")) == value


def test_a_flag_wins_over_the_environment() -> None:
    assert read(as_variables({**COMPLETE, "reason": "from the job"}), ["--reason", "from me"]).reason == "from me"


def test_a_switch_needs_no_value_as_a_flag() -> None:
    assert read(as_variables(COMPLETE), ["--dry-run", "--force"]).dry_run


def test_an_unknown_flag_is_a_problem_like_any_other() -> None:
    """Its value isn't repeated: a mistyped flag may carry a secret."""
    with pytest.raises(InvalidInputs) as invalid:
        read(as_variables(COMPLETE), ["--slack-webhook", "https://hooks.example/secret"])
    assert invalid.value.problems == (
        "--slack-webhook: not an input, or lacks its value (python -m rollback --help lists the inputs)",
    )


@pytest.mark.parametrize("name", names())
def test_an_empty_input_counts_as_not_given(name: str) -> None:
    inputs = {**COMPLETE, "branch": "develop", "app-name": "shop"}
    inputs.pop(name, None)
    try:
        without: object = read(as_variables(inputs))
    except InvalidInputs as invalid:
        without = invalid.problems
    try:
        blank: object = read(as_variables({**inputs, name: " \n "}))
    except InvalidInputs as invalid:
        blank = invalid.problems
    assert blank == without


class TestWhereTheRunnerKnows:
    def test_aws_region_comes_first_of_awss_own_variables(self) -> None:
        assert given(without="aws-region", AWS_REGION="eu-west-1", AWS_DEFAULT_REGION="eu-west-2").region == "eu-west-1"

    def test_aws_default_region_is_the_last_resort(self) -> None:
        assert given(without="aws-region", AWS_REGION="", AWS_DEFAULT_REGION="eu-west-2").region == "eu-west-2"

    def test_branch_and_commit_come_from_the_runner(self) -> None:
        inputs = given(GITHUB_REF_NAME="develop", GITHUB_SHA=SHA)
        assert (inputs.branch, inputs.commit) == ("develop", SHA)

    def test_an_input_wins_over_the_runners_variables(self) -> None:
        inputs = given({"branch": "main", "commit": "abcdef1"}, GITHUB_REF_NAME="develop", GITHUB_SHA=SHA)
        assert (inputs.branch, inputs.commit) == ("main", "abcdef1")


def test_when_it_was_pushed_is_no_bound_that_anybody_gave(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps({"repository": {"pushed_at": 1_764_756_900}}), encoding="utf-8")
    assert given(GITHUB_EVENT_NAME="push", GITHUB_EVENT_PATH=str(file)).started_at is None


class TestTheCommitThatWasDeployed:
    """By the event's own head: in some events GITHUB_SHA is a commit that was never deployed."""

    @staticmethod
    def commit(tmp_path: Path, name: str, event: object, **more: str) -> str | None:
        file = tmp_path / "event.json"
        file.write_text(event if isinstance(event, str) else json.dumps(event), encoding="utf-8")
        return given(more, GITHUB_EVENT_NAME=name, GITHUB_EVENT_PATH=str(file), GITHUB_SHA="f" * 40).commit

    PULL_REQUESTS = ("pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment")

    @pytest.mark.parametrize("name", PULL_REQUESTS)
    def test_of_a_pull_request_it_is_the_head(self, tmp_path: Path, name: str) -> None:
        event = {"pull_request": {"head": {"sha": SHA}, "merged": False, "merged_at": None}}
        assert self.commit(tmp_path, name, event) == SHA

    def test_of_a_merged_pull_request_it_is_the_merge(self, tmp_path: Path) -> None:
        event = {"action": "closed", "pull_request": {"head": {"sha": SHA}, "merged": True}}
        assert self.commit(tmp_path, "pull_request", event) == "f" * 40

    def test_of_another_workflows_run_it_is_that_runs_head(self, tmp_path: Path) -> None:
        assert self.commit(tmp_path, "workflow_run", {"workflow_run": {"head_sha": SHA}}) == SHA

    @pytest.mark.parametrize(
        "name", ["push", "workflow_dispatch", "release", "deployment", "merge_group", "schedule", ""]
    )
    def test_of_other_events_it_is_github_sha(self, tmp_path: Path, name: str) -> None:
        assert self.commit(tmp_path, name, {"pull_request": {"head": {"sha": SHA}}}) == "f" * 40

    @pytest.mark.parametrize("name", [*PULL_REQUESTS, "workflow_run"])
    @pytest.mark.parametrize(
        "event",
        [
            *("", "{", "[1]", "null", "[" * 100_000, '{"pull_request": ' * 50_000, '"\\ud800"'),
            *({}, {"pull_request": {"head": {"sha": 7}}}, {"workflow_run": {"head_sha": "main"}}),
            *({"pull_request": {"head": [SHA]}}, {"pull_request": SHA, "workflow_run": [SHA]}),
        ],
    )
    def test_where_the_event_does_not_tell_it_nothing_is_guessed(
        self, tmp_path: Path, name: str, event: object
    ) -> None:
        assert self.commit(tmp_path, name, event) is None

    def test_the_input_wins(self, tmp_path: Path) -> None:
        event = {"pull_request": {"head": {"sha": "e" * 40}}}
        assert self.commit(tmp_path, "pull_request", event, commit=SHA) == SHA

    def test_a_missing_event_file_tells_nothing(self, tmp_path: Path) -> None:
        missing = str(tmp_path / "none.json")
        assert given(GITHUB_EVENT_NAME="pull_request", GITHUB_EVENT_PATH=missing, GITHUB_SHA=SHA).commit is None


class TestJobResults:
    def test_the_needs_context_and_a_plain_map_mean_the_same(self) -> None:
        plain = {job: entry["result"] for job, entry in NEEDS.items()}
        assert given({"job-results": json.dumps(plain)}).job_results == given().job_results == plain

    @pytest.mark.parametrize("mode", ["snapshot", "status"])
    def test_only_a_rollback_needs_them(self, mode: str) -> None:
        assert given({"mode": mode, "snapshot": "good.json"}, without="job-results").job_results is None

    def test_a_forced_rollback_does_not_need_them(self) -> None:
        assert given({"force": "true"}, without="job-results").job_results is None

    def test_a_frontend_of_its_own_needs_no_infrastructure_job(self) -> None:
        alone = {"app-id": "d1shop", "branch": "main", "job-results": '{"deploy-frontend": "failure"}'}
        assert given(alone, without="stack-name").roles.infrastructure == ()

    def test_an_infrastructure_job_that_is_there_counts_also_without_a_stack(self) -> None:
        alone = {"app-id": "d1shop", "branch": "main"}
        assert given(alone, without="stack-name").roles.infrastructure == ("deploy-infrastructure",)

    def test_a_default_job_that_is_missing_is_fine_where_the_other_is_there(self) -> None:
        some = json.dumps({"deploy-infrastructure": "success", "smoke-tests": "failure"})
        assert given({"job-results": some}).job_results == {
            "deploy-infrastructure": JobResult.SUCCESS,
            "smoke-tests": JobResult.FAILURE,
        }


def test_inputs_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        given().reason = "another"  # type: ignore[misc]


def test_all_problems_are_reported_at_once_each_naming_its_input() -> None:
    found = problems(
        {"mode": "undo", "poll-interval": "0", "commit": "xyz", "slack-mentions": "@me"}, without="stack-name"
    )
    assert [problem.split(":")[0] for problem in found] == [
        "mode",
        "app-name",
        "commit",
        "poll-interval",
        "slack-mentions",
    ]


def test_secrets_are_hidden_from_every_text_of_the_inputs() -> None:
    secrets = {"slack-webhook-url": "https://hooks.example/secret1", "github-token": "ghs_secret2"}
    inputs = given({**secrets, "slack-bot-token": "xoxb-secret3", "slack-channel": "#deploys"})
    assert inputs.secrets == ("https://hooks.example/secret1", "xoxb-secret3", "ghs_secret2")
    assert "secret" not in repr(inputs).replace("slack_webhook_url", "").replace("SecretStr", "")
