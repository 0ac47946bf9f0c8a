"""Slack's side of the conversation, spoken to with slack_sdk."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from slack_sdk import WebClient, WebhookClient
from slack_sdk.errors import SlackApiError

from sandbox import Elsewhere

if TYPE_CHECKING:
    from sandbox import Sandbox

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*rolled back*"}}


@pytest.fixture
def bot(sandbox: Sandbox) -> WebClient:
    return WebClient(token=sandbox.slack.bot_token, base_url=sandbox.slack.api_url)


@pytest.fixture
def webhook(sandbox: Sandbox) -> WebhookClient:
    return WebhookClient(sandbox.slack.webhook_url)


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": text}}


def fields(count: int, size: int = 1) -> dict[str, Any]:
    return {"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * size}] * count}


def test_a_webhook_takes_a_message_and_says_ok(sandbox: Sandbox, webhook: WebhookClient) -> None:
    answer = webhook.send(text="rolled back", blocks=[SECTION])
    assert (answer.status_code, answer.body) == (200, "ok")
    message = sandbox.slack.messages[0]
    assert (message.text, message.blocks, message.by_webhook) == ("rolled back", [SECTION], True)


@pytest.mark.parametrize(
    ("error", "status"), [("no_service", 404), ("invalid_payload", 400), ("rate_limited", 429), ("server_error", 500)]
)
def test_a_webhook_fails_as_slacks_do(sandbox: Sandbox, webhook: WebhookClient, error: str, status: int) -> None:
    sandbox.slack.fail(error)
    assert webhook.send(text="x").status_code == status
    assert webhook.send(text="x").status_code == 200


def test_another_webhook_is_not_served(sandbox: Sandbox) -> None:
    assert WebhookClient(sandbox.slack.webhook_url + "x").send(text="x").body == "no_service"


def test_a_bot_posts_threads_and_edits(sandbox: Sandbox, bot: WebClient) -> None:
    posted = bot.chat_postMessage(channel="#deploys", text="started")
    bot.chat_postMessage(channel=posted["channel"], text="stack", thread_ts=posted["ts"])
    bot.chat_update(channel=posted["channel"], ts=posted["ts"], text="done", blocks=[SECTION])
    first, second = sandbox.slack.messages
    assert (first.text, first.blocks, first.edits) == ("done", [SECTION], [{"text": "started", "blocks": []}])
    assert second.thread_ts == first.ts


@pytest.mark.filterwarnings("ignore:The top-level `text` argument is missing")
@pytest.mark.parametrize(
    ("method", "params", "error"),
    [
        ("chat_postMessage", {"channel": "nowhere", "text": "x"}, "channel_not_found"),
        ("chat_postMessage", {"channel": "deploys"}, "no_text"),
        ("chat_postMessage", {"channel": "deploys", "text": "x" * 40_001}, "msg_too_long"),
        ("chat_postMessage", {"channel": "deploys", "text": "x", "thread_ts": "1.1"}, "thread_not_found"),
        ("chat_update", {"channel": "deploys", "ts": "1.1", "text": "x"}, "channel_not_found"),
        ("chat_update", {"channel": "C0DEPLOYS01", "ts": "1.1", "text": "x"}, "message_not_found"),
    ],
)
def test_a_bot_is_refused_in_slacks_words(bot: WebClient, method: str, params: dict[str, str], error: str) -> None:
    with pytest.raises(SlackApiError) as refused:
        getattr(bot, method)(**params)
    assert refused.value.response["error"] == error


def test_a_wrong_token_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(SlackApiError, match="invalid_auth"):
        WebClient(token="xoxb-wrong", base_url=sandbox.slack.api_url).auth_test()


@pytest.mark.parametrize(
    "blocks",
    [
        [header("x" * 151)],
        [header("")],
        [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
        [section("x" * 3001)],
        [fields(11)],
        [fields(1, 2001)],
        [SECTION] * 51,
        [{"type": "section"}],
        [{"type": "sektion"}],
        [{**SECTION, "colour": "red"}],
        [{"type": "context", "elements": []}],
        [{"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "x" * 76}}]}],
    ],
)
def test_blocks_beyond_block_kits_limits_are_invalid(webhook: WebhookClient, blocks: list[dict[str, Any]]) -> None:
    answer = webhook.send(text="x", blocks=blocks)
    assert (answer.status_code, answer.body) == (400, "invalid_blocks")


def test_blocks_at_block_kits_limits_are_taken(webhook: WebhookClient) -> None:
    blocks = [header("x" * 150), section("x" * 3000), fields(10, 2000), {"type": "divider"}]
    assert webhook.send(text="x" * 40_000, blocks=blocks).body == "ok"


@pytest.mark.parametrize("address", ["workflow_url", "old_workflow_url"])
def test_a_workflow_answers_in_json(sandbox: Sandbox, address: str) -> None:
    answer = WebhookClient(getattr(sandbox.slack, address)).send_dict({"outcome": "rolled-back"})
    assert (answer.status_code, json.loads(answer.body)) == (200, {"ok": True})
    assert [message.payload for message in sandbox.slack.messages] == [{"outcome": "rolled-back"}]


def test_a_workflow_refuses_in_json_too(sandbox: Sandbox) -> None:
    sandbox.slack.fail("invalid_webhook_config")
    webhook = WebhookClient(sandbox.slack.workflow_url)
    answer = webhook.send_dict({"outcome": "x"})
    assert (answer.status_code, json.loads(answer.body)) == (400, {"ok": False, "error": "invalid_webhook_config"})
    assert WebhookClient(sandbox.slack.workflow_url + "x").send_dict({}).status_code == 404
    assert sandbox.slack.messages == []


@pytest.mark.parametrize("status", [200, 400, 403, 429, 500, 503])
@pytest.mark.parametrize("body", ['"x"', "429", "true", "null", "[1]", "{", ""])
def test_an_answer_may_be_no_json_object(sandbox: Sandbox, webhook: WebhookClient, status: int, body: str) -> None:
    sandbox.slack.answer_with(status, body)
    answer = webhook.send(text="x")
    assert (answer.status_code, answer.body) == (status, body)
    assert webhook.send(text="x").body == "ok"
    assert len(sandbox.slack.messages) == 1


def test_an_answer_may_lead_to_another_origin(sandbox: Sandbox) -> None:
    with Elsewhere() as other:
        sandbox.slack.answer_with(307, headers={"Location": f"{other.url}/x"})
        where = urlsplit(sandbox.slack.webhook_url)
        connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=5)
        connection.request("POST", where.path, b"{}")
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Location"]) == (307, f"{other.url}/x")
        connection.close()
        assert other.requests == []


def test_a_refusal_may_be_a_word_that_nobody_knows(sandbox: Sandbox, webhook: WebhookClient, bot: WebClient) -> None:
    sandbox.slack.fail("flux_capacitor_empty", times=2)
    answer = webhook.send(text="x")
    assert (answer.status_code, answer.body) == (400, "flux_capacitor_empty")
    with pytest.raises(SlackApiError, match="flux_capacitor_empty"):
        bot.chat_postMessage(channel="deploys", text="x")
