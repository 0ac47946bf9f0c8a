"""Run the embedded AWS on its own: `python -m sandbox --port 4566 --speed 60`, until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import threading

from sandbox.clock import ScaledClock
from sandbox.world import Sandbox


def main() -> None:
    """Serve an empty account and print the environment variables that lead to it."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="the port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--speed", type=float, default=1.0, help="how many AWS seconds pass in a real one (default: 1)")
    parser.add_argument("--region", default="us-west-2", help="the region where seeded things live")
    arguments = parser.parse_args()
    with Sandbox(ScaledClock(arguments.speed), region=arguments.region, port=arguments.port) as sandbox:
        for name, value in sandbox.environment(AWS_DEFAULT_REGION=sandbox.region).items():
            print(f"export {name}={value}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
