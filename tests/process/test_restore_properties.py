"""What holds of any two releases: no data is lost unasked, nothing is refused for what native rollback would remove."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import ManualClock, Sandbox
from tests.clocks import FakeClock
from tests.process.releases import (
    IN_S3,
    buckets,
    deploy_bad,
    deploy_good,
    restore,
    snapshot,
    state,
    table,
    topic,
    without_secrets,
)
from tests.process.shop import STACK, Shop

NAMES = ("Orders", "Users", "News", "Jobs", "Files")


def queue(seconds: int) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": seconds}}


def bucket(policy: str) -> dict[str, Any]:
    return {"Type": "AWS::S3::Bucket", "DeletionPolicy": policy, "UpdateReplacePolicy": policy}


KINDS = (
    st.builds(table, key=st.sampled_from(("id", "name")), policy=st.sampled_from(("Retain", "Delete"))),
    st.builds(topic, st.sampled_from(("one", "two"))),
    st.builds(queue, st.sampled_from((30, 60))),
    st.builds(bucket, st.sampled_from(("Retain", "Delete"))),
)


@st.composite
def releases(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Draw two releases: a resource of one name is of one type in both, as AWS never changes a resource's type."""
    kinds = {name: draw(st.sampled_from(KINDS)) for name in NAMES}
    good = {name: draw(kinds[name]) for name in draw(st.sets(st.sampled_from(NAMES), min_size=1))}
    bad = {
        name: good[name] if name in good and draw(st.booleans()) else draw(kinds[name])
        for name in draw(st.sets(st.sampled_from(NAMES), min_size=1))
    }
    return good, bad


@pytest.mark.timeout(600)
@given(pair=releases(), allowed=st.booleans(), used=st.booleans())
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
def test_no_restore_loses_data_unasked_and_each_ends_equal(
    pair: tuple[dict[str, Any], dict[str, Any]], *, allowed: bool, used: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = pair
    clock = ManualClock()
    with Sandbox(clock) as sandbox, tempfile.TemporaryDirectory() as folder:
        for name, value in {**sandbox.environment(), "AWS_MAX_ATTEMPTS": "1"}.items():
            monkeypatch.setenv(name, value)
        shop = Shop(sandbox, Path(folder), clock, FakeClock(clock))
        buckets(shop)
        deploy_good(shop, good)
        before = state(shop)
        assert snapshot(shop)["outcome"] == "snapshot-saved"
        deploy_bad(shop, bad)
        stack = sandbox.cloudformation.stack(STACK)
        for name, resource in stack.resources.items():
            if resource.data is not None and (used or name in good):
                sandbox.cloudformation.store(STACK, name, f"what {name} holds")
        lost_by_deploying, failed = len(sandbox.cloudformation.losses), state(shop)

        ran = restore(shop, IN_S3, allow_destructive=str(allowed).lower())

        lost = {loss.logical_id for loss in sandbox.cloudformation.losses[lost_by_deploying:]}
        # What the failed deployment brought may go: empty, or with messages in it, as CloudFormation would have it go.
        own = {name for name in lost if name not in good and (not used or bad[name]["Type"] == "AWS::SQS::Queue")}
        assert allowed or lost == own
        assert shop.change_sets() == []
        if ran["stack-result"] == "rolled-back":
            assert without_secrets(state(shop)) == without_secrets(before)
            assert restore(shop, IN_S3).ended == ("already-good", "skipped", "not-needed")
        else:
            assert ran["stack-result"] == "refused", ran.log
            assert not allowed
            assert state(shop) == failed
            for name in re.findall(r"(\w+) \(AWS::", ran["reason"]):
                # Never for what CloudFormation's own rollback would have removed, unless it holds users' data by now.
                assert name in good or (used and bad[name]["Type"] in {"AWS::DynamoDB::Table", "AWS::S3::Bucket"})
