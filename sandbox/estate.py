"""The resources that stacks made, as moto's services have them: real buckets, tables, queues, parameters.

Most runs never ask those services, and each costs half a second to load: so what stacks do is only noted, and done when
somebody first looks into the service.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox.kinds import KINDS

if TYPE_CHECKING:
    from sandbox.cloudformation.outside import Thing
    from sandbox.kind import Kind

_log = logging.getLogger(__name__)

Backend = Callable[[str, str], Any]


class Estate:
    """`cloudformation.outside.Things` on moto's services. `backend` gives moto's backend of a service in a region."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._noted: dict[str, list[Callable[[], None]]] = {}
        self._used: set[str] = set()
        self._holding: set[tuple[str, str]] = set()
        self.refused: list[str] = []

    def knows(self, type_name: str) -> bool:
        """Tell whether resources of the type are there for real."""
        return type_name in KINDS

    def exists(self, type_name: str, region: str, name: str) -> bool:
        """Tell whether the service has a resource of that name; unlooked-into it has what stacks made alone."""
        kind = KINDS.get(type_name)
        if kind is None or kind.service not in self._used:
            return False
        self.settle(kind.service)
        return kind.there(self._backend(kind.service, region), name)

    def made(self, thing: Thing) -> None:
        """Note that the resource is to be made."""
        self._note(thing, lambda kind, backend: kind.make(backend, thing))

    def changed(self, thing: Thing) -> None:
        """Note new properties."""
        self._note(thing, lambda kind, backend: kind.change(backend, thing))

    def stored(self, thing: Thing, data: str) -> None:
        """Note data that is to be in the resource."""
        self._holding.add((thing.type, thing.name))
        self._note(thing, lambda kind, backend: kind.put(backend, thing, data))

    def refusal(self, thing: Thing) -> str | None:
        """Return the service's reason not to delete the resource: protected, or not empty."""
        kind = KINDS.get(thing.type)
        if kind is None:
            return None
        if kind.protected(thing):
            return f"Resource cannot be deleted as it is currently protected against deletion: {thing.name}"
        if kind.service not in self._used and (thing.type, thing.name) not in self._holding:
            return None
        self.settle(kind.service)
        backend = self._backend(kind.service, thing.region)
        return kind.full(backend, thing) if kind.there(backend, thing.name) else None

    def destroyed(self, thing: Thing) -> None:
        """Note that the resource is to be deleted."""
        self._holding.discard((thing.type, thing.name))
        self._note(thing, lambda kind, backend: kind.drop(backend, thing.name))

    def settle(self, service: str) -> None:
        """Do what was noted for a service, because somebody looks now."""
        self._used.add(service)
        for step in self._noted.pop(service, []):
            step()

    def reset(self) -> None:
        """Forget everything, as the services were emptied."""
        self._noted.clear()
        self._used.clear()
        self._holding.clear()

    def _note(self, thing: Thing, effect: Callable[[Kind, Any], None]) -> None:
        kind = KINDS.get(thing.type)
        if kind is not None:
            self._noted.setdefault(kind.service, []).append(partial(self._do, kind, thing, effect))

    def _do(self, kind: Kind, thing: Thing, effect: Callable[[Kind, Any], None]) -> None:
        try:
            effect(kind, self._backend(kind.service, thing.region))
        except Exception as error:  # noqa: BLE001 - moto's refusals have no common class
            # A template that moto refuses (references it can't follow, say) must not end whoever looks.
            _log.info("moto has no %s %s: %s", thing.type, thing.name, error)
            self.refused.append(f"{thing.type} {thing.name}: {error}")
