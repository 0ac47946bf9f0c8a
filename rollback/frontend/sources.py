"""The zips of one branch: what was deployed then, looked up in S3, for a rollback and for a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.engine.trouble import Denied, Rejected
from rollback.frontend import zips

if TYPE_CHECKING:
    from rollback.frontend.model import App, Job, Wishes
    from rollback.frontend.objects import Objects
    from rollback.frontend.record import ZipRecord
    from rollback.frontend.zips import Copy, ObjectSeen, Origin

_ARN_ACCOUNT = 4
_NEWEST = 10
"""Of so many of the newest jobs it is asked whether they deploy an older one's zip again."""


class Sources:
    """What MANUAL jobs deployed. Every method that looks raises AwsTrouble."""

    def __init__(self, door: Objects | None, wishes: Wishes) -> None:
        self._door = door
        self._wishes = wishes
        self._repeats: dict[str, bool] = {}

    def know(self, app: App) -> None:
        """Let S3 refuse buckets of another account than the app's."""
        parts = app.arn.split(":")
        if self._door:
            self._door.owner = (
                parts[_ARN_ACCOUNT] if len(parts) > _ARN_ACCOUNT and parts[_ARN_ACCOUNT].isdecimal() else ""
            )

    def mark(self, jobs: tuple[Job, ...]) -> tuple[Job, ...]:
        """Return the jobs with what tells of the newest whether they deploy an older one's zip again.

        Where S3 can't be asked, nobody can tell.
        """
        for job in jobs[:_NEWEST]:
            older = zips.repeated_by(job, jobs)
            if older and job.id not in self._repeats:
                self._repeats[job.id] = self._is_unchanged(older)
        return zips.marked(jobs, self._repeats)

    def _is_unchanged(self, job: Job) -> bool:
        try:
            return self._door is not None and self._origin_of(self._door, job).unchanged
        except (Denied, Rejected):
            return False

    def origin(self, job: Job) -> Origin | None:
        """Return what to deploy to have a MANUAL job's deployment again; None where nobody may ask S3."""
        door, kept = self._door, self._kept(job)
        if door and kept and kept.copy_url and self._wishes.copies:
            # Whatever address a snapshot names is not trusted: the copy lies beside it, or nowhere.
            copy = zips.kept_at(self._wishes.copies, kept.etag)
            there = door.head(*zips.place_of(copy))
            if found := zips.of_copy(job, kept.model_copy(update={"copy_url": copy.url}), there):
                return found
        return self._origin_of(door, job) if door else None

    def copy(self, copy: Copy) -> ObjectSeen | None:
        """Copy a zip beside the snapshots."""
        return self._door.copy(copy) if self._door else None

    def _origin_of(self, door: Objects, job: Job) -> Origin:
        source, kept = job.source, self._kept(job)
        if source is None:
            return zips.nowhere(job)
        if not source.is_s3:
            return zips.elsewhere(job, source)
        bucket, key = zips.place_of(source)
        if source.kind == zips.FOLDER:
            return zips.of_folder(job, source, door.folder(bucket, key), kept)
        found = zips.of_object(job, source, door.head(bucket, key), kept)
        return found or zips.of_versions(job, source, door.versions(bucket, key), self._wishes.copies, kept)

    def _kept(self, job: Job) -> ZipRecord | None:
        kept, recorded = self._wishes.kept, self._wishes.deployment.snapshot_job_id
        same = kept is not None and job.source is not None and kept.url == job.source.url
        return kept if same and recorded == job.id else None
