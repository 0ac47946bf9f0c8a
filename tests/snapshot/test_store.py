"""Where snapshots lie: an object in S3, or a file in the workspace and nowhere else."""

from __future__ import annotations

import errno
import json
import os
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest

from rollback.aws import Aws
from rollback.engine.trouble import Denied, Rejected, Unreadable
from rollback.frontend.record import FrontendSnapshot
from rollback.snapshot.model import Snapshot
from rollback.snapshot.place import LARGEST_SNAPSHOT, Place, SnapshotProblem, place
from rollback.snapshot.store import SnapshotStore, Stored
from rollback.stack.artifacts import Artifact
from sandbox import Fault, Kind
from tests.stack.given import record

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox

pytestmark = pytest.mark.usefixtures("aws_environment")
IN_S3 = place("s3://snapshots/shop/good.json")
SNAPSHOT = Snapshot(
    taken_at="2025-12-03T10:15:00+00:00",
    stacks=(record(template="Resources: {}\r\n# \u00e4\n"),),
    frontend=FrontendSnapshot(app_id="d1shop", branch="develop", job_id="1"),
)


@pytest.fixture
def store(sandbox: Sandbox, tmp_path: Path) -> SnapshotStore:
    sandbox.services.create_bucket("snapshots")
    (tmp_path / "workspace").mkdir()
    return SnapshotStore(Aws("us-west-2"), tmp_path / "workspace")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("s3://bucket/a/b.json", Place("s3://bucket/a/b.json", "bucket", "a/b.json")),
        ("out/good.json", Place("out/good.json")),
    ],
)
def test_the_input_names_the_place(text: str, where: Place) -> None:
    assert place(text) == where
    assert where.is_s3 == text.startswith("s3:")


@pytest.mark.parametrize("where", [IN_S3, place("good.json"), place("deep/down/good.json")])
def test_what_was_written_is_read_again_byte_for_byte(store: SnapshotStore, where: Place) -> None:
    digest = store.write(where, SNAPSHOT, None)
    there = store.read(where)
    assert there is not None
    assert (there.snapshot, there.digest) == (SNAPSHOT, digest)


@pytest.mark.parametrize("where", [IN_S3, place("good.json")])
def test_the_digest_is_that_of_the_bytes_that_lie_there(
    store: SnapshotStore, sandbox: Sandbox, tmp_path: Path, where: Place
) -> None:
    digest = store.write(where, SNAPSHOT, None)
    file = tmp_path / "workspace" / "good.json"
    body = sandbox.services.get_object("snapshots", "shop/good.json") if where.is_s3 else file.read_bytes()
    assert digest == sha256(body).hexdigest()


def test_how_a_snapshot_is_encrypted_is_left_to_its_bucket(store: SnapshotStore, sandbox: Sandbox) -> None:
    store.write(IN_S3, SNAPSHOT, None)
    put = next(call for call in sandbox.calls if call.operation == "PutObject")
    assert not [name for name in put.params if "Encryption" in name]


def test_every_call_says_which_account_must_own_the_bucket(store: SnapshotStore, sandbox: Sandbox) -> None:
    store.buckets.owner = "123456789012"
    store.write(IN_S3, SNAPSHOT, store.present(IN_S3))
    store.template_url(IN_S3, record(template_url=store.write_template(IN_S3, record())))
    store.missing((Artifact("Api", "snapshots", "none.zip"),))
    list(store.buckets.keys("snapshots", "shop/"))
    asked = {call.operation: call.params.get("ExpectedBucketOwner") for call in sandbox.calls}
    assert set(asked) == {"GetObject", "PutObject", "HeadObject", "GetBucketLocation", "ListObjectsV2"}
    assert set(asked.values()) == {"123456789012"}


def test_a_bucket_lists_the_keys_of_a_prefix(store: SnapshotStore, sandbox: Sandbox) -> None:
    for key in ("a/2.json", "a/1.json", "b/1.json"):
        sandbox.services.put_object("snapshots", key, b"{}")
    assert list(store.buckets.keys("snapshots", "a/")) == ["a/1.json", "a/2.json"]


# --- nothing is written over ---


