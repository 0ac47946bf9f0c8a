"""What the server asks of a service that is our own: one method, by the names of AWS's API model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

ACCOUNT = "123456789012"


@dataclass(frozen=True)
class Caller:
    """Who calls: the region and key of the request's signature, and the account behind them."""

    region: str
    account: str = ACCOUNT
    access_key: str = ""


class Backend(Protocol):
    """A stateful service. The server has checked `params` already and checks the result against the model."""

    def handle(self, operation: str, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Do `operation` ("DescribeStacks") and return its output by member names; datetimes are aware.

        Raises `sandbox.errors.AwsError` for every error that AWS itself would answer.
        """
        ...
