"""A run that was killed, anywhere, is simply started again: AWS ends as if nothing had happened."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.reliability.counting import FULL, KILLS
from tests.reliability.invariants import WRITES, broken
from tests.reliability.kills import Place, killed_at
from tests.reliability.matrix import states, undisturbed
from tests.reliability.play import staged
from tests.reliability.scenarios import DEMO, REFUSED_RESTORE, RESTORE, ZIP, Scenario
from tests.reliability.state import state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCENARIOS = (*DEMO, RESTORE, REFUSED_RESTORE, ZIP)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "place" in metafunc.fixturenames:
        metafunc.parametrize("place", list(places()), ids=str)
    if "restore_place" in metafunc.fixturenames:
        around = [place for place in places() if place.scenario.inputs.get("snapshot") and place.operation in WRITES]
        metafunc.parametrize("restore_place", around, ids=str)


@cache
def places() -> tuple[Place, ...]:
    """Return the places: before and after each write, and at each read, if something moved since it was made last.

    A read leaves AWS as it is, and what the killed process knew is gone: before it and after it are one place, and so
    are the reads while nothing in AWS moves. RELIABILITY=full tries them all.
    """
    return tuple(_places())


def _places() -> Iterator[Place]:
    for scenario in SCENARIOS:
        met: set[tuple[str, str]] = set()
        calls = [call.operation for call in undisturbed(scenario).calls]
        for number, moment in enumerate(zip(calls, states(scenario), strict=True), 1):
            operation, new = moment[0], moment not in met
            met.add(moment)
            for when in ("before", "after"):
                if FULL or operation in WRITES or (new and when == "after"):
                    yield Place(scenario, number, operation, when)


def test_a_killed_run_started_again_ends_as_one_that_was_not(
    place: Place, record_property: Callable[[str, object], None]
) -> None:
    assert_it_ends_as_if_never_killed(place, attempt="1")
    record_property(KILLS, 1)


def test_another_attempt_of_a_killed_run_leaves_as_little_behind(
    restore_place: Place, record_property: Callable[[str, object], None]
) -> None:
    """As GitHub does it: a job that is run again is the run's next attempt, and has tokens of its own."""
    assert_it_ends_as_if_never_killed(restore_place, attempt="2")
    record_property(KILLS, 1)


def assert_it_ends_as_if_never_killed(place: Place, attempt: str) -> None:
    """Kill the run at the place, start it again as this attempt, and compare with the run that nobody disturbed."""
    calm = undisturbed(place.scenario)
    with staged(place.scenario) as stage:
        with killed_at(place):
            stage.run()
        assert (stage.folder / "output").read_text(encoding="utf-8") == "", "it was not killed: it wrote its outputs"
        stage.variables["GITHUB_RUN_ATTEMPT"] = attempt
        again = stage.run()
    assert state(again.sandbox) == state(calm.sandbox), again.stdout
    assert again.exit_code == calm.exit_code, again.stdout
    assert not broken(again, place.scenario), again.stdout


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_second_run_changes_nothing_more(scenario: Scenario) -> None:
    with staged(scenario) as stage:
        first = stage.run()
        after = state(stage.sandbox)
        again = stage.run()
    assert state(again.sandbox) == after, again.stdout
    assert again.exit_code == first.exit_code, again.stdout
