"""The snapshot's format."""

from __future__ import annotations

import pytest

from rollback.snapshot.model import Snapshot
from rollback.stack.record import MAX_INLINE_TEMPLATE
from tests.stack.given import STACK_ID, record


def test_a_stack_is_found_by_its_very_id() -> None:
    one = record()
    snapshot = Snapshot(taken_at="now", stacks=(one,))
    assert snapshot.stack(STACK_ID) == one
    assert snapshot.stack(STACK_ID.replace("4a37fa2d", "00000000")) is None


@pytest.mark.parametrize(
    ("template", "large"),
    [
        ("x" * MAX_INLINE_TEMPLATE, False),
        ("x" * (MAX_INLINE_TEMPLATE + 1), True),
        ("\u00e4" * (MAX_INLINE_TEMPLATE // 2 + 1), True),
    ],
)
def test_a_template_is_large_by_its_bytes(template: str, *, large: bool) -> None:
    assert record(template=template).is_large is large


def test_the_inline_limit_is_the_api_models() -> None:
    assert MAX_INLINE_TEMPLATE == 51_200
