"""Pure: is a rollback due, and which rule says so.

The rule is the reference's: the infrastructure was deployed, and then the frontend or the smoke tests failed. A
frontend of its own has no infrastructure job, and then these two alone decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from rollback.report.results import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class JobResult(StrEnum):
    """A job's result as GitHub's `needs` context spells it."""

    SUCCESS = "success"
    FAILURE = "failure"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Roles:
    """Which jobs of the workflow play which part; names as in its `needs`."""

    infrastructure: tuple[str, ...]
    frontend: tuple[str, ...]
    smoke_tests: tuple[str, ...]


@dataclass(frozen=True)
class Trigger:
    """The decision: whether a rollback is due, by which rule, the sentence that explains it, which jobs triggered."""

    due: bool
    rule: Rule
    reason: str
    jobs: tuple[str, ...] = ()


def decide(
    results: Mapping[str, JobResult], roles: Roles, rollback_on: Sequence[JobResult], *, force: bool = False
) -> Trigger:
    """Return whether the job results call for a rollback.

    Jobs of the frontend and smoke-test roles that `results` lacks count as neither failed nor deployed; an
    infrastructure job that it lacks counts as not deployed (the inputs refuse that combination before).
    """
    if force:
        return Trigger(due=True, rule=Rule.FORCED, reason="A person asked for this rollback (force).")
    not_deployed = [(job, results.get(job)) for job in roles.infrastructure if results.get(job) != JobResult.SUCCESS]
    if not_deployed:
        return Trigger(
            due=False,
            rule=Rule.INFRASTRUCTURE_NOT_DEPLOYED,
            reason=f"The infrastructure was not deployed ({_listed(not_deployed)}): nothing to roll back yet.",
        )
    for rule, jobs, what in (
        (Rule.FRONTEND_FAILED, roles.frontend, "the frontend deployment did not succeed"),
        (Rule.SMOKE_TESTS_FAILED, roles.smoke_tests, "the smoke tests did not succeed"),
    ):
        failed = [(job, results[job]) for job in jobs if results.get(job) in rollback_on]
        if failed:
            too = "the infrastructure was deployed and " if roles.infrastructure else ""
            said = f"{too}{what} ({_listed(failed)})."
            triggered = tuple(job for job, _ in failed)
            return Trigger(due=True, rule=rule, reason=f"{said[:1].upper()}{said[1:]}", jobs=triggered)
    others = [(job, results[job]) for job in (*roles.frontend, *roles.smoke_tests) if job in results]
    return Trigger(
        due=False,
        rule=Rule.NOTHING_FAILED,
        reason=f"No result that calls for a rollback ({' or '.join(rollback_on)}): {_listed(others)}.",
    )


def deployed(results: Mapping[str, JobResult], jobs: Sequence[str]) -> JobResult | None:
    """Return what the results of a role's jobs together tell of its deployment; None where they don't agree.

    `success` where all succeeded; `failure` or `skipped` where none did. A cancelled job tells nothing: nobody knows
    how far it came.
    """
    known = {results[job] for job in jobs if job in results}
    if known == {JobResult.SUCCESS}:
        return JobResult.SUCCESS
    if known and known <= {JobResult.FAILURE, JobResult.SKIPPED}:
        return JobResult.FAILURE if JobResult.FAILURE in known else JobResult.SKIPPED
    return None


def _listed(jobs: Sequence[tuple[str, JobResult | None]]) -> str:
    return ", ".join(f"{job}: {result or 'absent'}" for job, result in jobs)
