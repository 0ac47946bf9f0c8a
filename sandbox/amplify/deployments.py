"""Deployments without a build, for apps without a repository: CreateDeployment, the upload, StartDeployment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.amplify.content import Content, Source, SourceError, Sources, gathered, unzipped
from sandbox.amplify.job import Ending, Job, JobStatus, JobType
from sandbox.errors import AwsError

if TYPE_CHECKING:
    from sandbox.amplify.artifacts import Artifacts
    from sandbox.amplify.branch import Branch

_ZIP = "upload.zip"
_LONGEST = 8 * 3600
"""Seconds between CreateDeployment and StartDeployment, as the API reference has it."""


@dataclass(frozen=True)
class Deployments:
    """The two operations. A job that was created counts as unfinished until it was started or stopped."""

    sources: Sources
    artifacts: Artifacts
    message: str

    def create(self, branch: Branch, params: dict[str, Any], now: float) -> dict[str, Any]:
        """Return the new job's id and the links to upload to: one for a zip, or one for each file of `fileMap`."""
        _check(branch)
        _free(branch)
        names = list(params.get("fileMap") or {})
        job = self._new(branch, now)
        job.timeline = [(now, JobStatus.CREATED)]
        job.uploads = dict.fromkeys(names or [_ZIP])
        branch.active = job
        links = {name: self.artifacts.link(branch, job, name) for name in job.uploads}
        zip_link = "" if names else links[_ZIP]
        return {"jobId": str(job.id), "fileUploadUrls": links if names else {}, "zipUploadUrl": zip_link}

    def start(self, branch: Branch, params: dict[str, Any], now: float) -> Job:
        """Begin the job that deploys what was uploaded, or what lies at the source now, and return it."""
        _check(branch)
        url, job_id = params.get("sourceUrl"), params.get("jobId")
        if bool(url) == bool(job_id):
            raise AwsError("BadRequestException", "Must specify jobId or sourceUrl for StartDeploymentRequest.")
        if job_id:
            job = _created(branch, job_id)
            if now > job.created + _LONGEST:
                branch.deploy(job, now, Ending(JobStatus.FAILED, "The deployment was created more than 8 hours ago."))
                raise AwsError("BadRequestException", f"The deployment {job_id} has expired.")
        else:
            source = Source(str(url), params.get("sourceUrlType") or "ZIP")
            if source.kind == "BUCKET_PREFIX" and not source.url.startswith("s3://"):
                raise AwsError("BadRequestException", "sourceUrl must be an S3 URL for sourceUrlType BUCKET_PREFIX.")
            _free(branch)
            job = self._new(branch, now)
            job.source = source
        try:
            job.content = self._read(job)
        except SourceError as problem:
            branch.deploy(job, now, Ending(JobStatus.FAILED, str(problem)))
        else:
            job.builds = job.content.etag
            branch.deploy(job, now, branch.endings.take(job.builds))
        return job

    def _new(self, branch: Branch, now: float) -> Job:
        return branch.new_job(now, JobType.MANUAL, branch.quirks.manual_commit, self.message, now)

    def _read(self, job: Job) -> Content:
        if job.source is not None:
            return self.sources.read(job.source)
        files = {name: body for name, body in job.uploads.items() if body is not None}
        if len(files) < len(job.uploads):
            raise SourceError("Failed to read the upload: NoSuchKey")
        return unzipped(files[_ZIP]) if set(files) == {_ZIP} else gathered(files)


def _check(branch: Branch) -> None:
    if branch.app.repository:
        raise AwsError("BadRequestException", "Operation not supported. App is already connected a repository.")


def _free(branch: Branch) -> None:
    if branch.is_busy():
        last = next(reversed(branch.jobs))
        message = (
            f"The last job(deployment) {last} was not finished, please wait until it finish or use StopJob operation "
            "to cancel it before creating a new deployment."
        )
        raise AwsError("LimitExceededException", message, 429)


def _created(branch: Branch, job_id: str) -> Job:
    job = branch.jobs.get(int(job_id))
    if job is None:
        raise AwsError("NotFoundException", f"Job {job_id} not found.", 404)
    if job.job_type is not JobType.MANUAL or [status for _, status in job.timeline] != [JobStatus.CREATED]:
        raise AwsError("BadRequestException", f"The deployment {job_id} has already been started.")
    return job
