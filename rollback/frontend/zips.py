"""Pure: what to deploy so that a zip deployment comes back, from what S3 says of its source, and the moves for it.

Only what was deployed then: an object written after the job's start is another one, whatever its key says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import dropwhile
from typing import TYPE_CHECKING

from rollback.engine.moves import Move
from rollback.frontend.model import MANUAL, SUCCEED, Job, Source
from rollback.report.commands import aws
from rollback.report.model import Command

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rollback.frontend.record import ZipRecord

FOLDER = "BUCKET_PREFIX"
"""The sourceUrlType of a folder; the other is ZIP."""

_OURS = re.compile(r"/zips/rollback-action-[0-9a-f-]+\.zip$")
_ETAG = re.compile(r"[0-9a-f]{32}(-[0-9]+)?")
_NO_VERSION = "null"
"""The version that S3 overwrites in place: what was written while versioning was off or suspended."""


@dataclass(frozen=True)
class ObjectSeen:
    """An object, or one version of it, as S3 shows it, its time in whole seconds; `deleted` is a delete marker."""

    key: str
    etag: str
    modified: datetime
    size: int = 0
    version: str = ""
    deleted: bool = False

    def is_of(self, job: Job) -> bool:
        """Return whether it certainly was there when the job started; a start that isn't known may have been before."""
        return job.started is not None and self.modified <= job.started


@dataclass(frozen=True)
class Copy:
    """A copy inside S3: of this version of an object, if it still has that ETag, to the address of `target`."""

    bucket: str
    seen: ObjectSeen
    target: Source


@dataclass(frozen=True)
class Origin:
    """What to deploy to have the `job`'s deployment again, after a `copy` if there is one; or `why` nothing can be.

    `proof` says by which digest of the snapshot it is shown that `source` holds what was deployed then. `unchanged`
    says that it has held nothing else since: whatever job deployed it deployed the same.
    """

    job: Job
    source: Source | None = None
    copy: Copy | None = None
    unchanged: bool = False
    proof: str = ""
    why: str = ""
    cures: tuple[Command, ...] = ()
    seen: tuple[ObjectSeen, ...] = ()

    def deployed_by(self, job: Job) -> bool:
        """Return whether a job deployed from this source, at this job's time or later."""
        return job.type == MANUAL and job.source == self.source is not None and job.number >= self.job.number

    def is_content_of(self, job: Job) -> bool:
        """Return whether a job certainly deployed the very same."""
        return job.id == self.job.id or (self.unchanged and self.deployed_by(job))


@dataclass(frozen=True)
class CopyZip(Move):
    """Copy the version that was deployed then beside the snapshots: Amplify deploys no versions."""

    copy: Copy

    @property
    def says(self) -> str:
        """Return what the move does."""
        return f"{self._what} to {self.copy.target.told}, to deploy it from there"

    @property
    def did(self) -> str:
        """Return what was done."""
        return f"copied {self._what.removeprefix('copy ')} to {self.copy.target.told}"

    @property
    def _what(self) -> str:
        seen = self.copy.seen
        return f"copy version {seen.version} of s3://{self.copy.bucket}/{seen.key}, current at the job's start,"


@dataclass(frozen=True)
class Deploy(Move):
    """StartDeployment of what the last known good, a MANUAL job, deployed."""

    target: Job
    source: Source

    @property
    def says(self) -> str:
        """Return what the move does."""
        return f"deploy {self.source.told} again, which job {self.target.id} deployed: nothing is rebuilt"

    @property
    def did(self) -> str:
        """Return what was done."""
        return f"deployed {self.source.told} again, as job {self.target.id} did"


# --- where things lie -----------------------------------------------------------------------------------------------


def place_of(source: Source) -> tuple[str, str]:
    """Return bucket and key of an S3 source; a folder's key ends in a slash."""
    bucket, _, key = source.url.removeprefix("s3://").partition("/")
    return bucket, f"{key.rstrip('/')}/" if source.kind == FOLDER and key.strip("/") else key


def kept_at(copies: str, etag: str) -> Source:
    """Return where a zip is kept in the folder `copies`: its content's ETag names it."""
    name = etag if _ETAG.fullmatch(etag) else sha256(etag.encode()).hexdigest()
    return Source(f"{copies}zips/rollback-action-{name}.zip")


def folder_of(bucket: str, key: str) -> str:
    """Return the folder in which a snapshot lies, as an address that ends in a slash."""
    return f"s3://{bucket}/{key.rpartition('/')[0]}/" if "/" in key else f"s3://{bucket}/"


# --- what was deployed then -----------------------------------------------------------------------------------------


def nowhere(job: Job) -> Origin:
    """Return that a zip was uploaded to an address of Amplify's own, from which nobody can have it again."""
    why = f"Job {job.id} is a zip deployment, and its zip was uploaded to Amplify itself: nobody can have it again"
    return Origin(job, why=f"{why}.", cures=(_deploy_from_s3(),))


def elsewhere(job: Job, source: Source) -> Origin:
    """Return that what lies at an address outside S3 is deployed again: nothing shows whether it is the same."""
    return Origin(job, source)


def of_copy(job: Job, kept: ZipRecord, there: ObjectSeen | None) -> Origin | None:
    """Return that the snapshot's copy is deployed; None where it is gone, or is not the one that was recorded."""
    if there is None or there.etag not in {kept.copy_etag, kept.etag}:
        return None
    proof = f"the snapshot's copy has the digest that was recorded (ETag {there.etag})"
    return Origin(job, Source(kept.copy_url), unchanged=True, proof=proof, seen=(there,))


