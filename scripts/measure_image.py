"""Print what the image adds to its base, and how soon a container of it calls AWS.

    python scripts/measure_image.py IMAGE BASE

Sizes are those of the layers as `docker save` writes them, compressed with gzip as a registry keeps them. The time is
taken from `docker run` until the first request arrives at a server on loopback that AWS_ENDPOINT_URL names; the
processor time is what the kernel has booked on the container's process at that moment, while it waits for the answer.
"""

from __future__ import annotations

import gzip
import json
import statistics
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

RUNS = 7
INPUTS = {"INPUT_MODE": "status", "INPUT_STACK-NAME": "shop", "INPUT_AWS-REGION": "us-east-1"}
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
NAME = "rollback-measure"


def main(image: str, base: str) -> None:
    """Measure and print."""
    sizes = layer_sizes(image)
    added = sizes[len(layers(base)) :]
    print(f"Base: {sum(sizes) - sum(added):.1f} MB compressed, {len(layers(base))} layers")
    print(f"Added: {sum(added):.1f} MB compressed, {len(added)} layers ({', '.join(f'{s:.2f}' for s in added)} MB)")
    seconds_to_first_call(image)  # the first start reads the files from the disk
    measured = [seconds_to_first_call(image) for _ in range(RUNS)]
    print(f"From docker run to the first AWS call: {spread([wait for wait, _ in measured])}")
    empty = [seconds_of_nothing(image) for _ in range(RUNS)]
    print(f"  of that, docker run of a program that does nothing: {spread(empty)}")
    print(f"Processor time until the first AWS call: {spread([processor for _, processor in measured])}")


def spread(seconds: list[float]) -> str:
    """Return the median and the range."""
    return f"{statistics.median(seconds):.2f} s (median of {len(seconds)}, {min(seconds):.2f} to {max(seconds):.2f})"


def layers(image: str) -> list[str]:
    """Return the digests of the image's layers, lowest first."""
    answer = subprocess.run(
        ["docker", "image", "inspect", "--format", "{{json .RootFS.Layers}}", image], check=True, capture_output=True
    )
    digests: list[str] = json.loads(answer.stdout)
    return digests


def layer_sizes(image: str) -> list[float]:
    """Return the compressed size of each layer in megabytes, lowest first."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "image.tar"
        subprocess.run(["docker", "save", "--output", archive, image], check=True)
        with tarfile.open(archive) as saved:
            manifest = json.load(member(saved, "manifest.json"))
            return [len(gzip.compress(member(saved, name).read(), 6)) / 1e6 for name in manifest[0]["Layers"]]


def member(archive: tarfile.TarFile, name: str) -> tarfile.ExFileObject:
    """Return an open file of the archive; the same layer twice is saved as a link."""
    found = archive.extractfile(name)
    if found is None:
        sys.exit(f"{name} is not a file in the saved image")
    return found  # type: ignore[return-value]


class Deny(BaseHTTPRequestHandler):
    """Answers every call with AccessDenied, which ends a run; notes when the first one came."""

    def do_POST(self) -> None:
        """Answer in the form of CloudFormation's protocol."""
        arrivals.append((time.monotonic(), processor_seconds()))
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>measuring</Message></Error></ErrorResponse>"
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


arrivals: list[tuple[float, float]] = []


def endpoint() -> str:
    """Start the server on first use, and return its address."""
    if not servers:
        servers.append(HTTPServer(("127.0.0.1", 0), Deny))
        threading.Thread(target=servers[0].serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{servers[0].server_port}"


servers: list[HTTPServer] = []


def docker_run(image: str, *options: str) -> list[str]:
    """Return the command that starts a container as a job would."""
    environment = INPUTS | CREDENTIALS | {"AWS_ENDPOINT_URL": endpoint()}
    settings = [option for name, value in environment.items() for option in ("-e", f"{name}={value}")]
    return ["docker", "run", "--rm", "--network", "host", *settings, *options, image]


def processor_seconds() -> float:
    """Return the processor time of the container's process so far, all its threads together."""
    found = subprocess.run(["docker", "inspect", "--format", "{{.State.Pid}}", NAME], check=True, capture_output=True)
    threads = Path("/proc", found.stdout.decode().strip(), "task").glob("*/schedstat")
    return sum(int(thread.read_text(encoding="ascii").split()[0]) for thread in threads) / 1e9


def seconds_to_first_call(image: str) -> tuple[float, float]:
    """Return the time from `docker run` to the first request, and the processor time in it."""
    arrivals.clear()
    started = time.monotonic()
    done = subprocess.run(docker_run(image, "--name", NAME), check=False, capture_output=True, text=True)
    if not arrivals:
        sys.exit(f"the container made no call to AWS:\n{done.stdout}{done.stderr}")
    arrived, processor = arrivals[0]
    return arrived - started, processor


def seconds_of_nothing(image: str) -> float:
    """Return how long `docker run` takes by itself on this machine."""
    started = time.monotonic()
    subprocess.run(docker_run(image, "--entrypoint", "/bin/true"), check=True)
    return time.monotonic() - started


if __name__ == "__main__":
    main(*sys.argv[1:])
