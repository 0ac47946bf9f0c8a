"""AWS's protocols: requests to parameters, results and errors to answers, for one service at a time.

Parsing and serializing are moto's, on botocore's models; this adds what moto leaves out: unknown parameters, the
model's constraints, and a check that a backend of ours answers nothing the model doesn't have.
"""

from __future__ import annotations

import io
import json
import re
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.utils import parse_timestamp
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    Request,
    determine_request_protocol,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.core.routing import get_service_router
from moto.core.serialize import BaseXMLSerializer, SerializationContext, get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from sandbox.errors import AwsError
from sandbox.exchange import Answer, Incoming
from sandbox.shapes import validation_message, violations

if TYPE_CHECKING:
    from moto.core.model import OperationModel
    from moto.core.serialize import ResponseSerializer

# How each of our services names a request that breaks its model.
_VALIDATION_CODES = {"cloudformation": "ValidationError", "amplify": "BadRequestException"}


class ModelBrokenError(Exception):
    """A backend of ours answered what AWS's model does not have: a defect of the embedded AWS, never of its client."""


_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class RejectedError(AwsError):
    """A request that the service rejects before doing anything; `operation` is what it asked for, if that is clear."""

    def __init__(self, code: str, message: str, status: int = 400, operation: str = "") -> None:
        super().__init__(code, message, status)
        self.operation = operation


class Wire:
    """The protocol of one service."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._model = get_service_model(service)

    def protocol(self, incoming: Incoming) -> str:
        """Return the protocol that the request speaks: a service may have several."""
        return determine_request_protocol(self._model, incoming.header("Content-Type"))

    def decode(self, incoming: Incoming, *, strict: bool = True) -> tuple[str, dict[str, Any]]:
        """Return the operation's name and its parameters by member names.

        The parameters are checked against the model's constraints; where `strict`, unknown names are rejected too.
        Raises RejectedError for what the service itself would reject.
        """
        if self.protocol(incoming) == "query":
            return self._decode_query(incoming, strict=strict)
        return self._decode_routed(incoming, strict=strict)

    def _decode_query(self, incoming: Incoming, *, strict: bool) -> tuple[str, dict[str, Any]]:
        form = dict(parse_qsl(incoming.body.decode(), keep_blank_values=True))
        form.update(parse_qsl(incoming.query, keep_blank_values=True))
        name = form.get("Action", "")
        if name not in self._model.operation_names:
            message = f"Could not find operation {name} for version {self._model.api_version}"
            raise RejectedError("InvalidAction", message)
        operation = self._model.operation_model(name)
        params = self._parse(operation, incoming, values=form, url_params={})
        if strict:
            names = [key for key in form if key not in {"Action", "Version"}]
            self._reject_unknown([key for key in names if not _is_known(operation.input_shape, key.split("."))], name)
        self._reject_violations(params, operation)
        return name, params

    def _decode_routed(self, incoming: Incoming, *, strict: bool) -> tuple[str, dict[str, Any]]:
        request = Request(environ(incoming))
        try:
            operation, url_params = get_service_router(self.service).match(request)
        except NotFound:
            raise RejectedError(
                "UnknownOperationException", "Unable to determine service/operation name", 404
            ) from None
        if strict and incoming.body:
            self._reject_unknown(_unknown_in_json(incoming.body, operation), operation.name)
        params = self._parse(operation, incoming, values=request.args, url_params=url_params)
        self._reject_violations(params, operation)
        return operation.name, params

    def _parse(
        self, operation: OperationModel, incoming: Incoming, *, values: object, url_params: object
    ) -> dict[str, Any]:
        parser = PROTOCOL_PARSERS[self.protocol(incoming)](operation, timestamp_parser=parse_timestamp)
        # The parser only reads from these, so plain mappings do where it names werkzeug's.
        request: Any = {
            "method": incoming.method,
            "values": values,
            "headers": incoming.headers,
            "body": incoming.body,
            "url_path": incoming.path,
            "url_params": url_params,
        }
        try:
            return dict(parser.parse(request))
        except (ValueError, TypeError, AttributeError) as problem:
            message = f"Malformed input: {problem}"
            raise RejectedError(self._validation_code, message, operation=operation.name) from problem

    def encode(self, operation: str, result: dict[str, Any], request_id: str, omitted: frozenset[str]) -> Answer:
        """Return the answer for `result`. Raises ModelBrokenError if the model has no such output.

        `omitted` names members left out after the check, for answers that AWS itself gives against its model.
        """
        model = self._model.operation_model(operation)
        shape = model.output_shape
        found = violations(result, shape) if shape is not None else [f"{name}: no output" for name in result]
        if found:
            raise ModelBrokenError(f"{self.service}.{operation}: {'; '.join(found)}")
        serializer = _serializer(self.service, self._model.protocol)
        context = SerializationContext(request_id=request_id)
        response = serializer(model, context=context).serialize(_without(result, omitted))
        body = response["body"]
        headers = {**response["headers"], "x-amzn-RequestId": request_id}
        return Answer(response["status_code"], _encoded(body) if isinstance(body, str) else body, headers)

    def encode_error(self, error: AwsError, incoming: Incoming, request_id: str) -> Answer:
        """Return the error in the protocol of the request.

        Written out here because moto's serializers take the HTTP status from the model, which lacks the errors that
        every service has (throttling, denied, expired).
        """
        protocol = self.protocol(incoming)
        headers = {"x-amzn-RequestId": request_id}
        if protocol in {"json", "rest-json"}:
            headers |= {"x-amzn-ErrorType": error.code, "Content-Type": "application/json"}
            body = json.dumps({"__type": error.code, "message": error.message})
        elif protocol == "rest-xml":
            headers["Content-Type"] = "application/xml"
            body = (
                f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{escape(error.code)}</Code>'
                f"<Message>{escape(error.message)}</Message><RequestId>{request_id}</RequestId></Error>"
            )
        else:
            headers["Content-Type"] = "text/xml"
            namespace = self._model.metadata.get("xmlNamespace", "")
            kind = "Sender" if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else "Receiver"
            body = (
                f'<ErrorResponse xmlns="{namespace}"><Error><Type>{kind}</Type><Code>{escape(error.code)}</Code>'
                f"<Message>{escape(error.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
            )
        return Answer(error.status, _encoded(body), headers)

    @property
    def _validation_code(self) -> str:
        return _VALIDATION_CODES.get(self.service, "ValidationException")

    def _reject_unknown(self, names: list[str], operation: str) -> None:
        if names:
            raise RejectedError(self._validation_code, f"Unknown parameter: {', '.join(names)}", operation=operation)

    def _reject_violations(self, params: dict[str, Any], operation: OperationModel) -> None:
        if operation.input_shape is not None and (found := violations(params, operation.input_shape)):
            raise RejectedError(self._validation_code, validation_message(found), operation=operation.name)


def environ(incoming: Incoming) -> dict[str, Any]:
    """Return the request as WSGI's environment, for moto's applications and router."""
    host, _, port = incoming.header("Host").partition(":")
    values: dict[str, Any] = {
        "REQUEST_METHOD": incoming.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(incoming.path, "latin-1"),
        "QUERY_STRING": incoming.query,
        "RAW_URI": incoming.target,
        "REQUEST_URI": incoming.target,
        "SERVER_NAME": host or "127.0.0.1",
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(incoming.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    kept = {}
    for name, value in incoming.headers.items():
        values[environ_key_for_header(name)] = value
        if should_preserve_original_header_name(name):
            kept[environ_key_for_header(name)] = name
    values[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = kept
    values["CONTENT_LENGTH"] = str(len(incoming.body))
    return values


def _is_known(shape: Shape | None, parts: list[str]) -> bool:
    """Say whether the query protocol's dotted name leads to a member of the shape."""
    if shape is None:
        return False
    if not parts or parts == [""]:
        return True
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            if member.serialization.get("name", name) == parts[0]:
                return _is_known(member, parts[1:])
        return False
    if isinstance(shape, ListShape):
        item = shape.member.serialization.get("name", "member")
        return len(parts) > 1 and parts[0] == item and parts[1].isdigit() and _is_known(shape.member, parts[2:])
    return isinstance(shape, MapShape) and parts[0] == "entry"


