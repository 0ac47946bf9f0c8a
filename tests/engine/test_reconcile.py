"""The loop: what it waits for, what ends it, and how long it goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import ClassVar

import pytest

from rollback.engine.moves import Done, Ended, Move, Wait
from rollback.engine.reconcile import UNREADABLE_LOOKS, Part, Patience, patiently, reconcile
from rollback.engine.rehearsal import rehearse
from rollback.engine.trouble import AwsTrouble, Busy, Denied, Rejected, Throttled, Unreadable
from rollback.engine.turns import Lane, take_turns
from rollback.report.notices import Code
from rollback.report.results import Result
from tests.clocks import FakeClock

PATIENCE = Patience(timeout=600.0, longest_gap=5.0)
GOOD = Done(Result.ROLLED_BACK, "all is well")
WAIT = Wait("AWS")


@dataclass(frozen=True)
class Push(Move):
    """A move that writes."""


@dataclass
class Scripted:
    """A part whose looks are written down: each the move that it leads to, or AWS's trouble; the last one repeats."""

    script: list[Move | Exception]
    performing: list[Exception | None] = field(default_factory=list)
    performed: list[Move] = field(default_factory=list)
    looks: int = 0
    label: str = "part"

    def observe(self) -> Move:
        look = self.script[min(self.looks, len(self.script) - 1)]
        self.looks += 1
        if isinstance(look, Exception):
            raise look
        return look

    def decide(self, seen: Move) -> Move:
        return seen

    def perform(self, move: Move) -> None:
        self.performed.append(move)
        trouble = self.performing.pop(0) if self.performing else None
        if trouble:
            raise trouble

    def timed_out(self, waiting_for: str) -> Done:
        return Done(Result.TIMED_OUT, waiting_for)


def run(part: Scripted, clock: FakeClock | None = None, patience: Patience = PATIENCE) -> Done:
    return driven(part, patience, clock or FakeClock())


def driven(part: Part[Move], patience: Patience, clock: FakeClock) -> Done:
    ends = []

    def alone() -> Lane:
        ends.append((yield from reconcile(part, patience, clock)))

    take_turns([alone()], clock)
    return ends[0]


def test_it_looks_and_moves_until_the_part_is_done() -> None:
    part = Scripted([Push(), WAIT, WAIT, GOOD])
    assert run(part) == GOOD
    assert part.performed == [Push()]
    assert part.looks == 4


def test_a_part_that_is_done_at_the_first_look_costs_no_time() -> None:
    clock = FakeClock()
    assert run(Scripted([GOOD]), clock) == GOOD
    assert clock.sleeps == []


@pytest.mark.parametrize("trouble", [Throttled("throttled"), Busy("no connection")])
def test_throttling_and_lost_connections_wait_however_many_there_are(trouble: AwsTrouble) -> None:
    assert run(Scripted([*[trouble] * 12, GOOD])) == GOOD


def test_throttling_for_ever_ends_with_the_waiting_not_as_a_failure() -> None:
    clock = FakeClock()
    assert run(Scripted([Throttled("throttled")]), clock).result is Result.TIMED_OUT
    assert clock.monotonic() == PATIENCE.timeout


def test_throttling_asks_for_longer_gaps() -> None:
    calm, busy = FakeClock(), FakeClock()
    run(Scripted([*[WAIT] * 6, GOOD]), calm)
    run(Scripted([*[Throttled("throttled")] * 6, GOOD]), busy)
    assert sum(busy.sleeps) > 2 * sum(calm.sleeps)


def test_ten_unreadable_looks_in_a_row_end_in_failure() -> None:
    part = Scripted([Unreadable("503")])
    done = run(part)
    assert (done.result, done.code) == (Result.FAILED, Code.AWS_UNREADABLE)
    assert part.looks == UNREADABLE_LOOKS == 10


def test_nine_unreadable_looks_in_a_row_are_borne_again_and_again() -> None:
    nine = [Unreadable("503")] * 9
    assert run(Scripted([*nine, WAIT, *nine, WAIT, GOOD])) == GOOD


def test_throttling_between_unreadable_looks_does_not_begin_the_count_anew() -> None:
    mixed = [Unreadable("503"), Throttled("throttled")] * 9
    done = run(Scripted([*mixed, Unreadable("503"), GOOD]))
    assert (done.result, done.code) == (Result.FAILED, Code.AWS_UNREADABLE)


