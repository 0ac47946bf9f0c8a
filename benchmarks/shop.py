"""The embedded AWS as a failed deployment leaves it, and what it has counted after a rollback."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox import Sandbox

if TYPE_CHECKING:
    from benchmarks.clocks import MovableClock
    from sandbox.backend import Backend
    from sandbox.exchange import Answer, Incoming

STACK, APP, APP_NAME, BRANCH = "shop-development", "d2shop4bench", "shop-development", "develop"
GOOD, BAD = "4f1c0de7a9b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9", "bad5eed0c1b2a3948576f5e4d3c2b1a098765432"
CLEANUP_SECONDS = 2.0
# How far the bad update has come when the rollback begins, and how long earlier builds took, as shares of what the
# rollback's own will take: the past tells the product only roughly what to expect.
PROGRESS = 0.8
EARLIER_BUILDS = (0.85, 1.1, 0.9, 1.0)


@dataclass(frozen=True)
class Shop:
    """What AWS holds: seconds its rollback and its build take, and how much there is of everything."""

    stack_seconds: float = 20.0
    build_seconds: float = 10.0
    stack_status: str = "UPDATE_IN_PROGRESS"
    frontend: str = "FAILED"
    resources: int = 10
    events: int = 0
    older_jobs: int = len(EARLIER_BUILDS)
    failed_jobs: int = 0
    stacks: int = 1
    region: str = "us-west-2"

    @property
    def names(self) -> tuple[str, ...]:
        """The stacks, in the order in which they are deployed."""
        return tuple(STACK if number == 0 else f"{STACK}-{number}" for number in range(self.stacks))


@dataclass
class Counted:
    """What went over the wire, apart from AWS's own record of the calls."""

    bytes: int = 0


class Ledger(Sandbox):
    """The embedded AWS with a scale for bytes: bodies and headers of AWS calls, both ways."""

    def __init__(self, clock: MovableClock, backends: dict[str, Backend] | None = None) -> None:
        super().__init__(clock, backends=backends)
        self.counted = Counted()

    def respond(self, incoming: Incoming) -> Answer:
        """Answer, and put request and answer on the scale."""
        answer = super().respond(incoming)
        if incoming.header("Authorization").startswith("AWS4-HMAC-SHA256"):
            asked = len(incoming.method) + len(incoming.target) + len(incoming.body) + len(str(incoming.headers))
            self.counted.bytes += (
                asked + len(answer.body) + sum(len(f"{k}: {v}\r\n") for k, v in answer.headers.items())
            )
        return answer


@dataclass(frozen=True)
class Bill:
    """What one run cost AWS's side: calls by operation, bytes, and how many seconds were AWS's own work."""

    calls: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    aws_seconds: float = 0.0
    after_aws: float = 0.0
    live_commit: str = ""

    @property
    def number(self) -> int:
        """All calls."""
        return self.calls.total()


def template(version: str, resources: int) -> str:
    """Return a template of so many topics, small enough for a request of 51,200 bytes."""
    topics = {
        f"Topic{number}": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": version}}
        for number in range(resources)
    }
    return json.dumps({"Resources": topics}, separators=(",", ":"))


def deploy_badly(aws: Sandbox, clock: MovableClock, shop: Shop) -> None:
    """Leave AWS as the failed deployment does: a good one before it, then stacks and frontend as `shop` says."""
    forward = max(shop.stack_seconds - CLEANUP_SECONDS, 0.1)
    for name in shop.names:
        _stack(aws, clock, shop, name)
    aws.cloudformation.durations(resource_seconds=forward, cleanup_seconds=CLEANUP_SECONDS)
    _frontend(aws, clock, shop)
    running = shop.stack_status == "UPDATE_IN_PROGRESS"
    for name in shop.names:
        # An update that runs has a long way to go: with several stacks, it is still at work when its turn comes.
        seconds = forward + 2 * shop.stacks * shop.stack_seconds if running else forward
        stack = aws.cloudformation.update(name, template("bad", shop.resources), resource_seconds=seconds)
        stack.resource_seconds = forward
    clock.advance(forward * PROGRESS if running else forward + CLEANUP_SECONDS + 1)
    for name in shop.names:
        found = aws.cloudformation.stack(name).status
        if found != shop.stack_status:
            raise ValueError(f"{name} is in {found}, not in {shop.stack_status}")


def _stack(aws: Sandbox, clock: MovableClock, shop: Shop, name: str) -> None:
    if shop.events:
        aws.cloudformation.seed_stack(
            name, template=template("first", shop.resources), new_template=template("good", shop.resources),
            history_events=shop.events, resource_seconds=0.1, cleanup_seconds=0.1,
        )  # fmt: skip
        return
    aws.cloudformation.create(name, template("first", shop.resources))
    clock.advance(3600)
    aws.cloudformation.update(name, template("good", shop.resources), resource_seconds=0.1, cleanup_seconds=0.1)
    clock.advance(3600)


def _frontend(aws: Sandbox, clock: MovableClock, shop: Shop) -> None:
    running = max(shop.build_seconds - 3.0, 0.1)
    timing = aws.amplify.timing
    timing.created = timing.pending = min(0.5, shop.build_seconds / 10)
    timing.provisioning = min(2.0, shop.build_seconds / 10)
    timing.running = max(shop.build_seconds - timing.created - timing.pending - timing.provisioning, running)
    aws.amplify.add_app(APP_NAME, APP, environment={"THEME": "light"})
    aws.amplify.add_branch(APP, BRANCH)
    now = clock.now()
    jobs = shop.older_jobs + shop.failed_jobs
    for number in range(shop.older_jobs):
        commit = GOOD if number == shop.older_jobs - 1 else f"{number:040x}"
        began = now - (jobs - number) * 600 - 3600
        lasted = shop.build_seconds * EARLIER_BUILDS[number % len(EARLIER_BUILDS)]
        aws.amplify.add_job(APP, BRANCH, commit=commit, started=began, ended=began + lasted)
    for number in range(shop.failed_jobs):
        began = now - (shop.failed_jobs - number) * 600 - 3600
        aws.amplify.add_job(
            APP, BRANCH, commit=f"{number:040x}", status="FAILED", started=began, ended=began + shop.build_seconds
        )
    aws.amplify.add_job(
        APP, BRANCH, commit=BAD, status=shop.frontend, started=now - 60, ended=now - 60 + shop.build_seconds
    )


def bill(aws: Ledger, began: float, shop: Shop) -> Bill:
    """Return what AWS saw since `began` (epoch seconds on its clock), at the moment the run ended."""
    now = aws.clock.now()
    work, last = 0.0, began
    for name in shop.names:
        events = [
            event for event in aws.cloudformation.stack(name).events if event.logical_id == name and event.at >= began
        ]
        if events:
            begun = next((event.at for event in events if event.status == "UPDATE_ROLLBACK_IN_PROGRESS"), events[0].at)
            work += events[-1].at - begun
            last = max(last, events[-1].at)
    branch = aws.amplify.branch(APP, BRANCH)
    newest = branch.jobs[max(branch.jobs)]
    if newest.created >= began and newest.ends is not None:
        work += newest.ends - newest.created
        last = max(last, newest.ends)
    calls = Counter(f"{call.service}:{call.operation}" for call in aws.calls)
    return Bill(calls, aws.counted.bytes, work, now - last, branch.live_commit)
