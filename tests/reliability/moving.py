"""A part of the product, step by step, in a world that moves by itself between any two steps."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from unittest.mock import patch

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from rollback.aws import Aws
from rollback.engine.moves import Done, Ended, Wait
from rollback.engine.progress import Progress
from rollback.engine.reconcile import Part
from rollback.engine.trouble import Busy, Denied, Rejected, Unreadable
from sandbox import FIRST, Fault, Kind, ManualClock, Sandbox
from tests.clocks import FakeClock
from tests.reliability.counting import FULL
from tests.reliability.invariants import world_broken
from tests.short_wire import short_wire

if TYPE_CHECKING:
    from collections.abc import Callable

RUN = "example/shop/17/1"
PASSING = sorted(set(Kind) - {Kind.DENIED, Kind.EXPIRED})
"""Troubles that pass."""

MACHINE_SETTINGS = settings(
    max_examples=1_000 if FULL else 60,
    stateful_step_count=50,
    deadline=None,
    derandomize=not FULL,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
"""The same examples every time, so that a change is judged by itself; RELIABILITY=full looks for new ones."""

_STEPS_TO_THE_END = 150


AnyPart = TypeVar("AnyPart", bound=Part[Any])


class MovingWorld(RuleBasedStateMachine, Generic[AnyPart]):
    """What both machines share: the product's steps, time, trouble, a kill; and that it all comes to an end."""

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()
        self.aws_clock = ManualClock()
        self.time = FakeClock(self.aws_clock)
        self.sandbox = self._open.enter_context(Sandbox(self.aws_clock))
        environment = {**self.sandbox.environment(), "AWS_MAX_ATTEMPTS": "1"}
        self._open.enter_context(patch.dict(os.environ, environment))
        self._open.enter_context(short_wire(self.sandbox))
        self.aws = Aws(self.sandbox.region)
        self.log: list[str] = []
        self.progress = Progress(self.time, self.log.append, self.time.monotonic())
        self.seen: Any = None
        self.done: Done | None = None
        self.part: AnyPart | None = None

    def new_part(self) -> AnyPart:
        """Return the part as a process that was just started has it."""
        raise NotImplementedError

    def check_the_end(self, done: Done) -> None:
        """Assert that what the part says at its end is so."""

    def calm(self) -> None:
        """Let the world come to rest: only time passes from now on."""
        self.sandbox.faults.clear()

    @property
    def acting(self) -> AnyPart:
        """The part, which is there once the world is prepared."""
        assert self.part is not None
        return self.part

    # --- the product's own steps -----------------------------------------------------------------------------------

    @precondition(lambda self: self.part and self.done is None and self.seen is None)
    @rule()
    def look(self) -> None:
        def observe() -> None:
            self.seen = self.acting.observe()
            self.note_truth()

        self._with_patience(observe)

    @precondition(lambda self: self.part and self.done is None)
    @rule(times=st.integers(1, 4))
    def look_and_move(self, times: int) -> None:
        for _ in range(times):
            if self.seen is None and self.done is None:
                self.look()
            if self.seen is not None:
                self.move()

    @precondition(lambda self: self.seen is not None)
    @rule()
    def move(self) -> None:
        seen, self.seen = self.seen, None

        def act() -> None:
            move = self.acting.decide(seen)
            if isinstance(move, Done):
                self._end(move)
            elif not isinstance(move, Wait):
                self.acting.perform(move)

        self._with_patience(act)

    def note_truth(self) -> None:
        """Remember how the world really is at the moment of a look."""

    def _end(self, done: Done) -> None:
        self.done = done
        self.log.append(f"{done.result}: {done.reason}")
        self.check_the_end(done)

    def _with_patience(self, step: Callable[[], None]) -> None:
        """Take the step, with what the loop makes of AWS's troubles."""
        try:
            step()
        except (Busy, Unreadable) as trouble:
            self.log.append(trouble.what)
        except Ended as end:
            self._end(end.done)
        except (Denied, Rejected) as trouble:
            raise AssertionError(f"nothing was denied, and nothing wrong was asked for: {trouble.what}") from trouble

    # --- the world -------------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from((1, 4, 11, 35, 90)))
    def time_passes(self, seconds: float) -> None:
        self.time.sleep(seconds)

    @precondition(lambda self: self.part)
    @rule(kind=st.sampled_from(PASSING))
    def the_next_call_goes_wrong(self, kind: Kind) -> None:
        self.log.append(f"--- {kind}")
        self.sandbox.faults.add(Fault("*", kind, FIRST))

    @precondition(lambda self: self.part)
    @rule()
    def killed_and_started_again(self) -> None:
        self.log.append("--- killed, and started again")
        self.part, self.seen, self.done = self.new_part(), None, None

    @invariant()
    def nothing_is_broken(self) -> None:
        if self.part:
            assert not [*world_broken(self.sandbox)], "\n".join(self.log)

    def teardown(self) -> None:
        try:
            if self.part:
                self._go_on_to_the_end()
        finally:
            self._open.close()

    def _go_on_to_the_end(self) -> None:
        self.calm()
        for _ in range(_STEPS_TO_THE_END):
            if self.done is not None:
                return
            self.look_and_move(1)
            self.nothing_is_broken()
            self.time.sleep(20)
        raise AssertionError("it does not end:\n" + "\n".join(self.log))