def test_ten_unreadable_moves_in_a_row_end_in_failure_though_each_look_between_succeeds() -> None:
    part = Scripted([*[Push(), WAIT] * 20, GOOD], performing=[Unreadable("503")] * 20)
    done = run(part)
    assert (done.result, done.code) == (Result.FAILED, Code.AWS_UNREADABLE)
    assert len(part.performed) == UNREADABLE_LOOKS


def test_moves_whose_connection_is_lost_are_made_again_until_the_waiting_ends() -> None:
    part = Scripted([Push()], performing=[Busy("no connection")] * 1_000)
    assert run(part).result is Result.TIMED_OUT
    assert len(part.performed) > UNREADABLE_LOOKS


def test_a_throttled_look_slows_those_that_follow_only_until_aws_answers_again() -> None:
    clock = FakeClock()
    run(Scripted([*[Throttled("throttled")] * 3, *[WAIT] * 12, GOOD]), clock, Patience(600.0, 1.0))
    assert clock.sleeps[:3] == [2.0, 4.0, 8.0]
    assert clock.sleeps[3:7] == [4.0, 2.0, 1.0, 1.0]


def test_denied_ends_at_once_with_the_cure() -> None:
    part = Scripted([Denied("cloudformation:DescribeStacks: access denied", "Add the permission.")])
    done = run(part)
    assert (done.result, done.code, done.reason) == (
        Result.FAILED,
        Code.ACCESS_DENIED,
        "cloudformation:DescribeStacks: access denied",
    )
    assert [step.purpose for step in done.next_steps] == ["Add the permission."]
    assert part.looks == 1


def test_a_rejected_look_ends_in_awss_own_words() -> None:
    done = run(Scripted([Rejected("DescribeStacks", "ValidationError", "no")]))
    assert (done.result, done.code, done.reason) == (
        Result.FAILED,
        Code.AWS_REJECTED,
        "DescribeStacks: no (ValidationError)",
    )


def test_a_look_that_finds_nothing_to_drive_is_the_end() -> None:
    assert run(Scripted([Ended(GOOD)])) == GOOD


@pytest.mark.parametrize("trouble", [Throttled("throttled"), Busy("lost"), Unreadable("503")])
def test_trouble_with_a_move_is_followed_by_another_look(trouble: AwsTrouble) -> None:
    part = Scripted([Push(), Push(), GOOD], performing=[trouble])
    assert run(part) == GOOD
    assert part.performed == [Push(), Push()]


def test_a_denied_move_ends_it() -> None:
    assert run(Scripted([Push()], performing=[Denied("no", "cure")])).code == Code.ACCESS_DENIED


def test_the_deadline_ends_the_waiting_and_says_for_what() -> None:
    clock = FakeClock()
    done = run(Scripted([Wait("UPDATE_ROLLBACK_IN_PROGRESS to end")]), clock)
    assert done == Done(Result.TIMED_OUT, "UPDATE_ROLLBACK_IN_PROGRESS to end")
    assert clock.monotonic() == PATIENCE.timeout


def test_the_deadline_ends_waiting_only_a_move_that_is_due_is_made() -> None:
    part = Scripted([Push(), GOOD])
    assert run(part, patience=Patience(timeout=0.0, longest_gap=5.0)).result is Result.TIMED_OUT
    assert part.performed == [Push()]


def test_what_is_done_by_the_last_look_is_done_not_timed_out() -> None:
    clock = FakeClock()
    assert run(Scripted([WAIT, GOOD]), clock, Patience(timeout=1.0, longest_gap=5.0)) == GOOD
    assert clock.monotonic() == 1.0


# --- in a dry run ---


@dataclass(frozen=True)
class LookFurther(Move):
    """A move that changes nothing."""

    writes: ClassVar[bool] = False


def rehearsed(part: Scripted, clock: FakeClock | None = None) -> Done:
    clock = clock or FakeClock()
    told: list[Done] = []

    def lane() -> Lane:
        told.append((yield from rehearse(part, PATIENCE, clock, lambda _: None)))

    take_turns([lane()], clock)
    return told[0]


