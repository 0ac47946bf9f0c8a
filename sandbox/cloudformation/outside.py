"""What lies outside CloudFormation, as far as it asks for it: objects in S3, parameters in SSM, alarms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

Read = Callable[[str, str], bytes]
Look = Callable[[str], str | None]


def _nothing_there(bucket: str, key: str) -> bytes:
    raise KeyError(f"s3://{bucket}/{key}")


def _unknown(_name: str) -> str | None:
    return None


@dataclass(frozen=True)
class Outside:
    """The doors to the other services; without any, nothing is there.

    `read_object` gives a body or raises KeyError, `parameter` a value by name, `alarm` a state by ARN, or None.
    """

    read_object: Read = field(default=_nothing_there)
    parameter: Look = field(default=_unknown)
    alarm: Look = field(default=_unknown)
