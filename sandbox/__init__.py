"""The embedded AWS: a stateful, honest stand-in for the AWS services, Slack and the site, over real HTTP.

from sandbox import Fault, Kind, ManualClock, Sandbox

with Sandbox(ManualClock()) as sandbox:
    ...
"""

from sandbox.aws import Call
from sandbox.clock import ManualClock, ScaledClock
from sandbox.elsewhere import Elsewhere
from sandbox.errors import AwsError
from sandbox.exchange import ConnectionDroppedError
from sandbox.faults import ALL, FIRST, Calls, Fault, Kind, exactly, first, since
from sandbox.world import Sandbox

__all__ = [
    "ALL",
    "FIRST",
    "AwsError",
    "Call",
    "Calls",
    "ConnectionDroppedError",
    "Elsewhere",
    "Fault",
    "Kind",
    "ManualClock",
    "Sandbox",
    "ScaledClock",
    "exactly",
    "first",
    "since",
]
