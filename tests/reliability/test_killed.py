"""A run that was killed, anywhere, is simply started again: AWS ends as if nothing had happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reliability.counting import KILLS
from tests.reliability.invariants import WRITES, broken
from tests.reliability.kills import Place, killed_at
from tests.reliability.matrix import undisturbed
from tests.reliability.play import staged
from tests.reliability.scenarios import DEMO, REFUSED_RESTORE, RESTORE, Scenario
from tests.reliability.state import state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCENARIOS = (*DEMO, RESTORE, REFUSED_RESTORE)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "place" in metafunc.fixturenames:
        metafunc.parametrize("place", list(places()), ids=str)


def places() -> Iterator[Place]:
    """Yield every place: before and after each write, and at each read.

    A read leaves AWS as it is, and what the killed process knew is gone: before it and after it are one place.
    """
    for scenario in SCENARIOS:
        for number, call in enumerate(undisturbed(scenario).calls, 1):
            for when in ("before", "after") if call.operation in WRITES else ("after",):
                yield Place(scenario, number, call.operation, when)


def test_a_killed_run_started_again_ends_as_one_that_was_not(
    place: Place, record_property: Callable[[str, object], None]
) -> None:
    calm = undisturbed(place.scenario)
    with staged(place.scenario) as stage:
        with killed_at(place):
            stage.run()
        assert (stage.folder / "output").read_text(encoding="utf-8") == "", "it was not killed: it wrote its outputs"
        again = stage.run()
    assert state(again.sandbox) == state(calm.sandbox), again.stdout
    assert again.exit_code == calm.exit_code, again.stdout
    assert not broken(again, place.scenario), again.stdout
    record_property(KILLS, 1)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_second_run_changes_nothing_more(scenario: Scenario) -> None:
    with staged(scenario) as stage:
        first = stage.run()
        after = state(stage.sandbox)
        again = stage.run()
    assert state(again.sandbox) == after, again.stdout
    assert again.exit_code == first.exit_code, again.stdout
