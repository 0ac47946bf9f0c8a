"""The door to Amplify Hosting: its calls in our words, its errors as `rollback.aws` has them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rollback.aws import Aws, speaking_to_aws
from rollback.engine.trouble import AwsTrouble
from rollback.frontend.model import HEAD, RETRY, App, Branch, Job, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mypy_boto3_amplify.client import AmplifyClient

PAGE = 50
"""Jobs a page: the most that ListJobs gives (its API model)."""


class Amplify:
    """Amplify in one region. Every method raises AwsTrouble.

    `learn` hears all environment variables that pass: their values are often secrets, and AWS's errors repeat them.
    """

    def __init__(self, aws: Aws, learn: Callable[[Mapping[str, str]], None] = lambda _: None) -> None:
        self._aws = aws
        self._learn = learn
        self._heard_branches: dict[tuple[str, str], Branch] = {}

    def _call(self, operation: str, method: str, /, *, retries: bool = True, **parameters: Any) -> Any:
        with speaking_to_aws("amplify", operation):
            client: AmplifyClient = self._aws.client("amplify", retries=retries)
            return getattr(client, method)(**parameters)

    def app(self, app_id: str) -> App:
        """Return the app."""
        answer = self._call("GetApp", "get_app", appId=app_id)
        with speaking_to_aws("amplify", "GetApp"):
            return self._heard(_app(answer["app"]))

    def _heard(self, app: App) -> App:
        self._learn(app.environment or {})
        return app

    def apps(self) -> tuple[App, ...]:
        """Return all apps of the region, all pages."""
        found: list[App] = []
        request: dict[str, Any] = {"maxResults": 100}
        while True:
            answer = self._call("ListApps", "list_apps", **request)
            with speaking_to_aws("amplify", "ListApps"):
                found += [self._heard(_app(entry)) for entry in answer["apps"]]
            if not answer.get("nextToken"):
                return tuple(found)
            request["nextToken"] = answer["nextToken"]

    def branch(self, app_id: str, branch: str) -> Branch:
        """Return the branch's settings."""
        answer = self._call("GetBranch", "get_branch", appId=app_id, branchName=branch)
        with speaking_to_aws("amplify", "GetBranch"):
            entry = answer["branch"]
            environment = dict(entry.get("environmentVariables") or {})
            self._learn(environment)
            backend = (entry.get("backend") or {}).get("stackArn") or entry.get("backendEnvironmentArn") or ""
            shown = entry.get("displayName") or ""
            heard = Branch(entry["branchName"], entry.get("enableAutoBuild"), environment, backend, shown)
        self._heard_branches[app_id, branch] = heard
        return heard

    def heard_branch(self, app_id: str, branch: str) -> Branch:
        """Return the branch's settings as they were heard last; they are asked for only if they never were."""
        return self._heard_branches.get((app_id, branch)) or self.branch(app_id, branch)

    def display_name(self, app_id: str, branch: str) -> str:
        """Return the label of the branch's address where its settings were heard; empty where not, or none is set."""
        heard = self._heard_branches.get((app_id, branch))
        return heard.display_name if heard else ""

    def jobs(self, app_id: str, branch: str, page: str = "") -> tuple[tuple[Job, ...], str]:
        """Return a page of the branch's jobs and the next page's token, empty after the last."""
        more: dict[str, Any] = {"nextToken": page} if page else {}
        answer = self._call("ListJobs", "list_jobs", appId=app_id, branchName=branch, maxResults=PAGE, **more)
        with speaking_to_aws("amplify", "ListJobs"):
            return tuple(_job(entry) for entry in answer["jobSummaries"]), str(answer.get("nextToken") or "")

    def job(self, app_id: str, branch: str, job_id: str) -> tuple[Job, str]:
        """Return the job, and the reason of its first failed step (empty where none failed or none says why)."""
        answer = self._call("GetJob", "get_job", appId=app_id, branchName=branch, jobId=job_id)
        with speaking_to_aws("amplify", "GetJob"):
            job, failure = _job(answer["job"]["summary"]), _failure(answer["job"].get("steps") or [])
        if failure and (app_id, branch) not in self._heard_branches:
            with suppress(AwsTrouble):  # a build's reason may repeat the branch's variables: they are learned first
                self.branch(app_id, branch)
        return job, failure

    def start_retry(self, app_id: str, branch: str, job_id: str, reason: str) -> Job:
        """Redeploy a job's commit as a new job. Never repeated by the client: StartJob has no idempotency token."""
        answer = self._call(
            "StartJob",
            "start_job",
            retries=False,
            appId=app_id,
            branchName=branch,
            jobType=RETRY,
            jobId=job_id,
            jobReason=reason[:255],
        )
        with speaking_to_aws("amplify", "StartJob"):
            return _job(answer["jobSummary"])

    def start_deployment(self, app_id: str, branch: str, source: Source) -> Job:
        """Deploy what lies at the source, as a new job. Never repeated by the client: StartDeployment has no token."""
        answer = self._call(
            "StartDeployment",
            "start_deployment",
            retries=False,
            appId=app_id,
            branchName=branch,
            sourceUrl=source.url,
            sourceUrlType=source.kind,
        )
        with speaking_to_aws("amplify", "StartDeployment"):
            job = _job(answer["jobSummary"])
        return job if job.source else replace(job, source=source)

    def stop(self, app_id: str, branch: str, job_id: str) -> None:
        """Stop a job that runs or waits."""
        self._call("StopJob", "stop_job", appId=app_id, branchName=branch, jobId=job_id)

    def lock_auto_build(self, app_id: str, branch: str) -> None:
        """Turn the branch's auto-build off; everything else of the branch stays."""
        self._call("UpdateBranch", "update_branch", appId=app_id, branchName=branch, enableAutoBuild=False)

    def set_app_environment(self, app_id: str, variables: Mapping[str, str]) -> None:
        """Replace the app's whole environment (UpdateApp knows no merging)."""
        self._learn(variables)
        self._call("UpdateApp", "update_app", appId=app_id, environmentVariables=dict(variables))

    def set_branch_environment(self, app_id: str, branch: str, variables: Mapping[str, str]) -> None:
        """Replace the branch's whole environment."""
        self._learn(variables)
        self._call(
            "UpdateBranch", "update_branch", appId=app_id, branchName=branch, environmentVariables=dict(variables)
        )


def _app(entry: Any) -> App:
    return App(
        id=entry["appId"],
        name=entry.get("name", ""),
        domain=entry.get("defaultDomain", ""),
        environment=dict(entry.get("environmentVariables") or {}),
        arn=entry.get("appArn", ""),
    )


def _job(entry: Any) -> Job:
    return Job(
        id=str(int(entry["jobId"])),
        status=entry["status"],
        commit=entry.get("commitId") or HEAD,
        type=entry.get("jobType", ""),
        started=entry.get("startTime"),
        ended=entry.get("endTime"),
        message=entry.get("commitMessage", ""),
        source=Source(entry["sourceUrl"], entry.get("sourceUrlType") or "ZIP") if entry.get("sourceUrl") else None,
    )


def _failure(steps: Sequence[Any]) -> str:
    failed = [step for step in steps if step.get("status") == "FAILED"]
    reasons = [f"{step.get('stepName', '')}: {step['statusReason']}" for step in failed if step.get("statusReason")]
    return next(iter(reasons), f"step {failed[0].get('stepName', '')} failed" if failed else "")
