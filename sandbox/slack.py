"""Slack as a bot and a webhook see it: messages recorded, threads and edits too, and refusals in Slack's own words."""

from __future__ import annotations

import itertools
import json
import threading
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from sandbox.blocks import problems
from sandbox.exchange import Answer, ConnectionDroppedError, Incoming, json_answer, text_answer

BOT_TOKEN = "xoxb-100000000001-200000000002-sandboxbottoken"  # noqa: S105 - made up
_TEXT_LIMIT = 40_000
_WEBHOOK_STATUS = {"no_service": 404, "channel_not_found": 404, "channel_is_archived": 410, "invalid_token": 403}


@dataclass
class Message:
    """One message; `text` and `blocks` are its last state, `edits` every earlier one (text and blocks)."""

    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    thread_ts: str
    payload: dict[str, Any]
    by_webhook: bool = False
    edits: list[dict[str, Any]] = field(default_factory=list)

    @property
    def everything(self) -> str:
        """Text and blocks, first to last state, as one string: for looking whether a word is anywhere."""
        return json.dumps([self.edits, self.text, self.blocks, self.payload], ensure_ascii=False)


@dataclass(frozen=True)
class Failure:
    """An answer that Slack gives instead of taking the message.

    `error` is one of Slack's error words, or any other, or `rate_limited`, `server_error`, `dropped`, `hangs`.
    `answer` is said as it is: by a proxy, by a redirect, by a Slack that nobody knows yet.
    """

    error: str = ""
    retry_after: int = 1
    seconds: float = 60.0
    answer: Answer | None = None


