"""What a report tells as done: no call that AWS refused, and none that got lost as if it were sure."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import pytest

from rollback.engine.actions import Actions
from rollback.engine.moves import Move, Wait
from rollback.engine.trouble import AwsTrouble, Busy, Denied, Rejected, Throttled, Unreadable


@dataclass(frozen=True)
class Push(Move):
    """A move that writes."""

    @property
    def did(self) -> str:
        return "pushed"


def after(*answers: AwsTrouble | None) -> Actions:
    actions = Actions()
    for answer in answers:
        with suppress(AwsTrouble), actions.doing(Push()):
            if answer:
                raise answer
    return actions


def test_a_move_that_aws_took_is_told_each_time() -> None:
    actions = after(None, None)
    assert actions.texts == ("pushed", "pushed")
    assert actions.told == "pushed; pushed"
    assert actions.wrote


@pytest.mark.parametrize(
    "no", [Rejected("Push", "ValidationError", "not now"), Throttled("throttled"), Denied("access denied")]
)
def test_what_aws_did_not_take_is_not_told_and_wrote_nothing(no: AwsTrouble) -> None:
    actions = after(no)
    assert actions.texts == ()
    assert not actions.wrote


@pytest.mark.parametrize("lost", [Busy("no connection"), Unreadable("503")])
def test_what_got_lost_is_told_as_such_once_and_as_done_when_it_is(lost: AwsTrouble) -> None:
    assert after(lost, lost).texts == ("pushed (AWS's answer got lost)",)
    assert after(lost).wrote
    assert after(lost, None).texts == ("pushed",)


def test_what_got_lost_is_told_as_done_once_something_shows_it() -> None:
    actions = after(Busy("no connection"))
    actions.certain()
    assert actions.texts == ("pushed",)
    Actions().certain()


def test_a_signal_in_the_middle_of_a_call_does_not_make_us_forget_it() -> None:
    actions = Actions()
    with suppress(KeyboardInterrupt), actions.doing(Push()):
        raise KeyboardInterrupt
    assert actions.texts == ("pushed",)


def test_a_move_that_only_looks_writes_nothing() -> None:
    actions = Actions()
    with actions.doing(Wait("AWS")):
        pass
    assert not actions.wrote
