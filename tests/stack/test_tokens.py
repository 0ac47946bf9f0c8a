"""The ClientRequestTokens by which a second run knows the first one's work."""

from __future__ import annotations

import re

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.stack.tokens import CANCEL, CONTINUE, RESTORE, ROLLBACK, Tokens, number_of, step_of
from tests.stack.given import STACK_ID

STEPS = (CANCEL, ROLLBACK, CONTINUE, RESTORE)
OURS = Tokens("octo/shop/7/1", STACK_ID)


def member(operation: str, name: str) -> tuple[re.Pattern[str], int]:
    """Return the form that CloudFormation's API model wants of a member, and its greatest length."""
    model = botocore.session.get_session().get_service_model("cloudformation")
    request = model.operation_model(operation).input_shape
    assert request is not None
    shape = request.members[name]
    return re.compile(shape.metadata["pattern"]), shape.metadata["max"]


@given(run=st.text(), stack=st.text(), step=st.sampled_from(STEPS), attempt=st.integers(1, 999))
def test_every_token_has_the_form_of_the_api_model(run: str, stack: str, step: str, attempt: int) -> None:
    form, longest = member("CancelUpdateStack", "ClientRequestToken")
    token = Tokens(run, stack).make(step, attempt)
    assert form.fullmatch(token)
    assert len(token) <= longest


@given(run=st.text(), stack=st.text())
def test_every_change_sets_name_has_the_form_of_the_api_model(run: str, stack: str) -> None:
    form, longest = member("CreateChangeSet", "ChangeSetName")
    name = Tokens(run, stack).change_set("0123456789abcdef")
    assert form.fullmatch(name)
    assert len(name) <= longest
    assert Tokens(run, stack).named(name)


def test_a_repeated_request_has_the_same_token() -> None:
    assert OURS.make(CANCEL) == Tokens("octo/shop/7/1", STACK_ID).make(CANCEL)


def test_a_new_attempt_has_a_new_token() -> None:
    assert OURS.make(CONTINUE, 1) != OURS.make(CONTINUE, 2)


@pytest.mark.parametrize("other", [Tokens("octo/shop/7/2", STACK_ID), Tokens("octo/shop/7/1", f"{STACK_ID}x")])
def test_another_run_or_stack_has_other_tokens(other: Tokens) -> None:
    assert OURS.change_set("0") != other.change_set("0")
    assert not other.named(OURS.change_set("0"))
    assert not other.owns(OURS.make(CANCEL))
    assert OURS.owns(OURS.make(CANCEL))


@pytest.mark.parametrize("step", STEPS)
def test_our_tokens_tell_their_step_in_whatever_run(step: str) -> None:
    assert step_of(OURS.make(step, 2)) == step


@pytest.mark.parametrize(
    "token",
    [
        "",
        "rollback-action",
        "rollback-action-0123456789abcdef-01234567-delete-1",
        "Console-CancelUpdateStack-4a37fa2d-f2d7",
    ],
)
def test_nobody_elses_token_has_a_step(token: str) -> None:
    assert step_of(token) == ""


def test_our_tokens_tell_which_try_they_stand_for() -> None:
    assert number_of(OURS.make(CONTINUE, 10)) == 10
    assert number_of("Console-CancelUpdateStack-4") == 0


def test_what_deals_with_another_operation_has_another_token() -> None:
    assert OURS.make(CANCEL, 1, "event-1") != OURS.make(CANCEL, 1, "event-2")
    assert OURS.owns(OURS.make(CANCEL, 1, "event-2"))
