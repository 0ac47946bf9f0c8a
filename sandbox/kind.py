"""What one resource type needs to be there for real: how moto's service makes, changes, fills and deletes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.cloudformation.outside import Thing

# moto publishes no types for its backends.
Backend = Any


def _nothing(_backend: Backend, _thing: Thing, *_more: str) -> None:
    """Do nothing: the type knows no such thing here."""


def _never(_thing: Thing) -> bool:
    return False


def _not_full(_backend: Backend, _thing: Thing) -> str | None:
    return None


@dataclass(frozen=True)
class Kind:
    """One resource type: `protected` and `full` are the two reasons for which a service refuses a deletion."""

    service: str
    make: Callable[[Backend, Thing], None]
    drop: Callable[[Backend, str], None]
    there: Callable[[Backend, str], bool]
    change: Callable[[Backend, Thing], None] = _nothing
    put: Callable[[Backend, Thing, str], None] = _nothing
    protected: Callable[[Thing], bool] = _never
    full: Callable[[Backend, Thing], str | None] = _not_full


def is_true(value: object) -> bool:
    """Tell whether a template's value says yes, as a truth value or in words."""
    return str(value).lower() == "true"
