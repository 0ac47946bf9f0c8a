"""Links into Amplify's own bucket, which open without credentials: logs and artifacts to read, zips to upload."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote

from sandbox.amplify.content import zip_of
from sandbox.amplify.logs import log
from sandbox.exchange import Answer, Incoming

if TYPE_CHECKING:
    from sandbox.amplify.branch import Branch
    from sandbox.amplify.job import Job
    from sandbox.clock import Clock

PREFIX = "/amplify-artifacts/"
_EXPIRES = 3600
_DATE = "%Y%m%dT%H%M%SZ"
_LONGEST_BRANCH = 200  # the model gives a link 1000 characters


class Artifacts:
    """Signs links below `base` and answers them: within an hour, and with the signature that they were given."""

    def __init__(self, clock: Clock, region: str) -> None:
        self.base = f"https://aws-amplify-prod-{region}-artifacts.s3.{region}.amazonaws.com"
        self._clock = clock
        self._region = region
        self._signed: dict[str, tuple[Branch, Job, str]] = {}

    def link(self, branch: Branch, job: Job, name: str) -> str:
        """Return a link that opens without credentials, as the real ones do: it must not be shown to anybody."""
        where = quote(branch.name, safe="")[:_LONGEST_BRANCH]
        path = f"{PREFIX}{branch.app.id}/{where}/{job.id:010d}/{quote(name)}"
        self._signed[path] = (branch, job, name)
        date = datetime.fromtimestamp(self._clock.now(), tz=UTC).strftime(_DATE)
        return (
            f"{self.base}{path}?X-Amz-Security-Token=IQoJb3JpZ2luX2VjEXAMPLE&X-Amz-Algorithm=AWS4-HMAC-SHA256"
            f"&X-Amz-Credential=ASIAAMPLIFYEXAMPLE%2F{date[:8]}%2F{self._region}%2Fs3%2Faws4_request&X-Amz-Date={date}"
            f"&X-Amz-SignedHeaders=host&X-Amz-Expires={_EXPIRES}&X-Amz-Signature={_signature(path, date)}"
        )

    def answer(self, incoming: Incoming) -> Answer:
        """Answer whoever opens a link."""
        found = self._signed.get(incoming.path)
        asked = {name: values[-1] for name, values in parse_qs(incoming.query).items()}
        date = asked.get("X-Amz-Date", "")
        if found is None or asked.get("X-Amz-Signature") != _signature(incoming.path, date):
            return _error("AccessDenied", "Access Denied", 403)
        signed = datetime.strptime(date, _DATE).replace(tzinfo=UTC).timestamp()
        if self._clock.now() > signed + _EXPIRES:
            return _error("AccessDenied", "Request has expired", 403)
        branch, job, name = found
        if incoming.method == "PUT":
            return _upload(job, name, incoming.body)
        step, _, file = name.partition("/")
        if file == "log.txt":
            return Answer(
                200,
                log(branch, job, step, self._clock.now()).encode("utf-8", "replace"),
                {"Content-Type": "text/plain"},
            )
        if file == "artifacts.zip" and job.content is not None:
            return Answer(200, zip_of(job.content.files), {"Content-Type": "application/zip"})
        return _error("NoSuchKey", "The specified key does not exist.", 404)


def _upload(job: Job, name: str, body: bytes) -> Answer:
    if name not in job.uploads:
        return _error("AccessDenied", "Access Denied", 403)
    job.uploads[name] = body
    return Answer(200, headers={"ETag": f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'})


def _signature(path: str, date: str) -> str:
    return hashlib.sha256(f"{path} {date}".encode()).hexdigest()


def _error(code: str, message: str, status: int) -> Answer:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Answer(status, body.encode(), {"Content-Type": "application/xml"})
