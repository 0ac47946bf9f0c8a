"""AWS's API model as judge: what a value breaks of its shape's constraints, in AWS's words.

botocore's `ParamValidator` knows types, required members, unknown members and minimums, but neither maximums, nor
patterns, nor enums: the services check those, and so does this.
"""

from __future__ import annotations

import functools
import re
import textwrap
from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


# What AWS answers although its model lacks it: a stack's own events show these statuses of the stack [seen].
_ANSWERED_ANYWAY = {
    "ResourceStatus": {
        "REVIEW_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    },
}


def violations(value: Mapping[str, Any], shape: Shape) -> list[str]:
    """Return every constraint of `shape` that `value` breaks, in the words of AWS's validation errors."""
    found = list(_walk(value, shape, ""))
    if found:
        return found
    report = ParamValidator().validate(value, shape)
    return [report.generate_report()] if report.has_errors() else []


def validation_message(found: list[str]) -> str:
    """Return the message of AWS's validation error for these violations."""
    plural = "" if len(found) == 1 else "s"
    return f"{len(found)} validation error{plural} detected: " + "; ".join(found)


def _walk(value: object, shape: Shape, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        for name in shape.required_members:
            if value.get(name) is None:
                yield f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
        for name, member in shape.members.items():
            if value.get(name) is not None:
                yield from _walk(value[name], member, _join(path, name))
    elif isinstance(shape, ListShape) and isinstance(value, list):
        yield from _sized(len(value), value, shape, path)
        for index, item in enumerate(value, 1):
            yield from _walk(item, shape.member, f"{path}.{index}.member")
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        yield from _sized(len(value), "{...}", shape, path)
        for key, item in value.items():
            yield from _walk(key, shape.key, f"{path}.key")
            yield from _walk(item, shape.value, f"{path}.{key}.value")
    else:
        yield from _scalar(value, shape, path)


def _scalar(value: object, shape: Shape, path: str) -> Iterator[str]:
    if isinstance(value, str):
        yield from _sized(len(value), value, shape, path)
        yield from _text(value, shape, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number(value, shape, path)


def _join(path: str, name: str) -> str:
    lowered = name[:1].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered


def _failed(value: object, path: str, constraint: str) -> str:
    return f"Value '{textwrap.shorten(str(value), 200)}' at '{path}' failed to satisfy constraint: {constraint}"


def _sized(size: int, value: object, shape: Shape, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield _failed(value, path, f"Member must have length greater than or equal to {least}")
    if most is not None and size > most:
        yield _failed(value, path, f"Member must have length less than or equal to {most}")


def _text(value: str, shape: Shape, path: str) -> Iterator[str]:
    pattern = shape.metadata.get("pattern")
    if pattern and (expression := _compiled(pattern)) and not expression.fullmatch(value):
        yield _failed(value, path, f"Member must satisfy regular expression pattern: {pattern}")
    allowed = shape.enum if isinstance(shape, StringShape) else []
    if allowed and value not in allowed and value not in _ANSWERED_ANYWAY.get(shape.name, ()):
        yield _failed(value, path, f"Member must satisfy enum value set: [{', '.join(allowed)}]")


def _number(value: float, shape: Shape, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and value < least:
        yield _failed(value, path, f"Member must have value greater than or equal to {least}")
    if most is not None and value > most:
        yield _failed(value, path, f"Member must have value less than or equal to {most}")


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """Return the model's pattern as Python's, or None: the models' patterns are Java's, and a few don't translate."""
    try:
        return re.compile(pattern)
    except re.error:
        return None
