"""Pure: a report as Slack messages, within Block Kit's limits, urgent, and with nothing from outside active in them.

Sources of the rules: Slack's "Formatting message text" (what to escape) and "Reference: blocks" (the limits).
Not-triggered runs, dry runs, `status` and `snapshot` notify nobody; the caller decides that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from rollback.report import removed, words
from rollback.report.links import entry
from rollback.report.results import Result
from rollback.report.text import clean, collapse, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rollback.report.model import Context, FrontendReport, Report, StackReport

HEADER_LIMIT: Final = 150
SECTION_LIMIT: Final = 3_000
FIELD_LIMIT: Final = 2_000
FIELDS_LIMIT: Final = 10
BLOCKS_LIMIT: Final = 50
FALLBACK_LIMIT: Final = 3_000
"""Slack cuts a message's text at 40,000 characters; a notification shows its first line."""

_PROSE, _VALUE, _COMMAND, _ADDRESS = 400, 200, 2_000, 1_000
_MOST_MENTIONS = 20
_MOST_DETAILS = 20
_MOST_STACKS = 4

_SAFE_URL = re.compile(r"https?://[^\s<>|\"'`\\]+")
_USER = re.compile(r"[UW][A-Z0-9]{1,30}")
_GROUP = re.compile(r"S[A-Z0-9]{1,30}")
_NOT_GOOD = frozenset({Result.REFUSED, Result.FAILED, Result.TIMED_OUT})
_EVERYBODY = frozenset({"here", "channel"})
# Slack ignores @name in an app's message, but servers that imitate its webhooks may not: the name is kept apart.
_AT = re.compile(r"@(?=\w)")
_BACKTICKS = re.compile("`{2,}")

Block = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """A message: `blocks` are what people see in Slack, `text` is what a notification or an old client shows."""

    text: str
    blocks: tuple[Block, ...] = field(default=())


def final_message(report: Report, mentions: Sequence[str] = ()) -> Message:
    """Return the message that tells how the run ended. `mentions` are the input's: `U…`, `W…`, `S…`, here, channel."""
    called = mention(mentions)
    verdict = prose(words.verdict(report))
    lead = " ".join(part for part in (called, "*A deployment failed.*" if report.triggered else "", verdict) if part)
    told = [f"*{question}:* {prose(answer)}" for question, answer in words.answers(report)]
    told += [f"*Why:* {prose(part.reason, _VALUE)}" for part in words.parts(report) if part.result in _NOT_GOOD][:3]
    blocks = [
        _header(report.context, words.title(report)),
        _section("\n".join([lead, *told])),
        _fields([*_place(report.context, report.requested_because), *_results(report)]),
        *_cause(report),
        *_next_step(report),
        _links(report),
    ]
    answers = " ".join(answer for _, answer in words.answers(report))
    headline = f"{words.title(report)}{_named_place(report.context)}:"
    return _message([called, headline, verdict, prose(answers)], blocks)


def start_message(report: Report, mentions: Sequence[str] = ()) -> Message:
    """Return the message that tells that a rollback begins: the report's `reason` is the trigger's sentence by then."""
    context, called = report.context, mention(mentions)
    lead = " ".join(part for part in (called, "*A deployment failed; it is being rolled back now.*") if part)
    told = [lead, prose(report.reason), "Don't deploy until this message says how it ended."]
    failed = [("Failed", prose(", ".join(job.name for job in report.failed_jobs[:5])))]
    blocks = [
        _header(context, "🚨 Rolling back"),
        _section("\n".join(told)),
        _fields([*_place(context, report.requested_because), *failed]),
        _section(_link(context.run_url, "This run")),
    ]
    return _message([called, f"🚨 Rolling back{_named_place(context)}:", prose(report.reason)], blocks)