@pytest.mark.parametrize(("move", "plan"), [(Push(), "Would Push."), (WAIT, "Would wait for AWS.")])
def test_a_dry_run_tells_the_first_move_or_wait_instead_of_making_it(move: Move, plan: str) -> None:
    part = Scripted([LookFurther(), move])
    assert rehearsed(part) == Done(Result.PLANNED, plan)
    assert part.performed == [LookFurther()]


@dataclass(frozen=True)
class Prepare(Move):
    """A move that writes only what is deleted again."""

    prepares: ClassVar[bool] = True


def test_a_dry_run_makes_what_prepares_and_waits_for_it() -> None:
    part = Scripted([Prepare(), WAIT, WAIT, Push()], performing=[Busy("no connection")])
    part.script.insert(1, Prepare())
    assert rehearsed(part) == Done(Result.PLANNED, "Would Push.")
    assert part.performed == [Prepare(), Prepare()]


def test_a_dry_run_that_waits_too_long_for_what_it_prepared_tells_the_plan_so_far() -> None:
    assert rehearsed(Scripted([Prepare(), WAIT])) == Done(Result.PLANNED, "Would wait for AWS.")


@pytest.mark.parametrize("look", [True, False])
def test_a_dry_run_that_may_not_prepare_or_see_it_says_so(look: bool) -> None:
    denial = Denied("cloudformation:CreateChangeSet: access denied", "Add the permission.")
    part = Scripted([Prepare(), denial], performing=[None if look else denial])
    done = rehearsed(part)
    assert (done.result, [step.purpose for step in done.next_steps]) == (Result.PLANNED, ["Add the permission."])
    assert done.reason == (
        "Would Prepare. What that would change this plan could not see: cloudformation:CreateChangeSet: access denied"
    )


def test_a_dry_run_of_a_part_that_is_done_says_so() -> None:
    assert rehearsed(Scripted([GOOD])) == GOOD


def test_a_dry_run_that_cannot_look_has_failed_not_timed_out() -> None:
    clock = FakeClock()
    began = clock.monotonic()
    done = rehearsed(Scripted([Throttled("DescribeStacks: Rate exceeded")]), clock)
    assert clock.monotonic() - began == 120 < PATIENCE.timeout
    assert (done.result, done.code, done.reason) == (
        Result.FAILED,
        Code.AWS_UNREADABLE,
        "DescribeStacks: Rate exceeded",
    )


# --- patience with a single look ---


def looking(*script: object) -> object:
    answers = iter(script)

    def look() -> object:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return patiently(look, PATIENCE, FakeClock())


def test_a_single_look_is_as_patient() -> None:
    assert looking(*[Throttled("t")] * 5, *[Unreadable("503")] * 9, Busy("lost"), "seen") == "seen"


def test_a_single_look_gives_up_after_ten_unreadable_answers() -> None:
    with pytest.raises(Unreadable):
        looking(*[Unreadable("503")] * UNREADABLE_LOOKS, "never seen")


@pytest.mark.parametrize("trouble", [Denied("no"), Rejected("DescribeStacks", "ValidationError", "no")])
def test_a_single_look_that_is_denied_or_rejected_is_not_repeated(trouble: AwsTrouble) -> None:
    with pytest.raises(type(trouble)):
        looking(trouble, "never seen")


def test_a_single_looks_patience_ends_at_the_deadline() -> None:
    clock = FakeClock()
    throttled = Scripted([Throttled("t")])
    with pytest.raises(Throttled):
        patiently(throttled.observe, PATIENCE, clock)
    assert clock.monotonic() >= PATIENCE.timeout


def test_a_single_look_says_at_once_what_it_waits_for_and_then_once_a_minute() -> None:
    said: list[tuple[float, str]] = []
    clock = FakeClock()
    patience = Patience(timeout=300.0, longest_gap=5.0, say=lambda text: said.append((clock.monotonic(), text)))
    began = clock.monotonic()
    with pytest.raises(Busy):
        patiently(Scripted([Busy("no answer")]).observe, patience, clock)
    assert said[0] == (began, "waiting for AWS, 300 s at most: no answer")
    times = [at for at, _ in said]
    assert len(times) >= 3
    assert all(60 <= later - earlier < 120 for earlier, later in pairwise(times))
