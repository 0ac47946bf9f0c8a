"""When a rollback is due: the reference's rule, over every combination of results."""

from __future__ import annotations

from itertools import product

import pytest

from rollback.inputs.trigger import JobResult, Roles, Trigger, decide, deployed
from rollback.report.results import Rule

INFRASTRUCTURE, FRONTEND, SMOKE_TESTS = "deploy-infrastructure", "deploy-frontend", "smoke-tests"
ROLES = Roles((INFRASTRUCTURE,), (FRONTEND,), (SMOKE_TESTS,))
FAILURE = (JobResult.FAILURE,)
FAILURE_OR_CANCELLED = (JobResult.FAILURE, JobResult.CANCELLED)
ENDS = ("success", "failure", "cancelled", "skipped", "absent")
ALL_COMBINATIONS = tuple(product(ENDS, repeat=3))


def results(**ends: str) -> dict[str, JobResult]:
    return {job.replace("_", "-"): JobResult(end) for job, end in ends.items() if end != "absent"}


def of_three(infrastructure: str, frontend: str, smoke_tests: str) -> dict[str, JobResult]:
    return results(deploy_infrastructure=infrastructure, deploy_frontend=frontend, smoke_tests=smoke_tests)


def expected(infrastructure: str, frontend: str, smoke_tests: str, triggers: set[str]) -> tuple[bool, str]:
    """The contract's sentence, written anew: infrastructure succeeded and one of the others has a triggering result."""
    if infrastructure != "success":
        return False, "infrastructure-not-deployed"
    if frontend in triggers:
        return True, "frontend-failed"
    if smoke_tests in triggers:
        return True, "smoke-tests-failed"
    return False, "nothing-failed"


@pytest.mark.parametrize("ends", ALL_COMBINATIONS, ids="-".join)
def test_every_combination_of_three_jobs_is_decided_by_a_named_rule(ends: tuple[str, str, str]) -> None:
    decision = decide(of_three(*ends), ROLES, FAILURE)
    assert (decision.due, decision.rule.value) == expected(*ends, {"failure"})


@pytest.mark.parametrize("ends", ALL_COMBINATIONS, ids="-".join)
def test_cancelled_jobs_trigger_where_the_user_wants_them_to(ends: tuple[str, str, str]) -> None:
    decision = decide(of_three(*ends), ROLES, FAILURE_OR_CANCELLED)
    assert (decision.due, decision.rule.value) == expected(*ends, {"failure", "cancelled"})


def test_of_125_combinations_nine_call_for_a_rollback() -> None:
    assert len(ALL_COMBINATIONS) == 125
    assert {ends for ends in ALL_COMBINATIONS if decide(of_three(*ends), ROLES, FAILURE).due} == {
        ("success", "failure", "success"),
        ("success", "failure", "failure"),
        ("success", "failure", "cancelled"),
        ("success", "failure", "skipped"),
        ("success", "failure", "absent"),
        ("success", "success", "failure"),
        ("success", "cancelled", "failure"),
        ("success", "skipped", "failure"),
        ("success", "absent", "failure"),
    }


def test_with_cancelled_alone_a_failure_does_not_trigger() -> None:
    only_cancelled = (JobResult.CANCELLED,)
    assert decide(of_three("success", "failure", "failure"), ROLES, only_cancelled).rule is Rule.NOTHING_FAILED
    assert decide(of_three("success", "success", "cancelled"), ROLES, only_cancelled).rule is Rule.SMOKE_TESTS_FAILED


@pytest.mark.parametrize("ends", ALL_COMBINATIONS, ids="-".join)
def test_a_person_may_force_a_rollback_whatever_the_results_say(ends: tuple[str, str, str]) -> None:
    decision = decide(of_three(*ends), ROLES, FAILURE, force=True)
    assert decision == Trigger(due=True, rule=Rule.FORCED, reason="A person asked for this rollback (force).")


