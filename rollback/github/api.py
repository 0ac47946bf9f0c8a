"""What GitHub's API knows of the failed deployment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rollback.report.model import FailedJob

if TYPE_CHECKING:
    from collections.abc import Mapping

_ANSWER_BYTES = 4_000_000


def failed_jobs(
    environ: Mapping[str, str], known: tuple[FailedJob, ...], token: str, timeout: float
) -> tuple[FailedJob, ...]:
    """Return the jobs that did not succeed: from GitHub with steps and links, else those `known`. Never raises.

    `timeout` is in seconds.
    """
    repository, run_id = environ.get("GITHUB_REPOSITORY"), environ.get("GITHUB_RUN_ID")
    if not (token and repository and run_id and known):
        return known
    attempt = environ.get("GITHUB_RUN_ATTEMPT") or "1"
    base = environ.get("GITHUB_API_URL", "https://api.github.com")
    url = f"{base}/repos/{repository}/actions/runs/{run_id}/attempts/{attempt}/jobs?per_page=100"
    try:
        jobs = _get(url, token, timeout)["jobs"]
        told = [_failed_job(job) for job in jobs if job.get("conclusion") in {"failure", "cancelled", "timed_out"}]
    except Exception:  # noqa: BLE001 - names and links are a comfort: whatever goes wrong, the rollback goes on
        return known
    return tuple(told) or known


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
