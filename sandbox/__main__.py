"""Serve the embedded AWS alone, on a fixed port of this machine, with a state that lives until it is stopped.

    make sandbox                                 # or: python -m sandbox --port 4566 --speed 60

It prints the variables that lead to it: paste them into another terminal, and `aws`, `sam`, `cdk` and the action go
there.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from sandbox.clock import ScaledClock
from sandbox.world import Sandbox

PORT = 4566


def main() -> int:
    """Serve an account with one empty Amplify app until Ctrl-C or SIGTERM; return the exit code."""
    arguments = _arguments()
    try:
        sandbox = Sandbox(ScaledClock(arguments.speed), region=arguments.region, port=arguments.port)
    except OSError as error:
        print(
            f"The embedded AWS can't serve on port {arguments.port} of 127.0.0.1: {error.strerror}. "
            "Name another one: python -m sandbox --port 4567 (0 takes a free one)",
            file=sys.stderr,
        )
        return 2
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with sandbox:
        app = _app_id(arguments.app)
        sandbox.amplify.add_app(arguments.app, app)
        sandbox.amplify.add_branch(app, arguments.branch)
        for name, value in sandbox.environment(AWS_DEFAULT_REGION=sandbox.region).items():
            print(f"export {name}={value}")
        print(f"# Amplify has the app {arguments.app} ({app}) with the branch {arguments.branch}.")
        print(f"# Slack's webhook is {sandbox.slack.webhook_url}. Ctrl-C ends all of it.", flush=True)
        stopped.wait()
    return 0


def _app_id(name: str) -> str:
    """Return an id of the form that Amplify's have."""
    return "d1" + "".join(character for character in name.lower() if character.isascii() and character.isalnum())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--port", type=int, default=PORT, help=f"the port on 127.0.0.1 (default: {PORT}; 0 takes a free one)"
    )
    parser.add_argument("--speed", type=float, default=1.0, help="how many AWS seconds pass in a real one (default: 1)")
    parser.add_argument(
        "--region", default="us-west-2", help="the region where seeded things live (default: us-west-2)"
    )
    parser.add_argument("--app", default="shop", help="the Amplify app's name, as no call makes one (default: shop)")
    parser.add_argument("--branch", default="main", help="its branch (default: main)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
