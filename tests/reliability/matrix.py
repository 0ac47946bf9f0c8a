"""The fault matrix: every AWS call of every scenario, going wrong in every way. Generated from runs in which nothing does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from sandbox import ALL as EVERY
from sandbox import Calls, Fault, Kind, exactly
from tests.reliability import scenarios
from tests.reliability.play import Run, play
from tests.reliability.scenarios import Scenario

WHEN = {"first": exactly(1), "second": exactly(2), "every": EVERY}
LASTING = frozenset({Kind.DENIED, Kind.EXPIRED})
"""What no waiting mends."""


@dataclass(frozen=True)
class Cell:
    """One cell: which operation of which scenario goes wrong how, and in which of its calls."""

    scenario: Scenario
    service: str
    operation: str
    kind: Kind
    when: str

    def __str__(self) -> str:
        """Name the cell, as pytest shows it."""
        return f"{self.scenario.name}-{self.operation}-{self.kind}-{self.when}"

    @property
    def fault(self) -> Fault:
        """The fault to plan."""
        calls: Calls = WHEN[self.when]
        return Fault(self.operation, self.kind, calls, self.service, seconds=1.0)

    @property
    def passes(self) -> bool:
        """Whether the trouble is gone after one call: then it must not change how the run ends."""
        return self.when != "every" and self.kind not in LASTING


@cache
def undisturbed(scenario: Scenario) -> Run:
    """Return the run in which nothing goes wrong."""
    return play(scenario)


def cells() -> Iterator[Cell]:
    """Yield every cell of the matrix."""
    for scenario in scenarios.ALL:
        called = Counter((call.service, call.operation) for call in undisturbed(scenario).calls)
        for (service, operation), times in sorted(called.items()):
            for kind in Kind:
                for when in WHEN:
                    if when != "second" or times > 1:
                        yield Cell(scenario, service, operation, kind, when)
