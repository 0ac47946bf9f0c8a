"""Modes that change nothing, while AWS can't be read: they say at once what they wait for, and end soon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox import ALL, Fault, Kind
from tests.process.shop import STACK

if TYPE_CHECKING:
    from tests.clocks import FakeClock
    from tests.process.shop import Shop


@pytest.mark.parametrize(
    "how",
    [
        {"mode": "status", "job_results": ""},
        {"mode": "snapshot", "job_results": "", "snapshot": "good.json"},
        {"dry_run": "true"},
    ],
    ids=lambda how: how.get("mode", "dry run"),
)
@pytest.mark.parametrize("kind", [Kind.THROTTLING, Kind.DROPPED_BEFORE])
def test_what_is_waited_for_is_said_at_once_and_two_minutes_are_enough(
    shop: Shop, waits: FakeClock, how: dict[str, Any], kind: Kind
) -> None:
    shop.stack()
    shop.sandbox.faults.add(Fault("*", kind, ALL, service="cloudformation"))
    began = waits.monotonic()

    ran = shop.run(None, **how, stack_name=STACK)

    assert ran["outcome"] in {"failed", "planned"}
    assert waits.monotonic() - began < 125
    assert ("waiting for AWS: " if "dry_run" in how else "waiting for AWS, 120 s at most") in ran.log
    assert ran.log.count("waiting for AWS") in {2, 3}, "at once, and then once a minute"
