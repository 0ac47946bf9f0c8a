"""SIGKILL to the real action, in each incident of the demo: the same run again ends as one that was not killed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox import ManualClock, Sandbox
from tests.reliability.counting import FULL, PROCESS_KILLS
from tests.reliability.invariants import WRITES, world_broken
from tests.reliability.matrix import undisturbed
from tests.reliability.play import in_the_runner
from tests.reliability.processes import Moment, run, run_killed
from tests.reliability.scenarios import DEMO, Scenario
from tests.reliability.state import state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

KILLED = tuple(scenario for scenario in DEMO if scenario.name != "relapse")
"""The alarm of the relapse rings by the clock, which each call moves here: a run with more calls meets it earlier."""

SECONDS_A_CALL = 15.0
"""How far each call moves the embedded AWS's clock: however slowly this machine starts a process, no time is lost."""


def moments() -> Iterator[tuple[Scenario, Moment]]:
    """Yield the sample: around each kind of write, and in the midst of each incident; with RELIABILITY=full all."""
    seen: set[str] = set()
    for scenario in KILLED:
        calls = undisturbed(scenario).calls
        for number, call in enumerate(calls, 1):
            new = call.operation not in seen
            seen.add(call.operation)
            if FULL:
                yield from ((scenario, Moment("*", number, when)) for when in ("before", "after"))
            elif call.operation in WRITES and new:
                yield from ((scenario, Moment(call.operation, 1, when)) for when in ("before", "after"))
        if calls and not FULL:
            yield scenario, Moment("*", len(calls) // 2, "after")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "moment" in metafunc.fixturenames:
        found = list(moments())
        ids = [f"{scenario.name}-{moment.when}-{moment.operation}-{moment.number}" for scenario, moment in found]
        metafunc.parametrize(("scenario", "moment"), found, ids=ids)


def test_a_killed_process_started_again_ends_as_one_that_was_not(
    scenario: Scenario, moment: Moment, record_property: Callable[[str, object], None]
) -> None:
    with prepared(scenario) as (sandbox, variables):
        killed = run_killed(sandbox, moment, variables)
        exit_code, printed = run(variables)
        ended = state(sandbox)
        assert not [*world_broken(sandbox)], printed
    calm = undisturbed(scenario)
    assert ended == state(calm.sandbox), printed
    assert exit_code == calm.exit_code, printed
    assert killed or moment.operation == "*", printed  # it looks less often than on its own clock
    record_property(PROCESS_KILLS, int(killed))


@contextmanager
def prepared(scenario: Scenario) -> Iterator[tuple[Sandbox, dict[str, str]]]:
    """Prepare the scenario on a clock that its calls move, and yield a process's variables."""
    clock = ManualClock()
    with Sandbox(clock) as sandbox, in_the_runner(sandbox) as (variables, _):
        scenario.prepare(sandbox, clock)
        sandbox.before_call.append(lambda *_: clock.advance(SECONDS_A_CALL))
        inputs = {**scenario.all_inputs(sandbox), "poll-interval": "0.02"}
        yield sandbox, {**variables, **{f"INPUT_{name.upper()}": value for name, value in inputs.items()}}


def test_the_sample_covers_every_write_of_the_demo() -> None:
    written = {call.operation for scenario in DEMO for call in undisturbed(scenario).calls} & WRITES
    killed = {moment.operation for _, moment in moments()}
    assert written <= killed or FULL
