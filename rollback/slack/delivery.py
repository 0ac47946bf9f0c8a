"""Brings the messages to Slack, by webhook or as a bot. Raises `SlackError` alone, which never shows a secret.

slack_sdk is imported when something is sent: a run that tells nobody starts without it.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk import WebClient
    from slack_sdk.http_retry.handler import RetryHandler

    from rollback.slack.message import Message

START_BUDGET: Final = 5.0
"""Seconds for the message at the start: AWS waits meanwhile."""
END_BUDGET: Final = 30.0
MOST_RETRY_AFTER: Final = 10
"""Seconds: how much of Slack's wish to wait is granted."""
SLACK_API: Final = "https://slack.com/api/"
_TRIES = 3
_HTTP_OK = 200
_WORD = re.compile(r"[a-z][a-z_]{2,60}")
# slack_sdk logs addresses and messages at the level DEBUG.
_SILENT = logging.getLogger("rollback.slack")
_SILENT.setLevel(logging.CRITICAL + 1)

_CURES: Final = {
    "invalid_auth": "Check slack-bot-token: it must be the bot token (xoxb-...) of an app installed in the workspace.",
    "not_authed": "Give slack-bot-token.",
    "account_inactive": "The bot's account or workspace is deactivated: install the app again.",
    "token_revoked": "Install the app again, and renew slack-bot-token.",
    "token_expired": "Renew slack-bot-token.",
    "channel_not_found": "Check slack-channel, and invite the bot to it if it is private.",
    "not_in_channel": "Invite the bot to the channel, or give the app the scope chat:write.public.",
    "is_archived": "Name another slack-channel: this one is archived.",
    "channel_is_archived": "Make a webhook for another channel: this one is archived.",
    "missing_scope": "Give the app the scope chat:write, and install it again.",
    "restricted_action": "Ask a Slack administrator to let the app post in this channel.",
    "no_service": "The webhook was removed: make a new one and renew slack-webhook-url.",
    "no_team": "The webhook was removed: make a new one and renew slack-webhook-url.",
    "invalid_token": "The webhook's address is wrong: renew slack-webhook-url.",
    "action_prohibited": "Ask a Slack administrator to let the webhook post in this channel.",
    "posting_to_general_channel_denied": "Ask a Slack administrator to let the webhook post in this channel.",
    "ratelimited": "Slack asked to wait longer than a rollback may: look at what else posts with this app.",
    "rate_limited": "Slack asked to wait longer than a rollback may: look at what else posts with this webhook.",
}


class SlackError(Exception):
    """Slack was not told: what could not be done, why, and what a person can do about it."""

    def __init__(self, what: str, why: str, cure: str = "") -> None:
        super().__init__(f"{what}: {why}.{f' {cure}' if cure else ''}")
        self.what = what
        self.why = why
        self.cure = cure


class Messenger(Protocol):
    """Somewhere to tell how a rollback goes."""

    def started(self, message: Message, *, budget: float = START_BUDGET) -> None:
        """Tell that it begins, in at most `budget` seconds."""
        ...

    def finished(self, final: Message, details: Message, *, budget: float = END_BUDGET) -> None:
        """Tell how it ended, in at most `budget` seconds."""
        ...


@dataclass(frozen=True)
class SlackWebhook:
    """An incoming webhook: it can only add messages, so there is one, at the end."""

    url: str = field(repr=False)

    def started(self, message: Message, *, budget: float = START_BUDGET) -> None:
        """Do nothing: a message that can't be updated would stay alarming."""

    def finished(self, final: Message, details: Message, *, budget: float = END_BUDGET) -> None:  # noqa: ARG002
        """Post the final message; there is no thread for the details. Raises `SlackError`."""
        _within(budget, "The message was not sent to the Slack webhook", lambda: self._send(final, budget))

    def _send(self, message: Message, budget: float) -> None:
        from slack_sdk.webhook import WebhookClient  # noqa: PLC0415  # see the module's docstring

        client = WebhookClient(self.url, timeout=_timeout(budget), logger=_SILENT, retry_handlers=_retry_handlers())
        answer = client.send_dict(_payload(message))
        if answer.status_code != _HTTP_OK or answer.body.strip() != "ok":
            raise _Refused(_said(answer.body) or f"it answered {answer.status_code}, not ok")


