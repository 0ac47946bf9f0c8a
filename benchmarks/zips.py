"""A zip deployment rolled back: five seconds of AWS's work, on a simulated clock."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks import product
from benchmarks.shop import APP, APP_NAME, BRANCH, Ledger, Shop
from benchmarks.tables import number, table
from sandbox import ManualClock
from sandbox.amplify import zip_of

AWS_SECONDS = 5.0
_BUCKET = "releases"
_NO_STACK = {"stack-name": ""}


@dataclass(frozen=True)
class Zip:
    """The table, and what the goals are held against: seconds past AWS's work, and calls."""

    text: str
    past: float
    calls: int


def measure() -> Zip:
    """Roll back to the zip of yesterday, whose key nobody has overwritten."""
    clock = ManualClock()
    with Ledger(clock) as aws:
        _deploy_badly(aws, clock)
        began = clock.now()
        done = product.roll_back_simulated(aws, clock, Shop(frontend="SUCCEED"), _NO_STACK)
        seconds, calls = clock.now() - began, len(aws.calls)
        live = aws.amplify.branch(APP, BRANCH).live
    if done.code != 0 or live is None or live.content is None or live.content.files["index.html"] != b"good":
        raise RuntimeError(done.output)
    rows = [["product", number(seconds), number(seconds - AWS_SECONDS), number(calls)]]
    return Zip(table(["who", "recovery, s", "s past AWS's work", "calls"], rows), seconds - AWS_SECONDS, calls)


def _deploy_badly(aws: Ledger, clock: ManualClock) -> None:
    timing = aws.amplify.timing
    timing.manual_pending, timing.manual_running = 1.0, AWS_SECONDS - 1.0
    aws.services.create_bucket(_BUCKET)
    aws.amplify.add_app(APP_NAME, APP, repository="")
    aws.amplify.add_branch(APP, BRANCH)
    for name, ago, lasted in (("first", 172_800.0, 5.5), ("good", 86_400.0, 4.5), ("bad", 600.0, 6.0)):
        began = clock.now() - ago
        aws.services.put_object(_BUCKET, f"{name}.zip", zip_of({"index.html": name}))
        aws.services.date_object(_BUCKET, f"{name}.zip", began - 30)
        aws.amplify.add_job(
            APP,
            BRANCH,
            job_type="MANUAL",
            source_url=f"s3://{_BUCKET}/{name}.zip",
            started=began,
            ended=began + lasted,
        )
