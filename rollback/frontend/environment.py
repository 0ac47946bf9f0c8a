"""The environment variables that a snapshot recorded, of app and branch: which differ now, and putting them back.

A rebuild uses today's variables. UpdateApp and UpdateBranch know no merging, so the whole recorded map is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.engine.trouble import Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback.frontend.client import Amplify
    from rollback.frontend.model import App, Environment

MOST_TRIES = 3
"""How often they are put back while AWS's answers are 5xx or unreadable: to redeploy matters more."""


class RecordedEnvironment:
    """The environment that one branch's builds had, or none where no snapshot tells."""

    def __init__(self, door: Amplify, branch: str, recorded: Environment | None) -> None:
        self._door = door
        self._branch = branch
        self._recorded = recorded
        self._names: tuple[str, ...] | None = None if recorded else ()
        self._branch_differs = False
        self._tries = 0

    def differing(self, app: App) -> tuple[str, ...]:
        """Return the names of the variables that differ now; asked once. Raises AwsTrouble."""
        if self._names is None and self._recorded:
            names = _differing(self._recorded.app, app.environment)
            if self._recorded.branch is not None:
                now = self._door.branch(app.id, self._branch).environment
                of_branch = _differing(self._recorded.branch, now)
                self._branch_differs = bool(of_branch)
                names |= of_branch
            self._names = tuple(sorted(names))
        return self._names or ()

    def put_back(self, app: App) -> None:
        """Write what differs. Raises AwsTrouble; afterwards `differing` is empty, unless it is to be tried again."""
        recorded = self._recorded
        try:
            if recorded and recorded.app is not None and _differing(recorded.app, app.environment):
                self._door.set_app_environment(app.id, recorded.app)
            if recorded and recorded.branch is not None and self._branch_differs:
                self._door.set_branch_environment(app.id, self._branch, recorded.branch)
        except Unreadable:
            self._tries += 1
            raise
        self._names = ()

    @property
    def may_be_tried_again(self) -> bool:
        """Return whether AWS's unreadable answers were few so far."""
        return self._tries < MOST_TRIES

    def leave(self) -> None:
        """Let it be as it is."""
        self._names = ()


def _differing(recorded: Mapping[str, str] | None, now: Mapping[str, str] | None) -> set[str]:
    if recorded is None:
        return set()
    current = now or {}
    return {name for name in recorded.keys() | current.keys() if recorded.get(name) != current.get(name)}
