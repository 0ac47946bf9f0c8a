"""The Amplify branch as a snapshot records it. The format is the snapshot's: see `snapshot.model`."""

from __future__ import annotations

from pydantic import Field

from rollback.report.model import Record


class ZipRecord(Record):
    """What a MANUAL job deployed. `copy_url` is empty where nothing was kept; `objects` are a folder's, by their ETags.

    `etag` is the source's and `copy_etag` the copy's own: S3 gives an object that KMS encrypts another one.
    """

    url: str
    kind: str = "ZIP"
    etag: str = ""
    copy_url: str = ""
    copy_etag: str = ""
    objects: dict[str, str] = Field(default_factory=dict)


class FrontendSnapshot(Record):
    """The Amplify branch: the job being served, and (in S3 snapshots alone) the environment its builds use."""

    app_id: str
    branch: str
    job_id: str = ""
    commit: str = ""
    job_type: str = ""
    auto_build: bool | None = None
    app_environment: dict[str, str] | None = None
    branch_environment: dict[str, str] | None = None
    zip: ZipRecord | None = None
