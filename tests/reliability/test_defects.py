"""A defect in one part, or in what follows its end, is told, and keeps no other part from its own end."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from rollback.frontend.part import FrontendPart
from rollback.stack.part import StackPart
from rollback.stack.watch import EventWatch
from tests.reliability import shop
from tests.reliability.play import staged
from tests.reliability.scenarios import STILL_UPDATING

ORDERS = ("stack-first", "together")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("step", ["observe", "decide", "perform"])
@pytest.mark.parametrize(
    ("part", "ended"),
    [(StackPart, ("failed", "rolled-back")), (FrontendPart, ("rolled-back", "failed"))],
    ids=["stack", "frontend"],
)
def test_a_defect_in_one_part_is_that_parts_end(
    part: type[StackPart | FrontendPart], ended: tuple[str, str], step: str, order: str
) -> None:
    with staged(STILL_UPDATING) as stage, patch.object(part, step, side_effect=ZeroDivisionError("a defect")):
        run = stage.run({"order": order})
    assert (run.outputs["stack-result"], run.outputs["frontend-result"]) == ended
    assert run.outputs["outcome"] == "partial"
    assert "ZeroDivisionError" in run.summary


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("owner", "after"),
    [(StackPart, "drop_change_set"), (EventWatch, "find_root_cause"), (FrontendPart, "find_failure")],
    ids=["change set", "root cause", "failure"],
)
def test_a_defect_after_a_parts_end_changes_no_result(owner: type, after: str, order: str) -> None:
    with staged(STILL_UPDATING) as stage, patch.object(owner, after, side_effect=ZeroDivisionError("a defect")):
        run = stage.run({"order": order})
        assert shop.site_is_good(stage.sandbox)
    assert (run.outputs["stack-result"], run.outputs["frontend-result"]) == ("rolled-back", "rolled-back")
    assert "ZeroDivisionError" in run.summary
