"""SIGKILL in this process: nothing of the product runs any more once a call was sent, or just before it is."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from botocore.httpsession import URLLib3Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.awsrequest import AWSPreparedRequest

    from tests.reliability.scenarios import Scenario


class Killed(BaseException):
    """The process is gone: no `except Exception` may stop this, and nothing may call AWS on its way out."""


@dataclass(frozen=True)
class Place:
    """Where a run is killed: at its `call`-th AWS call, before or after its effect."""

    scenario: Scenario
    call: int
    operation: str
    when: str

    def __str__(self) -> str:
        """Name the place, as pytest shows it."""
        return f"{self.scenario.name}-{self.when}-{self.call}-{self.operation}"


@contextmanager
def killed_at(place: Place) -> Iterator[None]:
    """Kill what runs inside at this place. Raises AssertionError where it calls AWS on its way out, or isn't killed."""
    sent: list[str] = []
    reach_aws = URLLib3Session.send

    def send(session: URLLib3Session, request: AWSPreparedRequest) -> Any:
        sent.append(request.url)
        assert len(sent) <= place.call, "called AWS after it was killed"
        if len(sent) == place.call and place.when == "before":
            raise Killed
        answer = reach_aws(session, request)
        if len(sent) == place.call:
            raise Killed
        return answer

    with patch.object(URLLib3Session, "send", send):
        try:
            yield
        except Killed:
            return
    raise AssertionError(f"made {len(sent)} calls only")
