"""Pure: what is secret by its form, whoever's it is: a commit message or an error of AWS can hold anybody's.

Each pattern's group `secret` is what goes; without one, all that it finds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES = (
    r"(?:x-(?:amz|goog)-(?:signature|credential|security-token)|sig|signature|awsaccesskeyid|key-pair-id"
    r"|(?:access|refresh|id|auth|session|security)[_-]?token|token|client[_-]?secret|secret|api[_-]?key|x-api-key"
    r"|passw(?:or)?d|pwd|private[_-]?key|secret[_-]?access[_-]?key)"
)
_VALUE = r"[^\s\"'<>\\]"
_NO_WORD = r"(?=\S{0,200}?(?:[0-9=_]|[a-z][A-Z]))"
_QUERY = re.compile(r"\?[^\s\"'<>\\]+")
_SIGNS = re.compile(rf"(?i)(?<![a-z0-9]){_NAMES}(?:=|%3d)")
_SHAPES = (
    re.compile(rf"(?i)(?<![a-z0-9]){_NAMES}=(?P<secret>[^\s&\"'<>\\;]+)"),
    re.compile(rf"(?i)\"{_NAMES}\"\s*:\s*\"(?P<secret>[^\"\\]+)"),
    # AWS repeats the request's headers where a signature does not match.
    re.compile(rf"(?i)\bx-(?:amz-security-token|amz-credential|api-key|vault-token)\s*:\s*(?P<secret>{_VALUE}+)"),
    re.compile(rf"(?i)\bauthorization[\"']?\s*[:=]\s*[\"']?(?:bearer|basic|token|digest)\s+(?P<secret>{_VALUE}+)"),
    re.compile(rf"\b(?i:authorization)[\"']?\s*[:=]\s*[\"']?(?P<secret>{_NO_WORD}{_VALUE}{{8,}})"),
    # Not "basic authentication": what follows must look like no word.
    re.compile(rf"\b(?i:bearer|basic)\s+(?P<secret>{_NO_WORD}[A-Za-z0-9._~+/-]{{8,}}=*)"),
    re.compile(r"\b[a-zA-Z][a-zA-Z0-9+.-]{0,30}://(?P<secret>[^\s/\"'<>?#]{1,512})@"),
    # What its issuers made recognisable.
    re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}|glpat-[A-Za-z0-9_-]{20,})"),
    re.compile(r"\b(?:xox[a-z]-[A-Za-z0-9-]{8,255}|xapp-[A-Za-z0-9-]{8,255}|npm_[A-Za-z0-9]{36}|AIza[\w-]{35})"),
    re.compile(r"\b(?:[sr]k_(?:live|test)_[A-Za-z0-9]{16,255}|(?:AKIA|ASIA)[A-Z0-9]{16}\b)"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)?"),
    re.compile(r"(?<=hooks\.slack\.com/)[A-Za-z0-9/_+-]{8,512}|(?<=hooks\.slack-gov\.com/)[A-Za-z0-9/_+-]{8,512}"),
    re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?P<secret>[A-Za-z0-9+/=\s]+)"),
)


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where something secret stands; of a signed address, its whole query."""
    if "?" in text:
        yield from _signed_queries(text)
    for shape in _SHAPES:
        for found in shape.finditer(text):
            yield found.span("secret" if shape.groups else 0)


def _signed_queries(text: str) -> Iterator[tuple[int, int]]:
    for query in _QUERY.finditer(text):
        if _SIGNS.search(query[0]):
            yield query.start() + 1, query.end()
