"""Plays a scenario in this process: the real product, the embedded AWS over HTTP, and a clock that nobody waits for."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.httpsession import URLLib3Session
from botocore.loaders import Loader

from rollback.session import Session
from sandbox import Call, ManualClock, Sandbox
from tests.clocks import FakeClock
from tests.reliability import shop
from tests.reliability.scenarios import Scenario

@dataclass(frozen=True)
class Run:
    """A run that has ended, and the embedded AWS as it left it (no longer served, but still to be looked at)."""

    exit_code: int
    stdout: str
    outputs: dict[str, str]
    summary: str
    seconds: float
    sandbox: Sandbox
    calls: list[Call]
    objects: dict[str, bytes]

    @property
    def told(self) -> str:
        """Everything that people see."""
        messages = "\n".join(message.everything for message in self.sandbox.slack.messages)
        return "\n".join((self.stdout, *self.outputs.values(), self.summary, messages))


def play(
    scenario: Scenario,
    arrange: Callable[[Sandbox], None] = lambda _: None,
    *,
    timeouts: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Run:
    """Play the scenario; `arrange` plans faults once everything is prepared. `timeouts`: see `in_the_runner`."""
    clock = ManualClock()
    with Sandbox(clock) as sandbox, in_the_runner(sandbox, timeouts=timeouts) as (variables, folder):
        scenario.prepare(sandbox, clock)
        sandbox._aws.calls.clear()  # noqa: SLF001 - what was called to prepare is not the product's
        arrange(sandbox)
        variables |= {f"INPUT_{name.upper()}": value for name, value in scenario.all_inputs(sandbox).items()}
        variables |= {"GITHUB_RUN_ATTEMPT": str(scenario.attempt), **(environ or {})}
        stdout, time = io.StringIO(), FakeClock(clock, start=clock.now())
        exit_code = Session(variables, stdout, time).run()
        return Run(
            exit_code=exit_code,
            stdout=stdout.getvalue(),
            outputs=parse_outputs((folder / "output").read_text(encoding="utf-8")),
            summary=(folder / "summary").read_text(encoding="utf-8"),
            seconds=time.monotonic(),
            sandbox=sandbox,
            calls=sandbox.calls,
            objects=_objects(sandbox),
        )


@contextmanager
def in_the_runner(sandbox: Sandbox, *, timeouts: bool = False) -> Iterator[tuple[dict[str, str], Path]]:
    """Set this process up as the runner sets up the container's; yield its variables and its folder.

    `timeouts` makes of each connection that is dropped an answer that never came, without the waiting.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name in ("output", "summary"):
            (folder / name).touch()
        # botocore's own retries would sleep in real time; the loop's retries are what is tried here.
        aws = {**sandbox.environment(), "AWS_MAX_ATTEMPTS": "1"}
        stack.enter_context(patch.dict(os.environ, aws))
        stack.enter_context(patch("botocore.session.create_loader", lambda *_: _models()))
        if timeouts:
            stack.enter_context(patch.object(URLLib3Session, "send", _send_until_the_timeout))
        yield (
            {
                **aws,
                "GITHUB_ACTIONS": "true",
                "GITHUB_OUTPUT": str(folder / "output"),
                "GITHUB_STEP_SUMMARY": str(folder / "summary"),
                "GITHUB_WORKSPACE": str(folder),
                "GITHUB_REPOSITORY": "example/shop",
                "GITHUB_RUN_ID": "17",
                "GITHUB_RUN_ATTEMPT": "1",
                "GITHUB_REF_NAME": shop.BRANCH,
                "GITHUB_SHA": shop.BAD,
                "GITHUB_ACTOR": "robin",
            },
            folder,
        )


@cache
def _models() -> Loader:
    """AWS's API models, read once a process."""
    return Loader()


def _send_until_the_timeout(session: URLLib3Session, request: AWSPreparedRequest) -> Any:
    try:
        return _SEND(session, request)
    except ConnectionClosedError as error:
        raise ReadTimeoutError(endpoint_url=request.url, error=error) from error


_SEND = URLLib3Session.send


def _objects(sandbox: Sandbox) -> dict[str, bytes]:
    services = sandbox.services
    if shop.BUCKET not in services._s3().buckets:  # noqa: SLF001 - moto has no other way to ask
        return {}
    return {key: services.get_object(shop.BUCKET, key) for key in services.object_keys(shop.BUCKET)}


def parse_outputs(text: str) -> dict[str, str]:
    """Return the outputs as GitHub's runner reads them. Raises ValueError for what it would refuse, or for a name twice."""
    values: dict[str, str] = {}
    lines = iter(text.removesuffix("\n").split("\n") if text else [])
    for line in lines:
        name, heredoc, delimiter = line.partition("<<")
        if not heredoc or not delimiter or "=" in name or name in values:
            raise ValueError(f"not an output: {line!r}")
        value = []
        for inner in lines:
            if inner == delimiter:
                break
            value.append(inner)
        else:
            raise ValueError(f"the output {name} does not end")
        values[name] = "\n".join(value)
    return values
