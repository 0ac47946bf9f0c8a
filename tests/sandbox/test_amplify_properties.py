"""Whatever people push, start and stop: the rules of Amplify's queue hold at every moment."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sandbox import AwsError, ManualClock
from sandbox.amplify import Amplify, Job, JobStatus, zip_of
from sandbox.backend import Caller

CALLER = Caller(region="us-west-2")
WHERE = {"appId": "d1shop", "branchName": "develop"}
AT_WORK = {JobStatus.PROVISIONING, JobStatus.RUNNING, JobStatus.CANCELLING}
FINISHED = {JobStatus.SUCCEED, JobStatus.FAILED, JobStatus.CANCELLED}


class Queue(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.amplify = Amplify(self.clock)
        self.amplify.add_app("shop", "d1shop")
        self.amplify.add_branch("d1shop", "develop")
        self.amplify.add_job("d1shop", "develop", commit="0" * 40)
        self.final: dict[int, JobStatus] = {}

    def call(self, operation: str, **params: Any) -> None:
        with contextlib.suppress(AwsError):
            self.amplify.handle(operation, {**WHERE, **params}, CALLER)

    @rule(seconds=st.sampled_from([0.5, 1, 3, 20, 200, 1000]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(commit=st.sampled_from(["a" * 40, "b" * 40]))
    def push(self, commit: str) -> None:
        self.amplify.push("d1shop", "develop", commit)

    @rule(number=st.integers(1, 9))
    def retry(self, number: int) -> None:
        self.call("StartJob", jobType="RETRY", jobId=str(number))

    @rule(number=st.integers(1, 9))
    def stop(self, number: int) -> None:
        self.call("StopJob", jobId=str(number))

    @rule()
    def fail_next(self) -> None:
        self.amplify.fail_next_build()

    @invariant()
    def at_most_one_job_is_at_work(self) -> None:
        now = self.clock.now()
        jobs = self.amplify.branch("d1shop", "develop").jobs.values()
        assert sum(job.status(now) in AT_WORK for job in jobs) <= 1

    @invariant()
    def a_final_status_is_final(self) -> None:
        now = self.clock.now()
        for job in self.amplify.branch("d1shop", "develop").jobs.values():
            status = job.status(now)
            assert self.final.get(job.id, status) is status
            if status in FINISHED:
                self.final[job.id] = status

    @invariant()
    def the_live_job_is_the_last_that_succeeded(self) -> None:
        now = self.clock.now()
        branch = self.amplify.branch("d1shop", "develop")
        succeeded = [job for job in branch.jobs.values() if job.status(now) is JobStatus.SUCCEED]
        assert branch.live is max(succeeded, key=lambda job: (job.ends or 0, job.id))


class Zips(RuleBasedStateMachine):
    """An app without a repository: whatever is created, uploaded, started and stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.amplify = Amplify(self.clock)
        self.amplify.add_app("zips", "d1shop", repository="")
        self.amplify.add_branch("d1shop", "develop")
        for number in range(3):
            self.amplify.sources.web[f"https://example.com/{number}.zip"] = zip_of({"index.html": str(number)})
        self.final: dict[int, JobStatus] = {}

    def call(self, operation: str, **params: Any) -> None:
        unfinished = [job.id for job in self.jobs if job.status(self.clock.now()) not in FINISHED]
        try:
            self.amplify.handle(operation, {**WHERE, **params}, CALLER)
        except AwsError as error:
            if error.code == "LimitExceededException":
                assert unfinished

    @property
    def jobs(self) -> list[Job]:
        return list(self.amplify.branch("d1shop", "develop").jobs.values())

    @rule(seconds=st.sampled_from([0.5, 1, 3, 20, 8 * 3600]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(number=st.integers(0, 3))
    def start(self, number: int) -> None:
        self.call("StartDeployment", sourceUrl=f"https://example.com/{number}.zip")

    @rule(names=st.sampled_from([{}, {"index.html": "0" * 32}]))
    def create(self, names: dict[str, str]) -> None:
        self.call("CreateDeployment", fileMap=names)

    @rule(body=st.sampled_from([zip_of({"index.html": "uploaded"}), b"no zip"]))
    def upload(self, body: bytes) -> None:
        for job in self.jobs:
            job.uploads |= dict.fromkeys(job.uploads, body)

    @rule(number=st.integers(1, 9))
    def start_created(self, number: int) -> None:
        self.call("StartDeployment", jobId=str(number))

    @rule(number=st.integers(1, 9))
    def stop(self, number: int) -> None:
        self.call("StopJob", jobId=str(number))

    @rule()
    def fail_next(self) -> None:
        self.amplify.fail_next_build(step="VERIFY")

    @invariant()
    def at_most_one_job_is_unfinished(self) -> None:
        assert sum(job.status(self.clock.now()) not in FINISHED for job in self.jobs) <= 1

    @invariant()
    def a_final_status_is_final(self) -> None:
        for job in self.jobs:
            status = job.status(self.clock.now())
            assert self.final.get(job.id, status) is status
            if status in FINISHED:
                self.final[job.id] = status

    @invariant()
    def the_live_content_is_that_of_the_last_success(self) -> None:
        succeeded = [job for job in self.jobs if job.status(self.clock.now()) is JobStatus.SUCCEED]
        live = self.amplify.branch("d1shop", "develop").live
        assert live is max(succeeded, key=lambda job: job.id, default=None)
        assert live is None or (live.content is not None and live.builds == live.content.etag)

    @invariant()
    def every_job_can_be_shown(self) -> None:
        for job in self.jobs:
            self.amplify.handle("GetJob", {**WHERE, "jobId": str(job.id)}, CALLER)


TestZips = Zips.TestCase
TestZips.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestQueue = Queue.TestCase
TestQueue.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
