"""The embedded AWS with an incident in it, where a container of the runner reaches it: for the workflow's self-test.

    python -m scripts.self_test_aws --listen 172.17.0.1 --port 4566

The embedded AWS itself listens on loopback only; connections to the given address are passed on to it. Once it serves,
the variables that lead to it are printed, one NAME=VALUE a line, as GITHUB_ENV takes them. Runs until it is stopped.
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

from sandbox import Sandbox, ScaledClock
from tests.container import incident


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--listen", required=True, help="an address of this machine, such as the container network's gateway"
    )
    parser.add_argument("--port", type=int, default=4566)
    arguments = parser.parse_args()
    with Sandbox(ScaledClock(60)) as sandbox, suppress(KeyboardInterrupt):
        incident.seed(sandbox)
        asyncio.run(serve(sandbox, arguments.listen, arguments.port))


async def serve(sandbox: Sandbox, address: str, port: int) -> None:
    """Pass connections on to the embedded AWS."""
    behind = urlsplit(sandbox.url)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(behind.hostname, behind.port)
        await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer))

    server = await asyncio.start_server(connected, address, port)
    for name, value in sandbox.environment(AWS_ENDPOINT_URL=f"http://{address}:{port}").items():
        if name != "GITHUB_API_URL":  # the runner's own name, which a workflow cannot set
            print(f"{name}={value}", flush=True)
    async with server:
        await server.serve_forever()


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the one side ends, and close the other."""
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    main()
