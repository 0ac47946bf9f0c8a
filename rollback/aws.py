"""What every door to AWS shares: the session, its clients, and AWS's errors as the kinds that matter to a rollback.

Doors are the only callers of boto3. Each wraps its calls in `speaking_to_aws`, so that past it there are only
the errors of `engine.trouble`.
"""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from rollback.calls import LONGEST_CALL, guard
from rollback.engine.bounds import Overdue
from rollback.engine.trouble import AwsTrouble, Busy, Denied, Rejected, Throttled, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import boto3
    from botocore.client import BaseClient


_THROTTLING = frozenset(
    {
        "BandwidthLimitExceeded",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttling",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
_DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedException", "UnauthorizedOperation", "NotAuthorized"}
)
_BUSY_BRANCH = frozenset({"StartJob", "StartDeployment", "CreateDeployment"})
"""Where Amplify's LimitExceededException says that a job runs or waits; everywhere else it is its throttling."""
_BAD_CREDENTIALS = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "IncompleteSignature",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "AuthFailure",
    }
)
# What an answer that botocore's parser or we can't take apart raises; a KeyError is a member that AWS left out.
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError)
_RENEW = "renew them: run aws-actions/configure-aws-credentials in the same job, just before this step"


@contextmanager
def speaking_to_aws(service: str, operation: str) -> Iterator[None]:
    """Turn whatever boto3 raises inside into one of this module's errors."""
    from botocore import exceptions as boto  # noqa: PLC0415 - imported when AWS is first spoken to
    from botocore.parsers import ResponseParserError  # noqa: PLC0415 - as above

    name = f"{service}:{operation}"
    try:
        yield
    except boto.ClientError as error:
        raise _from_answer(name, operation, error) from error
    except (
        boto.NoCredentialsError,
        boto.PartialCredentialsError,
        boto.CredentialRetrievalError,
        boto.TokenRetrievalError,
        boto.UnauthorizedSSOTokenError,
        boto.ProfileNotFound,
    ) as error:
        raise Denied(f"No AWS credentials for {name}: {error}", f"Credentials: {_RENEW}.") from error
    except (boto.HTTPClientError, boto.ConnectionError) as error:
        raise Busy(f"{name}: no connection to AWS ({_first_line(error)})") from error
    except Overdue as error:
        raise Busy(f"{name}: no whole answer from AWS in time") from error
    except (boto.ParamValidationError, boto.DataNotFoundError) as error:
        raise Rejected(operation, type(error).__name__, _first_line(error)) from error
    except (boto.BotoCoreError, ResponseParserError, *_UNREADABLE) as error:
        raise Unreadable(
            f"{name}: AWS's answer can't be read ({type(error).__name__}: {_first_line(error)})"
        ) from error


def _from_answer(name: str, operation: str, error: Any) -> AwsTrouble:
    code = str(error.response.get("Error", {}).get("Code", ""))
    message = str(error.response.get("Error", {}).get("Message", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) or 0)
    limited = code == "LimitExceededException" and name.startswith("amplify:") and operation not in _BUSY_BRANCH
    if code in _THROTTLING or limited or "rate exceeded" in message.lower():
        return Throttled(f"{name}: throttled ({code})")
    if code in _EXPIRED:
        return Denied(
            f"{name}: the AWS credentials have expired",
            f"Credentials last an hour by default (role-duration-seconds): {_RENEW}.",
        )
    if code in _BAD_CREDENTIALS:
        return Denied(f"{name}: AWS does not accept the credentials ({code}: {message})", f"Credentials: {_RENEW}.")
    if code in _DENIED or (status == HTTPStatus.FORBIDDEN and "not authorized" in message.lower()):
        permission = re.search(r"not authorized to perform: ([a-z0-9-]+:\w+)", message)
        missing = permission.group(1) if permission else name
        return Denied(
            f"{name}: access denied ({message})",
            f"Add the permission {missing} to the role (docs/iam has the policies).",
        )
    if code == "403":  # an answer to HEAD has no body that could say more
        return Denied(f"{name}: access denied", f"Add the permission {name} to the role (docs/iam has the policies).")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or not code or (code.isdigit() and code not in {"301", "404"}):
        return Unreadable(f"{name}: AWS answered {status} ({code}: {message})")
    return Rejected(operation, code, message)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]


def _moment(value: Any) -> datetime:
    """Return the time in an answer: Python's own parser is sixty times as fast as dateutil; events have many."""
    if isinstance(value, str) and value.endswith("Z"):
        with suppress(ValueError):
            return datetime.fromisoformat(value)
    from botocore.utils import parse_timestamp  # noqa: PLC0415 - as below

    moment = parse_timestamp(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Aws:
    """One session for the whole run: each client is built once, on first use."""

    _building = threading.Lock()  # a session, unlike its clients, is for one thread at a time (boto3's guide)

    def __init__(self, region: str, longest_call: float = LONGEST_CALL) -> None:
        self.region = region
        self._longest_call = longest_call
        self._clients: dict[tuple[str, bool], Any] = {}

    @cached_property
    def _core(self) -> Any:
        import botocore.session  # noqa: PLC0415 - the import takes a good part of the start: not before it is needed

        core = botocore.session.get_session()
        core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_moment)
        return core

    @cached_property
    def _session(self) -> boto3.Session:
        import boto3  # noqa: PLC0415 - as above

        return boto3.Session(region_name=self.region, botocore_session=self._core)

    def dns_suffix(self, region: str) -> str:
        """Return what the host names of the region's services end in: `amazonaws.com` in most partitions."""
        with speaking_to_aws("s3", "client"):
            partition = self._core.get_partition_for_region(region)
            known = self._core.get_data("partitions")["partitions"]
            return next(str(one["outputs"]["dnsSuffix"]) for one in known if one["id"] == partition)

    def client(self, service: str, *, retries: bool = True) -> Any:
        """Return the service's client; without retries for a call that must not be repeated blindly.

        Retries are botocore's standard ones (AWS_MAX_ATTEMPTS sets how many); timeouts are short, for the loop
        looks again by itself. No call takes longer than `longest_call`, whatever it waits for.
        """
        key = (service, retries)
        with self._building:
            if key not in self._clients:
                self._clients[key] = self._new_client(service, retries=retries)
            return self._clients[key]

    def _new_client(self, service: str, *, retries: bool) -> BaseClient:
        from botocore.config import Config  # noqa: PLC0415 - as above

        with speaking_to_aws(service, "client"):
            policy: Any = {"mode": "standard"} if retries else {"mode": "standard", "total_max_attempts": 1}
            config = Config(connect_timeout=5, read_timeout=15, retries=policy, user_agent_extra="rollback-action/1")
            client: BaseClient = guard(self._session.client(service, config=config), self._longest_call)  # type: ignore[call-overload]
            return client
