"""One AWS call from its bytes to its answer: who calls what, hooks, faults, effect, record."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import unescape

from sandbox.backend import Backend, Caller
from sandbox.errors import AwsError
from sandbox.exchange import Answer, ConnectionDroppedError, Incoming
from sandbox.faults import JSON, REST_JSON, Fault, Faults, Kind, error_of
from sandbox.moto_services import SERVICES, MotoServices
from sandbox.wire import RejectedError, Wire

if TYPE_CHECKING:
    from sandbox.clock import Clock

Hook = Callable[[str, str, dict[str, Any]], None]
"""Called with service, operation and parameters. May raise ConnectionDroppedError: the client gets no answer."""

# A signature's credential scope names the service by its signing name, which is not always its own.
_SIGNING_NAMES = {"monitoring": "cloudwatch", "elasticfilesystem": "efs", "es": "opensearch"}
_SCOPE = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request"
)
# All buckets here belong to the one account; moto does not look.
_EXPECTED_OWNERS = ("x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner")
_HANDED_OUT = re.compile(
    r"<AccessKeyId>(?P<key>[^<]+)</AccessKeyId>.*?<SessionToken>(?P<token>[^<]+)</SessionToken>", re.DOTALL
)


@dataclass
class Call:
    """One recorded AWS call: what was asked, when (epoch seconds of the sandbox's clock), and how it ended.

    `status` is None while the call is under way, and stays None where the connection was dropped.
    """

    service: str
    operation: str
    params: dict[str, Any]
    region: str
    time: float
    status: int | None = None
    error: str = ""
    fault: str = ""


@dataclass(frozen=True)
class _Asked:
    wire: Wire
    incoming: Incoming
    call: Call
    caller: Caller
    request_id: str


class Aws:
    """All AWS services behind one address."""

    def __init__(
        self,
        clock: Clock,
        faults: Faults,
        backends: Mapping[str, Backend],
        moto: MotoServices,
        credentials: tuple[str, str],
    ) -> None:
        self.before_call: list[Hook] = []
        self.after_call: list[Hook] = []
        self.calls: list[Call] = []
        self._clock = clock
        self._faults = faults
        self._backends = backends
        self._moto = moto
        self._credentials = {credentials}
        self._wires: dict[str, Wire] = {}
        self._locks = {name: threading.RLock() for name in backends}
        self._wires_lock = threading.Lock()

    def answer(self, incoming: Incoming) -> Answer:
        """Answer a signed request. Raises ConnectionDroppedError where a fault or a hook drops the connection."""
        scope = _SCOPE.match(incoming.header("Authorization"))
        if scope is None:
            body = b'{"message":"Missing Authentication Token"}'
            return Answer(403, body, {"x-amzn-ErrorType": "MissingAuthenticationTokenException"})
        service = _SIGNING_NAMES.get(scope["service"], scope["service"])
        if service not in self._backends and service not in SERVICES:
            return Answer(404, f"the sandbox has no service {service}".encode())
        wire = self._wire(service)
        caller = Caller(region=scope["region"], access_key=scope["key"])
        request_id = str(uuid.uuid4())
        try:
            operation, params = wire.decode(incoming, strict=service in self._backends)
        except RejectedError as error:
            now = self._clock.now()
            self.calls.append(Call(service, error.operation, {}, caller.region, now, error.status, error.code))
            return wire.encode_error(error, incoming, request_id)
        call = Call(service, operation, params, caller.region, self._clock.now())
        self.calls.append(call)
        fault: Fault | None = None
        try:
            for hook in list(self.before_call):
                hook(service, operation, params)
            fault = self._faults.take(service, operation)
            call.fault = fault.kind if fault else ""
            answer = self._effect(_Asked(wire, incoming, call, caller, request_id), fault)
        except AwsError as error:
            call.error = error.code
            answer = wire.encode_error(error, incoming, request_id)
        for hook in list(self.after_call):
            hook(service, operation, params)
        if fault is not None:
            answer = _spoil(answer, fault)
        call.status = answer.status
        return answer

    def _effect(self, asked: _Asked, fault: Fault | None) -> Answer:
        call, caller = asked.call, asked.caller
        if (caller.access_key, asked.incoming.header("X-Amz-Security-Token")) not in self._credentials:
            raise _unknown_key(call.service)
        if fault is not None:
            if error := error_of(fault, call.service, call.operation, call.params, caller):
                raise error
            if fault.kind is Kind.DROPPED_BEFORE:
                raise ConnectionDroppedError
            if fault.kind is Kind.TIMEOUT:
                return Answer(504, hold=fault.seconds)
        if any(asked.incoming.header(name) not in {"", caller.account} for name in _EXPECTED_OWNERS):
            raise AwsError("AccessDenied", "Access Denied", 403)
        backend = self._backends.get(call.service)
        if backend is None:
            answer = self._moto.answer(call.service, asked.incoming)
            if call.service == "sts":
                self._credentials |= _handed_out(answer.body)
            return answer
        with self._locks[call.service]:
            result = backend.handle(call.operation, call.params, caller)
        omitted: frozenset[str] = getattr(backend, "omitted_members", frozenset())
        return asked.wire.encode(call.operation, result, asked.request_id, omitted)

    def _wire(self, service: str) -> Wire:
        with self._wires_lock:
            if service not in self._wires:
                self._wires[service] = Wire(service)
            return self._wires[service]


def _spoil(answer: Answer, fault: Fault) -> Answer:
    """Return the answer as this fault lets it through, its effect done."""
    match fault.kind:
        case Kind.DROPPED_AFTER:
            raise ConnectionDroppedError
        case Kind.TIMEOUT_AFTER:
            answer.hold = fault.seconds
        case Kind.MALFORMED:
            body = answer.body[: len(answer.body) // 2] if fault.body is None else fault.body
            headers = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
            return Answer(200, body, headers)
        case _:
            pass
    return answer


def _handed_out(body: bytes) -> set[tuple[str, str]]:
    """Return the credentials in an answer of STS: key id and session token."""
    found = _HANDED_OUT.search(body.decode())
    return set() if found is None else {(found["key"], unescape(found["token"]))}


def _unknown_key(service: str) -> AwsError:
    if service == "s3":
        return AwsError("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403)
    code = "UnrecognizedClientException" if service in JSON | REST_JSON else "InvalidClientTokenId"
    return AwsError(code, "The security token included in the request is invalid.", 400 if service in JSON else 403)
