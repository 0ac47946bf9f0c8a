"""The fault matrix: every AWS call of every scenario, going wrong in every way; generated from runs where none does."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from sandbox import ALL as EVERY
from sandbox import Fault, Kind, exactly
from tests.reliability import scenarios
from tests.reliability.invariants import WRITES
from tests.reliability.play import Run, play
from tests.reliability.state import state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox import Sandbox
    from tests.reliability.scenarios import Scenario

WHEN = {"first": exactly(1), "second": exactly(2), "every": EVERY}
AFTER = frozenset({Kind.TIMEOUT_AFTER, Kind.DROPPED_AFTER})
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
        return Fault(self.operation, self.kind, WHEN[self.when], self.service)

    @property
    def passes(self) -> bool:
        """Whether the trouble is gone after one call: then it must not change how the run ends.

        Half an S3 object is no trouble of AWS's: it is a snapshot that is broken.
        """
        half_a_snapshot = self.operation == "GetObject" and self.kind is Kind.MALFORMED
        return self.when != "every" and self.kind not in LASTING and not half_a_snapshot

    @property
    def cause(self) -> str:
        """The words that name the cause to people, where the fault changes how the run ends."""
        match self.kind, self.operation:
            case Kind.MALFORMED, "GetObject":
                return "can't be read as a snapshot"
            case Kind.DENIED, "HeadObject":
                return "s3:GetObject"  # HEAD needs the permission to read
            case Kind.DENIED, _:
                return f"{self.service}:{self.operation}"
            case Kind.EXPIRED, operation if (
                operation != "HeadObject"
            ):  # an answer to HEAD has no body that could say it
                return "credentials have expired"
            case _:
                return self.operation


def undisturbed(scenario: Scenario) -> Run:
    """Return the run in which nothing goes wrong."""
    return _watched(scenario)[0]


def states(scenario: Scenario) -> list[str]:
    """Return how AWS was after each call of the undisturbed run."""
    return _watched(scenario)[1]


@cache
def _watched(scenario: Scenario) -> tuple[Run, list[str]]:
    seen: list[str] = []

    def watch(sandbox: Sandbox) -> None:
        sandbox.after_call.append(lambda *_: seen.append(repr(state(sandbox))))

    return play(scenario, watch), seen


def cells() -> Iterator[Cell]:
    """Yield every cell of the matrix."""
    for scenario in scenarios.ALL:
        calls = [call for call in undisturbed(scenario).calls if not scenario.adds or call.operation in scenario.adds]
        called = Counter((call.service, call.operation) for call in calls)
        for (service, operation), times in sorted(called.items()):
            # A read that gets no answer is the same whether it was answered or not.
            for kind in [kind for kind in Kind if operation in WRITES or kind not in AFTER]:
                for when in WHEN:
                    if when != "second" or times > 1:
                        yield Cell(scenario, service, operation, kind, when)
