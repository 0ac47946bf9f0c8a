"""What is remembered of our writes, whatever AWS answered."""

from __future__ import annotations

from contextlib import suppress

import pytest

from rollback.engine.trouble import AwsTrouble, Busy, Denied, Rejected, Throttled, Unreadable
from rollback.stack.journal import Journal
from rollback.stack.tokens import CANCEL, CONTINUE, Tokens
from tests.clocks import FakeClock
from tests.stack.given import STACK_ID, History

MINE = Tokens("octo/shop/7/1", STACK_ID)
TOKEN = MINE.make(CANCEL)


def after(trouble: BaseException | None, clock: FakeClock | None = None) -> Journal:
    journal = Journal(clock or FakeClock())
    with suppress(AwsTrouble), journal.writing(CANCEL, TOKEN, "UPDATE_IN_PROGRESS"):
        if trouble:
            raise trouble
    return journal


def test_a_write_is_remembered_with_its_age() -> None:
    clock = FakeClock()
    journal = after(None, clock)
    clock.sleep(7.0)
    assert journal.last is not None
    assert (journal.last.step, journal.last.token, journal.last.status_before) == (CANCEL, TOKEN, "UPDATE_IN_PROGRESS")
    assert (journal.last.seconds_ago, journal.last.unclear, journal.last.rejection) == (7.0, "", "")


def test_a_rejection_is_remembered() -> None:
    last = after(Rejected("CancelUpdateStack", "ValidationError", "not now")).last
    assert last is not None
    assert (last.rejection, last.unclear) == ("not now", "")


@pytest.mark.parametrize("trouble", [Busy("no connection"), Unreadable("503")])
def test_a_lost_answer_is_remembered_as_unclear(trouble: AwsTrouble) -> None:
    journal = Journal(FakeClock())
    with pytest.raises(type(trouble)), journal.writing(CANCEL, TOKEN, "UPDATE_IN_PROGRESS"):
        raise trouble
    assert journal.last is not None
    assert (journal.last.rejection, journal.last.unclear) == ("", trouble.what)


@pytest.mark.parametrize("trouble", [Throttled("throttled"), Denied("access denied")])
def test_a_call_that_certainly_had_no_effect_is_forgotten(trouble: AwsTrouble) -> None:
    journal = Journal(FakeClock())
    with pytest.raises(type(trouble)), journal.writing(CANCEL, TOKEN, "UPDATE_IN_PROGRESS"):
        raise trouble
    assert journal.last is None


def test_a_signal_in_the_middle_of_a_call_does_not_make_us_forget_it() -> None:
    journal = Journal(FakeClock())
    with pytest.raises(KeyboardInterrupt), journal.writing(CANCEL, TOKEN, "UPDATE_IN_PROGRESS"):
        raise KeyboardInterrupt
    assert journal.last is not None
    assert journal.last.unclear == "interrupted"


def test_another_status_than_before_the_write_is_noted() -> None:
    journal = after(None)
    journal.saw("UPDATE_IN_PROGRESS")
    assert journal.last is not None
    assert not journal.last.other_status_seen
    journal.saw("UPDATE_ROLLBACK_IN_PROGRESS")
    assert journal.last.other_status_seen


def test_nothing_was_written_yet() -> None:
    journal = Journal(FakeClock())
    journal.saw("UPDATE_COMPLETE")
    assert journal.last is None
    assert journal.attempts([], MINE) == ()


def test_the_events_clear_up_what_was_unclear() -> None:
    journal = after(Busy("no connection"))
    events = History().of_stack("UPDATE_IN_PROGRESS").of_stack("UPDATE_ROLLBACK_IN_PROGRESS", TOKEN).newest_first
    (attempt,) = journal.attempts(events, MINE)
    assert attempt.unclear == ""


def test_a_repeated_request_that_happened_counts_once() -> None:
    journal = after(Busy("no connection"))
    with journal.writing(CANCEL, TOKEN, "UPDATE_IN_PROGRESS"):
        pass
    events = History().of_stack("UPDATE_IN_PROGRESS").of_stack("UPDATE_ROLLBACK_IN_PROGRESS", TOKEN).newest_first
    assert len(journal.attempts(events, MINE)) == 1


def test_what_a_killed_process_of_this_run_did_is_found_in_the_events() -> None:
    token = MINE.make(CONTINUE, 2)
    somebody = Tokens("octo/shop/7/2", STACK_ID).make(CONTINUE, 1)
    history = History().of_stack("UPDATE_IN_PROGRESS").of_stack("UPDATE_ROLLBACK_IN_PROGRESS", somebody)
    events = history.of_stack("UPDATE_ROLLBACK_IN_PROGRESS", token).newest_first
    (attempt,) = Journal(FakeClock()).attempts(events, MINE)
    assert (attempt.step, attempt.token, attempt.earlier) == (CONTINUE, token, True)


def test_an_operation_under_way_may_be_adopted() -> None:
    journal = Journal(FakeClock())
    journal.adopt(TOKEN, "UPDATE_IN_PROGRESS")
    assert journal.last is not None
    assert (journal.last.step, journal.last.token, journal.last.earlier) == (CANCEL, TOKEN, False)
