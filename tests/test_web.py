"""The door to the web: one GET, bounded as a whole; nothing of an address goes where it does not belong."""

from __future__ import annotations

import gzip
import socket
import threading
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from rollback.web import Answer, WebError, get, post, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Reply = bytes | tuple[bytes, float]
"""Bytes, or bytes to be sent one by one with so many seconds between them."""


class Server:
    """Answers each connection by the next reply (the last one again and again), and keeps what was asked."""

    def __init__(self, *replies: Reply) -> None:
        self.asked: list[str] = []
        self._replies = list(replies)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.over = threading.Event()
        self.base = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            asked = b""
            while b"\r\n\r\n" not in asked and (more := connection.recv(4096)):
                asked += more
            self.asked.append(asked.decode())
            reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
            text, gap = reply if isinstance(reply, tuple) else (reply, 0.0)
            try:
                if not gap:
                    connection.sendall(text)
                    return
                for byte in text:
                    connection.sendall(bytes([byte]))
                    if self.over.wait(gap):
                        return
            except OSError:
                return

    def close(self) -> None:
        self.over.set()
        self._socket.close()


@contextmanager
def served(*replies: Reply) -> Iterator[Server]:
    server = Server(*replies)
    threading.Thread(target=server.serve, daemon=True).start()
    try:
        yield server
    finally:
        server.close()


def reply(body: bytes = b"hello", status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def ask(
    url: str,
    *,
    seconds: float = 5.0,
    most_bytes: int = 10_000,
    enough: Callable[[str], bool] = lambda _: False,
    **headers: str,
) -> Answer:
    return get(url, seconds=seconds, headers=headers, most_bytes=most_bytes, enough=enough)


def test_the_answer_has_status_text_and_where_it_came_from() -> None:
    with served(reply()) as server:
        answer = ask(f"{server.base}/health?deep=1")
        assert (answer.status, answer.text, answer.url) == (200, "hello", f"{server.base}/health?deep=1")
        assert server.asked[0].startswith("GET /health?deep=1 HTTP/1.1")


@pytest.mark.parametrize("url", ["https://user:word@shop.example:8443/a/b?token=1#x", "https://shop.example:8443/a/b"])
def test_only_scheme_host_and_path_of_an_address_are_shown(url: str) -> None:
    assert shown(url) == "https://shop.example:8443/a/b"


def test_the_passwords_of_an_address_are_sent_to_its_own_origin_alone() -> None:
    with served(reply(b"there")) as other:
        with served(reply(status="302 Found", Location=f"{other.base}/x"), reply()) as server:
            address = server.base.replace("http://", "http://us%40er:wo%3Ard@")
            assert ask(f"{address}/").text == "there"
            assert "Basic dXNAZXI6d286cmQ=" in server.asked[0]
        assert "authorization" not in other.asked[0].lower()


def test_a_token_follows_a_redirect_within_its_origin_and_no_further() -> None:
    with (
        served(reply()) as other,
        served(reply(status="301 Moved", Location="/b"), reply(status="307 T", Location=f"{other.base}/c")) as server,
    ):
        ask(f"{server.base}/a", Authorization="Bearer t")
        assert ["bearer t" in asked.lower() for asked in (*server.asked, *other.asked)] == [True, True, False]


def test_credentials_that_a_redirect_names_are_not_sent() -> None:
    with served(reply()) as other, served(reply(status="302 F", Location=other.base.replace("//", "//a:b@"))) as server:
        assert ask(server.base).status == 200
        assert "authorization" not in other.asked[0].lower()


def test_a_redirect_in_a_circle_is_one() -> None:
    with (
        served(reply(status="302 Found", Location="/a")) as server,
        pytest.raises(WebError, match="redirects in a circle"),
    ):
        ask(f"{server.base}/a")


def test_redirects_come_to_an_end() -> None:
    steps = [reply(status="302 Found", Location=f"/{number}") for number in range(30)]
    with served(*steps) as server, pytest.raises(WebError, match="more than 10 times"):
        ask(f"{server.base}/start")
    assert len(server.asked) <= 12


@pytest.mark.parametrize(
    "place", ["ftp://shop.example/", "file:///etc/passwd", "javascript:1", "http://[", "//x\u00e4/"]
)
def test_a_redirect_to_anything_but_http_is_not_followed(place: str) -> None:
    with served(reply(status="302 Found", Location=place)) as server, pytest.raises(WebError, match="no http"):
        ask(server.base)


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.170.2]", "[fd00:ec2::254]", "2852039166"]
)
def test_a_redirect_to_a_link_local_address_is_not_followed(host: str) -> None:
    reply_ = reply(status="302 Found", Location=f"http://{host}/latest/meta-data/")
    with served(reply_) as server, pytest.raises(WebError, match="link-local"):
        ask(server.base)


