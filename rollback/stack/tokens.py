"""Pure: the ClientRequestTokens of our writes, by which a second run knows the first one's work.

A token names the run, its attempt, the stack, the step and which try of the step it is; CloudFormation puts it on every
event of the operation. At most 128 characters of `[a-zA-Z0-9][-a-zA-Z0-9]*` (CloudFormation's API model).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CANCEL, ROLLBACK, CONTINUE, RESTORE = "cancel", "rollback", "continue", "restore"

_PREFIX = "rollback-action"
_FORM = re.compile(rf"{_PREFIX}-[0-9a-f]{{16}}-({CANCEL}|{ROLLBACK}|{CONTINUE}|{RESTORE})-(\d+)")


@dataclass(frozen=True)
class Tokens:
    """Makes and recognises the tokens of one run on one stack."""

    run: str
    stack_id: str

    @property
    def _key(self) -> str:
        return sha256(f"{self.run}\0{self.stack_id}".encode()).hexdigest()[:16]

    def make(self, step: str, attempt: int = 1) -> str:
        """Return the token of a step's `attempt`-th try; the same for a repeated request."""
        return f"{_PREFIX}-{self._key}-{step}-{attempt}"

    def change_set(self) -> str:
        """Return the name of this run's change set."""
        return f"{_PREFIX}-{self._key}"

    def made(self, token: str, step: str) -> bool:
        """Return whether this very run made `token` for `step`."""
        return token.startswith(f"{_PREFIX}-{self._key}-{step}-")

    def owns(self, token: str) -> bool:
        """Return whether this very run made `token`, for whatever step."""
        return bool(step_of(token)) and token.startswith(f"{_PREFIX}-{self._key}-")

    def attempts(self, tokens: Iterable[str], step: str) -> int:
        """Return how many tries of `step` by this run stand in `tokens`: the highest number."""
        made = [token for token in tokens if self.made(token, step)]
        return max((int(token.rsplit("-", 1)[1]) for token in made), default=0)


def step_of(token: str) -> str:
    """Return the step of a token made by this action in whatever run; empty for anybody else's token."""
    match = _FORM.fullmatch(token)
    return match.group(1) if match else ""
