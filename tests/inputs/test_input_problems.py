"""What is wrong with an input is said in a sentence that names the input and the cure."""

from __future__ import annotations

import json

import pytest

from rollback.inputs.model import InvalidInputs
from rollback.inputs.reading import read
from rollback.inputs.trigger import JobResult
from rollback.report.results import Mode

COMPLETE = {
    "stack-name": "shop",
    "aws-region": "us-west-2",
    "job-results": '{"deploy-infrastructure": "success", "deploy-frontend": "success", "smoke-tests": "failure"}',
}


def problems(more: dict[str, str], without: str = "") -> list[str]:
    inputs = {name: value for name, value in {**COMPLETE, **more}.items() if name != without}
    with pytest.raises(InvalidInputs) as invalid:
        read({f"INPUT_{name.upper()}": value for name, value in inputs.items()})
    return list(invalid.value.problems)


NUMBER = "is not a number of this kind: a decimal above 0, such as 30 or 0.5"
NAMED = "is not of this form: a name without control characters"
URL = "is not an http(s) URL: give one such as https://example.com/health"
SHA = "is not of this form: 7 to 64 hexadecimal digits of a commit's SHA"
NUMBERED = "is not of this form: an Amplify job's number, such as 42"
LIST = "names nothing: one item a line, or commas between them"
BAD_FORMS = [
    ("mode", "undo", "Input should be 'rollback', 'snapshot', 'verify' or 'status'"),
    ("infrastructure-job", ",", f"',' {LIST}"),
    ("frontend-job", "\x1b[1m", f"'\\x1b[1m' {NAMED}"),
    ("smoke-tests-job", "a,b,a", "'a' stands in the list more than once"),
    ("rollback-on", "skipped", "'skipped' is not of this form: failure, cancelled, or both"),
    ("force", "yes", "'yes' is not true or false"),
    ("reason", "a\0b", "holds a NUL character: remove it"),
    ("dry-run", "1", "'1' is not true or false"),
    ("environment", "a\0b", "holds a NUL character: remove it"),
    ("aws-region", "Oregon", "'Oregon' is not of this form: an AWS region, such as us-west-2"),
    (
        "stack-name",
        "1shop",
        "'1shop' is not of this form: a stack's name (a letter, then letters, digits, hyphens; at most 128) or its ARN",
    ),
    ("app-id", "shop", "'shop' is not of this form: an Amplify app id, such as d2abcdefgh1234"),
    ("branch", "a\nb", f"'a\\nb' {NAMED}"),
    ("commit", "develop", f"'develop' {SHA}"),
    ("commit", "abc123", f"'abc123' {SHA}"),
    ("started-at", "yesterday", "'yesterday' is not an ISO 8601 time such as 2025-12-03T10:15:00Z"),
    ("started-at", "1764720000", "'1764720000' is not an ISO 8601 time such as 2025-12-03T10:15:00Z"),
    ("failed-job-id", "0", f"'0' {NUMBERED}"),
    ("target-job-id", "4x", f"'4x' {NUMBERED}"),
    ("target-commit", "HEAD", f"'HEAD' {SHA}"),
    ("redeploy", "never", "use always or if-needed"),
    ("lock-auto-build", "on", "'on' is not true or false"),
    ("snapshot", "s3://Bucket", "'s3://Bucket' is not s3://bucket/key"),
    ("snapshot", "s3://bucket/", "'s3://bucket/' is not s3://bucket/key"),
    ("snapshot", "s3://bucket//", "'s3://bucket//' is not s3://bucket/key"),
    ("snapshot", "s3://bucket/prefix//", "'s3://bucket/prefix//' is not s3://bucket/key"),
    ("snapshot", "gs://bucket/key", "'gs://bucket/key' is not s3://bucket/key"),
    ("allow-destructive", "sure", "'sure' is not true or false"),
    ("resources-to-skip", "a_b", "'a_b' is not of this form: LogicalId or NestedStack.LogicalId"),
    ("role-arn", "cfn", "'cfn' is not of this form: arn:aws:iam::123456789012:role/name"),
    ("stack-timeout", "0", f"'0' {NUMBER}"),
    ("frontend-timeout", "-1", f"'-1' {NUMBER}"),
    ("poll-interval", "nan", f"'nan' {NUMBER}"),
    ("poll-interval", "1e3", f"'1e3' {NUMBER}"),
    ("verify-url", "ftp://example.com", URL),
    ("verify-url", "https://", URL),
    ("verify-url", "https://ex ample.com", URL),
    ("verify-url", "https://example.com:99999/", URL),
    ("verify-contains", "{commit}", "given without verify-url: give the URL whose answer must contain it"),
    ("verify-alarms", "\n,\n", f"',' {LIST}"),
    ("verify-timeout", "1m", f"'1m' {NUMBER}"),
    ("verify-for", "-1", f"'-1' {NUMBER}"),
    ("slack-webhook-url", "hooks.slack.com/x", URL),
    ("slack-api-url", "slack", URL),
    (
        "slack-mentions",
        "@me",
        "'@me' is not of this form: user ids U\u2026/W\u2026, group ids S\u2026, here, channel",
    ),
]


@pytest.mark.parametrize(("name", "text", "problem"), BAD_FORMS)
def test_a_bad_form_is_a_problem_that_names_input_and_cure(name: str, text: str, problem: str) -> None:
    assert problems({name: text}) == [f"{name}: {problem}"]


def test_a_wrong_role_is_not_also_a_problem_of_the_job_results() -> None:
    without_frontend = '{"deploy-infrastructure": "success", "smoke-tests": "failure"}'
    assert problems({"smoke-tests-job": "smoke-tests,smoke-tests", "job-results": without_frontend}) == [
        "smoke-tests-job: 'smoke-tests' stands in the list more than once"
    ]