def test_a_snapshot_takes_the_place_of_the_one_that_was_read(store: SnapshotStore) -> None:
    store.write(IN_S3, SNAPSHOT, None)
    newer = SNAPSHOT.model_copy(update={"commit": "b" * 40})
    store.write(IN_S3, newer, store.present(IN_S3))
    there = store.read(IN_S3)
    assert there is not None
    assert there.snapshot == newer


@pytest.mark.parametrize("text", ["", "{}", "notes", '{"version": 2, "taken_at": "now"}'])
@pytest.mark.parametrize("where", [IN_S3, place("good.json")])
def test_what_is_no_snapshot_is_never_written_over(
    store: SnapshotStore, sandbox: Sandbox, tmp_path: Path, text: str, where: Place
) -> None:
    (tmp_path / "workspace" / "good.json").write_text(text, encoding="utf-8")
    sandbox.services.put_object("snapshots", "shop/good.json", text)
    with pytest.raises(SnapshotProblem, match="not overwritten"):
        store.present(where)


def test_what_was_put_there_meanwhile_is_not_written_over(store: SnapshotStore, sandbox: Sandbox) -> None:
    nothing = store.present(IN_S3)
    sandbox.services.put_object("snapshots", "shop/good.json", b"somebody's")
    with pytest.raises(SnapshotProblem, match="was not written"):
        store.write(IN_S3, SNAPSHOT, nothing)
    stale = Stored(SNAPSHOT, "", '"0123456789abcdef0123456789abcdef"')
    with pytest.raises(SnapshotProblem, match="was not written"):
        store.write(IN_S3, SNAPSHOT, stale)
    assert sandbox.services.get_object("snapshots", "shop/good.json") == b"somebody's"


def test_a_write_whose_answer_got_lost_is_no_conflict_with_itself(store: SnapshotStore) -> None:
    assert store.write(IN_S3, SNAPSHOT, None) == store.write(IN_S3, SNAPSHOT, None)


def test_what_may_not_be_read_is_not_written_over_either(store: SnapshotStore, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("GetObject", Kind.DENIED))
    with pytest.raises(Denied):
        store.present(IN_S3)


# --- bounds ---


@pytest.mark.parametrize("where", [IN_S3, place("good.json")])
def test_no_more_than_16_mib_are_read(store: SnapshotStore, sandbox: Sandbox, tmp_path: Path, where: Place) -> None:
    body = b" " * (LARGEST_SNAPSHOT + 2)
    (tmp_path / "workspace" / "good.json").write_bytes(body)
    sandbox.services.put_object("snapshots", "shop/good.json", body)
    with pytest.raises(SnapshotProblem, match="larger than 16 MiB"):
        store.read(where)


@pytest.mark.parametrize("where", [IN_S3, place("good.json")])
def test_no_more_than_16_mib_are_written(store: SnapshotStore, where: Place) -> None:
    large = SNAPSHOT.model_copy(update={"stacks": (record(template="x" * LARGEST_SNAPSHOT),)})
    with pytest.raises(SnapshotProblem, match="more than the 16 MiB"):
        store.write(where, large, None)
    assert store.read(where) is None


# --- files ---


@pytest.mark.timeout(10)
def test_what_is_no_regular_file_is_a_problem_and_no_hang(store: SnapshotStore, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "workspace" / "good.json")
    with pytest.raises(SnapshotProblem, match="no regular file"):
        store.read(place("good.json"))
    with pytest.raises(SnapshotProblem, match="something else than a file"):
        store.write(place("good.json"), SNAPSHOT, None)