@pytest.mark.parametrize("second", ENDS[1:])
def test_every_infrastructure_job_must_have_succeeded(second: str) -> None:
    roles = Roles(("network", "database"), (FRONTEND,), (SMOKE_TESTS,))
    ends = results(network="success", database=second, smoke_tests="failure")
    decision = decide(ends, roles, FAILURE)
    assert (decision.due, decision.rule) == (False, Rule.INFRASTRUCTURE_NOT_DEPLOYED)
    assert decision.reason == f"The infrastructure was not deployed (database: {second}): nothing to roll back yet."


def test_one_failed_job_of_several_frontends_is_enough() -> None:
    roles = Roles((INFRASTRUCTURE,), ("web", "admin"), (SMOKE_TESTS,))
    decision = decide(results(deploy_infrastructure="success", web="success", admin="failure"), roles, FAILURE)
    assert decision == Trigger(
        due=True,
        rule=Rule.FRONTEND_FAILED,
        reason="The infrastructure was deployed and the frontend deployment did not succeed (admin: failure).",
        jobs=("admin",),
    )


def test_one_failed_job_of_several_smoke_tests_is_enough() -> None:
    roles = Roles((INFRASTRUCTURE,), (FRONTEND,), ("api-tests", "browser-tests"))
    ends = results(
        deploy_infrastructure="success", deploy_frontend="success", api_tests="skipped", browser_tests="failure"
    )
    decision = decide(ends, roles, FAILURE)
    assert decision.rule is Rule.SMOKE_TESTS_FAILED
    assert (
        decision.reason
        == "The infrastructure was deployed and the smoke tests did not succeed (browser-tests: failure)."
    )


def test_all_jobs_that_call_for_it_are_named() -> None:
    roles = Roles((INFRASTRUCTURE,), ("web", "admin"), (SMOKE_TESTS,))
    decision = decide(results(deploy_infrastructure="success", web="failure", admin="failure"), roles, FAILURE)
    assert "(web: failure, admin: failure)" in decision.reason


def test_a_quiet_run_says_what_it_looked_at() -> None:
    decision = decide(of_three("success", "success", "skipped"), ROLES, FAILURE)
    assert decision.reason == (
        "No result that calls for a rollback (failure): deploy-frontend: success, smoke-tests: skipped."
    )


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        (("success", "success"), JobResult.SUCCESS),
        (("absent", "success"), JobResult.SUCCESS),
        (("skipped", "failure"), JobResult.FAILURE),
        (("skipped", "skipped"), JobResult.SKIPPED),
        (("success", "failure"), None),
        (("success", "skipped"), None),
        (("cancelled", "cancelled"), None),
        (("cancelled", "failure"), None),
        (("absent", "absent"), None),
    ],
)
def test_jobs_of_a_role_tell_what_was_deployed_only_where_they_agree(
    ends: tuple[str, str], told: JobResult | None
) -> None:
    assert deployed(results(web=ends[0], admin=ends[1]), ("web", "admin")) is told
    assert deployed(results(web=ends[1], admin=ends[0]), ("web", "admin")) is told


@pytest.mark.parametrize(
    ("frontend", "smoke_tests", "rule", "reason"),
    [
        (
            "failure",
            "skipped",
            Rule.FRONTEND_FAILED,
            "The frontend deployment did not succeed (deploy-frontend: failure).",
        ),
        ("success", "failure", Rule.SMOKE_TESTS_FAILED, "The smoke tests did not succeed (smoke-tests: failure)."),
    ],
)
def test_a_frontend_of_its_own_is_decided_by_itself_and_its_smoke_tests(
    frontend: str, smoke_tests: str, rule: Rule, reason: str
) -> None:
    roles = Roles((), (FRONTEND,), (SMOKE_TESTS,))
    ends = of_three("absent", frontend, smoke_tests)
    decision = decide(ends, roles, FAILURE)
    assert (decision.due, decision.rule, decision.reason) == (True, rule, reason)


def test_a_frontend_of_its_own_that_is_fine_is_not_rolled_back() -> None:
    roles = Roles((), (FRONTEND,), (SMOKE_TESTS,))
    assert decide(of_three("absent", "success", "success"), roles, FAILURE).rule is Rule.NOTHING_FAILED
