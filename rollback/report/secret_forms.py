"""Pure: a secret as texts may hold it: itself, its parts, its base64, or its beginning alone where a text was cut.

Escapes are no forms: they are undone before anything is looked for (`encodings`).
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_plus, urlsplit

from rollback.report.text import SHORTEST_SECRET, clean, collapse

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHORTEST_PATH = 12
_SHORTEST_CODED = 8
_CUT = 16
"""Characters: so much of the beginning of a secret that is a good deal longer gives it away, and what follows it."""
_MUCH_LONGER = 24
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#\s]*/?", re.IGNORECASE)
_SETTING = re.compile(r"(?i)\b(?:\w*(?:password|passwd|pwd|secret|token|key|credential)\w*)\s*[=:]\s*([^\s;,&\"']+)")


class Form(NamedTuple):
    """What to look for: `needle`, from where on the text may go on as `whole` does; `as_word` where it is one."""

    needle: str
    whole: str
    as_word: bool = False


def parts(secret: str) -> Iterator[str]:
    """Yield what must be hidden of a secret: itself and each of its lines, without those too short to be secret."""
    for part in dict.fromkeys((secret, secret.strip(), *(line.strip() for line in secret.splitlines()))):
        if len(part.strip()) >= SHORTEST_SECRET:
            yield part


def inner_secrets(value: str) -> Iterator[str]:
    """Yield what is secret on its own in a value: passwords and queries of addresses, settings, texts within JSON."""
    yield from credentials(value)
    yield from queries(value)
    yield from _SETTING.findall(value)
    if value.lstrip()[:1] in {"{", "["}:
        try:
            yield from _texts(json.loads(value))
        except (ValueError, RecursionError):
            return


def credentials(address: str) -> Iterator[str]:
    """Yield `user:password` and the password of an address, as they are written and as they are meant."""
    before, _, rest = address.partition("://")
    user, at, _ = re.split(r"[/?#\s]", rest, maxsplit=1)[0].rpartition("@")
    if before and at:
        name, _, password = user.partition(":")
        for part in (user, password or name):
            yield from dict.fromkeys((part, unquote_plus(part)))


def queries(address: str) -> Iterator[str]:
    """Yield each value of an address's query, as it is written and as it is meant."""
    try:
        query = urlsplit(address).query if "://" in address else ""
    except ValueError:
        query = address.partition("?")[2]
    for pair in re.split("[&;]", query):
        name, is_pair, value = pair.partition("=")
        yield from dict.fromkeys((value, unquote_plus(value)) if is_pair else (name,))


def forms(secret: str, *, as_word: bool = False) -> Iterator[Form]:
    """Yield the forms of one part of a secret. `as_word`: only where it stands as a word of its own."""
    variants = (secret, clean(secret), collapse(secret), collapse(secret).replace(" ", "+"))
    for plain in dict.fromkeys(variants):
        if len(plain.strip()) >= SHORTEST_SECRET:
            yield _form(plain, as_word=as_word)
    raw = secret.encode(errors="replace")
    for coded in dict.fromkeys((*_base64_forms(raw), *_twice(raw), raw.hex(), raw.hex().upper())):
        if len(coded) >= _SHORTEST_CODED:
            yield _form(coded)
    # An error of the network layer names a webhook by its path alone.
    _, slashes, rest = secret.partition("://")
    host, slash, path = rest.partition("/")
    if slashes and host and len(slash + path) >= _SHORTEST_PATH:
        yield _form(slash + path)


def _form(text: str, *, as_word: bool = False) -> Form:
    address = _ADDRESS.match(text)
    cut = _CUT + (address.end() if address else 0)
    return Form(text[:cut] if len(text) >= cut + _MUCH_LONGER - _CUT else text, text, as_word)


def _base64_forms(secret: bytes) -> Iterator[str]:
    """Yield the base64 text that the secret leaves at each of the three places where it can begin in other data."""
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + secret).decode()
        # Characters that share bits with the neighbours differ from case to case: only those of the secret alone count.
        first = (0, 2, 3)[before]
        last = ((before + len(secret)) * 8) // 6
        yield coded[first:last]
        yield coded[first:last].translate(str.maketrans("+/", "-_"))


def _twice(secret: bytes) -> Iterator[str]:
    for once in dict.fromkeys(_base64_forms(secret)):
        if len(once) >= _SHORTEST_CODED:
            yield from _base64_forms(once.encode())


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
