"""The door to the web: one GET or POST, redirects followed by hand, bounded as a whole in seconds and in bytes.

What an address tells nobody (its user, password and query) is sent where it belongs and shown nowhere.
"""

from __future__ import annotations

import codecs
import ipaddress
import re
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

from rollback.engine.bounds import Overdue, in_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MOST_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SAME_METHOD = frozenset({307, 308})
"""Redirects after which a POST is sent once more as it was (RFC 9110)."""
_CHUNK = 65_536
_METADATA = ipaddress.ip_address("fd00:ec2::254")
"""AWS's instance metadata by IPv6; by IPv4 it is link-local."""
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_META_CHARSET = re.compile(rb"<meta[^>]{1,200}charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)


class WebError(Exception):
    """No answer, in a phrase that goes on a sentence: without the address, and without any secret of it."""


@dataclass(frozen=True)
class Answer:
    """The last answer after all redirects: its status, where it came from, and the text that was read of it."""

    status: int
    url: str
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def shown(url: str) -> str:
    """Return what may be shown of an address: scheme, host, port and path."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, _host(parts.netloc), parts.path, "", ""))


def get(
    url: str,
    *,
    seconds: float,
    headers: Mapping[str, str],
    most_bytes: int = 0,
    enough: Callable[[str], bool] = lambda _: False,
) -> Answer:
    """Return the answer to a GET. Raises WebError.

    `Authorization`, given or in the address, goes to the address's own origin alone. At most `most_bytes` of the
    decoded body are read, and no more once the text read so far is `enough`; 0 reads none. Everything together takes
    `seconds` at most.
    """
    try:
        return in_time(seconds, lambda: _follow(url, dict(headers), seconds, most_bytes, enough))
    except Overdue:
        raise WebError(f"does not answer whole within {seconds:.0f} s") from None


def post(url: str, body: bytes, *, seconds: float, headers: Mapping[str, str], most_bytes: int = 0) -> Answer:
    """Return the answer to a POST, in the bounds of `get`. Raises WebError.

    What is sent goes to the address's own origin alone: a redirect that leads elsewhere, or that would make a GET of
    it, is the answer.
    """
    try:
        return in_time(seconds, lambda: _follow(url, dict(headers), seconds, most_bytes, lambda _: False, body))
    except Overdue:
        raise WebError(f"does not answer whole within {seconds:.0f} s") from None


def _follow(  # noqa: PLR0913, PLR0917 - what is asked, and its bounds
    url: str,
    headers: dict[str, str],
    seconds: float,
    most_bytes: int,
    enough: Callable[[str], bool],
    body: bytes | None = None,
) -> Answer:
    import urllib3  # noqa: PLC0415 - most runs ask nothing of the web, and start sooner without it

    first, seen = _origin(url), [url]
    headers |= _basic(url)
    while True:
        own = headers if _origin(url) == first else {name: headers[name] for name in headers.keys() - {"Authorization"}}
        try:
            response = _send(url, own, seconds, body)
        except urllib3.exceptions.HTTPError as error:
            raise WebError(f"gives no answer ({_reason(error)})") from None
        try:
            place = response.headers.get("Location", "") if response.status in _REDIRECTS else ""
            stays = body is None or (response.status in _SAME_METHOD and _origin(urljoin(url, place)) == first)
            if not place or not stays:
                text = _read(response, most_bytes, enough) if most_bytes else ""
                return Answer(response.status, url, text, dict(response.headers))
        except urllib3.exceptions.HTTPError as error:
            raise WebError(f"answers {response.status}, but breaks off ({_reason(error)})") from None
        finally:
            response.close()
        url = _next(url, place, seen)
        seen.append(url)


def _send(url: str, headers: Mapping[str, str], seconds: float, body: bytes | None) -> Any:
    import urllib3  # noqa: PLC0415 - as above

    parts = urlsplit(url)
    proxy = "" if proxy_bypass(_host(parts.netloc)) else getproxies().get(parts.scheme, "")
    if proxy and not proxy.startswith(("http://", "https://")):
        raise WebError("can't be reached: the proxy of the environment is neither http nor https")
    settings: dict[str, Any] = {"timeout": urllib3.Timeout(total=seconds), "retries": False}
    pool = urllib3.ProxyManager(proxy, **settings, **_proxy_login(proxy)) if proxy else urllib3.PoolManager(**settings)
    address = urlunsplit((parts.scheme, _host(parts.netloc), parts.path or "/", parts.query, ""))
    method = "GET" if body is None else "POST"
    return pool.request(method, address, body=body, headers=headers, redirect=False, preload_content=False)


def _proxy_login(proxy: str) -> dict[str, Any]:
    import urllib3  # noqa: PLC0415 - as above

    login = _basic(proxy).get("Authorization")
    return {"proxy_headers": urllib3.HTTPHeaderDict({"Proxy-Authorization": login})} if login else {}


def _next(url: str, place: str, seen: list[str]) -> str:
    """Return the address that a redirect names. Raises WebError where it is not to be followed."""
    try:
        target = urljoin(url, place)
        host = urlsplit(target).hostname or ""
        if urlsplit(target).scheme not in {"http", "https"} or not host or not target.isascii():
            raise WebError("redirects to what is no http(s) address")
        target = urlunsplit(urlsplit(target)._replace(netloc=_host(urlsplit(target).netloc), fragment=""))
    except ValueError:
        raise WebError("redirects to what is no http(s) address") from None
    if target in seen:
        raise WebError(f"redirects in a circle (to {shown(target)})")
    if len(seen) > _MOST_REDIRECTS:
        raise WebError(f"redirects more than {_MOST_REDIRECTS} times")
    if _is_link_local(host):
        raise WebError("redirects to a link-local address, which is not followed")
    return target


def _is_link_local(host: str) -> bool:
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except OSError:
        return False  # it can't be reached either
    addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in found]
    plain = [getattr(address, "ipv4_mapped", None) or address for address in addresses]
    return any(address.is_link_local or address == _METADATA for address in plain)


def _read(response: Any, most_bytes: int, enough: Callable[[str], bool]) -> str:
    coding = response.headers.get("Content-Encoding", "").lower()
    body = b""
    while len(body) < most_bytes and (chunk := response.read1(_CHUNK, decode_content=True)):
        body += chunk
        if enough(_decoded(body, response.headers.get("Content-Type", ""))):
            break
    if coding and coding not in {"identity", *response.CONTENT_DECODERS}:
        raise WebError(f"answers {response.status} in an encoding that can't be read ({coding[:20]!r})")
    return _decoded(body[:most_bytes], response.headers.get("Content-Type", ""))


def _decoded(body: bytes, content_type: str) -> str:
    """Return the text by the answer's word for its charset: a mark at its start, the header, the page; else UTF-8."""
    for mark, charset in _MARKS.items():
        if body.startswith(mark):
            return body.decode(charset, "replace")
    named = re.search(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", content_type, re.IGNORECASE)
    said = _META_CHARSET.search(body[:1024])
    charset = named[1] if named else said[1].decode("ascii", "replace") if said else "utf-8"
    try:
        return body.decode(charset, "replace")
    except (LookupError, ValueError):  # a name that Python doesn't know, or that is no text encoding
        return body.decode("utf-8", "replace")


def _basic(url: str) -> dict[str, str]:
    import urllib3  # noqa: PLC0415 - as above

    login, at, _ = urlsplit(url).netloc.rpartition("@")
    if not at:
        return {}
    user, _, password = login.partition(":")
    made = urllib3.make_headers(basic_auth=f"{unquote(user)}:{unquote(password)}")
    return {"Authorization": made["authorization"]}


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)


def _host(netloc: str) -> str:
    return netloc.rpartition("@")[2]


def _reason(error: BaseException) -> str:
    """Return what went wrong in the network's words, without the address: that may hold secrets."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or getattr(cause, "reason", None) or cause.__context__
        cause = cause if isinstance(cause, BaseException) else None
    if isinstance(cause, OSError) and cause.strerror:
        return f"{type(error).__name__}: {cause.strerror}"
    return type(error).__name__
