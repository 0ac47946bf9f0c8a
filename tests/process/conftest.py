"""The shop on a clock that moves only as the product waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.process.shop import Shop

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import ManualClock, Sandbox
    from tests.clocks import FakeClock


@pytest.fixture
def shop(
    sandbox: Sandbox,
    clock: ManualClock,
    waits: FakeClock,
    tmp_path: Path,
    aws_environment: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Shop:
    """A shop to deploy badly. The SDK's own retries, which would really wait, are off: the loop has patience."""
    del aws_environment
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    return Shop(sandbox, tmp_path, clock, waits)
