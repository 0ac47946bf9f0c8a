"""An embedded AWS on a clock that stands still, with one app, one branch, one stack and clients that never retry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import ManualClock, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.amplify import Job
    from sandbox.cloudformation import CloudFormation

APP = "d1shop"
BRANCH = "develop"


class Shop:
    """The app `shop` with its branch `develop`, as a test's given/when/then speaks of them."""

    def __init__(self, sandbox: Sandbox, clock: ManualClock) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self.client = sandbox.client("amplify")
        sandbox.amplify.add_app("shop", APP, environment={"API_KEY": "app-secret"})
        sandbox.amplify.add_branch(APP, BRANCH, environment={"STAGE": "dev"})

    def job(self, **facts: Any) -> Job:
        return self.sandbox.amplify.add_job(APP, BRANCH, **facts)

    def push(self, commit: str) -> Job | None:
        return self.sandbox.amplify.push(APP, BRANCH, commit)

    def call(self, operation: str, **params: Any) -> Any:
        return getattr(self.client, operation)(appId=APP, branchName=BRANCH, **params)

    def start(self, **params: Any) -> dict[str, Any]:
        summary: dict[str, Any] = self.call("start_job", **params)["jobSummary"]
        return summary

    def status(self, job_id: str) -> str:
        return str(self.call("get_job", jobId=job_id)["job"]["summary"]["status"])

    def summaries(self) -> list[dict[str, Any]]:
        summaries: list[dict[str, Any]] = self.call("list_jobs")["jobSummaries"]
        return summaries

    @property
    def live(self) -> str:
        return self.sandbox.amplify.branch(APP, BRANCH).live_commit


class Client:
    """CloudFormation's client for the stack `shop`, with the clock that makes change sets ready."""

    def __init__(self, sandbox: Sandbox, clock: ManualClock) -> None:
        self.api = sandbox.client("cloudformation")
        self.clock = clock

    def propose(self, template: Any = None, name: str = "back", **request: Any) -> dict[str, Any]:
        how = {"UsePreviousTemplate": True} if template is None else {"TemplateBody": json.dumps(template)}
        self.api.create_change_set(StackName="shop", ChangeSetName=name, **how, **request)
        self.clock.advance(5)
        return self.describe(name)

    def describe(self, name: str = "back", **how: Any) -> dict[str, Any]:
        shown: dict[str, Any] = self.api.describe_change_set(StackName="shop", ChangeSetName=name, **how)
        return shown

    def changes(self, template: Any, **request: Any) -> dict[str, dict[str, Any]]:
        shown = self.propose(template, **request)
        assert shown["Status"] == "CREATE_COMPLETE", shown["StatusReason"]
        return {item["ResourceChange"]["LogicalResourceId"]: item["ResourceChange"] for item in shown["Changes"]}

    def execute(self, name: str = "back", **how: Any) -> str:
        self.api.execute_change_set(StackName="shop", ChangeSetName=name, **how)
        self.clock.advance(60)
        return str(self.api.describe_stacks(StackName="shop")["Stacks"][0]["StackStatus"])


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    with Sandbox(clock) as running:
        yield running


@pytest.fixture
def shop(sandbox: Sandbox, clock: ManualClock) -> Shop:
    return Shop(sandbox, clock)


@pytest.fixture
def aws(sandbox: Sandbox) -> CloudFormation:
    return sandbox.cloudformation


@pytest.fixture
def client(sandbox: Sandbox, clock: ManualClock) -> Client:
    return Client(sandbox, clock)