def of_object(job: Job, source: Source, now: ObjectSeen | None, kept: ZipRecord | None) -> Origin | None:
    """Return that the source itself is deployed; None where it is not, or not certainly, what was deployed then."""
    if now is None:
        return None
    if kept and kept.etag:
        proof = f"the source has the digest that the snapshot recorded (ETag {now.etag})"
        same = now.etag == kept.etag
        return Origin(job, source, unchanged=now.is_of(job), proof=proof, seen=(now,)) if same else None
    return Origin(job, source, unchanged=True, seen=(now,)) if now.is_of(job) else None


def of_versions(
    job: Job, source: Source, versions: Sequence[ObjectSeen], copies: str, kept: ZipRecord | None
) -> Origin:
    """Return that the version of that time is copied beside the snapshots and deployed; else why it can't be.

    `versions` are the key's, the newest first, delete markers among them.
    """
    bucket, _ = place_of(source)
    then, lost = _version_then(job, versions, kept)
    if then is None:
        return _overwritten(job, source, lost)
    if not copies:
        why = f"{_changed(job, source)} Version {then.version} was current then, but without an s3:// snapshot"
        return Origin(job, why=f"{why} there is no place to keep a copy of it.", cures=_by_hand(source, then))
    target = kept_at(copies, then.etag)
    proof = (
        f"version {then.version} has the digest that the snapshot recorded (ETag {then.etag})"
        if kept and kept.etag
        else ""
    )
    return Origin(job, target, Copy(bucket, then, target), unchanged=True, proof=proof, seen=(then,))


def of_folder(job: Job, source: Source, objects: Sequence[ObjectSeen], kept: ZipRecord | None) -> Origin:
    """Return that a folder is deployed again: where no object differs from the snapshot's, or none is newer."""
    if not objects:
        return _overwritten(job, source, f"{source.told} holds no objects any more.")
    if kept and kept.objects:
        now = {one.key: one.etag for one in objects}
        differing = sorted(key for key in now.keys() | kept.objects.keys() if now.get(key) != kept.objects.get(key))
        proof = f"all {len(now)} objects have the digests that the snapshot recorded"
    else:
        differing, proof = [one.key for one in objects if not one.is_of(job)], ""
    if differing:
        more = f" and {len(differing) - 1} more" if len(differing) > 1 else ""
        return _overwritten(job, source, f"{differing[0]}{more} is not what was deployed then.")
    unchanged = all(one.is_of(job) for one in objects)
    return Origin(job, source, unchanged=unchanged, proof=proof, seen=tuple(objects))


def _version_then(job: Job, versions: Sequence[ObjectSeen], kept: ZipRecord | None) -> tuple[ObjectSeen | None, str]:
    if kept and kept.etag:
        found = next((one for one in versions if one.etag == kept.etag and not one.deleted), None)
        return found, "" if found else "No version of it has the digest that the snapshot recorded."
    older = [one for one in versions if one.is_of(job)]
    if any(one.version == _NO_VERSION and not one.is_of(job) for one in versions):
        return None, "The bucket kept no version of it: its versioning was off or suspended."
    if not older:
        return None, "S3 shows no version of it from before the job's start."
    if older[0].deleted:
        return None, "By S3's versions it was deleted at the job's start."
    return older[0], ""


def _changed(job: Job, source: Source) -> str:
    since = f"{job.started:%Y-%m-%d %H:%M:%S} UTC" if job.started else "an unknown time"
    return f"Job {job.id} deployed {source.told}, which was written again since (the job started at {since})."


def _overwritten(job: Job, source: Source, more: str) -> Origin:
    return Origin(job, why=f"{_changed(job, source)} {more}".rstrip(), cures=(_deploy_from_s3(),))


def _deploy_from_s3() -> Command:
    return Command(
        purpose="Deploy the good version again by hand. For the next time: deploy each zip from an s3:// address of "
        "its own, or record an s3:// snapshot before each deployment, which keeps the zip"
    )


def _by_hand(source: Source, then: ObjectSeen) -> tuple[Command, ...]:
    bucket, key = place_of(source)
    to = f"{key.removesuffix('.zip')}.rollback.zip"
    line = aws("s3api", "copy-object", bucket=bucket, key=to, copy_source=f"{bucket}/{key}?versionId={then.version}")
    return (
        Command(purpose=f"Copy the version that was current then, and deploy it from s3://{bucket}/{to}", line=line),
        Command(purpose="For the next time: record an s3:// snapshot before each deployment, which keeps the zip"),
    )


# --- jobs that deploy something again -------------------------------------------------------------------------------


def repeated_by(job: Job, jobs: Sequence[Job]) -> Job | None:
    """Return the older success whose source a job deploys again, after something else was deployed between; else None.

    A key that is overwritten in place is deployed by every job: that alone says nothing.
    """
    if job.type != MANUAL or job.source is None or is_of_a_rollback(job):
        return None
    own = [older for older in jobs if older.number < job.number and older.source and not is_of_a_rollback(older)]
    before = dropwhile(lambda older: older.source == job.source, own)
    return next((older for older in before if older.source == job.source and older.status == SUCCEED), None)


def is_of_a_rollback(job: Job) -> bool:
    """Return whether a job deploys a zip that was kept for a rollback."""
    return job.type == MANUAL and job.source is not None and bool(_OURS.search(job.source.url))


def marked(jobs: Sequence[Job], repeats: dict[str, bool]) -> tuple[Job, ...]:
    """Return the jobs with what is known of repeats: by the id, whether the job certainly is one."""
    return tuple(
        replace(job, again=True)
        if is_of_a_rollback(job) or repeats.get(job.id)
        else replace(job, may_be_again=True)
        if job.id in repeats
        else job
        for job in jobs
    )
