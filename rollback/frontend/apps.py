"""Finding the Amplify app by its id or its exact name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.engine.endings import refused
from rollback.engine.moves import Ended
from rollback.engine.trouble import Denied, Rejected, Unreadable
from rollback.frontend.model import App, Wishes
from rollback.report.commands import aws
from rollback.report.model import Command
from rollback.report.notices import Code

if TYPE_CHECKING:
    from rollback.engine.progress import Progress
    from rollback.frontend.client import Amplify


def find_app(door: Amplify, wishes: Wishes, progress: Progress) -> App:
    """Return the app. Raises Ended, listing what there is, where none or several have the name; and AwsTrouble."""
    listing = Command(
        purpose="The region's apps are",
        line=aws("amplify", "list-apps", region=wishes.region, query="apps[].[appId,name]", output="text"),
    )
    if wishes.app_id:
        return _by_id(door, wishes, progress, listing)
    apps = door.apps()
    named = [app for app in apps if app.name == wishes.app_name]
    if len(named) == 1:
        return named[0]
    listed = ", ".join(f"{app.id} ({app.name})" for app in (named or apps)[:20]) or "none at all"
    many = f"{len(named)} Amplify apps are" if named else "No Amplify app is"
    text = f"{many} named {wishes.app_name!r} in {wishes.region}; there are: {listed}."
    raise Ended(refused(Code.APP_NOT_FOUND, text, Command(purpose="Give app-id instead"), listing))


def _by_id(door: Amplify, wishes: Wishes, progress: Progress, listing: Command) -> App:
    try:
        return door.app(wishes.app_id)
    except (Denied, Rejected, Unreadable) as trouble:
        if isinstance(trouble, Rejected) and "NotFound" in trouble.code:
            text = f"There is no Amplify app {wishes.app_id} in {wishes.region}."
            raise Ended(refused(Code.APP_NOT_FOUND, text, listing)) from trouble
        # The site's name and address are a comfort, not a need; where nothing is allowed, listing the jobs says so.
        progress.detail("frontend", f"going on without the app's name and domain: {trouble.what}")
        return App(wishes.app_id)