class SlackBot:
    """A bot: one message from the start, updated to its final state, its thread, and an announcement of the end."""

    def __init__(self, token: str, channel: str, api_url: str = SLACK_API) -> None:
        self._token = token
        self._channel = channel
        self._api_url = api_url
        self._posted: tuple[str, str] | None = None

    def started(self, message: Message, *, budget: float = START_BUDGET) -> None:
        """Post the message that `finished` will update. Raises `SlackError`."""
        _within(budget, "The start was not posted to Slack", lambda: self._start(self._client(budget), message))

    def finished(self, final: Message, details: Message, *, budget: float = END_BUDGET) -> None:
        """Bring the message to its final state, announce the end, and put the details in the thread.

        An update notifies nobody, so the end is announced by a reply that also appears in the channel. Where the
        start was not posted, the final message is a new one. Raises `SlackError`.
        """
        client = self._client(budget)
        _within(budget, "The end was not told on Slack", lambda: self._end(client, final, details))

    def __repr__(self) -> str:
        return f"SlackBot(channel={self._channel!r})"

    def _start(self, client: WebClient, message: Message) -> None:
        answer = client.chat_postMessage(channel=self._channel, **_payload(message))
        # chat.update wants the channel's id, which only this answer tells where the input gives a name.
        self._posted = str(answer["channel"]), str(answer["ts"])

    def _end(self, client: WebClient, final: Message, details: Message) -> None:
        if self._posted is None:
            self._start(client, final)
            self._reply(client, details)
            return
        trouble = _kept(lambda: self._update(client, final))
        # Whatever became of the update: the people who are mentioned must hear of the end.
        self._reply(client, final if trouble else _announcement(final), reply_broadcast=True)
        self._reply(client, details)
        if trouble:
            raise trouble

    def _update(self, client: WebClient, final: Message) -> None:
        channel, ts = self._posted or ("", "")
        client.chat_update(channel=channel, ts=ts, **_payload(final))

    def _reply(self, client: WebClient, message: Message, *, reply_broadcast: bool = False) -> None:
        channel, ts = self._posted or ("", "")
        client.chat_postMessage(channel=channel, thread_ts=ts, reply_broadcast=reply_broadcast, **_payload(message))

    def _client(self, budget: float) -> WebClient:
        from slack_sdk import WebClient  # noqa: PLC0415  # see the module's docstring

        return WebClient(
            token=self._token,
            base_url=self._api_url,
            timeout=_timeout(budget),
            logger=_SILENT,
            retry_handlers=_retry_handlers(),
        )


class _Refused(Exception):  # it only carries a word to `_told`
    """Slack answered, and said no."""


def _payload(message: Message) -> dict[str, Any]:
    # No names become mentions, no addresses are looked at: both would be the outside text's doing, not ours.
    payload: dict[str, Any] = {"text": message.text, "link_names": False, "parse": "none"}
    payload |= {"unfurl_links": False, "unfurl_media": False}
    return payload | ({"blocks": list(message.blocks)} if message.blocks else {})


def _announcement(final: Message) -> Message:
    return type(final)(text=final.text)


def _timeout(budget: float) -> int:
    return max(int(min(budget, 10)), 1)


def _retry_handlers() -> list[RetryHandler]:
    from slack_sdk.http_retry import builtin_handlers as builtin  # noqa: PLC0415  # see the module's docstring

    class Capped(builtin.RateLimitErrorRetryHandler):
        """Waits as long as Slack asks, but not longer than a rollback may."""

        def prepare_for_next_attempt(
            self, *, state: Any, request: Any, response: Any = None, error: Any = None
        ) -> None:
            for name in [name for name in response.headers if name.lower() == "retry-after"] if response else []:
                wanted = str((response.headers[name] or [""])[0])
                response.headers[name] = [str(min(int(wanted), MOST_RETRY_AFTER) if wanted.isdecimal() else 1)]
            super().prepare_for_next_attempt(state=state, request=request, response=response, error=error)

    return [
        builtin.ConnectionErrorRetryHandler(max_retry_count=_TRIES - 1),
        builtin.ServerErrorRetryHandler(max_retry_count=_TRIES - 1),
        Capped(max_retry_count=_TRIES - 1),
    ]


def _kept(call: Callable[[], None]) -> Exception | None:
    try:
        call()
    except Exception as error:  # noqa: BLE001  # kept, and raised by the caller when the more urgent is done
        return error
    return None


def _within(budget: float, what: str, call: Callable[[], None]) -> None:
    """Run `call` beside us for at most `budget` seconds: neither a name server nor a slow answer holds the run up."""
    failures: list[Exception] = []

    def work() -> None:
        failures.extend(error for error in (_kept(call),) if error)

    thread = threading.Thread(target=work, name="slack", daemon=True)
    began = time.monotonic()
    thread.start()
    thread.join(max(budget, 0))
    if thread.is_alive():
        seconds = round(time.monotonic() - began)
        raise SlackError(what, f"Slack did not take it within {seconds} s", "Check the network and status.slack.com.")
    if failures:
        raise _told(what, failures[0])


def _told(what: str, error: Exception) -> SlackError:
    """Return the error in our own words. The library's may hold the webhook's address or the token, so none is used."""
    from slack_sdk.errors import SlackApiError  # noqa: PLC0415  # see the module's docstring

    if isinstance(error, SlackApiError):
        try:
            word = _said(str(error.response["error"]))
        except (KeyError, TypeError, ValueError):
            word = ""
        why, cure = f"Slack says {word}" if word else "Slack refused it", _CURES.get(word, "")
    elif isinstance(error, _Refused):
        why, cure = f"Slack says {error}", _CURES.get(str(error), "Check slack-webhook-url.")
    else:
        why, cure = f"Slack could not be reached ({type(error).__name__})", "Check the address and the network."
    return SlackError(what, why, cure)


def _said(text: str) -> str:
    """Return Slack's word for an error, such as `channel_not_found`; empty where the answer is something else."""
    return text.strip() if _WORD.fullmatch(text.strip()) else ""
