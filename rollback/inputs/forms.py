"""The form of each kind of input: text in, value out, or a ValueError that says what to write instead."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

from rollback.inputs.trigger import JobResult

_SHOWN = 60
_COMMIT = re.compile(r"[0-9a-fA-F]{7,64}")
_LONGEST_REF = 255
_ZERO = re.compile(r"0{1,9}(\.0{1,9})?|\.0{1,9}")
_LONGEST_PREFIX = 800
"""Characters: a release's name has its place after it in S3's 1,024."""
_LONGEST_MINUTES = 6 * 24 * 60.0


def _matches(pattern: str, cure: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{shown(value)} is not of this form: {cure}")
        return value

    return check


def shown(value: str) -> str:
    """Return a value as an error message may show it: quoted, short, without control characters."""
    return ascii(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…")


def _optional(check: Callable[[str], Any]) -> Callable[[Any], Any]:
    return lambda value: check(value.strip()) if isinstance(value, str) else value


def items(value: str) -> tuple[str, ...]:
    """Return a list input's items: one a line, or commas between them."""
    return tuple(item.strip() for item in re.split(r"[,\r\n]", value) if item.strip())


def _each(check: Callable[[str], Any]) -> Callable[[Any], Any]:
    def parse(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        parsed = tuple(check(item) for item in items(value))
        if not parsed:
            raise ValueError(f"{shown(value)} names nothing: one item a line, or commas between them")
        doubles = sorted({str(item) for item in parsed if parsed.count(item) > 1})
        if doubles:
            raise ValueError(f"{shown(', '.join(doubles))} stands in the list more than once")
        return parsed

    return parse


def _switch(value: str) -> bool:
    if value.lower() not in {"true", "false"}:
        raise ValueError(f"{shown(value)} is not true or false")
    return value.lower() == "true"


def _number(value: str) -> float:
    cure = f"{shown(value)} is not a number of this kind: a decimal above 0, such as 30 or 0.5"
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?|\.\d{1,9}", value, re.ASCII):
        raise ValueError(cure)
    number = float(value)
    if not (0 < number <= _LONGEST_MINUTES * 60 and math.isfinite(number)):
        raise ValueError(cure)
    return number


def _timestamp(value: str) -> datetime:
    cure = f"{shown(value)} is not an ISO 8601 time such as 2025-12-03T10:15:00Z"
    if not re.match(r"\d{4}-\d{2}-\d{2}[T ]", value, re.ASCII):
        raise ValueError(cure)
    try:
        parsed = datetime.fromisoformat(value)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(cure) from None


def _job_results(value: str) -> Mapping[str, JobResult]:
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        raise ValueError(
            'is not JSON: give ${{ toJSON(needs) }}, or a map such as {"smoke-tests": "failure"}'
        ) from None
    if not isinstance(parsed, dict):
        raise ValueError("is not a JSON object of jobs: give ${{ toJSON(needs) }}")  # noqa: TRY004 - pydantic's way
    results: dict[str, JobResult] = {}
    for job, entry in parsed.items():
        result: Any = entry.get("result") if isinstance(entry, dict) else entry
        try:
            results[job] = JobResult(result)
        except ValueError:
            known = ", ".join(JobResult)
            raise ValueError(f"the result of job {shown(job)} is none of {known}") from None
    return results


def _line(value: str) -> str:
    if "\0" in value:
        raise ValueError("holds a NUL character: remove it")
    return value


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_is_fine = urlsplit(""), False
    # ASCII alone: urllib and http.client would otherwise fail on the request line at the worst time.
    printable = value.isascii() and value.isprintable() and " " not in value
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_fine or not printable:
        raise ValueError("is not an http(s) URL: give one such as https://example.com/health")
    return value


def is_ref(value: str) -> bool:
    """Return whether a text that names no commit by its digits may name a tag or branch (git-check-ref-format)."""
    refused = re.search(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|\.lock(/|$)|^[-/.]|[/.]$", value)
    return (
        value not in {"", "HEAD", "@"} and not refused and not _COMMIT.fullmatch(value) and len(value) <= _LONGEST_REF
    )


def _snapshot_place(value: str) -> str:
    bucket = r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/"
    if "://" in value and not re.fullmatch(
        rf"{bucket}(?:.{{0,1023}}[^/]|[^/](?:.{{0,{_LONGEST_PREFIX}}}[^/])?/)", value
    ):
        raise ValueError(f"{shown(value)} is not s3://bucket/key")
    return _line(value)


def _snapshot_digest(value: str) -> str:
    digest = value.lower().removeprefix("sha256:")
    if value and not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise ValueError(f"{shown(value)} is no SHA-256: give the output snapshot-digest of mode: snapshot, 64 digits")
    return digest


def _workspace_path(value: str) -> str:
    parts = value.split("/")
    if value and (value.startswith("/") or ".." in parts or parts[-1] in {"", "."} or not value.isprintable()):
        raise ValueError(f"{shown(value)} is no path of a file in the workspace: give one such as out/incident.md")
    return value


_job_id = _matches(r"[1-9][0-9]{0,17}", "an Amplify job's number, such as 42")
_commit = _matches(_COMMIT.pattern, "7 to 64 hexadecimal digits of a commit's SHA")
_name = _matches(r"[^\x00-\x1f]{1,255}", "a name without control characters")

Switch = Annotated[bool, BeforeValidator(_optional(_switch))]
Duration = Annotated[float, BeforeValidator(_optional(_number))]
Hold = Annotated[float, BeforeValidator(_optional(lambda value: 0.0 if _ZERO.fullmatch(value) else _number(value)))]
Timestamp = Annotated[datetime | None, BeforeValidator(_optional(_timestamp))]
Line = Annotated[str, AfterValidator(_line)]
JobNames = Annotated[tuple[str, ...], BeforeValidator(_each(_name))]
JobResults = Annotated[Mapping[str, JobResult] | None, BeforeValidator(_optional(_job_results))]
Choices = Annotated[
    tuple[JobResult, ...],
    BeforeValidator(_each(_matches("failure|cancelled", "failure, cancelled, or both"))),
]
Region = Annotated[
    str | None, BeforeValidator(_optional(_matches(r"[a-z]{2,4}(-[a-z]+)+-\d+", "an AWS region, such as us-west-2")))
]
StackNames = Annotated[
    tuple[str, ...],
    BeforeValidator(
        _each(
            _matches(
                r"[a-zA-Z][-a-zA-Z0-9]{0,127}|arn:[-a-zA-Z0-9:/._+]{1,1000}",
                "a stack's name (a letter, then letters, digits, hyphens; at most 128) or its ARN",
            )
        )
    ),
]
AppId = Annotated[
    str | None, BeforeValidator(_optional(_matches(r"d[a-z0-9]{1,19}", "an Amplify app id, such as d2abcdefgh1234")))
]
Branch = Annotated[str | None, BeforeValidator(_optional(_name))]
Commit = Annotated[str | None, BeforeValidator(_optional(lambda value: _commit(value).lower()))]
JobId = Annotated[str | None, BeforeValidator(_optional(_job_id))]
LogicalIds = Annotated[
    tuple[str, ...],
    BeforeValidator(
        _each(
            _matches(
                r"[a-zA-Z0-9]{1,255}|[-a-zA-Z0-9]{1,255}\.[a-zA-Z0-9]{1,255}", "LogicalId or NestedStack.LogicalId"
            )
        )
    ),
]
RoleArn = Annotated[
    str | None,
    BeforeValidator(
        _optional(
            _matches(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}", "arn:aws:iam::123456789012:role/name")
        )
    ),
]
AlarmNames = Annotated[tuple[str, ...], BeforeValidator(_each(_name))]
Mentions = Annotated[
    tuple[str, ...],
    BeforeValidator(
        _each(
            _matches(r"[UW][A-Z0-9]{1,30}|S[A-Z0-9]{1,30}|here|channel", "user ids U…/W…, group ids S…, here, channel")
        )
    ),
]
HttpUrl = Annotated[str, BeforeValidator(_optional(lambda value: _url(value) if value else ""))]
SecretUrl = Annotated[
    SecretStr | None,
    BeforeValidator(_optional(lambda value: SecretStr(_url(value)))),
]
WorkspacePath = Annotated[str, AfterValidator(_workspace_path)]
SnapshotPlace = Annotated[str, AfterValidator(_snapshot_place)]
SnapshotDigest = Annotated[str, AfterValidator(_snapshot_digest)]
