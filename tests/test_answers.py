"""Each call to AWS ends in time, however slowly the answer drips, and an answer of another form is no answer."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest

from rollback.aws import Aws
from rollback.calls import unlike
from rollback.engine.trouble import Busy, Unreadable
from rollback.frontend.client import Amplify
from rollback.snapshot.place import place
from rollback.snapshot.store import SnapshotStore
from rollback.stack.client import CloudFormation
from sandbox import Fault, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sandbox import Sandbox

pytestmark = pytest.mark.usefixtures("aws_environment")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
EMPTY = (
    '<DescribeStacksResponse xmlns="http://x"><DescribeStacksResult>{}</DescribeStacksResult></DescribeStacksResponse>'
)


@contextmanager
def dripping(at_once: bytes) -> Iterator[str]:
    """Serve `at_once`, and then a byte every now and then for ever; yield the address."""
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65_536)
            connection.sendall(at_once)
            while not over.wait(0.02):
                connection.sendall(b" ")

    def accept(listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, args=(listening,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        over.set()
        listening.shutdown(socket.SHUT_RDWR)


def looks(folder: Path) -> dict[str, Callable[[], object]]:
    aws = Aws("us-west-2", longest_call=0.3)
    stacks = CloudFormation(aws)
    return {
        "a stack": lambda: stacks.describe("shop"),
        "a page of events": lambda: stacks.events("shop", lambda _: False),
        "a write": lambda: stacks.cancel_update("shop", "token"),
        "an app": lambda: Amplify(aws).app("d1shop"),
        "a snapshot": lambda: SnapshotStore(aws, folder).read(place("s3://snapshots/good.json")),
    }


@pytest.mark.parametrize("at_once", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", HEAD], ids=["nothing", "headers", "body"])
@pytest.mark.parametrize("look", ["a stack", "a page of events", "a write", "an app", "a snapshot"])
def test_an_answer_that_drips_is_no_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, look: str, at_once: bytes
) -> None:
    with dripping(at_once) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        with pytest.raises(Busy, match="no whole answer from AWS in time"):
            looks(tmp_path)[look]()


@pytest.mark.parametrize("stacks", ["", "<Stacks/>", "<Stacks><member><x>1</x></member></Stacks>"])
def test_an_answer_without_the_stack_is_unreadable(sandbox: Sandbox, stacks: str) -> None:
    sandbox.faults.add(Fault("DescribeStacks", Kind.MALFORMED, body=EMPTY.format(stacks).encode()))
    with pytest.raises(Unreadable):
        CloudFormation(Aws("us-west-2")).describe("shop")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"job": {"summary": {"jobId": "7"}}}, ""),
        ({}, ""),
        ({"job": {"steps": None}}, ""),
        ([], "the answer is of type list, not structure"),
        ({"job": []}, "job is of type list, not structure"),
        ({"job": {"summary": {"jobId": 7}}}, "jobId is of type int, not string"),
        ({"job": {"summary": {"startTime": "today"}}}, "startTime is of type str, not timestamp"),
        ({"job": {"steps": {}}}, "steps is of type dict, not list"),
        ({"job": {"steps": [None]}}, "steps has an empty entry"),
        ({"job": {"steps": [{"screenshots": {"a": 1}}]}}, "screenshots is of type int, not string"),
    ],
)
def test_an_answer_is_held_against_awss_own_model(answer: Any, told: str) -> None:
    model = botocore.session.get_session().get_service_model("amplify")
    assert unlike(answer, model.operation_model("GetJob").output_shape) == told
