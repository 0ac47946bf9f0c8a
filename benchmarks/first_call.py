"""The product up to its first call to AWS, in a process of its own: prints each step's processor seconds, then stops.

`python -m benchmarks.first_call STARTED`, with the monotonic clock's time at which the caller started it.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from importlib.abc import MetaPathFinder
from typing import Any, NoReturn

steps: list[tuple[str, float]] = [("the interpreter", time.process_time())]


def _first_call(*_: Any) -> NoReturn:
    steps.append(("boto3, clients, and the request up to the connection", time.process_time()))
    for name, seconds in steps:
        print(f"step\t{name}\t{seconds}")
    print(f"wall\t{time.monotonic() - float(sys.argv[1])}", flush=True)
    os._exit(0)


class _Watch(MetaPathFinder):
    """Notes when the product's own modules are all there: boto3 is the first import after them."""

    def find_spec(self, name: str, *_: Any) -> None:
        """Find nothing."""
        if name in {"boto3", "botocore"} and len(steps) == 1:
            steps.append(("importing the product with pydantic; inputs, trigger", time.process_time()))


if __name__ == "__main__":
    from rollback.__main__ import main

    sys.meta_path.insert(0, _Watch())
    socket.socket.connect = _first_call  # type: ignore[method-assign]
    sys.exit(main([]))
