"""An embedded AWS on a clock that stands still, with one app, one branch and clients that never retry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox import ManualClock, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.amplify import Job

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
