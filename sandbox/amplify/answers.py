"""What the API shows of apps, branches and jobs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.amplify.job import TERMINAL, Job, JobStatus
from sandbox.amplify.logs import last_step, steps_of
from sandbox.backend import ACCOUNT

if TYPE_CHECKING:
    from sandbox.amplify.branch import App, Branch

Link = Callable[["Branch", Job, str], str]
"""Signs a link to a job's file."""

_REASONS = {JobStatus.FAILED: "Build failed"}


def moment(seconds: float) -> datetime:
    """Return epoch seconds as the API's time."""
    return datetime.fromtimestamp(seconds, tz=UTC)


def app_answer(app: App) -> dict[str, Any]:
    """Return the API's App."""
    return {
        "appId": app.id,
        "appArn": _app_arn(app),
        "name": app.name,
        "description": "",
        "repository": app.repository,
        "platform": "WEB",
        "createTime": moment(app.created),
        "updateTime": moment(app.updated),
        "environmentVariables": dict(app.environment),
        "defaultDomain": f"{app.id}.amplifyapp.com",
        "enableBranchAutoBuild": True,
        "enableBranchAutoDeletion": False,
        "enableBasicAuth": False,
        **app.settings,
    }


def branch_answer(branch: Branch) -> dict[str, Any]:
    """Return the API's Branch. activeJobId is the newest job, whether or not its build is being served."""
    return {
        "branchArn": _branch_arn(branch),
        "branchName": branch.name,
        "description": "",
        "stage": "DEVELOPMENT",
        "displayName": branch.name.replace("/", "-"),
        "enableNotification": False,
        "createTime": moment(branch.created),
        "updateTime": moment(branch.updated),
        "environmentVariables": dict(branch.environment),
        "enableAutoBuild": branch.auto_build,
        "customDomains": [],
        "framework": "React",
        "activeJobId": str(next(reversed(branch.jobs), "")),
        "totalNumberOfJobs": str(len(branch.jobs)),
        "enableBasicAuth": False,
        "ttl": "5",
        "enablePullRequestPreview": False,
        **branch.settings,
    }


def summary_answer(branch: Branch, job: Job, now: float) -> dict[str, Any]:
    """Return the API's JobSummary. It has no jobReason, although StartJob takes one."""
    status = job.status(now)
    summary: dict[str, Any] = {
        "jobArn": f"{_branch_arn(branch)}/jobs/{job.id:010d}",
        "jobId": str(job.id),
        "commitId": job.commit,
        "commitMessage": job.message,
        "commitTime": moment(job.commit_time),
        "startTime": moment(job.created),
        "status": status.value,
        "jobType": job.job_type.value,
    }
    if status in TERMINAL and job.ends is not None:
        summary["endTime"] = moment(job.ends)
    if job.source is not None:
        summary |= {"sourceUrl": job.source.url, "sourceUrlType": job.source.kind}
    return summary


def job_answer(branch: Branch, job: Job, now: float, link: Link) -> dict[str, Any]:
    """Return the API's Job: the summary and the steps that have begun."""
    return {"summary": summary_answer(branch, job, now), "steps": _steps(branch, job, now, link)}


def _steps(branch: Branch, job: Job, now: float, link: Link) -> list[dict[str, Any]]:
    status = job.status(now)
    began = next((since for since, step in job.timeline if step is JobStatus.RUNNING and since <= now), None)
    if began is None and status not in TERMINAL - {JobStatus.CANCELLED} and not job.ending.reason:
        return []
    first = job.created if began is None else began
    last = min(now, job.ends if job.ends is not None else now)
    names = steps_of(job)
    steps = [_step(name, last, last) for name in names]
    steps[0]["startTime"] = moment(first)
    for step in steps:
        step["logUrl"] = link(branch, job, f"{step['stepName']}/log.txt")
        step["artifactsUrl"] = link(branch, job, f"{step['stepName']}/artifacts.zip")
    if status is JobStatus.SUCCEED:
        return steps
    at = names.index(last_step(job)) if status in TERMINAL else 0
    steps[at]["status"] = status.value
    if status in TERMINAL and (reason := job.ending.reason or _REASONS.get(status)):
        steps[at]["statusReason"] = reason
    return steps[: at + 1]


def _step(name: str, first: float, last: float) -> dict[str, Any]:
    return {
        "stepName": name,
        "startTime": moment(first),
        "endTime": moment(last),
        "status": JobStatus.SUCCEED.value,
    }


def _app_arn(app: App) -> str:
    return f"arn:aws:amplify:{app.region}:{ACCOUNT}:apps/{app.id}"


def _branch_arn(branch: Branch) -> str:
    return f"{_app_arn(branch.app)}/branches/{branch.name}"
