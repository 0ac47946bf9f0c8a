"""Delivery to Slack, against the embedded one: one message, its thread, and errors that name cause and cure."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from rollback.slack import delivery
from rollback.slack.delivery import SlackBot, SlackError, SlackWebhook
from rollback.slack.message import Message, final_message, start_message, thread_details
from sandbox import Sandbox
from tests.report.incidents import PARTIAL

if TYPE_CHECKING:
    from collections.abc import Iterator

START = start_message(PARTIAL, ["here"])
FINAL = final_message(PARTIAL, ["here"])
DETAILS = thread_details(PARTIAL)
SECRET_PATH = "sandboxwebhooksecret"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def bot(sandbox: Sandbox) -> SlackBot:
    return SlackBot(sandbox.slack.bot_token, "deploys", sandbox.slack.api_url)


@pytest.fixture
def webhook(sandbox: Sandbox) -> SlackWebhook:
    return SlackWebhook(sandbox.slack.webhook_url)


def test_a_webhook_posts_one_message_at_the_end(sandbox: Sandbox, webhook: SlackWebhook) -> None:
    webhook.started(START)
    assert sandbox.slack.messages == []
    webhook.finished(FINAL, DETAILS)
    (message,) = sandbox.slack.messages
    assert (message.text, message.blocks) == (FINAL.text, list(FINAL.blocks))
    assert message.payload["link_names"] is False
    assert message.payload["parse"] == "none"


def test_a_bot_updates_its_message_announces_the_end_and_threads_the_details(sandbox: Sandbox, bot: SlackBot) -> None:
    bot.started(START)
    (first,) = sandbox.slack.messages
    assert first.text == START.text
    bot.finished(FINAL, DETAILS)
    first, announcement, details = sandbox.slack.messages
    assert (first.text, first.blocks, len(first.edits)) == (FINAL.text, list(FINAL.blocks), 1)
    assert (announcement.text, announcement.thread_ts) == (FINAL.text, first.ts)
    assert announcement.payload["reply_broadcast"] in {True, "true", "1"}
    assert (details.text, details.thread_ts) == (DETAILS.text, first.ts)
    assert details.payload.get("reply_broadcast") not in {True, "true", "1"}


def test_a_bot_whose_start_failed_posts_the_end_anew(sandbox: Sandbox, bot: SlackBot) -> None:
    sandbox.slack.fail("channel_not_found")
    with pytest.raises(SlackError, match="invite the bot"):
        bot.started(START)
    bot.finished(FINAL, DETAILS)
    final, details = sandbox.slack.messages
    assert (final.text, final.thread_ts) == (FINAL.text, "")
    assert (details.text, details.thread_ts) == (DETAILS.text, final.ts)


def test_an_update_that_fails_does_not_keep_the_end_to_itself(sandbox: Sandbox, bot: SlackBot) -> None:
    bot.started(START)
    sandbox.slack.fail("cant_update_message")
    with pytest.raises(SlackError, match="Slack says cant_update_message"):
        bot.finished(FINAL, DETAILS)
    assert [message.text for message in sandbox.slack.messages] == [START.text, FINAL.text, DETAILS.text]


@pytest.mark.parametrize("failure", ["server_error", "rate_limited", "dropped"])
def test_what_passes_by_itself_is_tried_again(sandbox: Sandbox, webhook: SlackWebhook, failure: str) -> None:
    sandbox.slack.fail(failure, 1, retry_after=0)
    webhook.finished(FINAL, DETAILS)
    assert FINAL.text in {message.text for message in sandbox.slack.messages}


def test_slacks_wish_to_wait_is_granted_up_to_a_cap(
    sandbox: Sandbox, webhook: SlackWebhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MOST_RETRY_AFTER", 0)
    sandbox.slack.fail("rate_limited", 1, retry_after=3_600)
    webhook.finished(FINAL, DETAILS, budget=10)
    assert len(sandbox.slack.messages) == 1


def test_an_end_to_trying(sandbox: Sandbox, bot: SlackBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "MOST_RETRY_AFTER", 0)
    sandbox.slack.fail("rate_limited", 100, retry_after=1)
    with pytest.raises(SlackError) as caught:
        bot.started(START, budget=20)
    assert len(sandbox.slack.requests) == 3
    assert "token" not in str(caught.value).lower()


def test_a_slack_that_hangs_costs_no_more_than_the_budget(sandbox: Sandbox, webhook: SlackWebhook) -> None:
    sandbox.slack.fail("hangs", seconds=5.0)
    began = time.monotonic()
    with pytest.raises(SlackError, match="did not take it within"):
        webhook.finished(FINAL, DETAILS, budget=0.5)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("word", "cure"),
    [
        ("no_service", "make a new one and renew slack-webhook-url"),
        ("channel_is_archived", "archived"),
        ("invalid_token", "renew slack-webhook-url"),
        ("something_new", "Slack's documentation"),
    ],
)
def test_a_webhooks_refusal_names_the_cure(sandbox: Sandbox, webhook: SlackWebhook, word: str, cure: str) -> None:
    sandbox.slack.fail(word)
    with pytest.raises(SlackError) as caught:
        webhook.finished(FINAL, DETAILS)
    assert f"Slack says {word}" in str(caught.value)
    assert cure in caught.value.cure


def test_a_wrong_token_names_the_cure(sandbox: Sandbox) -> None:
    bot = SlackBot("xoxb-wrong-token-secret", "deploys", sandbox.slack.api_url)
    with pytest.raises(SlackError, match="Check slack-bot-token") as caught:
        bot.started(START)
    assert "secret" not in f"{caught.value} {bot!r}"


@pytest.mark.parametrize(
    "url",
    [
        f"http://127.0.0.1:9/{SECRET_PATH}",
        f"http://[broken/{SECRET_PATH}",
        f"ftp://127.0.0.1/{SECRET_PATH}",
        f"http://127.0.0.1:9/{SECRET_PATH}\n with spaces",
        f"http://exa mple/{SECRET_PATH}",
    ],
)
def test_an_error_never_shows_the_webhook(url: str) -> None:
    webhook = SlackWebhook(url)
    with pytest.raises(SlackError) as caught:
        webhook.finished(FINAL, DETAILS, budget=5)
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET_PATH not in f"{error!r} {error}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    assert SECRET_PATH not in repr(webhook)


@pytest.mark.parametrize("body", ["not ok", "ok, but", "<html>secret-page</html>"])
def test_only_ok_is_success(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Answer:
        status_code = 200

    Answer.body = body  # type: ignore[attr-defined]
    monkeypatch.setattr("slack_sdk.webhook.WebhookClient.send_dict", lambda *_args, **_kwargs: Answer())
    with pytest.raises(SlackError) as caught:
        SlackWebhook("https://hooks.example/x").finished(Message("text"), Message("details"))
    assert "secret-page" not in str(caught.value)
