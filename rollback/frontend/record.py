"""The Amplify branch as a snapshot records it. The format is the snapshot's: see `snapshot.model`."""

from __future__ import annotations

from rollback.report.model import Record


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