def test_a_link_that_waits_under_the_name_of_an_unfinished_file_is_not_followed(
    store: SnapshotStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rollback.snapshot.workspace.secrets.token_hex", lambda _count: "guessed")
    (tmp_path / "workspace" / ".guessed.partial").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SnapshotProblem, match="can't be written"):
        store.write(place("good.json"), SNAPSHOT, None)
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_can_not_be_finished_leaves_the_one_before(
    store: SnapshotStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(place("good.json"), SNAPSHOT, None)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(SnapshotProblem, match="No space left"):
        store.write(place("good.json"), SNAPSHOT.model_copy(update={"commit": "b" * 40}), None)
    assert store.read(place("good.json")) is not None
    assert [file.name for file in (tmp_path / "workspace").iterdir()] == ["good.json"]


@pytest.mark.parametrize(
    "where", [place("s3://snapshots/none.json"), place("s3://no-such-bucket/good.json"), place("none.json")]
)
def test_a_missing_snapshot_is_none(store: SnapshotStore, where: Place) -> None:
    assert store.read(where) is None


def broken() -> dict[str, Any]:
    good: dict[str, Any] = json.loads(SNAPSHOT.model_dump_json())
    return good


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "can't be read as a snapshot"),
        ("{", "can't be read as a snapshot"),
        ("[]", "can't be read as a snapshot"),
        (json.dumps({**broken(), "version": 2}), "has a format version that this action does not know"),
        (json.dumps({**broken(), "surprise": 1}), "can't be read as a snapshot (surprise: "),
        (json.dumps({**broken(), "stacks": [{"name": "shop"}]}), "can't be read as a snapshot (stacks.0.id: "),
        ("\x00\xff", "can't be read as a snapshot"),
    ],
)
def test_a_broken_snapshot_is_a_problem_that_says_why(
    store: SnapshotStore, sandbox: Sandbox, tmp_path: Path, text: str, why: str
) -> None:
    (tmp_path / "workspace" / "good.json").write_text(text, encoding="utf-8")
    sandbox.services.put_object("snapshots", "shop/good.json", text)
    for where in (place("good.json"), IN_S3):
        with pytest.raises(SnapshotProblem) as problem:
            store.read(where)
        assert str(problem.value).startswith(f"snapshot {where.text} {why}")


def test_bytes_that_are_no_text_are_a_problem(store: SnapshotStore, sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "workspace" / "good.json").write_bytes(b"\xff\xfe\x00")
    sandbox.services.put_object("snapshots", "shop/good.json", b"\xff\xfe\x00")
    for where in (place("good.json"), IN_S3):
        with pytest.raises(SnapshotProblem, match="not text"):
            store.read(where)


def test_a_problem_shows_nothing_of_what_is_in_the_snapshot(store: SnapshotStore, tmp_path: Path) -> None:
    text = json.dumps({**broken(), "frontend": {"app_environment": {"KEY": ["topsecret"]}}})
    (tmp_path / "workspace" / "good.json").write_text(text, encoding="utf-8")
    with pytest.raises(SnapshotProblem) as problem:
        store.read(place("good.json"))
    assert "topsecret" not in str(problem.value)


@pytest.mark.parametrize(
    "text", ["../good.json", "/etc/passwd", "a/../../good.json", ".", "", "link/good.json", "a\0b"]
)
def test_a_path_out_of_the_workspace_is_refused_links_included(store: SnapshotStore, tmp_path: Path, text: str) -> None:
    (tmp_path / "workspace" / "link").symlink_to(tmp_path)
    (tmp_path / "good.json").write_text(SNAPSHOT.model_dump_json(), encoding="utf-8")
    with pytest.raises(SnapshotProblem, match=r"leads out of the workspace|is no usable path"):
        store.read(place(text))
    with pytest.raises(SnapshotProblem, match=r"leads out of the workspace|is no usable path"):
        store.write(place(text), SNAPSHOT, None)
    assert (tmp_path / "good.json").read_text(encoding="utf-8") == SNAPSHOT.model_dump_json()


def test_a_folder_is_no_snapshot(store: SnapshotStore, tmp_path: Path) -> None:
    (tmp_path / "workspace" / "folder").mkdir()
    with pytest.raises(SnapshotProblem, match="can't be read"):
        store.read(place("folder"))
    with pytest.raises(SnapshotProblem, match="can't be written"):
        store.write(place("folder"), SNAPSHOT, None)


