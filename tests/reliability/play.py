"""Plays a scenario in this process: the real product, the embedded AWS over HTTP, and a clock that nobody waits for."""

from __future__ import annotations

import io
import os
import tempfile
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.httpsession import URLLib3Session
from botocore.loaders import Loader

from rollback.session import Session
from sandbox import Call, ManualClock, Sandbox
from sandbox.demo.incidents import BUCKET
from tests.clocks import FakeClock
from tests.reliability import shop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from botocore.awsrequest import AWSPreparedRequest

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


@dataclass(frozen=True)
class Stage:
    """A prepared scenario, that a run can be started on again and again."""

    scenario: Scenario
    sandbox: Sandbox
    clock: ManualClock
    variables: dict[str, str]
    folder: Path

    def run(self, changed: Mapping[str, str] = MappingProxyType({})) -> Run:
        """Run the product to its end, with empty files for outputs and summary; `changed` are inputs."""
        for name in ("output", "summary"):
            (self.folder / name).write_text("", encoding="utf-8")
        stdout, time = io.StringIO(), FakeClock(self.clock, start=self.clock.now())
        given = {**self.scenario.all_inputs(self.sandbox), **changed}
        inputs = {f"INPUT_{name.upper()}": value for name, value in given.items()}
        exit_code = Session({**self.variables, **inputs}, stdout, time).run()
        return Run(
            exit_code=exit_code,
            stdout=stdout.getvalue(),
            outputs=parse_outputs((self.folder / "output").read_text(encoding="utf-8")),
            summary=(self.folder / "summary").read_text(encoding="utf-8"),
            seconds=time.monotonic(),
            sandbox=self.sandbox,
            calls=self.sandbox.calls,
            objects=_objects(self.sandbox),
        )


def play(scenario: Scenario, arrange: Callable[[Sandbox], object] = lambda _: None, *, timeouts: bool = False) -> Run:
    """Play the scenario once; `arrange` plans faults when everything is prepared. `timeouts`: see `in_the_runner`."""
    with staged(scenario, timeouts=timeouts) as stage:
        arrange(stage.sandbox)
        return stage.run()


@contextmanager
def staged(scenario: Scenario, *, timeouts: bool = False) -> Iterator[Stage]:
    """Prepare the scenario."""
    clock = ManualClock()
    with Sandbox(clock) as sandbox, in_the_runner(sandbox, timeouts=timeouts) as (variables, folder):
        scenario.prepare(sandbox, clock)
        sandbox._aws.calls.clear()
        yield Stage(scenario, sandbox, clock, {**variables, "GITHUB_RUN_ATTEMPT": str(scenario.attempt)}, folder)


@contextmanager
def in_the_runner(sandbox: Sandbox, *, timeouts: bool = False) -> Iterator[tuple[dict[str, str], Path]]:
    """Set this process up as the runner sets up the container's; yield its variables and its folder.

    `timeouts` makes of each connection that is dropped an answer that never came, without the waiting.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        # botocore's own retries would sleep in real time; the loop's retries are what is tried here.
        aws = {**sandbox.environment(), "AWS_MAX_ATTEMPTS": "1"}
        stack.enter_context(patch.dict(os.environ, aws))
        stack.enter_context(shared_models())
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


def shared_models() -> AbstractContextManager[object]:
    """Let botocore read AWS's API models once a process, not once a session."""
    return patch("botocore.session.create_loader", lambda *_: _models())


@cache
def _models() -> Loader:
    return Loader()


def _send_until_the_timeout(session: URLLib3Session, request: AWSPreparedRequest) -> Any:
    try:
        return _SEND(session, request)
    except ConnectionClosedError as error:
        raise ReadTimeoutError(endpoint_url=request.url, error=error) from error


_SEND = URLLib3Session.send


def _objects(sandbox: Sandbox) -> dict[str, bytes]:
    services = sandbox.services
    buckets = [name for name in (shop.BUCKET, BUCKET) if name in services._s3().buckets]
    return {key: services.get_object(bucket, key) for bucket in buckets for key in services.object_keys(bucket)}


def parse_outputs(text: str) -> dict[str, str]:
    """Return the outputs as GitHub's runner reads them. Raises ValueError for what it would refuse, and for doubles."""
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
