"""What the user asked for, validated whole, frozen. Names, defaults and meanings are the contract's.

Checks that span inputs live with the later of them, as field validators: so that
they are reported beside the problems of the other inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from rollback.inputs.forms import (
    AlarmNames,
    AppId,
    Branch,
    Choices,
    Commit,
    Duration,
    Hold,
    HttpUrl,
    JobId,
    JobNames,
    JobResults,
    Line,
    LogicalIds,
    Mentions,
    Region,
    RoleArn,
    SecretUrl,
    SnapshotDigest,
    SnapshotPlace,
    StackNames,
    Switch,
    Timestamp,
    WorkspacePath,
)
from rollback.inputs.trigger import JobResult, Roles
from rollback.report.results import Mode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DEFAULT_JOBS = {
    "infrastructure_job": "deploy-infrastructure",
    "frontend_job": "deploy-frontend",
    "smoke_tests_job": "smoke-tests",
}


class InvalidInputs(Exception):
    """The inputs are wrong; `problems` has a line for each, naming the input and the cure."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Inputs(BaseModel):
    """Every input of the contract, by its name with underscores; the flags' and action.yml's descriptions are these."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_default=True,
        hide_input_in_errors=True,
        alias_generator=lambda name: name.replace("_", "-"),
        populate_by_name=True,
    )

    mode: Mode = Field(
        Mode.ROLLBACK,
        description="rollback, snapshot (record the last known good), verify (check what is served) or status (look)",
    )
    force: Switch = Field(default=False, description="Roll back whatever the job results say: a person's decision")
    infrastructure_job: JobNames = Field(
        (_DEFAULT_JOBS["infrastructure_job"],), description="The job(s) that must all have succeeded"
    )
    frontend_job: JobNames = Field((_DEFAULT_JOBS["frontend_job"],), description="Job(s) whose failure triggers")
    smoke_tests_job: JobNames = Field((_DEFAULT_JOBS["smoke_tests_job"],), description="Job(s) whose failure triggers")
    rollback_on: Choices = Field((JobResult.FAILURE,), description="Results that trigger, out of failure and cancelled")
    stack_name: StackNames = Field((), description="Stack(s) in the order they are deployed; rolled back in reverse")
    job_results: JobResults = Field(
        None, description="toJSON(needs), or a plain map of job to result; needed for a rollback unless forced"
    )
    reason: Line = Field("", description="Free text, shown in summary and Slack")
    dry_run: Switch = Field(default=False, description="Decide and print the plan, change nothing, notify nobody")
    environment: Line = Field("", description="A label such as development, shown to people")
    aws_region: Region = Field(None, description="The region; default AWS_REGION, then AWS_DEFAULT_REGION")
    app_id: AppId = Field(None, description="The Amplify app's id")
    app_name: Line = Field("", description="The Amplify app's exact name, instead of its id")
    branch: Branch = Field(None, description="The Amplify branch; default GITHUB_REF_NAME")
    commit: Commit = Field(None, description="The failed commit, never redeployed; default what the event deployed")
    started_at: Timestamp = Field(None, description="ISO 8601: when the failed deployment began, as a hard bound")
    failed_job_id: JobId = Field(None, description="The failed deployment's Amplify job: it and later ones are out")
    target_job_id: JobId = Field(None, description="Redeploy exactly this Amplify job")
    target_commit: Commit = Field(None, description="Redeploy exactly this commit; a tag or branch is looked up")
    order: Line = Field(
        "stack-first",
        description="stack-first, or together: stacks and frontend at the same time, "
        "for frontends whose build reads nothing from the stacks",
    )
    redeploy: Line = Field(
        "always", description="always, or if-needed: leave a site alone that serves the good version"
    )
    lock_auto_build: Switch = Field(default=False, description="Turn the branch's auto-build off after the rollback")
    snapshot: SnapshotPlace = Field(
        "", description="s3://bucket/key, a path in the workspace, or s3://bucket/prefix/: a release history"
    )
    snapshot_digest: SnapshotDigest = Field(
        "", description="The digest that mode: snapshot gave; a snapshot with another one is not restored from"
    )
    allow_destructive: Switch = Field(default=False, description="Let a restore delete or replace stateful resources")
    resources_to_skip: LogicalIds = Field((), description="For continue-update-rollback, after a plain attempt failed")
    role_arn: RoleArn = Field(None, description="Service role for CloudFormation")
    stack_timeout: Duration = Field(30.0, description="Minutes to wait for a stack; ends the waiting, not AWS's work")
    frontend_timeout: Duration = Field(40.0, description="Minutes to wait for the frontend")
    poll_interval: Duration = Field(5.0, description="Seconds: the longest time between two looks")
    verify_url: HttpUrl = Field("", description="Must answer 200; user:password@ in it is sent as Basic authorization")
    verify_contains: Line = Field(
        "", description="Text the answer must contain; {commit}, {short-commit} are filled in"
    )
    verify_alarms: AlarmNames = Field(
        (), description="CloudWatch alarms that must not be in ALARM; a name that ends in * is a prefix"
    )
    verify_timeout: Duration = Field(120.0, description="Seconds until all checks must have been fine once")
    verify_for: Hold = Field(0.0, description="Minutes that all checks must then stay fine")
    logs: Switch = Field(
        default=False, description="Show what the stacks' own functions logged as errors since the deployment began"
    )
    incident_file: WorkspacePath = Field("", description="A path in the workspace for the incident as Markdown")
    slack_webhook_url: SecretUrl = Field(None, description="Slack's incoming webhook (any http(s) URL)")
    slack_api_url: HttpUrl = Field("https://slack.com/api/", description="Another one for GovSlack or a proxy")
    slack_bot_token: SecretStr | None = Field(None, description="A bot token, with slack-channel, instead of a webhook")
    slack_channel: Line = Field("", description="The channel the bot writes to")
    slack_mentions: Mentions = Field((), description="User ids U…/W…, group ids S…, here, channel")
    github_deployment: Switch = Field(
        default=False,
        description="Tell GitHub's deployments, under environment, what is live now; needs deployments: write",
    )
    github_token: SecretStr | None = Field(None, description="For the failed jobs' names and links")

    @field_validator("order")
    @classmethod
    def _order_is_known(cls, value: str) -> str:
        if value not in {"stack-first", "together"}:
            raise ValueError("use stack-first or together")
        return value

    @field_validator("redeploy")
    @classmethod
    def _redeploy_is_known(cls, value: str) -> str:
        if value not in {"always", "if-needed"}:
            raise ValueError("use always or if-needed")
        return value

    @field_validator("job_results")
    @classmethod
    def _jobs_are_there(
        cls, results: Mapping[str, JobResult] | None, info: ValidationInfo
    ) -> Mapping[str, JobResult] | None:
        if info.data.get("mode") != Mode.ROLLBACK or info.data.get("force", True):
            return results
        if results is None:
            raise ValueError("needed for a rollback: give ${{ toJSON(needs) }}, or set force: true")
        wanted = {name: info.data[name] for name in _DEFAULT_JOBS if name in info.data}
        if len(wanted) < len(_DEFAULT_JOBS):
            return results  # a role with a problem of its own can't be held against the jobs
        # A frontend of its own has no infrastructure; a stack's name that is wrong still is one.
        needed = {"infrastructure_job"} if info.data.get("stack_name", True) else set()
        missing = [
            f"{job} ({name.replace('_', '-')})"
            for name, jobs in wanted.items()
            for job in jobs
            if job not in results and (name in needed or job != _DEFAULT_JOBS[name])
        ]
        has = ", ".join(results) or "no jobs"
        if missing:
            raise ValueError(f"lacks {', '.join(missing)}; it has {has}: name them in the rollback job's needs")
        if not any(job in results for name in ("frontend_job", "smoke_tests_job") for job in wanted[name]):
            raise ValueError(
                f"has neither a frontend nor a smoke-test job; it has {has}: set frontend-job or smoke-tests-job"
            )
        return results

    @field_validator("aws_region")
    @classmethod
    def _region_is_given(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("mode") != Mode.VERIFY:
            raise ValueError("needed: give it, or set AWS_REGION (aws-actions/configure-aws-credentials does)")
        return value

    @field_validator("app_name")
    @classmethod
    def _there_is_something_to_roll_back(cls, value: str, info: ValidationInfo) -> str:
        if not {"stack_name", "app_id"} <= info.data.keys() or info.data.get("mode") == Mode.VERIFY:
            return value
        if value and info.data["app_id"]:
            raise ValueError("given beside app-id: give one of the two")
        if not (value or info.data["app_id"] or info.data["stack_name"]):
            raise ValueError("give at least one of stack-name, app-id, app-name")
        return value

    @field_validator("branch")
    @classmethod
    def _branch_is_given(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and (info.data.get("app_id") or info.data.get("app_name")):
            raise ValueError("needed beside app-id or app-name: give it, or set GITHUB_REF_NAME")
        return value

    @field_validator("target_commit")
    @classmethod
    def _one_target(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value and info.data.get("target_job_id"):
            raise ValueError("given beside target-job-id: give one of the two")
        return value

    @field_validator("snapshot")
    @classmethod
    def _snapshot_is_given(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.data.get("mode") == Mode.SNAPSHOT:
            raise ValueError("needed for mode: snapshot: give s3://bucket/key, or a path in the workspace")
        history = value.startswith("s3://") and value.endswith("/")
        if (
            history
            and info.data.get("mode") == Mode.SNAPSHOT
            and info.data.get("commit", "a problem of its own") is None
        ):
            raise ValueError("a release needs the commit that was deployed: give commit (GITHUB_SHA is not set)")
        return value

    @field_validator("snapshot_digest")
    @classmethod
    def _digest_is_of_a_snapshot(cls, value: str, info: ValidationInfo) -> str:
        if value and info.data.get("snapshot") == "":
            raise ValueError("given without snapshot: give the place of the snapshot that must have it")
        return value

    @field_validator("verify_contains")
    @classmethod
    def _contains_needs_a_url(cls, value: str, info: ValidationInfo) -> str:
        if value and "verify_url" in info.data and not info.data["verify_url"]:
            raise ValueError("given without verify-url: give the URL whose answer must contain it")
        return value

    @field_validator("verify_alarms")
    @classmethod
    def _there_is_something_to_verify(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if info.data.get("mode") != Mode.VERIFY:
            return value
        if not value and not info.data.get("verify_url", "a problem of its own"):
            raise ValueError("mode: verify needs verify-url or verify-alarms: give at least one")
        if value and info.data.get("aws_region", "a problem of its own") is None:
            raise ValueError("needs a region: give aws-region (or set AWS_REGION), where the alarms are")
        return value

    @field_validator("github_deployment")
    @classmethod
    def _deployment_has_an_environment(cls, value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - pydantic's way
        if value and info.data.get("environment") == "":
            raise ValueError("needs environment: give the name that the Environments page shows")
        return value

    @field_validator("slack_channel")
    @classmethod
    def _bot_has_both(cls, value: str, info: ValidationInfo) -> str:
        if "slack_bot_token" in info.data and bool(value) != bool(info.data["slack_bot_token"]):
            raise ValueError("slack-bot-token and slack-channel go together: give both, or neither")
        return value

    @property
    def roles(self) -> Roles:
        """Return which jobs play which part; without stacks, an infrastructure job that there isn't plays none."""
        known = self.job_results or {}
        infrastructure = tuple(job for job in self.infrastructure_job if self.stack_name or job in known)
        return Roles(infrastructure, self.frontend_job, self.smoke_tests_job)

    @property
    def has_frontend(self) -> bool:
        """Return whether an Amplify app is configured."""
        return bool(self.app_id or self.app_name)

    @property
    def region(self) -> str:
        """Return the region, which validation made sure of wherever AWS is called."""
        return self.aws_region or ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the values that must never be shown."""
        return tuple(
            value.get_secret_value()
            for value in (self.slack_webhook_url, self.slack_bot_token, self.github_token)
            if value is not None
        )
