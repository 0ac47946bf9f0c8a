"""Faults that a test injects: which call, of which operation, goes wrong in which way.

The codes, statuses and words of each are those of the service itself: AWS's common errors, and what the field reports.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sandbox.errors import AwsError

if TYPE_CHECKING:
    from sandbox.backend import Caller


class Kind(StrEnum):
    """The ways a call can go wrong. The effect takes place only where the name says `after`, or in MALFORMED."""

    THROTTLING = "throttling"
    INTERNAL_ERROR = "internal-error"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"
    TIMEOUT_AFTER = "timeout-after"
    DROPPED_BEFORE = "dropped-before"
    DROPPED_AFTER = "dropped-after"
    MALFORMED = "malformed"
    DENIED = "denied"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Calls:
    """Which of the matching calls, counted from 1 since the fault was added: from `first` to `last`, None for all."""

    first: int = 1
    last: int | None = None

    def __contains__(self, number: object) -> bool:
        """Say whether the call of this number is meant."""
        return isinstance(number, int) and self.first <= number and (self.last is None or number <= self.last)


ALL = Calls()
FIRST = Calls(1, 1)


def first(count: int) -> Calls:
    """Return a selection of the first `count` calls."""
    return Calls(1, count)


def exactly(number: int) -> Calls:
    """Return a selection of the one call of this number."""
    return Calls(number, number)


def since(number: int) -> Calls:
    """Return a selection of every call from this number on."""
    return Calls(number)


@dataclass
class Fault:
    """One planned fault. `operation` and `service` may be `*`; `seconds` is how long a timeout holds the connection.

    `error` replaces the kind's own error; `body` is what a malformed answer says instead of the true one's first half.
    """

    operation: str
    kind: Kind
    calls: Calls = ALL
    service: str = "*"
    seconds: float = 60.0
    error: AwsError | None = None
    body: bytes | None = None
    seen: int = field(default=0, init=False)
    hit: int = field(default=0, init=False)

    def meant(self, service: str, operation: str) -> bool:
        """Count the call if the fault is about its operation, and say whether this very one goes wrong."""
        if self.service not in {"*", service} or self.operation not in {"*", operation}:
            return False
        self.seen += 1
        if self.seen not in self.calls:
            return False
        self.hit += 1
        return True


class Faults:
    """The faults of one embedded AWS. Of several that mean the same call, the first added strikes."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        """Add a fault and return it, so that a test can read `hit` afterwards."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Take all faults away."""
        with self._lock:
            self._faults.clear()

    def take(self, service: str, operation: str) -> Fault | None:
        """Return the fault that strikes this call, if any."""
        with self._lock:
            meant = [fault for fault in self._faults if fault.meant(service, operation)]
        return meant[0] if meant else None


# The services by protocol: those of JSON answer nearly every error with status 400.
JSON = {"cognito-idp", "dynamodb", "ecr", "logs", "sqs", "ssm"}
REST_JSON = {"amplify", "efs", "lambda", "opensearch"}


def error_of(fault: Fault, service: str, operation: str, params: dict[str, Any], caller: Caller) -> AwsError | None:
    """Return the error that this fault is answered with, or None if it isn't an error answer."""
    if fault.error is not None:
        return fault.error
    match fault.kind:
        case Kind.THROTTLING:
            return _throttling(service)
        case Kind.INTERNAL_ERROR:
            return _internal_error(service)
        case Kind.UNAVAILABLE:
            return _unavailable(service)
        case Kind.DENIED:
            return denied(service, operation, params, caller)
        case Kind.EXPIRED:
            return _expired(service)
        case _:
            return None


def _throttling(service: str) -> AwsError:
    match service:
        case "s3":
            return AwsError("SlowDown", "Please reduce your request rate.", 503)
        case "amplify":
            return AwsError("TooManyRequestsException", "Too Many Requests", 429)
        case "lambda" | "opensearch" | "efs":
            return AwsError("TooManyRequestsException", "Rate Exceeded.", 429)
        case _ if service in JSON:
            return AwsError("ThrottlingException", "Rate exceeded", 400)
        case _:
            return AwsError("Throttling", "Rate exceeded", 400)


def _internal_error(service: str) -> AwsError:
    match service:
        case "s3":
            return AwsError("InternalError", "We encountered an internal error. Please try again.", 500)
        case "amplify":
            return AwsError("InternalFailureException", "Internal Failure", 500)
        case _ if service in JSON | REST_JSON:
            return AwsError("InternalServerError", "An error occurred on the server side.", 500)
        case "cloudwatch":
            return AwsError("InternalServiceFault", "Internal service fault", 500)
        case _:
            return AwsError("InternalFailure", "The request processing has failed because of an unknown error.", 500)


def _unavailable(service: str) -> AwsError:
    code = "ServiceUnavailableException" if service in JSON | REST_JSON else "ServiceUnavailable"
    return AwsError(code, "Service is unable to handle request.", 503)


def _expired(service: str) -> AwsError:
    if service == "s3":
        return AwsError("ExpiredToken", "The provided token has expired.", 400)
    code = "ExpiredTokenException" if service in JSON | REST_JSON else "ExpiredToken"
    return AwsError(code, "The security token included in the request is expired", 400 if service in JSON else 403)


# S3's permissions are not named after its operations: HEAD needs the permission to read.
_S3_ACTIONS = {"HeadObject": "GetObject", "ListObjectsV2": "ListBucket", "HeadBucket": "ListBucket"}


def denied(service: str, operation: str, params: dict[str, Any], caller: Caller) -> AwsError:
    """Return IAM's refusal, which names the principal, the action to allow and the resource."""
    action = f"{service}:{_S3_ACTIONS.get(operation, operation) if service == 's3' else operation}"
    principal = f"arn:aws:sts::{caller.account}:assumed-role/deploy/run"
    resource = _resource(service, params, caller)
    message = (
        f"User: {principal} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action"
    )
    if service in JSON | REST_JSON:
        return AwsError("AccessDeniedException", message, 400 if service in JSON else 403)
    return AwsError("AccessDenied", message, 403)


def _resource(service: str, params: dict[str, Any], caller: Caller) -> str:
    where = f"{caller.region}:{caller.account}"
    match service:
        case "cloudformation":
            name = str(params.get("StackName", "*"))
            return name if name.startswith("arn:") else f"arn:aws:cloudformation:{where}:stack/{name}/*"
        case "amplify":
            app = params.get("appId", "*")
            branch = f"/branches/{params['branchName']}/jobs/*" if "branchName" in params else ""
            return f"arn:aws:amplify:{where}:apps/{app}{branch}"
        case "s3":
            key = f"/{params['Key']}" if "Key" in params else ""
            return f'"arn:aws:s3:::{params.get("Bucket", "*")}{key}"'
        case "cloudwatch":
            return f"arn:aws:cloudwatch:{where}:alarm:*"
        case "ssm":
            return f"arn:aws:ssm:{where}:parameter{params.get('Name', '/*')}"
        case _:
            return "*"
