"""Fixtures for the built image. It and an engine are not made here: `make image`, or `.ci/run` for both."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox, ScaledClock
from tests.container import incident
from tests.container.runner import Step, as_inputs

NewStep = Callable[..., Step]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.container)


@pytest.fixture(scope="session")
def image() -> str:
    """The image's name: there, or the run fails, for a container test that is skipped unseen proves nothing."""
    name = os.environ.get("ROLLBACK_IMAGE", "rollback:local")
    found = subprocess.run(["docker", "image", "inspect", name], capture_output=True, check=False)
    if found.returncode:
        pytest.fail(f"there is no image {name}: run `make image` (it needs a Docker engine: scripts/engine.sh)")
    return name


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The incident, on an AWS where a minute passes in a second."""
    with Sandbox(ScaledClock(60)) as running:
        incident.seed(running)
        yield running


@pytest.fixture
def new_step(image: str, sandbox: Sandbox, tmp_path: Path) -> Iterator[NewStep]:
    """Makes the incident's rollback step, other inputs and variables put over its own; kills what is left of it."""
    made: list[Step] = []

    def make(inputs: dict[str, str] | None = None, variables: dict[str, str] | None = None, **facts: Any) -> Step:
        chosen = as_inputs(incident.inputs() | (inputs or {}))
        step = Step(image, tmp_path, chosen | sandbox.environment() | (variables or {}), **facts)
        made.append(step)
        return step

    yield make
    for step in made:
        subprocess.run(["docker", "kill", step.name], capture_output=True, check=False)
