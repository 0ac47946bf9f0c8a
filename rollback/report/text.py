"""Pure: what becomes of outside text before anybody sees it: no secrets, no invisible characters, no endless lines.

Escaping for a medium (HTML, Slack, workflow commands) is the medium's own: markup, slack.message, github.runner.
"""

from __future__ import annotations

import base64
import html
import json
import re
import urllib.parse
from typing import TYPE_CHECKING, Literal, TypeVar, get_origin

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

HIDDEN = "***"
SHORTEST_SECRET = 4
"""A shorter "secret" would blot out ordinary words; GitHub's runner leaves those alone too."""

LONGEST_TEXT = 20_000
"""Characters: more than any renderer shows, and few enough to render in time where a job is cancelled."""

_SHORTEST_PATH = 12
_SHORTEST_BASE64 = 8

AnyRecord = TypeVar("AnyRecord", bound=BaseModel)

_ANSI = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[@-_]?")
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# Bidirectional controls reorder what a reader sees, zero-width ones hide what a word is. The joiners of scripts stay.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"\s+")

_QUERY = re.compile(r"\?[^\s\"'<>\\]+")
_SIGNED = re.compile(
    r"(?i)(?:x-(?:amz|goog)-(?:signature|credential|security-token)|signature|awsaccesskeyid|key-pair-id)(?:=|%3d)"
)
_LONE_PARAMETER = re.compile(r"(?i)(x-amz-(?:signature|credential|security-token)(?:=|%3d))(?!\*\*\*)[^\s&\"'<>\\]+")
_URL_CREDENTIALS = re.compile(r"(?i)(https?://)[^\s/@\"'<>]{1,4096}@")
# Secrets that their issuers made recognisable, wherever they come from: a commit message can hold one too.
_KNOWN_SHAPES = re.compile(
    r"\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}|xox[a-z]-[A-Za-z0-9-]{8,255})"
    r"|(?<=hooks\.slack\.com/)[A-Za-z0-9/_+-]{8,512}"
)


def clean(text: str) -> str:
    r"""Return the text without escapes, control and bidirectional characters; every kind of line end becomes ``\n``."""
    text = _LINE_ENDS.sub("\n", _ANSI.sub("", text))
    return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", _INVISIBLE.sub("", text))


def collapse(text: str) -> str:
    """Return the cleaned text on one line, each run of white space as one space."""
    return _SPACES.sub(" ", clean(text)).strip()


def shorten(text: str, limit: int) -> str:
    """Return the text in at most `limit` characters; a cut ends in an ellipsis that says how much is missing."""
    if len(text) <= limit:
        return text
    note = f"… (+{len(text) - limit:,} characters)"
    if len(note) >= limit:
        return text[: max(limit - 1, 0)] + "…"[:limit]
    # The note itself takes room, so that more is missing than the text is too long by.
    note = f"… (+{len(text) - limit + len(note):,} characters)"
    return text[: limit - len(note)] + note


def map_texts(record: AnyRecord, change: Callable[[str], str]) -> AnyRecord:
    """Return a copy of the record with `change` applied to every free text in it, however deep.

    Words with a fixed meaning (enumerations and literals) stay as they are.
    """
    update: dict[str, object] = {}
    for name, field in type(record).model_fields.items():
        if get_origin(field.annotation) is not Literal:
            update[name] = _map_value(getattr(record, name), change)
    return record.model_copy(update=update)


def _map_value(value: object, change: Callable[[str], str]) -> object:
    if type(value) is str:  # an enumeration's member is a str too
        return change(value)
    if isinstance(value, BaseModel):
        return map_texts(value, change)
    if isinstance(value, tuple):
        return tuple(_map_value(item, change) for item in value)
    return value


class Redactor:
    """Replaces secrets by `***`, in the forms in which they are met: plain, URL-encoded, JSON, HTML and base64.

    Secrets shorter than four characters are ignored. Signed URLs lose their query and URLs their credentials even
    where nothing is known to be secret.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self.secrets = frozenset(part for secret in secrets for part in parts_of(secret))
        forms = {form for secret in self.secrets for form in _forms(secret) if len(form) >= SHORTEST_SECRET}
        # The longest first: a secret that contains another one must go whole.
        ordered = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def __call__(self, text: str) -> str:
        """Return the text without the secrets."""
        if self._pattern is not None:
            text = self._pattern.sub(HIDDEN, text)
        text = _KNOWN_SHAPES.sub(HIDDEN, _QUERY.sub(_hide_signature, text))
        return _URL_CREDENTIALS.sub(rf"\1{HIDDEN}@", _LONE_PARAMETER.sub(rf"\1{HIDDEN}", text))

    def with_secrets(self, *secrets: str) -> Redactor:
        """Return a redactor that knows these secrets too."""
        return Redactor((*self.secrets, *secrets))

    def redact_report(self, report: AnyRecord) -> AnyRecord:
        """Return the report (or a part of it) with every free text redacted, and then cut to `LONGEST_TEXT`."""
        return map_texts(report, lambda text: shorten(self(text), LONGEST_TEXT))


def parts_of(secret: str) -> Iterator[str]:
    """Yield what must be hidden of a secret: itself and each of its lines, without those too short to be secret."""
    for part in dict.fromkeys((secret, secret.strip(), *(line.strip() for line in secret.splitlines()))):
        if len(part.strip()) >= SHORTEST_SECRET:
            yield part


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield urllib.parse.quote(secret, safe="", errors="replace")
    yield urllib.parse.quote(secret, errors="replace")
    yield urllib.parse.quote_plus(secret, errors="replace")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield html.escape(secret)
    yield html.escape(secret, quote=False)
    yield from _base64_forms(secret.encode(errors="replace"))
    # An error of the network layer names a webhook by its path alone.
    _, slashes, rest = secret.partition("://")
    host, slash, path = rest.partition("/")
    if slashes and host and len(slash + path) >= _SHORTEST_PATH:
        yield slash + path


def _base64_forms(secret: bytes) -> Iterator[str]:
    """Yield the base64 text that the secret leaves at each of the three places where it can begin in other data."""
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + secret).decode()
        # Characters that share bits with the neighbours differ from case to case: only those of the secret alone count.
        first = (0, 2, 3)[before]
        last = ((before + len(secret)) * 8) // 6
        for form in (coded[first:last], coded[first:last].translate(str.maketrans("+/", "-_"))):
            if len(form) >= _SHORTEST_BASE64:
                yield form


def _hide_signature(query: re.Match[str]) -> str:
    return f"?{HIDDEN}" if _SIGNED.search(query[0]) else query[0]
