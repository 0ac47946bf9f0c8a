"""The zip of the job being served, kept beside an S3 snapshot: copied inside S3, never downloaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.engine.trouble import Denied, Rejected
from rollback.frontend.record import ZipRecord
from rollback.frontend.zips import FOLDER, Copy, kept_at, place_of
from rollback.report.model import Command, Notice
from rollback.report.notices import Code, warning

if TYPE_CHECKING:
    from rollback.frontend.model import Job, Source
    from rollback.frontend.sources import Sources
    from rollback.frontend.zips import Origin

_FROM_S3 = "Deploy from an s3:// address (aws amplify start-deployment --source-url s3://…), and record to s3://"


def keep_zip(job: Job, sources: Sources, copies: str) -> tuple[ZipRecord | None, tuple[Notice, ...]]:
    """Return what a MANUAL job deployed, and what of it could not be had again; the zip is kept in the folder `copies`.

    Raises Busy and Unreadable.
    """
    try:
        origin = sources.origin(job)
        if origin is None or origin.source is None or job.source is None:
            why = origin.why if origin else f"Job {job.id} is a zip deployment that nobody looked at."
            return None, _unprotected(job, why, _FROM_S3)
        if not job.source.is_s3:
            why = f"Its zip lies at {job.source.told}, outside S3: it is not kept, and may be another one by then."
            return None, _unprotected(job, why, _FROM_S3)
        return _kept(job, job.source, origin, sources, copies)
    except (Denied, Rejected) as trouble:
        return None, _unprotected(job, trouble.what, trouble.cure or _FROM_S3)


def _kept(
    job: Job, source: Source, origin: Origin, sources: Sources, copies: str
) -> tuple[ZipRecord, tuple[Notice, ...]]:
    if source.kind == FOLDER:
        record = ZipRecord(url=source.url, kind=FOLDER, objects={one.key: one.etag for one in origin.seen})
        why = f"The {len(origin.seen)} objects of {source.told} are listed with their digests, not kept."
        return record, _unprotected(job, why, "Leave them as they are, or deploy one zip from s3://, which is kept")
    (seen,) = origin.seen
    record = ZipRecord(url=source.url, kind=source.kind, etag=seen.etag)
    if not copies:
        why = f"The zip at {source.told} is told by its digest, not kept: overwritten, it can't be had again."
        return record, _unprotected(job, why, "Record the snapshot to s3://bucket/key, which keeps a copy of the zip")
    copy = origin.copy or Copy(place_of(source)[0], seen, kept_at(copies, seen.etag))
    there = sources.copy(copy)
    return record.model_copy(update={"copy_url": copy.target.url, "copy_etag": there.etag if there else ""}), ()


def _unprotected(job: Job, why: str, cure: str) -> tuple[Notice, ...]:
    said = why if why.startswith("Job ") else f"Job {job.id}, being served, is a zip deployment. {why}"
    return (warning(Code.SNAPSHOT_UNPROTECTED, said, Command(purpose=cure)),)
