"""What tests share: an embedded AWS on a clock that moves only as far as the product waits."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from botocore.loaders import Loader
from hypothesis import HealthCheck, settings

from sandbox import ManualClock, Sandbox
from tests.clocks import FakeClock
from tests.reliability.counting import FULL, pytest_terminal_summary

if TYPE_CHECKING:
    from collections.abc import Iterator

# How long an example takes says something about the machine, nothing about the rule: speed belongs in the benchmark.
# The same examples every time, so that a change is judged by itself; RELIABILITY=full looks for new ones.
settings.register_profile(
    "rules",
    deadline=None,
    derandomize=not FULL,
    max_examples=1_000 if FULL else 100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile("rules")

__all__ = ["pytest_terminal_summary"]


@pytest.fixture(scope="session", autouse=True)
def models_read_once() -> Iterator[None]:
    """Let botocore read AWS's API models once a process, not once a session of its own."""
    with patch("botocore.session.create_loader", cache(lambda _paths=None: Loader())):
        yield


@pytest.fixture
def clock() -> ManualClock:
    """The embedded AWS's clock."""
    return ManualClock()


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    """The embedded AWS."""
    with Sandbox(clock) as running:
        yield running


@pytest.fixture
def waits(clock: ManualClock) -> FakeClock:
    """The product's clock: its sleeps move the embedded AWS's clock along."""
    return FakeClock(clock)


@pytest.fixture
def aws_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process's AWS SDK speaks to the embedded AWS."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
