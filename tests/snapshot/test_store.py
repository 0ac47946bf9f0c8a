"""Where snapshots lie: an object in S3, or a file in the workspace and nowhere else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rollback.aws import Aws
from rollback.engine.trouble import Denied, Rejected, Unreadable
from rollback.frontend.record import FrontendSnapshot
from rollback.snapshot.model import Snapshot
from rollback.snapshot.store import Place, SnapshotProblem, SnapshotStore, place
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
    store.write(where, SNAPSHOT)
    assert store.read(where) == SNAPSHOT


def test_a_snapshot_in_s3_is_encrypted(store: SnapshotStore, sandbox: Sandbox) -> None:
    store.write(IN_S3, SNAPSHOT)
    put = next(call for call in sandbox.calls if call.operation == "PutObject")
    assert put.params["ServerSideEncryption"] == "AES256"


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
        store.write(place(text), SNAPSHOT)
    assert (tmp_path / "good.json").read_text(encoding="utf-8") == SNAPSHOT.model_dump_json()


def test_a_folder_is_no_snapshot(store: SnapshotStore, tmp_path: Path) -> None:
    (tmp_path / "workspace" / "folder").mkdir()
    with pytest.raises(SnapshotProblem, match="can't be read"):
        store.read(place("folder"))
    with pytest.raises(SnapshotProblem, match="can't be written"):
        store.write(place("folder"), SNAPSHOT)


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
        store.write(IN_S3, SNAPSHOT)


def test_a_snapshot_into_a_bucket_that_does_not_exist_is_rejected(store: SnapshotStore) -> None:
    with pytest.raises(Rejected, match="NoSuchBucket"):
        store.write(place("s3://no-such-bucket/good.json"), SNAPSHOT)


# --- large templates and artifacts ---


def test_a_large_template_lies_beside_the_snapshot_under_the_url_that_cloudformation_takes(
    store: SnapshotStore, sandbox: Sandbox
) -> None:
    url = store.write_template(place("s3://snapshots/shop/good run.json"), "shop", "Resources: {}")
    assert url == "https://snapshots.s3.us-west-2.amazonaws.com/shop/good%20run.json.shop.template"
    assert sandbox.services.get_object("snapshots", "shop/good run.json.shop.template") == b"Resources: {}"


def test_a_dotted_bucket_has_its_name_in_the_path(store: SnapshotStore, sandbox: Sandbox) -> None:
    sandbox.services.create_bucket("my.bucket")
    url = store.write_template(place("s3://my.bucket/good.json"), "shop", "{}")
    assert url == "https://s3.us-west-2.amazonaws.com/my.bucket/good.json.shop.template"


def test_artifacts_that_are_gone_are_named(store: SnapshotStore, sandbox: Sandbox) -> None:
    sandbox.services.put_object("snapshots", "api/1.zip", b"zip")
    there = Artifact("Api", "snapshots", "api/1.zip")
    gone = (Artifact("Mail", "snapshots", "mail/1.zip"), Artifact("Old", "no-such-bucket", "old.zip"))
    assert store.missing((there, *gone)) == ("s3://snapshots/mail/1.zip (Mail)", "s3://no-such-bucket/old.zip (Old)")


def test_an_artifact_that_may_not_be_looked_at_counts_as_there(store: SnapshotStore, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("HeadObject", Kind.DENIED))
    assert store.missing((Artifact("Api", "snapshots", "none.zip"),)) == ()
