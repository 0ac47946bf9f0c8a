"""A snapshot is an order: whose it is, how old, what it asks for, and whether it is the one that was recorded."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import ALL, Fault, Kind, exactly
from tests.clocks import FakeClock
from tests.process.releases import (
    GOOD_RESOURCES,
    IN_FILE,
    IN_S3,
    SNAPSHOTS,
    buckets,
    deploy_bad,
    deploy_good,
    incident,
    restore,
    snapshot,
    state,
    topic,
    wait,
    without_secrets,
)
from tests.process.shop import GOOD, STACK

if TYPE_CHECKING:
    from tests.process.shop import Shop


def body(shop: Shop, where: str = IN_S3) -> bytes:
    if where == IN_S3:
        return shop.sandbox.services.get_object(SNAPSHOTS, "good.json")
    return (shop.folder / "workspace" / where).read_bytes()


def change(shop: Shop, where: str = IN_S3, **members: Any) -> None:
    """Write over the snapshot, as somebody with access to its place may."""
    record = json.dumps({**json.loads(body(shop, where)), **members})
    if where == IN_S3:
        shop.sandbox.services.put_object(SNAPSHOTS, "good.json", record)
    else:
        (shop.folder / "workspace" / where).write_text(record, encoding="utf-8")


# --- the digest ---


@pytest.mark.parametrize("where", [IN_S3, IN_FILE])
def test_the_snapshot_with_the_digest_that_was_given_is_restored(shop: Shop, where: str) -> None:
    buckets(shop)
    deploy_good(shop)
    digest = snapshot(shop, where)["snapshot-digest"]
    assert digest == sha256(body(shop, where)).hexdigest()
    deploy_bad(shop)
    ran = restore(shop, where, snapshot_digest=f"sha256:{digest.upper()}")
    assert (ran["stack-result"], ran["snapshot-digest"]) == ("rolled-back", digest)


@pytest.mark.parametrize("where", [IN_S3, IN_FILE])
def test_a_snapshot_with_another_digest_is_refused_and_so_is_its_job(shop: Shop, where: str) -> None:
    buckets(shop)
    deploy_good(shop)
    shop.app()
    shop.job(GOOD)
    digest = snapshot(shop, where, app_name="shop")["snapshot-digest"]
    deploy_bad(shop)
    change(shop, where, taken_at="2025-12-02T00:00:00+00:00")
    ran = restore(shop, where, snapshot_digest=digest, app_name="shop")
    assert ran["stack-result"] == "refused"
    assert ran.codes >= {"snapshot-unusable"}
    assert "not the one that snapshot-digest names" in ran["reason"]
    assert "bucket versioning keeps it" in ran["reason"]


def test_without_a_stack_an_unusable_snapshot_is_still_told(shop: Shop) -> None:
    buckets(shop)
    shop.frontend()
    ran = shop.run(app_name="shop", snapshot="s3://shop-snapshots/none.json")
    assert ran["outcome"] == "rolled-back"
    assert "there is no snapshot at" in ran.told


def test_a_kept_snapshot_tells_its_digest(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    digest = snapshot(shop)["snapshot-digest"]
    assert snapshot(shop, environ={"GITHUB_RUN_ATTEMPT": "2"})["snapshot-digest"] == digest


@pytest.mark.parametrize("inputs", [{"snapshot_digest": "abc"}, {"snapshot_digest": "a" * 64, "snapshot": ""}])
def test_a_digest_of_another_form_or_of_nothing_is_a_problem_of_the_inputs(shop: Shop, inputs: dict[str, Any]) -> None:
    ran = shop.run(stack_name=STACK, **{"snapshot": IN_S3, **inputs})
    assert ran["outcome"] == "invalid-inputs"
    assert "snapshot-digest: " in ran["reason"]
    assert shop.sandbox.calls == []


# --- whose it is ---


def test_a_snapshot_of_another_region_is_refused(shop: Shop) -> None:
    incident(shop)
    change(shop, region="eu-central-1")
    ran = restore(shop)
    assert ran.codes == {"snapshot-unusable"}
    assert "is of region eu-central-1" in ran["reason"]


def test_a_snapshot_that_another_repository_took_is_said_to_be(shop: Shop) -> None:
    incident(shop)
    ran = restore(shop, environ={"GITHUB_REPOSITORY": "octo/other"})
    assert ran["stack-result"] == "rolled-back"
    assert "snapshot-of-another" in ran.codes
    assert "was taken by octo/shop, not by octo/other" in ran.told


def test_when_by_which_run_and_of_which_commit_is_always_said(shop: Shop) -> None:
    incident(shop)
    ran = restore(shop)
    assert f"taken at {json.loads(body(shop))['taken_at']}, commit {'b' * 40} by run 1658821493 attempt 1" in ran.log


@pytest.mark.parametrize("mode", ["snapshot", "rollback"])
def test_every_call_to_s3_names_the_account_that_must_own_the_bucket(shop: Shop, mode: str) -> None:
    incident(shop)
    before = len(shop.sandbox.calls)
    snapshot(shop, environ={"GITHUB_RUN_ID": "2"}) if mode == "snapshot" else restore(shop)
    asked = [call for call in shop.sandbox.calls[before:] if call.service == "s3"]
    assert {call.params.get("ExpectedBucketOwner") for call in asked} == {"123456789012"}


def test_where_there_is_nothing_yet_the_credentials_tell_the_account(shop: Shop) -> None:
    buckets(shop)
    assert snapshot(shop)["outcome"] == "snapshot-saved"
    put = next(call for call in shop.sandbox.calls if call.operation == "PutObject")
    assert put.params["ExpectedBucketOwner"] == "123456789012"


# --- how old it is ---


def snapshot_now(shop: Shop) -> None:
    """Record the last known good, with the runner's clock set by the embedded AWS's."""
    assert shop.clock is not None
    shop.waits = FakeClock(shop.clock, start=shop.clock.now())
    snapshot(shop)


def test_a_snapshot_older_than_the_deployment_before_the_failed_one_is_said_to_be(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    good = state(shop)
    snapshot_now(shop)
    wait(shop)
    deploy_bad(shop, {**GOOD_RESOURCES, "News": topic("in between")})
    wait(shop)
    deploy_bad(shop)
    ran = restore(shop)
    assert ran["stack-result"] == "rolled-back"
    assert "snapshot-old" in ran.codes
    assert without_secrets(state(shop)) == without_secrets(good)


def test_a_snapshot_taken_before_the_failed_deployment_alone_is_not_old(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    wait(shop)
    deploy_bad(shop, {**GOOD_RESOURCES, "News": topic("before")})
    wait(shop)
    snapshot_now(shop)
    wait(shop)
    deploy_bad(shop)
    assert "snapshot-old" not in restore(shop).codes


# --- what it asks for ---


def test_capabilities_and_permissions_that_a_restore_brings_are_told(shop: Shop) -> None:
    buckets(shop)
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}}
    deploy_good(shop, {**GOOD_RESOURCES, "Runner": role})
    snapshot(shop)
    wait(shop)
    shop.sandbox.cloudformation.update(STACK, {"Resources": {"News": topic("1")}}, Capabilities=[])
    wait(shop)
    change(shop, stacks=[{**json.loads(body(shop))["stacks"][0], "parameters": {"Stage": {"value": "development"}}}])
    record = json.loads(body(shop))
    text = json.loads(record["stacks"][0]["template"])
    del text["Parameters"]["Password"], text["Resources"]["Api"]
    change(shop, stacks=[{**record["stacks"][0], "template": json.dumps(text)}])
    ran = restore(shop)
    assert "restore-changes-permissions" in ran.codes
    assert "acknowledges CAPABILITY_IAM" in ran.told
    assert "add Runner" in ran.told


# --- an unfinished snapshot ---

LARGE = {**GOOD_RESOURCES, **{f"T{number}": topic("x" * 90) for number in range(450)}}


@pytest.mark.parametrize("operation", ["PutObject", "ListJobs"])
def test_an_unfinished_snapshot_leaves_the_one_before_whole(shop: Shop, operation: str) -> None:
    buckets(shop)
    deploy_good(shop, LARGE)
    good = state(shop)
    assert snapshot(shop)["outcome"] == "snapshot-saved"
    before = body(shop)
    wait(shop)
    deploy_bad(shop, {**LARGE, "News": topic("bad")})
    which = exactly(2) if operation == "PutObject" else ALL  # the template is written, and then the run fails
    shop.app()
    shop.sandbox.faults.add(Fault(operation, Kind.DENIED, which))
    assert snapshot(shop, environ={"GITHUB_RUN_ID": "2"}, app_name="shop")["outcome"] == "failed"
    assert body(shop) == before
    shop.sandbox.faults.clear()
    assert restore(shop)["stack-result"] == "rolled-back"
    assert without_secrets(state(shop)) == without_secrets(good)


def test_a_large_template_that_was_exchanged_is_not_deployed(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop, LARGE)
    snapshot(shop)
    wait(shop)
    deploy_bad(shop, {**LARGE, "News": topic("bad")})
    (key,) = [key for key in shop.sandbox.services.object_keys(SNAPSHOTS) if key.endswith(".template")]
    shop.sandbox.services.put_object(SNAPSHOTS, key, json.dumps({"Resources": {"Evil": topic("evil")}}))
    ran = restore(shop)
    assert ran.ended == ("refused", "skipped", "failed")
    assert ran.codes == {"snapshot-unusable"}
    assert "is not the one that was recorded" in ran["reason"]


def test_what_is_no_snapshot_is_not_written_over(shop: Shop) -> None:
    buckets(shop)
    deploy_good(shop)
    shop.sandbox.services.put_object(SNAPSHOTS, "good.json", b"somebody's accounts")
    ran = snapshot(shop)
    assert (ran["outcome"], ran.codes) == ("failed", {"snapshot-unusable"})
    assert "It is not overwritten" in ran["reason"]
    assert body(shop) == b"somebody's accounts"
