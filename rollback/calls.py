"""One call to AWS, whichever service: it ends in time, and its answer has the form that AWS's own model promises."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

from rollback.engine.bounds import in_time

LONGEST_CALL = 20.0
"""Seconds for one call with all that belongs to it: credentials, connecting, the SDK's retries, the whole answer.

The SDK's own timeouts bound the wait for the next byte alone: one byte a second would keep a call going for hours.
"""

LARGEST_BODY = 16 * 1024 * 1024 + 1
"""Bytes of a streamed body that are read with the call: one more than what a snapshot may have."""

_FORMS: dict[str, type | tuple[type, ...]] = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "character": str,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "boolean": bool,
    "timestamp": datetime,
}


class Misshapen(ValueError):
    """The answer is not of the form that AWS's model gives it."""


def guard(client: Any, seconds: float = LONGEST_CALL) -> Any:
    """Return the SDK's client, each call of it bounded and its answer held against the model.

    All calls of a client, those of its paginators too, go through this one method of it.
    """
    make = client._make_api_call  # noqa: SLF001 - botocore has no other place that all calls go through

    def make_in_time(operation: str, parameters: Any) -> Any:
        def call() -> Any:
            answer = make(operation, parameters)
            for name, body in answer.items():
                if hasattr(body, "iter_chunks"):
                    answer[name] = io.BytesIO(body.read(LARGEST_BODY))
            return answer

        answer = in_time(seconds, call)
        misshapen = unlike(answer, client.meta.service_model.operation_model(operation).output_shape)
        if misshapen:
            raise Misshapen(misshapen)
        return answer

    client._make_api_call = make_in_time  # noqa: SLF001 - as above
    return client


def unlike(value: Any, shape: Any, where: str = "the answer") -> str:
    """Return what of `value` is not as botocore's `shape` says, in a few words; empty where all of it is.

    What is missing is no matter here: real answers lack members that the model requires.
    """
    form: Any = _FORMS.get(shape.type_name) if shape is not None else None
    if form is None or value is None:
        return ""
    if not isinstance(value, form) or (isinstance(value, bool) and shape.type_name != "boolean"):
        return f"{where} is of type {type(value).__name__}, not {shape.type_name}"
    inner: list[tuple[Any, Any, str]] = []
    if shape.type_name == "structure":
        inner = [(value.get(name), member, name) for name, member in shape.members.items()]
    elif shape.type_name == "list":
        if None in value:
            return f"{where} has an empty entry"
        inner = [(item, shape.member, where) for item in value]
    elif shape.type_name == "map":
        inner = [(item, shape.value, where) for item in value.values()]
    return next((found for one, of, name in inner if (found := unlike(one, of, name))), "")
