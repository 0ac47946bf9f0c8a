"""The log of a job's step, in the form of Amplify's: a time, a level in brackets, what happens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sandbox.amplify.job import TERMINAL, Job, JobStatus, JobType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.amplify.branch import Branch


def log(branch: Branch, job: Job, step: str, now: float) -> str:
    """Return what the step has logged by `now`."""
    began = next((since for since, status in job.timeline if status is JobStatus.RUNNING), job.created)
    lines = [line for when, line in _lines(branch, job, step, began, now) if when <= now]
    return "".join(f"{line}\n" for line in lines)


def _lines(branch: Branch, job: Job, step: str, began: float, now: float) -> Iterator[tuple[float, str]]:
    ended = job.ends if job.ends is not None else now
    told = step == last_step(job) and job.status(now) in TERMINAL
    if told and job.ending.log:
        yield ended, job.ending.log.removesuffix("\n")
        return
    for text in _usual(branch, job, step):
        yield began, f"{_time(began)} [INFO]: {text}"
    if job.status(now) is JobStatus.SUCCEED:
        yield ended, f"{_time(ended)} [INFO]: # Completed {step.lower()}"
    elif told and job.ending.reason:
        mark = "" if job.ending.reason.startswith("!!!") else "!!! "
        yield ended, f"{_time(ended)} [ERROR]: {mark}{job.ending.reason}"


def _usual(branch: Branch, job: Job, step: str) -> list[str]:
    if step != "BUILD":
        return [f"Starting {step.title()}", f"Beginning {step.lower()} of application {branch.app.id}:{branch.name}"]
    return [
        f"# Cloning repository: {branch.app.repository}",
        f"# Switching to commit: {job.builds}",
        "# Starting phase: preBuild",
        "# Executing command: npm ci",
        "# Starting phase: build",
        "# Executing command: npm run build",
    ]


def steps_of(job: Job) -> list[str]:
    """Return the names of the job's steps: a zip deployment builds nothing."""
    return ["DEPLOY", "VERIFY"] if job.job_type is JobType.MANUAL else ["BUILD", "DEPLOY", "VERIFY"]


def last_step(job: Job) -> str:
    """Return the step in which a job that does not succeed ends: its first, unless its ending names another."""
    names = steps_of(job)
    return job.ending.step if job.ending.step in names else names[0]


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