@pytest.mark.parametrize("mode", list(Mode))
def test_an_inputs_form_is_judged_whatever_the_mode(mode: Mode) -> None:
    asked = {"mode": mode, "snapshot": "good.json", "verify-url": "https://shop.example/", "resources-to-skip": "a_b"}
    assert problems(asked) == ["resources-to-skip: 'a_b' is not of this form: LogicalId or NestedStack.LogicalId"]


def test_a_long_value_is_cut_in_its_problem() -> None:
    assert problems({"commit": "x" * 500}) == [f"commit: '{'x' * 60}\\u2026' {SHA}"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("slack-webhook-url", "hooks.slack.com/services/T0/B0/topsecret"),
        ("slack-webhook-url", "https://hooks.slack.com/ topsecret"),
        ("slack-bot-token", "xoxb-topsecret"),
        ("job-results", "{topsecret"),
        ("job-results", '["topsecret"]'),
        ("job-results", '{"a": {"result": "topsecret"}}'),
    ],
)
def test_no_problem_shows_a_secret(name: str, value: str) -> None:
    assert "topsecret" not in "\n".join(problems({name: value}))


class TestWhatBelongsTogether:
    def test_something_to_roll_back_is_needed(self) -> None:
        assert problems({}, without="stack-name") == ["app-name: give at least one of stack-name, app-id, app-name"]

    def test_an_app_has_one_name(self) -> None:
        assert problems({"app-id": "d1", "app-name": "shop", "branch": "main"}) == [
            "app-name: given beside app-id: give one of the two"
        ]

    @pytest.mark.parametrize("app", [{"app-id": "d1shop"}, {"app-name": "shop"}])
    def test_an_app_needs_a_branch(self, app: dict[str, str]) -> None:
        assert problems(app) == ["branch: needed beside app-id or app-name: give it, or set GITHUB_REF_NAME"]

    def test_a_region_is_needed(self) -> None:
        assert problems({}, without="aws-region") == [
            "aws-region: needed: give it, or set AWS_REGION (aws-actions/configure-aws-credentials does)"
        ]

    def test_one_target_is_enough(self) -> None:
        assert problems({"target-job-id": "3", "target-commit": "abcdef1"}) == [
            "target-commit: given beside target-job-id: give one of the two"
        ]

    def test_github_is_told_under_an_environment(self) -> None:
        assert problems({"github-deployment": "true"}) == [
            "github-deployment: needs environment: give the name that the Environments page shows"
        ]

    def test_a_release_needs_its_commit(self) -> None:
        asked = {"mode": "snapshot", "snapshot": "s3://bucket/prefix/"}
        assert problems(asked) == [
            "snapshot: a release needs the commit that was deployed: give commit (GITHUB_SHA is not set)"
        ]

    def test_mode_snapshot_needs_a_place(self) -> None:
        assert problems({"mode": "snapshot"}) == [
            "snapshot: needed for mode: snapshot: give s3://bucket/key, or a path in the workspace"
        ]

    @pytest.mark.parametrize("half", [{"slack-bot-token": "xoxb-1"}, {"slack-channel": "#deploys"}])
    def test_bot_token_and_channel_go_together(self, half: dict[str, str]) -> None:
        assert problems(half) == ["slack-channel: slack-bot-token and slack-channel go together: give both, or neither"]


class TestJobResults:
    NEEDED = "job-results: needed for a rollback: give ${{ toJSON(needs) }}, or set force: true"

    def test_a_rollback_needs_them(self) -> None:
        assert problems({}, without="job-results") == [self.NEEDED]

    def test_force_false_needs_them_too(self) -> None:
        assert problems({"force": "false"}, without="job-results") == [self.NEEDED]

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("success", 'is not JSON: give ${{ toJSON(needs) }}, or a map such as {"smoke-tests": "failure"}'),
            ("[]", "is not a JSON object of jobs: give ${{ toJSON(needs) }}"),
            (
                "{}",
                (
                    "lacks deploy-infrastructure (infrastructure-job); it has no jobs: "
                    "name them in the rollback job's needs"
                ),
            ),
            (
                '{"smoke-tests": "failed"}',
                f"the result of job 'smoke-tests' is none of {', '.join(JobResult)}",
            ),
            ('{"smoke-tests": {}}', f"the result of job 'smoke-tests' is none of {', '.join(JobResult)}"),
            (
                '{"smoke-tests": "failure"}',
                (
                    "lacks deploy-infrastructure (infrastructure-job); it has smoke-tests: "
                    "name them in the rollback job's needs"
                ),
            ),
            (
                '{"deploy-infrastructure": "success", "build": "success"}',
                (
                    "has neither a frontend nor a smoke-test job; it has deploy-infrastructure, build: "
                    "set frontend-job or smoke-tests-job"
                ),
            ),
        ],
    )
    def test_what_is_wrong_with_them_is_said(self, text: str, problem: str) -> None:
        assert problems({"job-results": text}) == [f"job-results: {problem}"]

    @pytest.mark.parametrize("role", ["infrastructure-job", "frontend-job", "smoke-tests-job"])
    def test_a_job_that_a_person_named_must_be_there(self, role: str) -> None:
        has = json.dumps({"deploy-infrastructure": "success", "deploy-frontend": "failure", "smoke-tests": "skipped"})
        assert problems({"job-results": has, role: "elsewhere"}) == [
            (
                f"job-results: lacks elsewhere ({role}); it has deploy-infrastructure, deploy-frontend, smoke-tests: "
                "name them in the rollback job's needs"
            )
        ]