@pytest.mark.parametrize(
    ("kind", "trouble"), [(Kind.DENIED, Denied), (Kind.EXPIRED, Denied), (Kind.INTERNAL_ERROR, Unreadable)]
)
def test_s3s_trouble_is_told_apart(
    store: SnapshotStore, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, kind: Kind, trouble: type[Exception]
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    sandbox.faults.add(Fault("*", kind, service="s3"))
    with pytest.raises(trouble):
        store.read(IN_S3)
    with pytest.raises(trouble):
        store.write(IN_S3, SNAPSHOT, None)


def test_a_snapshot_into_a_bucket_that_does_not_exist_is_rejected(store: SnapshotStore) -> None:
    with pytest.raises(Rejected, match="NoSuchBucket"):
        store.write(place("s3://no-such-bucket/good.json"), SNAPSHOT, None)


# --- large templates and artifacts ---


LARGE = record(name="shop", template="Resources: {}")
LARGE_KEY = f"shop/good run.json.shop.{sha256(b'Resources: {}').hexdigest()}.template"


def test_a_large_template_lies_beside_the_snapshot_under_a_key_that_holds_its_digest(
    store: SnapshotStore, sandbox: Sandbox
) -> None:
    where = place("s3://snapshots/shop/good run.json")
    url = store.write_template(where, LARGE)
    assert url == f"https://snapshots.s3.us-west-2.amazonaws.com/{quote(LARGE_KEY)}"
    assert sandbox.services.get_object("snapshots", LARGE_KEY) == b"Resources: {}"
    assert store.template_url(where, LARGE) == url


def test_a_dotted_bucket_has_its_name_in_the_path(store: SnapshotStore, sandbox: Sandbox) -> None:
    sandbox.services.create_bucket("my.bucket")
    url = store.write_template(place("s3://my.bucket/good.json"), LARGE)
    assert url.startswith("https://s3.us-west-2.amazonaws.com/my.bucket/good.json.shop.")


@pytest.mark.parametrize("there", [None, b"Resources: {Evil: {}}"])
def test_a_large_template_that_is_not_the_recorded_one_is_not_used(
    store: SnapshotStore, sandbox: Sandbox, there: bytes | None
) -> None:
    where = place("s3://snapshots/shop/good run.json")
    store.write_template(where, LARGE)
    sandbox.services.delete_object("snapshots", LARGE_KEY)
    if there is not None:
        sandbox.services.put_object("snapshots", LARGE_KEY, there)
    with pytest.raises(SnapshotProblem, match="bring that object back"):
        store.template_url(where, LARGE)


def test_a_large_template_where_earlier_versions_put_it_is_used_if_it_is_the_recorded_one(
    store: SnapshotStore, sandbox: Sandbox
) -> None:
    sandbox.services.put_object("snapshots", "good.json.shop.template", b"Resources: {}")
    url = store.template_url(place("s3://snapshots/good.json"), LARGE)
    assert url == "https://snapshots.s3.us-west-2.amazonaws.com/good.json.shop.template"


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "snapshots-eu.s3.us-east-1.amazonaws.com"),
        ("eu-central-1", "snapshots-eu.s3.eu-central-1.amazonaws.com"),
        ("cn-north-1", "snapshots-eu.s3.cn-north-1.amazonaws.com.cn"),
        ("us-iso-east-1", "snapshots-eu.s3.us-iso-east-1.c2s.ic.gov"),
    ],
)
def test_the_url_has_the_region_of_the_bucket_and_the_name_of_its_partition(
    store: SnapshotStore, sandbox: Sandbox, region: str, host: str
) -> None:
    sandbox.services.create_bucket("snapshots-eu", region=region)
    assert urlsplit(store.buckets.url("snapshots-eu", "good.json")).netloc == host


def test_artifacts_that_are_gone_are_named(store: SnapshotStore, sandbox: Sandbox) -> None:
    sandbox.services.put_object("snapshots", "api/1.zip", b"zip")
    there = Artifact("Api", "snapshots", "api/1.zip")
    gone = (Artifact("Mail", "snapshots", "mail/1.zip"), Artifact("Old", "no-such-bucket", "old.zip"))
    assert store.missing((there, *gone)) == ("s3://snapshots/mail/1.zip (Mail)", "s3://no-such-bucket/old.zip (Old)")


def test_an_artifact_that_may_not_be_looked_at_counts_as_there(store: SnapshotStore, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("HeadObject", Kind.DENIED))
    assert store.missing((Artifact("Api", "snapshots", "none.zip"),)) == ()