def thread_details(report: Report) -> Message:
    """Return what belongs under the final message: each part, what stays, what to know, the checks, the timeline."""
    lists = [
        ("Parts", [_part_line(report, part) for part in words.parts(report)]),
        (
            removed.heading(report),
            [prose(line) for stack in report.stacks for line in removed.lines(stack)],
        ),
        ("What was not rolled back", [prose(line) for line in _not_rolled_back(report)]),
        ("What to know", [f"{prose(notice.text)} {_code(notice.code, report)}" for notice in words.notices(report)]),
        ("Verification", [prose(check) for check in report.verification.checks]),
        (
            "Timeline",
            [
                f"`{words.duration(moment.seconds)}` {prose(moment.part, _VALUE)}: {prose(moment.text, _VALUE)}"
                for moment in report.timeline[-_MOST_DETAILS:]
            ],
        ),
    ]
    blocks = [block for title, lines in lists if lines for block in _list(title, lines)]
    return _message(["Details of the rollback."], blocks or [_section("No details.")])


def plain_message(lines: Iterable[str], mentions: Sequence[str] = ()) -> Message:
    """Return a message that is text alone: for when the full one can't be made. The lines are escaped here."""
    return _message([mention(mentions), *(f"{prose(line)}\n" for line in lines)], ())


def mention(mentions: Iterable[str]) -> str:
    """Return Slack's form of the ids and words that the input `slack-mentions` allows; anything else is dropped."""
    told = []
    for name in dict.fromkeys(mentions):
        if name in _EVERYBODY:
            told.append(f"<!{name}>")
        elif _USER.fullmatch(name):
            told.append(f"<@{name}>")
        elif _GROUP.fullmatch(name):
            told.append(f"<!subteam^{name}>")
    return " ".join(told[:_MOST_MENTIONS])


def prose(text: str, limit: int = _PROSE) -> str:
    """Return a text from outside on one line, at most `limit` long when escaped: no mention, link or control in it."""
    # Several backticks would begin a code block that ends in our own.
    return _fitting(_BACKTICKS.sub("'", collapse(text)), limit, lambda cut: _AT.sub("@\u200b", _escape(cut)))


