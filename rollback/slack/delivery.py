"""Brings the messages to Slack, by webhook or as a bot. Raises `SlackError` alone, which never shows a secret.

slack_sdk is imported when something is sent: a run that tells nobody starts without it.
"""

from __future__ import annotations

import io
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from rollback.slack import answers

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.request import Request

    from slack_sdk import WebClient
    from slack_sdk.errors import SlackApiError
    from slack_sdk.http_retry.handler import RetryHandler
    from slack_sdk.webhook import WebhookClient

    from rollback.slack.message import Message

START_BUDGET: Final = 5.0
"""Seconds for the message at the start: AWS waits meanwhile."""
END_BUDGET: Final = 30.0
MOST_RETRY_AFTER: Final = 10
"""Seconds: how much of Slack's wish to wait is granted."""
SLACK_API: Final = "https://slack.com/api/"
_TRIES = 3
_ANSWER_BYTES = 1_000_000
# slack_sdk logs addresses and messages at the level DEBUG.
_REACH: Final = "Check the address and the network."
_SILENT = logging.getLogger("rollback.slack")
_SILENT.setLevel(logging.CRITICAL + 1)


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
        # A workflow takes the variables that it names, and nothing else.
        payload = {"text": message.text} if answers.is_workflow(self.url) else _payload(message)
        answer = _webhook_client(self.url, budget).send_dict(payload)
        if not answers.is_told(answer.status_code, answer.body):
            raise _Refused(*answers.refusal(answer.status_code, answer.body, self.url))


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
        told = answer["channel"], answer["ts"]
        if not all(isinstance(part, str) and part for part in told):
            raise _Refused("what answered is not Slack", _REACH)
        self._posted = str(told[0]), str(told[1])

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
        return _web_client(self._token, self._api_url, budget)


class _Refused(Exception):
    """Slack answered, and said no: why, and the cure."""

    def __init__(self, why: str, cure: str) -> None:
        super().__init__(why)
        self.why = why
        self.cure = cure


def _payload(message: Message) -> dict[str, Any]:
    # No names become mentions, no addresses are looked at: both would be the outside text's doing, not ours.
    payload: dict[str, Any] = {"text": message.text, "link_names": False, "parse": "none"}
    payload |= {"unfurl_links": False, "unfurl_media": False}
    return payload | ({"blocks": list(message.blocks)} if message.blocks else {})


def _announcement(final: Message) -> Message:
    return type(final)(text=final.text)


def _timeout(budget: float) -> int:
    return max(int(min(budget, 10)), 1)


def _webhook_client(url: str, budget: float) -> WebhookClient:
    from slack_sdk.webhook import WebhookClient, WebhookResponse  # noqa: PLC0415  # see the module's docstring

    class Client(WebhookClient):
        """Slack's own client, but for redirects and endless answers."""

        def _perform_http_request_internal(self, url: str, req: Request) -> WebhookResponse:
            status, headers, body = _opened(req, self.timeout)
            return WebhookResponse(url=url, status_code=status, body=body, headers=headers)

    return Client(url, timeout=_timeout(budget), logger=_SILENT, retry_handlers=_retry_handlers())


def _web_client(token: str, api_url: str, budget: float) -> WebClient:
    from slack_sdk import WebClient  # noqa: PLC0415  # see the module's docstring

    class Client(WebClient):
        """Slack's own client, but for redirects and endless answers."""

        def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:  # noqa: ARG002
            status, headers, body = _opened(req, self.timeout)
            return {"status": status, "headers": headers, "body": body}

    timeout = _timeout(budget)
    return Client(token=token, base_url=api_url, timeout=timeout, logger=_SILENT, retry_handlers=_retry_handlers())


def _opened(request: Request, timeout: float) -> tuple[int, dict[str, Any], str]:
    """Send the request, follow no redirect, and return status, headers and body. Raises as urllib does.

    urllib would take the bot's token along to wherever a redirect leads, and take that page's answer for Slack's.
    """
    from urllib.error import HTTPError  # noqa: PLC0415  # as slack_sdk's imports, only where something is sent
    from urllib.request import HTTPRedirectHandler, build_opener  # noqa: PLC0415  # as above

    class NoRedirects(HTTPRedirectHandler):
        def redirect_request(self, *_: Any, **__: Any) -> None:
            return None

    try:
        with build_opener(NoRedirects).open(request, timeout=timeout) as answer:
            return answer.status, dict(answer.headers), answer.read(_ANSWER_BYTES).decode("utf-8", "replace")
    except HTTPError as refusal:
        body = io.BytesIO(refusal.read(_ANSWER_BYTES))
        raise HTTPError(refusal.url, refusal.code, refusal.msg, refusal.headers, body) from None


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

    if isinstance(error, _Refused):
        return SlackError(what, error.why, error.cure)
    if isinstance(error, SlackApiError):
        return SlackError(what, *_refusal(error))
    if isinstance(error, OSError):
        return SlackError(what, f"Slack could not be reached ({type(error).__name__})", _REACH)
    return SlackError(what, f"what answered is not Slack ({type(error).__name__})", _REACH)


def _refusal(error: SlackApiError) -> tuple[str, str]:
    """Return the word and the cure of an answer, whatever it is: its JSON may be no object."""
    try:
        word = answers.said(str(error.response.data["error"]))
        status = int(error.response.status_code)
    except Exception:  # noqa: BLE001 - the library passes on whatever came
        return "what answered is not Slack", _REACH
    return answers.refusal(status, word)