class Slack:
    """Slack's side: one workspace with one bot, one webhook, one workflow that a webhook starts, and a few channels."""

    def __init__(self) -> None:
        self.url = ""
        self.bot_token = BOT_TOKEN
        self.channels = {"C0DEPLOYS01": "deploys", "C0ALERTS001": "devops-alerts"}
        self.messages: list[Message] = []
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self._failures: deque[Failure] = deque()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    @property
    def webhook_url(self) -> str:
        """The incoming webhook's address, which is a secret."""
        return f"{self.url}/slack/webhook/T00SANDBOX/B00SANDBOX/sandboxwebhooksecret"

    @property
    def workflow_url(self) -> str:
        """The address that starts a workflow of Workflow Builder, which is a secret too."""
        return f"{self.url}/triggers/E00SANDBOX/1000000000001/sandboxworkflowsecret"

    @property
    def old_workflow_url(self) -> str:
        """Such an address as the first Workflow Builder gave it."""
        return f"{self.url}/workflows/T00SANDBOX/A00SANDBOX/100000000000000001/sandboxworkflowsecret"

    @property
    def api_url(self) -> str:
        """The Web API's address, with the slash at its end that slack_sdk wants."""
        return f"{self.url}/slack/api/"

    def fail(self, error: str, times: int = 1, *, retry_after: int = 1, seconds: float = 60.0) -> None:
        """Let the next calls fail: see `Failure`."""
        with self._lock:
            self._failures.extend([Failure(error, retry_after, seconds)] * times)

    def answer_with(
        self, status: int, body: str | bytes = "", *, headers: dict[str, str] | None = None, times: int = 1
    ) -> None:
        """Let the next calls be answered like this, whatever they ask; as JSON unless the headers say otherwise."""
        data = body.encode() if isinstance(body, str) else body
        said = Answer(status, data, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})
        with self._lock:
            self._failures.extend([Failure(answer=said)] * times)

    def answer(self, incoming: Incoming) -> Answer:
        """Answer a call below /slack/, /triggers/ or /workflows/."""
        path = unquote(incoming.path)
        try:
            fields = incoming.fields()
        except ValueError:
            fields = {}
        with self._lock:
            self.requests.append((path, fields))
            failure = self._failures.popleft() if self._failures else None
        if failure is not None and failure.answer is not None:
            return replace(failure.answer)
        if path.startswith(("/triggers/", "/workflows/")):
            return self._workflow(path, fields, failure)
        if path.startswith("/slack/webhook/"):
            return self._webhook(path, fields, failure)
        if path.startswith("/slack/api/"):
            return self._api(path.removeprefix("/slack/api/"), fields, failure, incoming.header("Authorization"))
        return text_answer("no_service", 404)

    def _webhook(self, path: str, fields: dict[str, Any], failure: Failure | None) -> Answer:
        if failure is not None:
            if answer := _common_failure(failure):
                return answer
            return text_answer(failure.error, _WEBHOOK_STATUS.get(failure.error, 400))
        if not self.webhook_url.endswith(path):
            return text_answer("no_service", 404)
        if not fields:
            return text_answer("invalid_payload", 400)
        if "payload" in fields:
            fields = json.loads(fields["payload"])
        if error := _refusal(fields):
            return text_answer(error[0], 400)
        self._keep("", fields, by_webhook=True)
        return text_answer("ok")

    def _workflow(self, path: str, fields: dict[str, Any], failure: Failure | None) -> Answer:
        """Start the workflow: its webhook takes any variables, and answers in JSON where others say `ok`."""
        if failure is not None:
            refused = json_answer({"ok": False, "error": failure.error}, _WEBHOOK_STATUS.get(failure.error, 400))
            return _common_failure(failure) or refused
        if not self.workflow_url.endswith(path) and not self.old_workflow_url.endswith(path):
            return json_answer({"ok": False, "error": "no_service"}, 404)
        self._keep("", fields, by_webhook=True)
        return json_answer({"ok": True})

    def _api(self, method: str, fields: dict[str, Any], failure: Failure | None, authorization: str) -> Answer:
        if failure is not None:
            return _common_failure(failure) or _refused(failure.error)
        token = authorization.removeprefix("Bearer ") or str(fields.get("token", ""))
        if not token:
            return _refused("not_authed")
        if token != self.bot_token:
            return _refused("invalid_auth")
        match method:
            case "auth.test":
                return json_answer({"ok": True, "team": "sandbox", "user": "rollback", "bot_id": "B0SANDBOX"})
            case "chat.postMessage":
                return self._post(_with_blocks(fields))
            case "chat.update":
                return self._update(_with_blocks(fields))
            case _:
                return _refused("unknown_method")

    def _post(self, fields: dict[str, Any]) -> Answer:
        channel = self._channel_id(str(fields.get("channel", "")))
        if not channel:
            return _refused("channel_not_found")
        if error := _refusal(fields):
            return _refused(*error)
        if (thread := fields.get("thread_ts")) and thread not in {message.ts for message in self.messages}:
            return _refused("thread_not_found")
        message = self._keep(channel, fields)
        return json_answer({"ok": True, "channel": channel, "ts": message.ts, "message": {"text": message.text}})

    def _update(self, fields: dict[str, Any]) -> Answer:
        """Edit a message. Unlike chat.postMessage, chat.update takes the channel's id only."""
        channel = fields.get("channel")
        if channel not in self.channels:
            return _refused("channel_not_found")
        if error := _refusal(fields):
            return _refused(*error)
        with self._lock:
            found = [item for item in self.messages if (item.channel, item.ts) == (channel, fields.get("ts"))]
            if not found:
                return _refused("message_not_found")
            message = found[0]
            message.edits.append({"text": message.text, "blocks": message.blocks})
            message.text = str(fields.get("text", ""))
            message.blocks = list(fields.get("blocks") or [])
        return json_answer({"ok": True, "channel": channel, "ts": message.ts, "text": message.text})

    def _keep(self, channel: str, fields: dict[str, Any], *, by_webhook: bool = False) -> Message:
        with self._lock:
            ts = f"17647200{next(self._numbers):02d}.000100"
            text, blocks = str(fields.get("text", "")), list(fields.get("blocks") or [])
            message = Message(channel, ts, text, blocks, str(fields.get("thread_ts") or ""), fields, by_webhook)
            self.messages.append(message)
        return message

    def _channel_id(self, channel: str) -> str:
        if channel in self.channels:
            return channel
        return next((key for key, name in self.channels.items() if name == channel.removeprefix("#")), "")


def _common_failure(failure: Failure) -> Answer | None:
    match failure.error:
        case "rate_limited":
            headers = {"Retry-After": str(failure.retry_after)}
            return json_answer({"ok": False, "error": "ratelimited"}, 429, headers)
        case "server_error":
            return text_answer("internal_error", 500)
        case "dropped":
            raise ConnectionDroppedError
        case "hangs":
            return Answer(504, hold=failure.seconds)
        case _:
            return None


def _refusal(fields: dict[str, Any]) -> tuple[str, list[str]] | None:
    """Return Slack's error word and details if it would not take this message."""
    text, blocks = fields.get("text"), fields.get("blocks")
    if not text and not blocks and not fields.get("attachments"):
        return "no_text", []
    if isinstance(text, str) and len(text) > _TEXT_LIMIT:
        return "msg_too_long", []
    if blocks is not None and (found := problems(blocks)):
        return "invalid_blocks", found
    return None


def _refused(error: str, details: list[str] | None = None) -> Answer:
    body: dict[str, Any] = {"ok": False, "error": error}
    if details:
        body["errors"] = details
        body["response_metadata"] = {"messages": [f"[ERROR] {text}" for text in details]}
    return json_answer(body)


def _with_blocks(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields with their blocks as values: in a form they come as JSON text."""
    if isinstance(fields.get("blocks"), str):
        try:
            return {**fields, "blocks": json.loads(fields["blocks"])}
        except ValueError:
            return {**fields, "blocks": "not JSON"}
    return fields
