"""Zip deployments by whole runs: what was deployed then is deployed again in seconds, or refused with the cure."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from sandbox import ALL, Fault, Kind, first
from tests.process.shop import APP_ID, BRANCH, DAY
from tests.process.zips import ONE, RELEASES, SNAPSHOT, TWO, ZipShop, address

if TYPE_CHECKING:
    from pathlib import Path

    from tests.process.shop import Shop

DIGEST = hashlib.md5(ONE).hexdigest()
KEPT = f"s3://shop-snapshots/shop/zips/rollback-action-{DIGEST}.zip"


@pytest.fixture
def zips(shop: Shop) -> ZipShop:
    return ZipShop(shop)


@pytest.fixture
def versioned(shop: Shop) -> ZipShop:
    return ZipShop(shop, versioned=True)


# --- what was deployed then -----------------------------------------------------------------------------------------


def test_the_zip_of_the_last_known_good_is_deployed_again(zips: ZipShop) -> None:
    zips.incident()
    ran = zips.roll_back()
    assert ran.ended == ("skipped", "rolled-back", "rolled-back")
    assert zips.served == b"<h1>one</h1>"
    assert zips.sources == [(1, address("1.zip")), (2, address("2.zip")), (3, address("1.zip"))]
    assert (ran["frontend-job-id"], ran["restored-job-id"], ran["restored-commit"]) == ("3", "1", "")
    assert ran.report["frontend"]["proven"] is False
    assert "unproven" in ran.codes
    assert "not written since" in ran.told
    assert "build image" not in ran.told
    assert zips.writes == ["StartDeployment"]


def test_what_is_served_proves_it(zips: ZipShop) -> None:
    zips.incident()
    ran = zips.roll_back(verify_url=zips.shop.sandbox.site.url, verify_contains="one")
    assert ran.report["frontend"]["proven"] is True
    assert "unproven" not in ran.codes


def test_a_dry_run_says_what_would_be_deployed(zips: ZipShop) -> None:
    zips.incident()
    ran = zips.roll_back(dry_run="true")
    assert ran["outcome"] == "planned"
    assert f"deploy {address('1.zip')} again, which job 1 deployed" in ran["reason"]
    assert zips.writes == []


def test_a_folder_is_deployed_again(zips: ZipShop) -> None:
    for name, ago in (("1", DAY), ("2", 600.0)):
        zips.put(f"{name}/index.html", name.encode(), ago + 60)
        zips.job(address(name), ago, source_url_type="BUCKET_PREFIX")
    assert zips.roll_back()["frontend-result"] == "rolled-back"
    assert zips.served == b"1"


def test_a_folder_of_which_an_object_is_newer_is_refused(zips: ZipShop) -> None:
    for name, ago in (("1", DAY), ("2", 600.0)):
        zips.put(f"{name}/index.html", name.encode(), ago + 60)
        zips.job(address(name), ago, source_url_type="BUCKET_PREFIX")
    zips.put("1/new.js", b"new", 60)
    ran = zips.roll_back()
    assert (ran["frontend-result"], ran.codes) == ("refused", {"target-cannot-be-retried"})
    assert "1/new.js" in ran.told
    assert zips.writes == []


def test_a_zip_at_another_address_is_deployed_again_and_called_unproven(zips: ZipShop) -> None:
    web = zips.aws.sources.web
    web["https://example.com/1.zip?X-Amz-Signature=s3cr3t"], web["https://example.com/2.zip"] = ONE, TWO
    zips.job("https://example.com/1.zip?X-Amz-Signature=s3cr3t", DAY)
    zips.job("https://example.com/2.zip", 600)
    ran = zips.roll_back()
    assert (ran["frontend-result"], ran.report["frontend"]["proven"]) == ("rolled-back", False)
    assert zips.served == b"<h1>one</h1>"
    assert "s3cr3t" not in ran.everything


# --- overwritten in place -------------------------------------------------------------------------------------------


def test_an_overwritten_zip_without_versions_is_refused(zips: ZipShop) -> None:
    zips.incident("latest.zip", "latest.zip")
    ran = zips.roll_back(snapshot=SNAPSHOT)
    assert (ran["frontend-result"], ran["outcome"]) == ("refused", "failed")
    assert "target-cannot-be-retried" in ran.codes
    assert "kept no version" in ran.told
    assert zips.writes == []
    assert zips.served == b"<h1>two</h1>"


def test_the_version_of_that_time_is_copied_beside_the_snapshots_and_deployed(versioned: ZipShop) -> None:
    zips = versioned
    zips.incident("latest.zip", "latest.zip")
    ran = zips.roll_back(snapshot=SNAPSHOT)
    assert ran["frontend-result"] == "rolled-back"
    assert zips.served == b"<h1>one</h1>"
    assert zips.sources[-1] == (3, KEPT)
    assert zips.writes == ["CopyObject", "StartDeployment"]
    assert any("copied version" in line for line in ran.report["frontend"]["actions"])


def test_without_an_s3_snapshot_it_is_refused_with_the_commands(versioned: ZipShop) -> None:
    versioned.incident("latest.zip", "latest.zip")
    ran = versioned.roll_back()
    assert ran["frontend-result"] == "refused"
    assert f"aws s3api copy-object --bucket {RELEASES} --key latest.rollback.zip" in ran.told
    assert versioned.writes == []


def test_a_zip_that_was_deleted_is_had_by_its_version(versioned: ZipShop) -> None:
    zips = versioned
    zips.incident()
    zips.services.delete_object(RELEASES, "1.zip")
    assert zips.roll_back(snapshot=SNAPSHOT)["frontend-result"] == "rolled-back"
    assert zips.served == b"<h1>one</h1>"


def test_a_zip_that_is_gone_is_refused(zips: ZipShop) -> None:
    zips.incident()
    zips.services.delete_object(RELEASES, "1.zip")
    assert zips.roll_back(snapshot=SNAPSHOT)["frontend-result"] == "refused"


def test_a_version_that_versioning_lost_is_not_taken_for_another(versioned: ZipShop) -> None:
    zips = versioned
    zips.put("latest.zip", TWO, DAY * 3)
    client = zips.shop.sandbox.client("s3")
    client.put_bucket_versioning(Bucket=RELEASES, VersioningConfiguration={"Status": "Suspended"})
    zips.incident("latest.zip", "latest.zip")
    ran = zips.roll_back(snapshot=SNAPSHOT)
    assert ran["frontend-result"] == "refused"
    assert zips.writes == []


def test_an_uploaded_zip_is_refused(zips: ZipShop) -> None:
    zips.job("", DAY, content=ONE)
    zips.deployed("2.zip", TWO, 600)
    ran = zips.roll_back()
    assert ran["frontend-result"] == "refused"
    assert "uploaded to Amplify itself" in ran.told


# --- kept by a snapshot ---------------------------------------------------------------------------------------------


def test_a_snapshot_keeps_the_zip_and_a_rollback_is_proven_by_its_digest(zips: ZipShop) -> None:
    zips.deployed("latest.zip", ONE, DAY)
    taken = zips.snapshot()
    assert taken["outcome"] == "snapshot-saved"
    assert (taken.codes, taken["ready"]) == (set(), "true")
    assert zips.kept == [KEPT.removeprefix("s3://shop-snapshots/")]
    zips.deployed("latest.zip", TWO, 600)
    ran = zips.roll_back(snapshot=SNAPSHOT)
    assert ran.ended == ("skipped", "rolled-back", "rolled-back")
    assert zips.served == b"<h1>one</h1>"
    assert zips.sources[-1] == (3, KEPT)
    assert ran.report["frontend"]["proven"] is True
    assert "unproven" not in ran.codes
    assert DIGEST in ran["reason"]


def test_a_kept_zip_that_was_replaced_is_not_deployed(zips: ZipShop) -> None:
    zips.deployed("latest.zip", ONE, DAY)
    zips.snapshot()
    zips.deployed("latest.zip", TWO, 600)
    zips.services.put_object("shop-snapshots", KEPT.removeprefix("s3://shop-snapshots/"), TWO)
    ran = zips.roll_back(snapshot=SNAPSHOT)
    assert ran["frontend-result"] == "refused"
    assert zips.served == b"<h1>two</h1>"


def test_a_snapshot_tells_which_version_was_deployed(versioned: ZipShop) -> None:
    zips = versioned
    zips.deployed("latest.zip", ONE, DAY)
    zips.put("latest.zip", TWO, 60)
    assert zips.snapshot().codes == set()
    assert zips.kept == [KEPT.removeprefix("s3://shop-snapshots/")]


def test_a_folder_is_listed_and_held_against_the_list(zips: ZipShop) -> None:
    zips.put("site/index.html", b"one", DAY + 60)
    zips.job(address("site"), DAY, source_url_type="BUCKET_PREFIX")
    taken = zips.snapshot()
    assert taken.codes == {"snapshot-cannot-restore"}
    zips.deployed("2.zip", TWO, 600)
    ran = zips.roll_back(snapshot=SNAPSHOT)
    assert (ran["frontend-result"], ran.report["frontend"]["proven"]) == ("rolled-back", True)
    zips.services.delete_object(RELEASES, "site/index.html")
    zips.put("site/other.html", b"x", DAY + 60)
    zips.deployed("3.zip", TWO, 60)
    assert zips.roll_back(snapshot=SNAPSHOT, target_job_id="1")["frontend-result"] == "refused"


@pytest.mark.parametrize(
    ("url", "words"), [("", "uploaded to Amplify itself"), ("https://example.com/1.zip?sig=1", "outside S3")]
)
def test_what_cannot_be_kept_is_said_when_the_snapshot_is_taken(zips: ZipShop, url: str, words: str) -> None:
    zips.job(url, DAY, content=ONE)
    taken = zips.snapshot()
    assert taken.codes == {"snapshot-cannot-restore"}
    assert words in taken.told
    assert taken["ready"] == "false"
    assert "start-deployment --source-url s3://" in taken.log
    assert "sig=1" not in taken.everything


def test_a_file_tells_the_digest_alone(zips: ZipShop) -> None:
    zips.deployed("latest.zip", ONE, DAY)
    taken = zips.snapshot("shop.json")
    assert taken.codes == {"snapshot-cannot-restore"}
    zips.deployed("2.zip", TWO, 600)
    ran = zips.roll_back(snapshot="shop.json")
    assert (ran["frontend-result"], ran.report["frontend"]["proven"]) == ("rolled-back", True)


# --- run again ------------------------------------------------------------------------------------------------------


def test_a_deployment_that_a_killed_run_began_is_adopted(zips: ZipShop) -> None:
    zips.incident()
    zips.shop.sandbox.client("amplify").start_deployment(appId=APP_ID, branchName=BRANCH, sourceUrl=address("1.zip"))
    ran = zips.roll_back()
    assert ran["frontend-result"] == "rolled-back"
    assert [number for number, _ in zips.sources] == [1, 2, 3]
    assert "adopted job 3" in ran.told


def test_what_an_earlier_run_deployed_stays(zips: ZipShop) -> None:
    zips.incident()
    zips.roll_back()
    ran = zips.roll_back()
    assert ran["frontend-result"] == "already-good"
    assert [number for number, _ in zips.sources] == [1, 2, 3]


def test_a_kept_zip_that_an_earlier_run_deployed_stays(versioned: ZipShop) -> None:
    zips = versioned
    zips.incident("latest.zip", "latest.zip")
    zips.roll_back(snapshot=SNAPSHOT)
    ran = zips.roll_back(snapshot=SNAPSHOT)
    assert ran["frontend-result"] == "already-good"
    assert [number for number, _ in zips.sources] == [1, 2, 3]


def test_a_second_run_never_takes_the_bad_one_for_good(zips: ZipShop) -> None:
    web = zips.aws.sources.web
    web["https://example.com/1.zip"], web["https://example.com/2.zip"] = ONE, TWO
    zips.job("https://example.com/1.zip", DAY)
    zips.job("https://example.com/2.zip", 600)
    zips.roll_back()
    ran = zips.roll_back()
    assert (ran["frontend-result"], ran.codes) == ("refused", {"last-known-good-unclear"})
    assert zips.served == b"<h1>one</h1>"


def test_two_keys_in_turn_are_no_rollback(zips: ZipShop) -> None:
    zips.deployed("blue.zip", TWO, DAY * 2)
    zips.deployed("green.zip", ONE, DAY)
    zips.deployed("blue.zip", TWO, 600)
    ran = zips.roll_back()
    assert ran["frontend-result"] == "refused"
    assert zips.writes == []


@pytest.mark.parametrize(
    "kind", [Kind.DROPPED_BEFORE, Kind.DROPPED_AFTER, Kind.INTERNAL_ERROR, Kind.MALFORMED, Kind.THROTTLING]
)
def test_an_unclear_answer_starts_nothing_twice(zips: ZipShop, kind: Kind) -> None:
    zips.incident()
    zips.shop.sandbox.faults.add(Fault("StartDeployment", kind, first(1)))
    ran = zips.roll_back()
    assert ran["frontend-result"] == "rolled-back"
    assert [number for number, _ in zips.sources] == [1, 2, 3]


@pytest.mark.parametrize("operation", ["HeadObject", "ListObjectVersions", "CopyObject"])
def test_a_missing_permission_is_named(versioned: ZipShop, operation: str) -> None:
    versioned.incident("latest.zip", "latest.zip")
    versioned.shop.sandbox.faults.add(Fault(operation, Kind.DENIED, ALL))
    ran = versioned.roll_back(snapshot=SNAPSHOT)
    assert ran["frontend-result"] == "failed"
    assert "access-denied" in ran.codes
    assert "Add the permission s3:" in ran.told
    assert versioned.served == b"<h1>two</h1>"


def test_a_deployment_that_fails_twice_is_given_up(zips: ZipShop) -> None:
    zips.incident()
    zips.aws.fail_next_build(times=5, reason="Failed to deploy")
    ran = zips.roll_back()
    assert ran["frontend-result"] == "failed"
    assert "Failed to deploy" in ran.told
    assert f"start-deployment --app-id {APP_ID}" in ran.told
    assert [number for number, _ in zips.sources] == [1, 2, 3, 4]


def test_an_old_snapshot_is_read_as_before(zips: ZipShop, shop: Shop) -> None:
    zips.incident()
    path: Path = shop.folder / "workspace" / "old.json"
    path.parent.mkdir(exist_ok=True)
    record = '{"app_id": "d1shop", "branch": "develop", "job_id": "1", "job_type": "MANUAL"}'
    path.write_text(f'{{"version": 1, "taken_at": "2025-12-01T00:00:00+00:00", "frontend": {record}}}')
    assert zips.roll_back(snapshot="old.json")["frontend-result"] == "rolled-back"
    assert zips.served == b"<h1>one</h1>"
