"""Whatever was recorded, raced, lost or run again: what is restored is one recorded release, whole, or nothing is."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollback.report.commits import same_commit
from rollback.snapshot.model import Snapshot
from sandbox import ManualClock, Sandbox
from tests.clocks import FakeClock
from tests.process.releases import ARTIFACTS, SNAPSHOTS, state
from tests.process.shop import APP_ID, BRANCH, Shop
from tests.process.test_release_runs import ONE, THREE, TWO, back, begin, contents, deploy, record

if TYPE_CHECKING:
    from collections.abc import Callable

COMMITS = (ONE, TWO, THREE)
commits = st.sampled_from(COMMITS)
Step = tuple[str, str, str]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("deploy and record"), commits, st.just("")),
        st.tuples(st.just("deploy"), commits, st.just("")),
        st.tuples(st.just("record as"), commits, st.sampled_from(("1", "2"))),
        st.tuples(st.just("code gone"), commits, st.just("")),
        st.tuples(st.just("job forgotten"), commits, st.just("")),
        st.tuples(st.just("spoiled"), commits, st.just("")),
    ),
    min_size=1,
    max_size=6,
)


def deployed(shop: Shop, commit: str, _: str) -> None:
    deploy(shop, commit)


def deployed_and_recorded(shop: Shop, commit: str, _: str) -> None:
    deploy(shop, commit)
    record(shop, commit, "7")


def recorded(shop: Shop, commit: str, attempt: str) -> None:
    """Record whatever is there as this commit's: another run deployed meanwhile, or this is a re-run."""
    record(shop, commit, "7", attempt)


def code_gone(shop: Shop, commit: str, _: str) -> None:
    shop.sandbox.services.delete_object(ARTIFACTS, f"api/{commit[:7]}.zip")


def job_forgotten(shop: Shop, commit: str, _: str) -> None:
    jobs = shop.sandbox.amplify.branch(APP_ID, BRANCH).jobs
    live = shop.sandbox.amplify.branch(APP_ID, BRANCH).live_commit
    for number in [number for number, job in jobs.items() if job.commit == commit and commit != live]:
        del jobs[number]


def spoiled(shop: Shop, commit: str, _: str) -> None:
    for key in contents(shop):
        if commit in key:
            shop.sandbox.services.put_object(SNAPSHOTS, key, "{")


DO: dict[str, Callable[[Shop, str, str], None]] = {
    "deploy": deployed,
    "deploy and record": deployed_and_recorded,
    "record as": recorded,
    "code gone": code_gone,
    "job forgotten": job_forgotten,
    "spoiled": spoiled,
}


@pytest.mark.timeout(600)
@given(history=steps, failed=commits, target=st.sampled_from(("", *COMMITS)))
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
def test_what_is_restored_is_one_release_whole_and_never_the_failed_commits(
    history: list[Step], failed: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock()
    with Sandbox(clock) as sandbox, tempfile.TemporaryDirectory() as folder:
        for name, value in {**sandbox.environment(), "AWS_MAX_ATTEMPTS": "1"}.items():
            monkeypatch.setenv(name, value)
        shop = Shop(sandbox, Path(folder), clock, FakeClock(clock))
        begin(shop)
        deploy(shop, ONE)
        for what, commit, attempt in history:
            DO[what](shop, commit, attempt)
        deploy(shop, failed)
        kept, before = contents(shop), state(shop)

        ran = back(shop, commit=failed, target_commit=target)

        assert contents(shop) == kept, "a rollback changes no release"
        if ran["stack-result"] == "refused":
            assert state(shop) == before
            return
        assert ran["stack-result"] in {"rolled-back", "already-good"}, ran.log
        release = Snapshot.model_validate_json(kept[ran["snapshot"].removeprefix(f"s3://{SNAPSHOTS}/")])
        assert release.frontend
        (stack,) = release.stacks
        assert (state(shop)["template"], state(shop)["tags"]) == (stack.template, stack.tags)
        assert not same_commit(release.commit, failed)
        assert not target or same_commit(release.commit, target)
        assert release.frontend.commit != failed
        if ran["frontend-result"] in {"rolled-back", "already-good"}:
            assert shop.live == release.frontend.commit or ran.codes & {"snapshot-job-passed-over", "release-mixed"}
