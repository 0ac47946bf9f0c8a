"""What the frontend's tests are given: jobs, a failed deployment, a look; the usual for whatever isn't said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from rollback.frontend.model import Deployment, Job, Redeployment, Seen

GOOD, BAD, OTHER = "a" * 40, "b" * 40, "c" * 40
BEGINNING = datetime(2025, 12, 3, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return BEGINNING + timedelta(minutes=minutes)


def job(number: int, commit: str = GOOD, status: str = "SUCCEED", type_: str = "RELEASE", **facts: Any) -> Job:
    """Return job `number`, started that many minutes after the beginning."""
    return Job(**{"id": str(number), "status": status, "commit": commit, "type": type_, "started": at(number), **facts})


def retry(number: int, commit: str = GOOD, status: str = "SUCCEED", **facts: Any) -> Job:
    return job(number, commit, status, "RETRY", **facts)


def failed(**facts: Any) -> Deployment:
    """Return the failed deployment of the bad commit, and what else is known of it."""
    return Deployment(**{"commit": BAD, **facts})


def newest_first(*jobs: Job) -> tuple[Job, ...]:
    return tuple(sorted(jobs, key=lambda one: int(one.id), reverse=True))


def seen(*jobs: Job, **facts: Any) -> Seen:
    usual = {"complete": True, "deployment": failed(), "app_id": "d1shop", "branch": "develop", "region": "us-west-2"}
    return Seen(jobs=newest_first(*jobs), **{**usual, **facts})


def rebuilding(*redeployments: Job | Redeployment, target: Job, others: tuple[Job, ...] = (), **facts: Any) -> Seen:
    """Return a look at a branch after our redeployments of `target` began."""
    begun = tuple(one if isinstance(one, Redeployment) else Redeployment(one) for one in redeployments)
    jobs = {one.id: one for one in (target, *others, *(redeployment.job for redeployment in begun))}
    return seen(*jobs.values(), target=target, redeployments=begun, **facts)
