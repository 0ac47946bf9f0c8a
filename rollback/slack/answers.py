"""Pure: Slack's answers and addresses: what counts as told, and what a refusal asks of a person."""

from __future__ import annotations

import json
import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

_OK = 200
_WORD = re.compile(r"[a-z][a-z_]{2,60}")
_SERVER_ERRORS = 500

CURES: Final = {
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
WORKFLOW: Final = (
    "The address is a trigger of Slack's Workflow Builder, which takes only the variables that its workflow names: "
    "give the workflow one variable, a text named text, or use an incoming webhook (hooks.slack.com/services/…)."
)
REDIRECT: Final = (
    "A redirect is not followed, so that nothing secret goes to another place: give the address it leads to."
)
_UNKNOWN_WORD: Final = "Slack's documentation of its errors says what the word means."


def is_told(status: int, body: str) -> bool:
    """Return whether a webhook took the message: `ok` from an incoming webhook, `{"ok": true}` from a workflow's."""
    return status == _OK and (body.strip() == "ok" or _says_ok(body))


def refusal(status: int, body: str, address: str = "") -> tuple[str, str]:
    """Return why a message was not taken, in Slack's word where it has one, and the cure; of a webhook its address."""
    word = said(body) or _error_of(body)
    if _is_redirect(status):
        return f"it answered {status}, a redirect", REDIRECT
    why = f"Slack says {word}" if word else f"it answered {status}, not ok"
    if is_workflow(address):
        return why, WORKFLOW
    if word:
        return why, CURES.get(word, _UNKNOWN_WORD)
    if status >= _SERVER_ERRORS:
        return why, "Look at status.slack.com."
    return why, "Check slack-webhook-url: what answers there is no webhook of Slack's." if address else ""


def said(text: str) -> str:
    """Return Slack's word for an error, such as `channel_not_found`; empty where the answer is something else."""
    return text.strip() if _WORD.fullmatch(text.strip()) else ""


def is_workflow(address: str) -> bool:
    """Return whether a webhook's address starts a workflow of Slack's Workflow Builder."""
    path = urlsplit(address).path
    return "/triggers/" in path or "/workflows/" in path


def is_open_to_the_network(address: str) -> bool:
    """Return whether what is sent to the address can be read on its way: http beyond this machine."""
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme != "http" or host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return True


def _is_redirect(status: int) -> bool:
    return 300 <= status < 400  # noqa: PLR2004 - HTTP's own class of statuses


def _says_ok(body: str) -> bool:
    answer = _parsed(body)
    return isinstance(answer, dict) and answer.get("ok") is True


def _error_of(body: str) -> str:
    answer = _parsed(body)
    return said(str(answer.get("error", ""))) if isinstance(answer, dict) else ""


def _parsed(body: str) -> object:
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return parsed