def test_a_redirect_without_a_place_is_an_answer() -> None:
    with served(reply(status="304 Not Modified")) as server:
        assert ask(server.base).status == 304


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_coded_body_is_read(coding: str) -> None:
    body = gzip.compress(b"release 1") if coding == "gzip" else zlib.compress(b"release 1")
    with served(reply(body, Content_Encoding=coding)) as server:
        assert ask(server.base).text == "release 1"


def test_a_coding_that_nobody_can_read_is_said() -> None:
    with (
        served(reply(b"\x0b\x02", Content_Encoding="br")) as server,
        pytest.raises(WebError, match="encoding that can't be read"),
    ):
        ask(server.base)


def test_a_body_that_is_not_what_its_coding_says_is_no_answer() -> None:
    with (
        served(reply(b"plain", Content_Encoding="gzip")) as server,
        pytest.raises(WebError, match="answers 200, but breaks off"),
    ):
        ask(server.base)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("Grüße".encode(), "text/html"),
        ("Grüße".encode("latin-1"), "text/html; charset=ISO-8859-1"),
        ("Grüße".encode("utf-16"), "text/html; charset=utf-8"),
        ("Grüße".encode("utf-8-sig"), "text/plain"),
        (b'<meta charset="windows-1252">' + "Grüße".encode("cp1252"), "text/html"),
        ("Grüße".encode(), "text/html; charset=no-such-thing"),
        ("Grüße".encode(), "text/html; charset=base64"),
    ],
)
def test_the_text_is_read_in_its_charset(body: bytes, kind: str) -> None:
    with served(reply(body, Content_Type=kind)) as server:
        assert "Grüße" in ask(server.base).text


@pytest.mark.parametrize("text", [b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100, reply(b"y" * 100)], ids=["headers", "body"])
def test_an_answer_that_drips_ends_with_the_time(text: bytes) -> None:
    with served((text, 0.2)) as server, pytest.raises(WebError, match="does not answer whole"):
        ask(server.base, seconds=0.5)


def test_an_endless_body_ends_where_enough_was_read() -> None:
    with served(b"HTTP/1.1 200 OK\r\n\r\n" + b"release 1 " * 500_000) as server:
        assert len(ask(server.base, most_bytes=1_000).text) == 1_000
        assert "release 1" in ask(server.base, most_bytes=9_000_000, enough=lambda text: "release 1" in text).text


def test_what_breaks_off_is_said_without_the_address() -> None:
    with served(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") as server, pytest.raises(WebError) as raised:
        ask(f"{server.base}/?token=secret")
    assert "secret" not in str(raised.value)
    assert str(raised.value).startswith("answers 200, but breaks off (")


def test_a_server_that_is_not_there_gives_no_answer() -> None:
    with pytest.raises(WebError, match="gives no answer"):
        ask("http://127.0.0.1:9/")


def test_a_proxy_of_the_environment_is_used_and_its_login_sent_to_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(reply(b"by proxy")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.base.replace("//", "//me:word@"))
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert ask("http://shop.example/x").text == "by proxy"
        assert "GET http://shop.example/x HTTP/1.1" in proxy.asked[0]
        assert "proxy-authorization: basic " in proxy.asked[0].lower()


def test_a_proxy_of_another_kind_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "socks5://me:word@127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(WebError, match="neither http nor https") as raised:
        ask("http://shop.example/")
    assert "word" not in str(raised.value)


# --- a POST --------------------------------------------------------------------------------------------------------


def test_a_post_sends_its_body_and_reads_the_answer_in_bounds() -> None:
    with served(reply(b"made it", "201 Created")) as server:
        answer = post(f"{server.base}/x", b'{"a": 1}', seconds=5, headers={"Authorization": "Bearer t"}, most_bytes=4)
    assert (answer.status, answer.text) == (201, "made")
    assert server.asked[0].startswith("POST /x HTTP/1.1")
    assert "Bearer t" in server.asked[0]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_post_is_never_sent_to_another_origin(status: str) -> None:
    with served(reply()) as other, served(reply(b"", status, Location=f"{other.base}/y")) as server:
        answer = post(f"{server.base}/x", b"{}", seconds=5, headers={"Authorization": "Bearer t"})
    assert answer.status == int(status[:3])
    assert other.asked == []


@pytest.mark.parametrize(("status", "times"), [("301 Moved", 1), ("303 See Other", 1), ("307 T", 2), ("308 P", 2)])
def test_a_post_is_repeated_as_it_was_or_not_at_all(status: str, times: int) -> None:
    with served(reply(b"", status, Location="/y"), reply(b"", "201 Created")) as server:
        post(f"{server.base}/x", b"{}", seconds=5, headers={})
    assert [line.split(" ")[0] for line in server.asked] == ["POST"] * times


def test_a_post_that_gets_no_answer_in_time_is_an_error() -> None:
    with served((reply(), 0.5)) as server, pytest.raises(WebError, match="does not answer whole"):
        post(f"{server.base}/x", b"{}", seconds=0.2, headers={}, most_bytes=10)
