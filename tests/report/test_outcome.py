"""How the parts' results and the verification become an outcome: every combination, by the contract's table."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from rollback.report.outcome import EXIT_CODES, all_good, outcome_of
from rollback.report.results import GOOD, WORST_FIRST, Outcome, Result, Verdict, worst

ENDS = tuple(result for result in Result if result is not Result.PLANNED)
PARTS = tuple(pair for pair in product(ENDS, repeat=2) if pair != (Result.SKIPPED, Result.SKIPPED))
GOOD_WORDS = {"rolled-back", "already-good", "not-needed"}


def expected(stack: str, frontend: str, verdict: str) -> str:
    """The contract's table, written anew."""
    parts = [part for part in (stack, frontend) if part != "skipped"]
    good = [part in GOOD_WORDS for part in parts]
    if not any(good):
        return "failed"
    if not all(good):
        return "partial"
    if verdict == "failed":
        return "unhealthy"
    return "rolled-back" if "rolled-back" in parts else "not-needed"


@pytest.mark.parametrize("verdict", tuple(Verdict))
@pytest.mark.parametrize(("stack", "frontend"), PARTS)
def test_every_combination_of_parts_and_verification(stack: Result, frontend: Result, verdict: Verdict) -> None:
    assert outcome_of((stack, frontend), verdict).value == expected(stack, frontend, verdict)


@pytest.mark.parametrize(("stack", "frontend"), PARTS)
def test_verification_is_due_exactly_where_every_part_is_good(stack: Result, frontend: Result) -> None:
    without_it = outcome_of((stack, frontend), Verdict.SKIPPED)
    assert all_good((stack, frontend)) == (without_it in {Outcome.ROLLED_BACK, Outcome.NOT_NEEDED})


def test_nothing_configured_is_nothing_to_verify() -> None:
    assert not all_good((Result.SKIPPED, Result.SKIPPED))


@pytest.mark.parametrize(("stack", "frontend"), tuple(product((*ENDS, Result.PLANNED), repeat=2)))
def test_a_dry_run_is_planned_unless_aws_could_not_be_read(stack: Result, frontend: Result) -> None:
    outcome = outcome_of((stack, frontend), Verdict.SKIPPED, dry_run=True)
    if Result.FAILED in {stack, frontend}:
        assert outcome in {Outcome.FAILED, Outcome.PARTIAL}
    else:
        assert outcome is Outcome.PLANNED


def test_exit_codes_are_the_contracts() -> None:
    assert {outcome.value: code for outcome, code in EXIT_CODES.items()} == {
        "not-triggered": 0,
        "planned": 0,
        "not-needed": 0,
        "rolled-back": 0,
        "verified": 0,
        "unhealthy": 1,
        "partial": 1,
        "failed": 1,
        "interrupted": 1,
        "invalid-inputs": 2,
        "snapshot-saved": 0,
        "status": 0,
    }


def test_the_good_results_are_the_contracts() -> None:
    assert {result.value for result in GOOD} == GOOD_WORDS


def test_every_result_has_its_rank() -> None:
    assert sorted(WORST_FIRST) == sorted(Result)


def test_several_stacks_are_one_part_the_worst_of_them_first() -> None:
    order = ("failed", "timed-out", "refused", "rolled-back", "not-needed", "already-good")
    for better, one in enumerate(order):
        for other in order[better:]:
            assert all(worst(pair) == one for pair in permutations((Result(one), Result(other))))


def test_no_stack_at_all_is_skipped() -> None:
    assert worst(()) is Result.SKIPPED
