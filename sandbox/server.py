"""The loopback HTTP server: connections kept alive, a thread each, closed at once when it stops."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sandbox.exchange import Answer, ConnectionDroppedError, Incoming

_LONGEST_STREAM = 600.0
_CHUNK = 1 << 16

Respond = Callable[[Incoming], Answer]

_Request = socket.socket | tuple[bytes, socket.socket]
_Address = tuple[str, int] | str


class Server:
    """Serves `respond` on 127.0.0.1, on a free port unless one is given."""

    def __init__(self, respond: Respond, port: int = 0) -> None:
        self._httpd = _Httpd(port, respond)
        self._thread = threading.Thread(
            target=self._httpd.serve_forever, kwargs={"poll_interval": 0.005}, name="sandbox", daemon=True
        )

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return f"http://127.0.0.1:{self._httpd.server_address[1]}"

    def start(self) -> None:
        """Start serving, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and close every connection, those that are waiting too."""
        self._httpd.stopping.set()
        if self._thread.is_alive():
            self._httpd.shutdown()
        self._httpd.server_close()
        self._httpd.close_connections()


class _Httpd(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, port: int, respond: Respond) -> None:
        self.respond = respond
        self.stopping = threading.Event()
        self._connections: set[_Request] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: _Request, client_address: _Address) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: _Request) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: _Request, client_address: _Address) -> None:
        """Say nothing: a client that was killed or hung up is no error here."""

    def close_connections(self) -> None:
        for connection in list(self._connections):
            if isinstance(connection, socket.socket):
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Httpd

    def _serve(self) -> None:
        incoming = Incoming(self.command, self.path, self.headers, self._body())
        try:
            answer = self.server.respond(incoming)
        except ConnectionDroppedError:
            self.close_connection = True
            return
        if answer.hold and self.server.stopping.wait(answer.hold):
            self.close_connection = True
            return
        self._send(answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _serve  # noqa: N815 - the base class's names

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(iter(self._chunk, b""))
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(length) if length else b""

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline().split(b";")[0], 16)
        data = self.rfile.read(size)
        self.rfile.readline()
        return data

    def _send(self, answer: Answer) -> None:
        """Write status, headers and body in one go: one packet, no waiting for the client's acknowledgement."""
        try:
            phrase = HTTPStatus(answer.status).phrase
        except ValueError:
            phrase = ""
        headers = {name: value for name, value in answer.headers.items() if name.lower() not in {"connection", "date"}}
        if answer.endless:
            headers = {name: value for name, value in headers.items() if name.lower() != "content-length"}
            headers["Transfer-Encoding"] = "chunked"
        elif self.command != "HEAD" or not any(name.lower() == "content-length" for name in headers):
            headers = {name: value for name, value in headers.items() if name.lower() != "content-length"}
            headers["Content-Length"] = str(len(answer.body))
        headers["Date"] = formatdate(usegmt=True)
        lines = [f"HTTP/1.1 {answer.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        if self.command == "HEAD":
            self.wfile.write(head)
        elif answer.pace or answer.endless:
            self._stream(head, answer)
        else:
            self.wfile.write(head + answer.body)

    def _stream(self, head: bytes, answer: Answer) -> None:
        """Write the body bit by bit, until it ends, the client hangs up, the server stops, or ten minutes are over."""
        self.close_connection = True
        self.wfile.write(head)
        until = time.monotonic() + _LONGEST_STREAM
        block = answer.body * (_CHUNK // len(answer.body) + 1) if answer.body else b"\0" * _CHUNK
        chunk = b"%x\r\n%b\r\n" % (len(block), block)
        bits = itertools.repeat(chunk) if answer.endless else (bytes([byte]) for byte in answer.body)
        for bit in bits:
            if self.server.stopping.wait(answer.pace) or time.monotonic() > until:
                return
            self.wfile.write(bit)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as above
        """Keep the terminal to those who have something to say."""
