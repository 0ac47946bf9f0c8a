"""The product up to its first call to AWS, in a process of its own: prints each step's processor seconds, then stops.

`python -m benchmarks.first_call STARTED`, with the monotonic clock's time at which the caller started it.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from typing import Any, NoReturn

steps: list[tuple[str, float]] = [("the interpreter", time.process_time())]


def _first_call(*_: Any) -> NoReturn:
    steps.append(("inputs, trigger, clients, and the request up to the connection", time.process_time()))
    for name, seconds in steps:
        print(f"step\t{name}\t{seconds}")
    print(f"wall\t{time.monotonic() - float(sys.argv[1])}", flush=True)
    os._exit(0)


if __name__ == "__main__":
    from rollback.session import Session

    steps.append(("importing the product with pydantic", time.process_time()))
    socket.socket.connect = _first_call  # type: ignore[method-assign]
    sys.exit(Session(os.environ, sys.stdout).run())
