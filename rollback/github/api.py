"""What GitHub knows of the failed deployment: from the environment, the event file and its API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollback.report.model import Context, FailedJob
from rollback.trigger import JobResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback.inputs import Inputs

_ANSWER_BYTES = 4_000_000


def context(environ: Mapping[str, str], inputs: Inputs | None) -> Context:
    """Return where the run belongs; empty where the environment doesn't say."""
    server = environ.get("GITHUB_SERVER_URL", "https://github.com")
    repository = environ.get("GITHUB_REPOSITORY", "")
    run_id = environ.get("GITHUB_RUN_ID", "")
    attempt = environ.get("GITHUB_RUN_ATTEMPT", "")
    commit = (inputs.commit if inputs else "") or environ.get("GITHUB_SHA", "")
    head = _head_commit(environ)
    return Context(
        repository=repository,
        workflow=environ.get("GITHUB_WORKFLOW", ""),
        run_id=run_id,
        run_attempt=attempt,
        run_url=f"{server}/{repository}/actions/runs/{run_id}/attempts/{attempt or 1}" if repository and run_id else "",
        branch=(inputs.branch if inputs else "") or environ.get("GITHUB_REF_NAME", ""),
        commit=commit,
        commit_url=f"{server}/{repository}/commit/{commit}" if repository and commit else "",
        commit_message=str(head.get("message") or ""),
        author=str(_entry(head, "author").get("name") or environ.get("GITHUB_ACTOR", "")),
        environment=inputs.environment if inputs else "",
        region=inputs.region if inputs else "",
    )


def failed_jobs(environ: Mapping[str, str], inputs: Inputs, timeout: float) -> tuple[FailedJob, ...]:
    """Return the jobs that did not succeed: from GitHub with steps and links, else from `job-results`. Never raises."""
    known = [
        FailedJob(name=name, result=result)
        for name, result in (inputs.job_results or {}).items()
        if result in {JobResult.FAILURE, JobResult.CANCELLED}
    ]
    token = inputs.github_token.get_secret_value() if inputs.github_token else ""
    repository, run_id = environ.get("GITHUB_REPOSITORY"), environ.get("GITHUB_RUN_ID")
    if not (token and repository and run_id and known):
        return tuple(known)
    attempt = environ.get("GITHUB_RUN_ATTEMPT") or "1"
    base = environ.get("GITHUB_API_URL", "https://api.github.com")
    url = f"{base}/repos/{repository}/actions/runs/{run_id}/attempts/{attempt}/jobs?per_page=100"
    try:
        jobs = _get(url, token, timeout)["jobs"]
        told = [_failed_job(job) for job in jobs if job.get("conclusion") in {"failure", "cancelled", "timed_out"}]
    except Exception:  # noqa: BLE001 - names and links are a comfort: whatever goes wrong, the rollback goes on
        return tuple(known)
    return tuple(told) or tuple(known)


def _failed_job(job: Mapping[str, Any]) -> FailedJob:
    steps = [step.get("name", "") for step in job.get("steps") or [] if step.get("conclusion") == "failure"]
    return FailedJob(
        name=str(job.get("name", "")),
        result=str(job.get("conclusion", "")),
        step=str(next(iter(steps), "")),
        link=str(job.get("html_url") or ""),
    )


def _get(url: str, token: str, timeout: float) -> Any:
    import urllib.request  # noqa: PLC0415 - most runs are not triggered, and start sooner without it

    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        "User-Agent": "rollback-action/1",
    }
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the runner's own API address
    with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310 - as above
        return json.loads(answer.read(_ANSWER_BYTES))


def _head_commit(environ: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the pushed commit of the event file; empty for other events or an unreadable file."""
    try:
        return _entry(json.loads(Path(environ.get("GITHUB_EVENT_PATH", "")).read_text(encoding="utf-8")), "head_commit")
    except (OSError, ValueError, RecursionError):
        return {}


def _entry(value: Any, name: str) -> Mapping[str, Any]:
    entry = value.get(name) if isinstance(value, dict) else None
    return entry if isinstance(entry, dict) else {}
