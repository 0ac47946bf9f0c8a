"""What a witness is: software that nobody here wrote, and what is played with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.witnesses.stage import Stage


class NotHereError(Exception):
    """The witness can't be had on this machine: nothing was played, and nothing is known."""


class WitnessBrokeError(Exception):
    """The witness failed by its own fault, before or beside what the action does: it says nothing about the action."""


class DisagreesError(Exception):
    """The witness saw something else than the action told, or than the embedded AWS showed."""


@dataclass(frozen=True)
class Witness:
    """Who it is, the package that is pinned, what it is to us, and the scenes: a sentence each, and what plays it.

    `quick` ones install in under a minute and are part of every run of CI.
    """

    name: str
    package: str
    role: str
    scenes: Mapping[str, Callable[[Stage], None]]
    quick: bool = True
