"""The templates of nested stacks: they lie behind URLs, whose content may change while the root's text stays."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from rollback.engine.trouble import Denied, Rejected
from rollback.stack.model import STACK_TYPE
from rollback.stack.record import NestedSnapshot, may_be_spoiled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rollback.stack.client import CloudFormation
    from rollback.stack.record import ResourceSnapshot

_DEEPEST = 5


def nested_templates(
    door: CloudFormation, resources: Iterable[ResourceSnapshot], prefix: str = "", depth: int = 1
) -> Iterator[NestedSnapshot]:
    """Return the digest of each nested stack's template, at every depth. Raises AwsTrouble, but not for a refusal."""
    for resource in resources:
        if resource.type != STACK_TYPE or not resource.physical_id:
            continue
        path = f"{prefix}{resource.logical_id}"
        try:
            text = door.template(resource.physical_id)
            inner = door.resources(resource.physical_id) if depth < _DEEPEST else ()
        except (Denied, Rejected):
            yield NestedSnapshot(path=path)
            continue
        yield NestedSnapshot(path=path, digest=sha256(text.encode()).hexdigest(), ambiguous=may_be_spoiled(text))
        yield from nested_templates(door, inner, f"{path}.", depth + 1)