def _unknown_in_json(body: bytes, operation: OperationModel) -> list[str]:
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise RejectedError("SerializationException", "The request body is not a JSON object", operation=operation.name)
    known = set()
    shape = operation.input_shape
    if isinstance(shape, StructureShape):
        bound = (item for item in shape.members.items() if "location" not in item[1].serialization)
        known = {member.serialization.get("name", name) for name, member in bound}
    return sorted(set(value) - known)


def _encoded(body: str) -> bytes:
    """Return the body's bytes; characters that XML can't carry, such as ESC and NUL, become U+FFFD."""
    return _NOT_IN_XML.sub("\ufffd", body).encode()


@cache
def _serializer(service: str, protocol: str) -> type[ResponseSerializer]:
    """Return moto's serializer, with XML written by the standard library: that escapes what a reader would fold."""
    serializer: type[ResponseSerializer] = get_serializer_class(service, protocol)
    return type("Serializer", (_WritesXml, serializer), {}) if issubclass(serializer, BaseXMLSerializer) else serializer


class _WritesXml:
    def _serialize_body(self, body: dict[str, Any]) -> str:
        (name, content), *_ = body.items()
        # A reader takes a bare carriage return for a line feed (XML 1.0, 2.11), so AWS writes a reference to it.
        return ET.tostring(_element(name, content), encoding="unicode").replace("\r", "&#13;")


def _element(name: str, content: Any) -> ET.Element:
    """Return the element of moto's plain form: a dict of members and `@` attributes, a list of likes, or text."""
    element = ET.Element(name)
    if not isinstance(content, dict):
        element.text = str(content)
        return element
    for member, value in content.items():
        if member.startswith("@"):
            element.set(member[1:], value)
        else:
            element.extend(_element(member, item) for item in (value if isinstance(value, list) else [value]))
    return element


def _without(value: object, omitted: frozenset[str]) -> object:
    if not omitted:
        return value
    if isinstance(value, dict):
        return {key: _without(item, omitted) for key, item in value.items() if key not in omitted}
    if isinstance(value, list):
        return [_without(item, omitted) for item in value]
    return value
