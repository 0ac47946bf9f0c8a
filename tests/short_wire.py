"""The embedded AWS without a socket: botocore's own requests and answers, byte for byte, in the thread that makes them.

For the thousands of runs that only differ in what goes wrong. Runs over real HTTP are in `tests/process` and in the
killed processes; there the network itself is tried.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from email.message import Message
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.httpsession import URLLib3Session
from urllib3 import HTTPResponse

from rollback.aws import Aws
from sandbox import ConnectionDroppedError
from sandbox.exchange import Answer, Incoming

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.awsrequest import AWSPreparedRequest

    from sandbox import Sandbox

_new_client = Aws._new_client


@contextmanager
def short_wire(sandbox: Sandbox) -> Iterator[None]:
    """Let what this process asks of AWS reach `sandbox` at once; what it would hold back, times out at once.

    Clients are built once a process: they hold nothing but AWS's models, the region and the credentials, which are the
    same for every embedded AWS. AWS_MAX_ATTEMPTS must be 1: nothing here may sleep in real time.
    """

    def send(_session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        try:
            answer = sandbox.respond(_incoming(request))
        except ConnectionDroppedError as error:
            raise ConnectionClosedError(error=error, request=request, endpoint_url=request.url) from error
        if answer.hold:
            raise ReadTimeoutError(endpoint_url=request.url, error=TimeoutError())
        return _response(request, answer)

    with (
        patch.object(URLLib3Session, "send", send),
        patch.object(Aws, "_new_client", lambda aws, service, *, retries: _client(aws.region, service, retries)),
    ):
        yield


@cache
def _client(region: str, service: str, retries: bool) -> Any:
    return _new_client(Aws(region), service, retries=retries)


def _incoming(request: AWSPreparedRequest) -> Incoming:
    url = urlsplit(request.url)
    headers = Message()
    headers["Host"] = url.netloc
    given: Any = request.headers  # some values are bytes
    for name, value in given.items():
        headers[name] = value.decode() if isinstance(value, bytes) else value
    body: Any = request.body
    body = body.read() if hasattr(body, "read") else body
    target = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
    return Incoming(request.method, target, headers, body.encode() if isinstance(body, str) else bytes(body or b""))


def _response(request: AWSPreparedRequest, answer: Answer) -> AWSResponse:
    body = b"" if request.method == "HEAD" else answer.body
    raw: Any = HTTPResponse(
        io.BytesIO(body), answer.headers, answer.status, preload_content=False, enforce_content_length=False
    )
    return AWSResponse(request.url, answer.status, raw.headers, raw)
