"""A branch's auto-build, turned off after a rollback so that the bad tip isn't built again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.engine.trouble import AwsTrouble
from rollback.report.commands import Value, aws
from rollback.report.model import Command, Notice
from rollback.report.notices import Code, warning

if TYPE_CHECKING:
    from rollback.frontend.client import Amplify
    from rollback.frontend.model import App, Wishes


def locked(door: Amplify, app: App, wishes: Wishes) -> Notice | None:
    """Turn it off and return what people must know; None where it was off. A failure is a warning, too."""
    branch = wishes.branch
    where: dict[str, Value] = {"app_id": app.id, "branch_name": branch, "region": wishes.region}
    try:
        if door.branch(app.id, branch).auto_build is False:
            return None
        door.lock_auto_build(app.id, branch)
    except AwsTrouble as trouble:
        off = Command(
            purpose="Turn it off by hand", line=aws("amplify", "update-branch", **where, no_enable_auto_build=True)
        )
        text = f"Auto-build could not be turned off: the next push builds the branch's tip. {trouble.what}"
        return warning(Code.AUTO_BUILD_NOT_LOCKED, text, off)
    on = Command(
        purpose="Once the fix is in, turn it on again",
        line=aws("amplify", "update-branch", **where, enable_auto_build=True),
    )
    text = f"Auto-build of branch {branch} is off now, so that the failed tip isn't built again."
    return warning(Code.AUTO_BUILD_LOCKED, text, on)
