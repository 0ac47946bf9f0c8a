"""Whatever answers at Slack's address: it is told or it is not, in words that help, and no secret goes elsewhere."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.slack.answers import is_open_to_the_network, is_told, is_workflow, refusal
from rollback.slack.delivery import SlackBot, SlackError, SlackWebhook
from rollback.slack.message import Message
from tests.slack.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable

MESSAGE = Message("Rolled back", ({"type": "divider"},))
TOKEN = "xoxb-100-200-canary"
BODIES = (b'"x"', b"429", b"true", b"[1]", b"null", b"", b"<html>", b"{", b'{"ok": 1}', b'{"error": []}', b"\xff\xfe")
ANSWERS = [*product((200, 302, 400, 404), BODIES), *product((429, 500), BODIES[:4])]


@pytest.mark.parametrize(("status", "body"), ANSWERS)
def test_an_answer_that_is_not_slacks_is_an_error_in_our_own_words(status: int, body: bytes) -> None:
    with Server(status, body, {"Retry-After": "0", "Location": "/elsewhere"}) as server:
        bot = SlackBot(TOKEN, "deploys", f"{server.url}/api/")
        ways: list[Callable[[], None]] = [
            lambda: bot.finished(MESSAGE, MESSAGE),
            lambda: SlackWebhook(f"{server.url}/services/T/B/x").finished(MESSAGE, MESSAGE),
        ]
        for tell in ways:
            with pytest.raises(SlackError) as caught:
                tell()
            assert TOKEN not in str(caught.value)
            assert "/services/" not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_takes_nothing_to_another_origin_and_is_not_told(status: int) -> None:
    with Server() as thief, Server(status, b"ok", {"Location": f"{thief.url}/steal"}) as server:
        with pytest.raises(SlackError, match=f"it answered {status}, a redirect. A redirect is not followed"):
            SlackBot(TOKEN, "deploys", f"{server.url}/api/").finished(MESSAGE, MESSAGE)
        with pytest.raises(SlackError, match=f"it answered {status}, a redirect"):
            SlackWebhook(f"{server.url}/services/T/B/x").finished(MESSAGE, MESSAGE)
        assert len(server.requests) == 2
        assert thief.requests == []


def test_an_answer_that_drips_ends_with_the_budget() -> None:
    with Server(drip=True) as server, pytest.raises(SlackError, match="did not take it within"):
        SlackWebhook(f"{server.url}/services/T/B/x").finished(MESSAGE, MESSAGE, budget=0.5)


@pytest.mark.parametrize("path", ["/triggers/T1/22/abc", "/workflows/T1/A2/33/abc"])
def test_a_workflow_gets_the_one_variable_that_it_can_name_and_its_ok_counts(path: str) -> None:
    with Server(200, b'{"ok": true}') as server:
        SlackWebhook(f"{server.url}{path}").finished(MESSAGE, MESSAGE)
    assert [json.loads(body) for _, _, _, body in server.requests] == [{"text": "Rolled back"}]


def test_a_workflows_refusal_explains_its_address() -> None:
    body = b'{"ok": false, "error": "parameter_validation_failed"}'
    with Server(400, body) as server, pytest.raises(SlackError) as caught:
        SlackWebhook(f"{server.url}/triggers/T1/22/abc").finished(MESSAGE, MESSAGE)
    assert "parameter_validation_failed" in caught.value.why
    assert "Workflow Builder" in caught.value.cure


def test_a_word_that_nobody_knows_blames_no_address() -> None:
    why, cure = refusal(400, "something_new", "https://hooks.slack.com/services/T/B/x")
    assert "something_new" in why
    assert "address" not in cure
    assert "slack-webhook-url" not in cure


@given(st.integers(100, 599), st.one_of(st.text(max_size=30), st.from_type(type(None)).map(json.dumps)))
@settings(max_examples=300)
def test_only_slacks_own_ok_counts_as_told(status: int, body: str) -> None:
    assert is_told(status, body) == (status == 200 and body.strip() == "ok")
    why, _ = refusal(status, body)
    assert why


@pytest.mark.parametrize(
    ("address", "is_open"),
    [
        ("https://hooks.slack.com/services/T/B/x", False),
        ("http://hooks.slack.com/services/T/B/x", True),
        ("http://127.0.0.1:8080/x", False),
        ("http://[::1]/x", False),
        ("http://localhost/x", False),
        ("http://slack.localhost./x", False),
        ("http://10.0.0.1/x", True),
        ("http://127.0.0.1.example.com/x", True),
    ],
)
def test_http_is_open_to_the_network_beyond_this_machine(address: str, is_open: bool) -> None:
    assert is_open_to_the_network(address) is is_open


def test_a_services_address_is_no_workflow() -> None:
    assert not is_workflow("https://hooks.slack.com/services/T/B/x")
    assert is_workflow("https://hooks.slack.com/triggers/T/1/x")
