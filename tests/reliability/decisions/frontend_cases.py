"""What may be seen of a branch: histories of up to three jobs, and what comes after our redeployment began."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from rollback.frontend.model import HEAD, Job, Redeployment, Seen
from tests.frontend.given import BAD, GOOD, OTHER, at, failed, job, rebuilding, retry, seen

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS: dict[str, dict[str, Any]] = {
    "good": {"commit": GOOD},
    "good-running": {"commit": GOOD, "status": "RUNNING"},
    "good-again": {"commit": GOOD, "type_": "RETRY"},
    "good-again-running": {"commit": GOOD, "type_": "RETRY", "status": "RUNNING"},
    "good-again-stopping": {"commit": GOOD, "type_": "RETRY", "status": "CANCELLING"},
    "bad": {"commit": BAD},
    "bad-failed": {"commit": BAD, "status": "FAILED"},
    "bad-running": {"commit": BAD, "status": "RUNNING"},
    "bad-stopping": {"commit": BAD, "status": "CANCELLING"},
    "third": {"commit": OTHER},
    "third-running": {"commit": OTHER, "status": "PENDING"},
    "head": {"commit": HEAD},
    "head-running": {"commit": HEAD, "status": "RUNNING"},
    "third-failed": {"commit": OTHER, "status": "FAILED"},
    "head-failed": {"commit": HEAD, "status": "FAILED"},
    "third-untimed": {"commit": OTHER, "started": None},
    "head-again": {"commit": HEAD, "type_": "RETRY"},
    "zip": {"commit": "", "type_": "MANUAL"},
    "untold": {"commit": GOOD, "type_": ""},
    "bad-short": {"commit": BAD[:7]},
    "tag": {"commit": "v1.2.0"},
    "head-beside": {"commit": HEAD, "hours": -0.8},
    "head-again-running": {"commit": HEAD, "type_": "RETRY", "status": "RUNNING"},
}
"""Each began an hour after the one before, or so many `hours` more."""
KNOWN: dict[str, dict[str, Any]] = {
    "": {},
    "its result": {"frontend_result": "success"},
    "its failure": {"frontend_result": "failure"},
    "no commit": {"commit": None, "frontend_result": "success"},
    "began at 2": {"started_at": at(120)},
    "began at 3": {"started_at": at(180)},
    "began at 9": {"started_at": at(540)},
    "began at 2, no commit": {"started_at": at(120), "commit": None},
    "job 2": {"failed_job_id": "2"},
    "job 3": {"failed_job_id": "3"},
    "job 2, began at 3": {"failed_job_id": "2", "started_at": at(180)},
    "to job 1": {"target_job_id": "1"},
    "to job 2, not job 3": {"target_job_id": "2", "failed_job_id": "3"},
    "to the good commit": {"target_commit": GOOD[:9]},
    "snapshot of 1": {"snapshot_job_id": "1"},
}
MORE_KNOWN: dict[str, dict[str, Any]] = {
    "no commit, nothing": {"commit": None},
    "no commit, its failure": {"commit": None, "frontend_result": "failure"},
    "it was skipped": {"frontend_result": "skipped"},
    "snapshot of 7, its result": {"snapshot_job_id": "7", "frontend_result": "success"},
    "snapshot of 2, its failure": {"snapshot_job_id": "2", "frontend_result": "failure"},
    "to job 7": {"target_job_id": "7"},
    "to the bad commit": {"target_commit": BAD},
    "it was cancelled": {"frontend_result": "cancelled"},
    "pushed at 2": {"pushed_at": at(120)},
    "pushed at 9": {"pushed_at": at(540)},
    "pushed at 2, its result": {"pushed_at": at(120), "frontend_result": "success"},
    "began at 2, its failure": {"started_at": at(120), "frontend_result": "failure"},
}
SECOND = ("bad", "bad-failed", "bad-running", "bad-stopping", "third", "head", "good", "zip")


def cases() -> Iterator[tuple[str, Seen]]:
    """Yield each case with its name; jobs oldest first."""
    for known in ("", "its result", "its failure", "began at 2", "began at 3", "began at 9", "job 2", "to job 1"):
        deployment = failed(**KNOWN[known])
        for names in _histories():
            jobs = [_job(number, name) for number, name in enumerate(names, 1)]
            yield f"{' '.join(names) or 'no job'} | {known}", seen(*jobs, deployment=deployment)


def _histories() -> Iterator[tuple[str, ...]]:
    yield ()
    for first in ("good", "head", "bad", "head-again", "head-failed"):
        yield (first,)
        for second in KINDS:
            yield first, second
    for second, third in product(SECOND, KINDS):
        yield "good", second, third
    for second, third in product(("head", "head-again", "head-failed"), KINDS):
        yield "head", second, third


def _job(number: int, name: str) -> Job:
    facts = dict(KINDS[name])
    began = at((number + facts.pop("hours", 0)) * 60)
    return job(number, **{"started": began, **facts})


def choices() -> Iterator[tuple[str, Seen]]:
    """Yield what the last known good is chosen from, as if it were the whole history."""
    for known, facts in {**KNOWN, **MORE_KNOWN}.items():
        for names in _histories():
            if len(names) <= 2 or names[:2] in {
                ("head", "head"),
                ("head", "head-again"),
                ("good", "head"),
                ("good", "bad"),
            }:
                jobs = [_job(number, name) for number, name in enumerate(names, 1)]
                yield f"{' '.join(names) or 'no job'} | {known}", seen(*jobs, deployment=failed(**facts))
    for count in (49, 50):
        yield f"{count} jobs of others", seen(*(job(number, OTHER) for number in range(1, count + 1)))


def wishes() -> Iterator[tuple[str, Seen]]:
    """Yield what is seen where the user wishes something, or where a call of ours got lost or refused."""
    facts: dict[str, dict[str, Any]] = {
        "if needed": {"if_needed": True},
        "page of many": {"complete": False},
        "environment": {"environment": ("API_KEY", "THEME")},
        "refused": {"start_rejection": "RETRY is not supported"},
        "stop refused 2x": {"stop_rejections": 2},
        "stop refused 3x": {"stop_rejections": 3},
        "lost just now": {"looks_since_lost_start": 0, "lost_starts": 1},
        "lost, one look": {"looks_since_lost_start": 1, "lost_starts": 1},
        "lost, two looks": {"looks_since_lost_start": 2, "lost_starts": 2},
        "lost 3x, two looks": {"looks_since_lost_start": 2, "lost_starts": 3},
        "names to quote": {"app_id": "d1 x", "branch": "feat/a b", "region": "us west"},
    }
    pairs = [
        ("good", second)
        for second in ("bad", "bad-failed", "bad-running", "bad-stopping", "third-running", "good-again")
    ]
    for names in [*pairs, ("zip",), ("zip", "bad"), ("good", "bad", "third"), ("head", "bad"), ("head", "bad-failed")]:
        jobs = [_job(number, name) for number, name in enumerate(names, 1)]
        for wish, fact in facts.items():
            yield f"{' '.join(names)} | {wish}", seen(*jobs, **fact)
    for name in ("third", "third-running", "good-again"):
        yield f"good, job 2 gone, {name} | job 2", seen(job(1), _job(3, name), deployment=failed(failed_job_id="2"))


def redeployments() -> Iterator[tuple[str, Seen]]:
    """Yield what is seen once our redeployment of job 1 began, with what others did meanwhile."""
    targets = {"good": job(1), "head": job(1, HEAD)}
    others = {
        "": (job(2, BAD),),
        "failed deployment's build failed": (job(2, BAD, "FAILED"),),
        "third shipped": (job(2, BAD), job(9, OTHER)),
        "third queued": (job(2, BAD), job(9, OTHER, "PENDING")),
        "two queued": (job(2, BAD), job(8, OTHER, "PENDING"), job(9, BAD, "PENDING")),
        "third failed": (job(2, BAD), job(9, OTHER, "FAILED")),
        "third was before": (job(2, BAD), job(3, OTHER, "RUNNING")),
        "bad shipped again": (job(2, BAD), job(9, BAD)),
        "good shipped again": (job(2, BAD), job(9)),
        "head shipped": (job(2, BAD), job(9, HEAD)),
    }
    ours: dict[str, tuple[Job | Redeployment, ...]] = {
        "running": (retry(4, status="RUNNING"),),
        "done": (retry(4),),
        "done, HEAD": (retry(4, HEAD),),
        "built bad": (retry(4, BAD),),
        "built third": (retry(4, OTHER),),
        "cancelled": (retry(4, status="CANCELLED"),),
        "failed": (retry(4, status="FAILED"),),
        "failed, in words": (Redeployment(retry(4, status="FAILED"), failure="BUILD: npm ERR"),),
        "failed twice": (retry(4, status="FAILED"), retry(5, status="FAILED")),
        "clone failed twice": (_unclonable(4), _unclonable(5)),
        "clone failed three times": (_unclonable(4), _unclonable(5), _unclonable(6)),
        "exit 128 twice": (_unclonable(4), Redeployment(retry(5, status="FAILED"), failure="git ended in EXIT 128")),
        "exit code 128 twice": (_unclonable(4), Redeployment(retry(5, status="FAILED"), failure="exit code 128")),
        "exit status 128 twice": (_unclonable(4), Redeployment(retry(5, status="FAILED"), failure="Exit Status 128")),
    }
    for (target, wanted), (how, begun), (meanwhile, jobs) in product(targets.items(), ours.items(), others.items()):
        yield f"{target}, {how}, {meanwhile}", rebuilding(*begun, target=wanted, others=jobs)


def _unclonable(number: int) -> Redeployment:
    return Redeployment(retry(number, status="FAILED"), failure="Unable to clone repository")
