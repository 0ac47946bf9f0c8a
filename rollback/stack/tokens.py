"""Pure: the ClientRequestTokens of our writes, by which a second run knows the first one's work.

A token names the run, its attempt, the stack, the operation that is dealt with, the step and which try of it this is.
CloudFormation puts it on every event of what it does then, and does nothing for one that it took before. At most 128
characters of `[a-zA-Z0-9][-a-zA-Z0-9]*` (CloudFormation's API model).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

CANCEL, ROLLBACK, CONTINUE, RESTORE = "cancel", "rollback", "continue", "restore"

_PREFIX = "rollback-action"
_FORM = re.compile(rf"{_PREFIX}-[0-9a-f]{{16}}-[0-9a-f]{{8}}-({CANCEL}|{ROLLBACK}|{CONTINUE}|{RESTORE})-(\d+)")


@dataclass(frozen=True)
class Tokens:
    """Makes and recognises the tokens of one run on one stack."""

    run: str
    stack_id: str

    @property
    def _key(self) -> str:
        return _digits(f"{self.run}\0{self.stack_id}", 16)

    def make(self, step: str, attempt: int = 1, operation: str = "") -> str:
        """Return the token of a step's `attempt`-th try; the same for a repeated request.

        `operation` is the id of the event with which the stack's newest operation began, empty where nobody can tell:
        an update that somebody begins later is cancelled under another token.
        """
        return f"{_PREFIX}-{self._key}-{_digits(operation, 8)}-{step}-{attempt}"

    def change_set(self, unguessable: str) -> str:
        """Return the name of a change set of this run; `unguessable` is a process's own, so that nobody is first."""
        return f"{_PREFIX}-{self._key}-{unguessable}"

    def named(self, change_set: str) -> bool:
        """Return whether a change set's name is of this run's form, which anybody can give one."""
        return change_set.startswith(f"{_PREFIX}-{self._key}-")

    def owns(self, token: str) -> bool:
        """Return whether this very run made `token`, for whatever step."""
        return bool(step_of(token)) and token.startswith(f"{_PREFIX}-{self._key}-")


def step_of(token: str) -> str:
    """Return the step of a token made by this action in whatever run; empty for anybody else's token."""
    match = _FORM.fullmatch(token)
    return match.group(1) if match else ""


def number_of(token: str) -> int:
    """Return which try of its step a token of this action stands for; 0 for anybody else's token."""
    match = _FORM.fullmatch(token)
    return int(match.group(2)) if match else 0


def _digits(text: str, count: int) -> str:
    return sha256(text.encode()).hexdigest()[:count]
