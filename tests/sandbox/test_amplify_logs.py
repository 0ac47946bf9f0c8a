"""The links of a job's steps: signed, served for an hour, and telling why a build failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.amplify import CLONE_FAILURE
from tests.sandbox.test_amplify_deployments import opened

if TYPE_CHECKING:
    from tests.sandbox.conftest import Shop

GOOD = "a" * 40
BAD = "b" * 40


def steps(shop: Shop, job_id: str = "1") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shop.call("get_job", jobId=job_id)["job"]["steps"]
    return found


def test_a_failed_builds_log_ends_in_its_reason(shop: Shop) -> None:
    shop.sandbox.amplify.fail_next_build()
    shop.push(BAD)
    shop.clock.advance(180)
    status, body, _ = opened(steps(shop)[0]["logUrl"])
    lines = body.decode().splitlines()
    assert status == 200
    assert f"# Switching to commit: {BAD}" in lines[1]
    assert lines[-1].endswith(f"[ERROR]: {CLONE_FAILURE}")


def test_a_log_may_be_any_text(shop: Shop) -> None:
    shop.job(commit=BAD, status="FAILED", failure="Build failed", log="::error::npm\x1b[31m TOKEN=s3cr3t\n")
    assert opened(steps(shop)[0]["logUrl"])[1] == b"::error::npm\x1b[31m TOKEN=s3cr3t\n"


def test_a_log_grows_with_the_build(shop: Shop) -> None:
    shop.push(GOOD)
    shop.clock.advance(60)
    before = opened(steps(shop)[0]["logUrl"])[1]
    shop.clock.advance(120)
    after = opened(steps(shop)[0]["logUrl"])[1]
    assert after.startswith(before)
    assert after.splitlines()[-1].endswith(b"# Completed build")


@pytest.mark.parametrize("branch", ["develop", "feature/new cart", "ä" * 255])
def test_a_link_opens_with_its_signature_alone(shop: Shop, branch: str) -> None:
    shop.sandbox.amplify.add_branch("d1shop", branch)
    shop.sandbox.amplify.add_job("d1shop", branch, commit=GOOD)
    found = shop.client.get_job(appId="d1shop", branchName=branch, jobId="1")["job"]["steps"][0]["logUrl"]
    assert opened(found)[0] == 200
    assert opened(found.partition("?")[0])[0] == 403
    assert opened(found[:-1] + ("0" if found[-1] != "0" else "1"))[0] == 403
    shop.clock.advance(3601)
    status, body, _ = opened(found)
    assert (status, b"Request has expired" in body) == (403, True)
