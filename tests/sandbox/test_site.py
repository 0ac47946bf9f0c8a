"""What a site may be besides up or down: guarded, encoded, elsewhere, slow, without an end."""

from __future__ import annotations

import base64
import gzip
import http.client
import zlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from sandbox import Elsewhere
from sandbox.encodings import encoded
from sandbox.site import Health

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.site import Site
    from tests.sandbox.conftest import Shop

GOOD = "a" * 40


class Visitor:
    """A browser that does nothing of its own accord: neither redirects nor decoding."""

    def __init__(self, site: Site) -> None:
        self.where = urlsplit(site.url)
        self.connection = http.client.HTTPConnection(str(self.where.hostname), self.where.port, timeout=5)

    def get(self, path: str = "", **headers: str) -> http.client.HTTPResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request("GET", self.where.path + path, headers=named)
        return self.connection.getresponse()

    def body(self, path: str = "", **headers: str) -> tuple[int, bytes]:
        answer = self.get(path, **headers)
        return answer.status, answer.read()


@pytest.fixture
def site(shop: Shop) -> Site:
    shop.job(commit=GOOD)
    shop.sandbox.site.healthy = Health(body="größer {commit}")
    return shop.sandbox.site


@pytest.fixture
def visitor(site: Site) -> Iterator[Visitor]:
    visitor = Visitor(site)
    yield visitor
    visitor.connection.close()


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_credentials_are_asked_for(site: Site, visitor: Visitor) -> None:
    site.credentials = ("team", "pa:ss ä")
    answer = visitor.get()
    assert (answer.status, answer.headers["WWW-Authenticate"], answer.read()) == (
        401,
        'Basic realm="shop"',
        b"Unauthorized",
    )
    assert visitor.body(Authorization=basic("team:wrong"))[0] == 401
    assert visitor.body(Authorization=basic("team:pa:ss ä"))[0] == 200
    assert site.authorizations == ["", basic("team:wrong"), basic("team:pa:ss ä")]


def inflated(body: bytes) -> bytes:
    return zlib.decompress(body, -zlib.MAX_WBITS)


@pytest.mark.parametrize(
    ("coding", "named", "decoded"),
    [
        ("gzip", "gzip", gzip.decompress),
        ("deflate", "deflate", zlib.decompress),
        ("raw-deflate", "deflate", inflated),
    ],
)
def test_a_body_is_encoded_for_those_who_accept_it(
    site: Site, visitor: Visitor, coding: str, named: str, decoded: object
) -> None:
    site.coding = coding
    plain = f"größer {GOOD}".encode()
    answer = visitor.get(Accept_Encoding=f"br;q=0, {named};q=0.5")
    assert answer.headers["Content-Encoding"] == named
    assert callable(decoded)
    assert decoded(answer.read()) == plain
    for accept in ("identity", f"{named};q=0", ""):
        assert visitor.body(Accept_Encoding=accept)[1] == plain
    site.forced = True
    assert decoded(visitor.body(Accept_Encoding="identity")[1]) == plain


def test_brotli_is_a_stream_of_its_own(site: Site, visitor: Visitor) -> None:
    """Compared with streams that a decoder was seen to read."""
    assert (encoded(b"hello", "br").hex(), encoded(b"", "br").hex()) == ("40001068656c6c6f03", "06")
    site.coding = "br"
    assert visitor.body(Accept_Encoding="*")[1] == encoded(f"größer {GOOD}".encode(), "br")


def test_a_large_brotli_stream_has_blocks_of_their_own() -> None:
    body = bytes(range(251)) * 600
    blocks = encoded(body, "br")
    assert blocks[3 : 3 + 65_536] == body[:65_536]
    assert blocks[3 + 65_536 + 3 :][:65_536] == body[65_536:131_072]
    assert blocks.endswith(body[131_072:] + b"\x03")


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-16", "windows-1252"])
def test_a_body_has_the_charset_that_its_header_names(site: Site, visitor: Visitor, charset: str) -> None:
    site.charset = charset
    answer = visitor.get()
    assert answer.headers["Content-Type"] == f"text/html; charset={charset}"
    assert answer.read().decode(charset) == f"größer {GOOD}"


def test_a_header_may_name_what_nobody_knows(site: Site, visitor: Visitor) -> None:
    site.content_type = "text/html; charset=klingon"
    answer = visitor.get()
    assert (answer.headers["Content-Type"], answer.read()) == ("text/html; charset=klingon", f"größer {GOOD}".encode())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_may_lead_anywhere(site: Site, visitor: Visitor, status: int) -> None:
    with Elsewhere() as other:
        for location in (site.url, other.url + "/x", "http://169.254.169.254/latest/", "/site/old", "ftp://x", ""):
            site.redirect("old", location, status)
            answer = visitor.get("old")
            assert (answer.status, answer.headers["Location"], answer.read()) == (status, location, b"")
    assert other.requests == []


def test_a_redirect_may_be_a_loop(site: Site, visitor: Visitor) -> None:
    site.redirect("a", site.url + "b")
    site.redirect("b", site.url + "a")
    for path, other in (("a", "b"), ("b", "a")):
        answer = visitor.get(path)
        assert (answer.headers["Location"], answer.read()) == (site.url + other, b"")


def test_a_body_may_be_empty(site: Site, visitor: Visitor) -> None:
    site.healthy = Health(body="")
    answer = visitor.get()
    assert (answer.status, answer.headers["Content-Length"], answer.read()) == (200, "0", b"")


def test_a_dripping_body_comes_byte_by_byte(site: Site, visitor: Visitor) -> None:
    site.healthy = Health(body="12345")
    site.pace = 0.01
    answer = visitor.get()
    assert answer.headers["Content-Length"] == "5"
    assert answer.read() == b"12345"


def test_an_answer_may_be_held_back(site: Site, visitor: Visitor) -> None:
    site.hold = 30
    visitor.connection.timeout = 0.2
    with pytest.raises(TimeoutError):
        visitor.get()


def test_a_dripping_body_can_be_left_halfway(site: Site, visitor: Visitor) -> None:
    site.pace = 30
    visitor.connection.timeout = 0.2
    answer = visitor.get()
    with pytest.raises(TimeoutError):
        answer.read()


def test_an_endless_body_goes_on(site: Site, visitor: Visitor) -> None:
    site.healthy = Health(body="more ")
    site.endless = True
    answer = visitor.get()
    read = answer.read(1_000_000)
    assert len(read) == 1_000_000
    assert set(read.split(b" ")[:-1]) == {b"more"}
    answer.close()


def test_an_endless_body_of_nothing_goes_on_too(site: Site, visitor: Visitor) -> None:
    site.healthy = Health(body="")
    site.endless = True
    answer = visitor.get()
    assert answer.read(100_000) == b"\0" * 100_000
    answer.close()
