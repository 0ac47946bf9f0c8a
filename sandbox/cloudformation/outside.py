"""What lies outside CloudFormation, as far as it asks for it: objects, parameters, alarms, the resources themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

Read = Callable[[str, str], bytes]
Look = Callable[[str], str | None]


def _nothing_there(bucket: str, key: str) -> bytes:
    raise KeyError(f"s3://{bucket}/{key}")


def _unknown(_name: str) -> str | None:
    return None


@dataclass(frozen=True)
class Thing:
    """A resource as the service behind it knows it: properties with every reference worked out."""

    type: str
    region: str
    name: str
    properties: dict[str, Any]


class Things(Protocol):
    """The resources behind the stacks, as their own services show them."""

    def knows(self, type_name: str) -> bool:
        """Tell whether resources of the type are there for real."""
        ...

    def exists(self, type_name: str, region: str, name: str) -> bool:
        """Tell whether the service has a resource of that name, whoever made it."""
        ...

    def made(self, thing: Thing) -> None:
        """Take note that a stack made the resource."""

    def changed(self, thing: Thing) -> None:
        """Take note of new properties."""

    def stored(self, thing: Thing, data: str) -> None:
        """Put data into the resource, as the users of the application would."""

    def refusal(self, thing: Thing) -> str | None:
        """Return the service's reason not to delete the resource, or None."""
        ...

    def destroyed(self, thing: Thing) -> None:
        """Take note that a stack deleted the resource."""


class NoThings:
    """No services: nothing but what the stacks themselves know."""

    def knows(self, _type_name: str) -> bool:
        """Know nothing."""
        return False

    def exists(self, _type_name: str, _region: str, _name: str) -> bool:
        """Have nothing."""
        return False

    def made(self, _thing: Thing) -> None:
        """Take no note."""

    def changed(self, _thing: Thing) -> None:
        """Take no note."""

    def stored(self, _thing: Thing, _data: str) -> None:
        """Take no note."""

    def refusal(self, _thing: Thing) -> str | None:
        """Mind no deletion."""
        return None

    def destroyed(self, _thing: Thing) -> None:
        """Take no note."""


@dataclass(frozen=True)
class Outside:
    """The doors to the other services; without any, nothing is there.

    `read_object` gives a body or raises KeyError, `parameter` a value by name, `alarm` a state by ARN, or None;
    `things` are the services that have the resources, `bucket_region` is where a bucket lies, or None.
    """

    read_object: Read = field(default=_nothing_there)
    parameter: Look = field(default=_unknown)
    alarm: Look = field(default=_unknown)
    things: Things = field(default_factory=NoThings)
    bucket_region: Look = field(default=_unknown)
