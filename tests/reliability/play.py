"""Plays a scenario in this process: the real product, the embedded AWS, and a clock that nobody waits for."""

from __future__ import annotations

import io
import os
import tempfile
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from unittest.mock import patch

from rollback.session import Session
from sandbox import Call, ManualClock, Sandbox
from sandbox.demo.incidents import BUCKET
from tests.clocks import FakeClock
from tests.reliability import shop
from tests.short_wire import short_wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

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


def play(scenario: Scenario, arrange: Callable[[Sandbox], object] = lambda _: None) -> Run:
    """Play the scenario once; `arrange` plans faults when everything is prepared."""
    with staged(scenario) as stage:
        arrange(stage.sandbox)
        return stage.run()


@contextmanager
def staged(scenario: Scenario, *, over_http: bool = False) -> Iterator[Stage]:
    """Prepare the scenario. `over_http` takes the real way to AWS instead of the short one."""
    clock = ManualClock()
    with (
        Sandbox(clock) as sandbox,
        in_the_runner(sandbox) as (variables, folder),
        nullcontext() if over_http else short_wire(sandbox),
    ):
        scenario.prepare(sandbox, clock)
        sandbox._aws.calls.clear()
        yield Stage(scenario, sandbox, clock, {**variables, "GITHUB_RUN_ATTEMPT": str(scenario.attempt)}, folder)


@contextmanager
def in_the_runner(sandbox: Sandbox) -> Iterator[tuple[dict[str, str], Path]]:
    """Set this process up as the runner sets up the container's; yield its variables and its folder."""
    # botocore's own retries would sleep in real time; the loop's retries are what is tried here.
    aws = {**sandbox.environment(), "AWS_MAX_ATTEMPTS": "1"}
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, aws):
        variables = {
            **aws,
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": f"{folder}/output",
            "GITHUB_STEP_SUMMARY": f"{folder}/summary",
            "GITHUB_WORKSPACE": folder,
            "GITHUB_REPOSITORY": "example/shop",
            "GITHUB_RUN_ID": "17",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_REF_NAME": shop.BRANCH,
            "GITHUB_SHA": shop.BAD,
            "GITHUB_ACTOR": "robin",
        }
        yield variables, Path(folder)


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
