"""moto's S3 and DynamoDB's recovery on the sandbox's clock, by which jobs and events are told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sandbox.exchange import Answer, Incoming
from sandbox.moto_services import MotoServices

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from sandbox.clock import Clock

_TICK = timedelta(microseconds=1)
_RECOVERY_REACHES, _RECOVERY_LAGS = 35 * 86_400.0, 300.0
"""Seconds: the most that a table's recovery reaches back, and how far its newest moment lies back (its guide)."""


class TimedServices(MotoServices):
    """moto's services, where S3 asks this clock, also one that stands still: each write is a tick later than the last.

    moto tells an object's newest version by its time alone, so no two may be equal. S3 shows whole seconds.
    """

    def __init__(self, region: str, clock: Clock) -> None:
        super().__init__(region)
        self._clock = clock
        self._last = _moment(0)

    def date_object(self, bucket: str, key: str, modified: float) -> None:
        """Let the object's current version be of this time, in epoch seconds. Raises KeyError if there is none."""
        found = self._s3().get_object(bucket, key) if bucket in self._s3().buckets else None
        if found is None:
            raise KeyError((bucket, key))
        found.last_modified = _moment(modified)

    def answer(self, service: str, incoming: Incoming) -> Answer:
        """Return what moto's server answers; a table's recovery has been on for longer than it reaches back."""
        answer = super().answer(service, incoming)
        if not incoming.header("X-Amz-Target").endswith(".DescribeContinuousBackups") or answer.status != HTTPStatus.OK:
            return answer
        told = json.loads(answer.body)
        recovery = told["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        if recovery["PointInTimeRecoveryStatus"] == "ENABLED":
            recovery["EarliestRestorableDateTime"] = self._clock.now() - _RECOVERY_REACHES
            recovery["LatestRestorableDateTime"] = self._clock.now() - _RECOVERY_LAGS
        return Answer(answer.status, json.dumps(told).encode(), answer.headers)

    def _s3(self) -> Any:
        self._keep_time()
        return super()._s3()

    def _app(self, service: str) -> WSGIApplication:
        if service == "s3":
            self._keep_time()
        return super()._app(service)

    def _keep_time(self) -> None:
        """Put this clock in the place of moto's. Done before each use: the module is one for the whole process."""
        vars(import_module("moto.s3.models"))["utcnow"] = self._now

    def _now(self) -> datetime:
        self._last = max(self._last + _TICK, _moment(self._clock.now()))
        return self._last


def _moment(seconds: float) -> datetime:
    """Return the time as moto has it: in UTC, without saying so."""
    return datetime.fromtimestamp(seconds, tz=UTC).replace(tzinfo=None)