def _fitting(text: str, limit: int, escape: Callable[[str], str]) -> str:
    room = limit
    while (excess := _length(escaped := escape(shorten(text, room))) - limit) > 0:
        room -= max(excess // 6, 1)
    return escaped


def _length(text: str) -> int:
    """Return the length as UTF-16 counts it, which is the longest of the ways in which Slack may count."""
    return len(text.encode("utf-16-le", "replace")) // 2


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _code(code: str, report: Report) -> str:
    """Return a code as the link to the entry that explains it; where no address is known, the code alone."""
    return _link(entry(report.context.troubleshooting, code), code) or f"`{_bare(code)}`"


def _bare(text: str) -> str:
    """Return a value from outside to stand between backticks."""
    return prose(text.replace("`", "'"), _VALUE)


def _message(fallback: Iterable[str], blocks: Iterable[Block]) -> Message:
    text = " ".join(part for part in fallback if part)
    return Message(text=text[:FALLBACK_LIMIT], blocks=tuple(block for block in blocks if block)[:BLOCKS_LIMIT])


def _named_place(context: Context) -> str:
    place = prose(context.environment or context.branch, _VALUE)
    return f" ({place})" if place else ""


def _header(context: Context, title: str) -> Block:
    # Plain text needs no escaping, but some clients undo it all the same: the characters in question are left out.
    place = re.sub("[<>&]", " ", collapse(context.environment))
    text = f"{title}{f' · {place}' if place else ''}"
    return {"type": "header", "text": {"type": "plain_text", "text": shorten(text, HEADER_LIMIT // 2), "emoji": True}}


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)} if text else {}


def _mrkdwn(text: str) -> Block:
    # Verbatim: addresses and channel names in it do not become links.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _fields(named: Iterable[tuple[str, str]]) -> Block:
    shown = [_mrkdwn(f"*{name}*\n{value}") for name, value in named if value]
    return {"type": "section", "fields": shown[:FIELDS_LIMIT]} if shown else {}


def _place(context: Context, because: str) -> list[tuple[str, str]]:
    commit = _link(context.commit_url, words.short(context.commit)) or _bare(words.short(context.commit))
    message = f" {prose(context.commit_message, _VALUE)}" if context.commit_message else ""
    return [
        ("Environment", prose(context.environment, _VALUE)),
        ("Branch", prose(context.branch, _VALUE)),
        ("Failed commit", f"{commit}{message}" if commit else ""),
        ("Author", prose(context.author, _VALUE)),
        ("Reason", prose(because, _VALUE)),
    ]


def _results(report: Report) -> list[tuple[str, str]]:
    shown = words.parts(report.model_copy(update={"stacks": report.stacks[:_MOST_STACKS]}))
    return [(prose(_name(report, part), _VALUE), words.result_words(report, part)) for part in shown]


def _name(report: Report, part: StackReport | FrontendReport) -> str:
    return "Frontend" if part is report.frontend else f"Stack {getattr(part, 'name', '')}"


def _part_line(report: Report, part: StackReport | FrontendReport) -> str:
    name, reason = prose(_name(report, part), _VALUE), prose(part.reason)
    return f"*{name}*: {words.result_words(report, part)}{f': {reason}' if reason else ''}"


def _not_rolled_back(report: Report) -> list[str]:
    return [line for part in words.parts(report) for line in part.not_rolled_back]


def _cause(report: Report) -> list[Block]:
    root = report.root_cause or next((stack.root_cause for stack in report.stacks if stack.root_cause), None)
    if root is None:
        return []
    resource = f" `{_bare(root.resource)}`" if root.resource else ""
    return [_section(f"*Root cause:* {prose(root.where, _VALUE)}{resource}: {prose(root.reason)}")]


def _next_step(report: Report) -> list[Block]:
    steps = words.next_steps(report)
    if not steps:
        return []
    command = _lines(steps[0].line)
    block = f"\n```\n{command}\n```" if command else ""
    more = f"\n…and {len(steps) - 1} more: see the summary of the run." if len(steps) > 1 else ""
    return [_section(f"*Next step:* {prose(steps[0].purpose)}{block}{more}")]


def _lines(text: str) -> str:
    """Return command lines for a code block: escaped, cut, and without backticks that could end it."""
    return _fitting(clean(text).strip().replace("```", "'''"), _COMMAND, _escape)


def _links(report: Report) -> Block:
    found = [_link(report.context.run_url, "This run")]
    found += [_link(stack.link, f"Stack {stack.name}") for stack in report.stacks[:3]]
    if report.frontend:
        found += [_link(report.frontend.link, "Amplify"), _link(report.frontend.url, "Site")]
    line = ""
    for link in found:
        longer = f"{line}{' · ' if line and link else ''}{link}"
        line = longer if _length(longer) <= SECTION_LIMIT else line
    return _section(line)


def _link(url: str, label: str) -> str:
    """Return a link, or nothing where the address is not plain http(s)."""
    address = url.replace("&", "&amp;")
    if not _SAFE_URL.fullmatch(url) or not label or _length(address) > _ADDRESS:
        return ""
    return f"<{address}|{prose(label, _VALUE).replace('|', '/')}>"


def _list(title: str, lines: Sequence[str]) -> list[Block]:
    """Return a list as one section or several, each within the limit."""
    shown = [f"• {line}" for line in lines[:_MOST_DETAILS]]
    if len(lines) > _MOST_DETAILS:
        shown.append(f"…and {len(lines) - _MOST_DETAILS:,} more")
    texts = [f"*{title}*"]
    for line in shown:
        if _length(texts[-1]) + _length(line) + 1 > SECTION_LIMIT:
            texts.append(line)
        else:
            texts[-1] += f"\n{line}"
    return [_section(text) for text in texts]
