"""GitHub's API: steps and links of failed jobs, and the commit that a tag or branch names. The door to it."""

from __future__ import annotations

import json
import re
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from rollback import web

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rollback.report.model import FailedJob

_ANSWER_BYTES = 4_000_000
_JSON = "application/vnd.github+json"
_PAGE, _MOST_PAGES = 100, 10
_OK, _NOT_FOUND, _UNPROCESSABLE = 200, 404, 422
_RED = frozenset({"failure", "cancelled", "timed_out"})
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Unresolved(Exception):
    """A name that stands for no commit, or that could not be looked up: why, and the cure, in a phrase."""


class GitHub:
    """The repository of this run, as GitHub's API shows it to `token`; all calls together take `seconds` at most."""

    def __init__(self, environ: Mapping[str, str], token: str, seconds: float) -> None:
        self._repository = environ.get("GITHUB_REPOSITORY", "")
        self._base = environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
        self._run = environ.get("GITHUB_RUN_ID", "")
        self._attempt = environ.get("GITHUB_RUN_ATTEMPT") or "1"
        self._token = token
        self._ends = monotonic() + seconds

    def with_steps(self, failed: tuple[FailedJob, ...]) -> tuple[FailedJob, ...]:
        """Return the same jobs in the same order, with failed step and link where GitHub tells them. Never raises.

        GitHub knows jobs by the names that people see, not by the workflow's ids: only those that are certainly the
        same get anything.
        """
        if not (self._token and self._repository and self._run and failed):
            return failed
        found: dict[str, Mapping[str, Any]] = {}
        try:
            for job in self._jobs():
                for own in failed:
                    if own.name not in found and job.get("conclusion") in _RED and _same(own.name, job.get("name")):
                        found[own.name] = job
                if len(found) == len(failed):
                    break
        except Exception:  # noqa: BLE001, S110 - steps and links are a comfort, and the rollback goes on
            pass
        return tuple(_with_step(job, found[job.name]) if job.name in found else job for job in failed)

    def commit_of(self, name: str) -> str:
        """Return the full SHA of the commit that a tag or branch names. Raises Unresolved."""
        if not self._repository:
            raise Unresolved("is no commit id, and no repository is known to look it up in: give the commit's SHA")
        if not self._token:
            raise Unresolved("is no commit id, and without github-token it can't be looked up: give the commit's SHA")
        try:
            status, text = self._get(f"commits/{quote(name, safe='')}", accept="application/vnd.github.sha")
        except (web.WebError, UnicodeError) as error:
            raise Unresolved(f"could not be looked up: GitHub {error}; give the commit's SHA") from None
        if status in {_NOT_FOUND, _UNPROCESSABLE}:
            where = f"{self._repository} has no such tag, branch or commit"
            raise Unresolved(f"is unknown: {where} (or the token may not read it: contents: read)")
        if status != _OK or not _SHA.fullmatch(text.strip().lower()):
            raise Unresolved(f"could not be looked up: GitHub answers {status}; give the commit's SHA")
        return text.strip().lower()

    def _jobs(self) -> Iterator[Mapping[str, Any]]:
        for page in range(1, _MOST_PAGES + 1):
            where = f"actions/runs/{self._run}/attempts/{self._attempt}/jobs?per_page={_PAGE}&page={page}"
            status, text = self._get(where)
            jobs = json.loads(text)["jobs"] if status == _OK else []
            yield from jobs
            if len(jobs) < _PAGE:
                return

    def look(self, path: str) -> web.Answer:
        """Return the answer to a GET below the repository. Raises WebError."""
        return web.get(self._url(path), seconds=self._left, headers=self._headers(_JSON), most_bytes=_ANSWER_BYTES)

    def send(self, path: str, fields: Mapping[str, Any]) -> web.Answer:
        """Return the answer to a POST below the repository. Raises WebError."""
        headers = {**self._headers(_JSON), "Content-Type": "application/json"}
        body = json.dumps(fields).encode()
        return web.post(self._url(path), body, seconds=self._left, headers=headers, most_bytes=_ANSWER_BYTES)

    def _get(self, path: str, accept: str = _JSON) -> tuple[int, str]:
        answer = web.get(self._url(path), seconds=self._left, headers=self._headers(accept), most_bytes=_ANSWER_BYTES)
        return answer.status, answer.text

    def _url(self, path: str) -> str:
        return f"{self._base}/repos/{self._repository}/{path}"

    @property
    def _left(self) -> float:
        return max(self._ends - monotonic(), 0.01)

    def _headers(self, accept: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self._token}",
            "Accept": accept,
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "rollback-action/1",
        }


def _same(own: str, shown: object) -> bool:
    """Return whether the job that people see as `shown` is the workflow's job `own`, or one of its matrix."""
    if not isinstance(shown, str):
        return False
    first = shown.split(" / ")[0]
    return _plain(own) in {_plain(shown), _plain(first), _plain(re.sub(r" \(.*\)$", "", first))}


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "-", name.casefold()).strip("-")


def _with_step(job: FailedJob, told: Mapping[str, Any]) -> FailedJob:
    steps = [step.get("name", "") for step in told.get("steps") or [] if step.get("conclusion") == "failure"]
    link = str(told.get("html_url") or "")
    return job.model_copy(update={"step": str(next(iter(steps), "")), "link": link})
