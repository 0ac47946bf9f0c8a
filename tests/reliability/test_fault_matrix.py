"""Whatever AWS call goes wrong, however and whenever: the run ends as the contract says, and makes nothing worse."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.reliability.counting import CELLS
from tests.reliability.invariants import broken
from tests.reliability.matrix import Cell, cells, undisturbed
from tests.reliability.play import Run, play
from tests.reliability.scenarios import ALL, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROLLBACK = Path(__file__).parents[2] / "rollback"
PLAYED_ELSEWHERE = {
    # What protects the data, and what functions logged: whatever goes wrong there is a row that says so.
    "tests/evidence/test_doors.py, tests/process/test_evidence_runs.py": {
        *("DescribeBackupPolicy", "DescribeDBClusters", "DescribeDBInstances", "DescribeDomain", "DescribeUserPool"),
        *("FilterLogEvents", "GetBucketVersioning", "GetFunctionConfiguration"),
    },
    "tests/snapshot": {"GetBucketLocation", "GetCallerIdentity"},
    "tests/stack/test_emptiness.py": {"ListUsers"},
    "tests/process/test_release_runs.py": {"ListObjectsV2"},
}
"""Calls that the matrix's scenarios do not make, and where their troubles are played."""
RESULTS = ("outcome", "stack-result", "frontend-result", "restored-commit", "verify-result")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "cell" in metafunc.fixturenames:
        metafunc.parametrize("cell", list(cells()), ids=str)


def test_a_call_that_goes_wrong_never_makes_it_worse(
    cell: Cell, record_property: Callable[[str, object], None]
) -> None:
    fault = cell.fault
    run = play(cell.scenario, lambda sandbox: sandbox.faults.add(fault))
    assert fault.hit, "the fault was never met"
    assert not [*broken(run, cell.scenario), *_badly_told(run, cell)], run.stdout
    record_property(CELLS, 1)


@pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: scenario.name)
def test_nothing_is_broken_where_nothing_goes_wrong(scenario: Scenario) -> None:
    assert not broken(undisturbed(scenario), scenario)


def test_every_call_in_the_doors_is_in_the_matrix() -> None:
    doors = [path.read_text(encoding="utf-8") for path in ROLLBACK.rglob("*.py")]
    written = {
        name for text in doors for name in re.findall(r'(?:_call|_pages|speaking_to_aws)\([^)]*?"([A-Z]\w+)"', text)
    }
    assert written - {cell.operation for cell in cells()} == {
        name for names in PLAYED_ELSEWHERE.values() for name in names
    }


def _badly_told(run: Run, cell: Cell) -> Iterator[str]:
    """Yield what the run leaves unsaid of the fault, or lets the fault change though it passed."""
    calm = undisturbed(cell.scenario)
    same = [run.outputs[name] for name in RESULTS] == [calm.outputs[name] for name in RESULTS]
    if cell.passes and not same:
        yield f"one call's trouble changed the end to {[run.outputs[name] for name in RESULTS]}"
    if not same and cell.cause not in run.told:
        yield f"does not say: {cell.cause}"
