"""GitHub's door: which call is which, who may make it, and the orders for trouble."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from sandbox.clock import Clock, ScaledClock
from sandbox.exchange import Answer, ConnectionDroppedError, Incoming, json_answer
from sandbox.github.deployments import Deployments, not_found
from sandbox.github.repository import Repository, commit_answer
from sandbox.github.runs import Runs

if TYPE_CHECKING:
    from collections.abc import Callable

_REPOSITORY = re.compile(r"/github/repos/(?P<repo>[^/]+/[^/]+)(?P<rest>/.*)?")
_LEVELS = ["none", "read", "write"]


class GitHub:
    """One repository's API, under whatever name it is asked for unless `name` says its own.

    - `failure` makes it answer an HTTP status (403, 404, 500, ...) instead; 0 drops the connection.
    - `hold` is how many real seconds it keeps each answer back.
    - `redirect` makes it answer a status and the same path at another origin: `(307, "http://127.0.0.1:8080")`.
    - `token` is the one that it takes, any if empty; `permissions` are what that may do. A `private` repository shows
      itself to a token with the permission alone, a public one to everybody.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.base = ""
        self.name = ""
        self.private = False
        self.token = ""
        self.permissions = {"actions": "read", "contents": "read", "deployments": "write"}
        self.failure: int | None = None
        self.hold = 0.0
        self.redirect: tuple[int, str] | None = None
        self.authorizations: list[str] = []
        self.requests: list[str] = []
        self.runs = Runs()
        self.repository = Repository()
        self.deployments = Deployments(self.repository, clock or ScaledClock())
        self._lock = threading.Lock()
        read, write = ("deployments", "read"), ("deployments", "write")
        self._routes: list[tuple[str, str, tuple[str, str], Callable[..., Answer]]] = [
            ("GET", r"/actions/runs/\d+(?:/attempts/\d+)?/jobs", ("actions", "read"), self._jobs),
            ("GET", r"/commits/(?P<ref>.+)", ("contents", "read"), self._commit),
            ("GET", r"/git/ref/(?P<ref>.+)", ("contents", "read"), self._ref),
            ("GET", r"/git/tags/(?P<sha>[0-9a-f]{40})", ("contents", "read"), self._tag),
            ("GET", r"/deployments", read, self._list),
            ("POST", r"/deployments", write, self._create),
            ("GET", r"/deployments/(?P<number>\d+)", read, self._one),
            ("GET", r"/deployments/(?P<number>\d+)/statuses", read, self._statuses),
            ("POST", r"/deployments/(?P<number>\d+)/statuses", write, self._create_status),
        ]

    @property
    def url(self) -> str:
        """What the runner calls GITHUB_API_URL."""
        return f"{self.base}/github"

    @property
    def jobs(self) -> list[dict[str, Any]]:
        """The jobs of the run."""
        return self.runs.jobs

    def add_job(
        self, name: str, conclusion: str = "success", *, steps: list[tuple[str, str]] | None = None, html_url: str = ""
    ) -> None:
        """Add a job of the run; `steps` are names with their conclusions."""
        self.runs.add(name, conclusion, steps or [], html_url)

    def answer(self, incoming: Incoming) -> Answer:
        """Answer a call below /github/."""
        with self._lock:
            self.requests.append(incoming.target)
            self.authorizations.append(incoming.header("Authorization"))
            if self.failure == 0:
                raise ConnectionDroppedError
            answer = self._answer(incoming)
        answer.hold = self.hold
        return answer

    def _answer(self, incoming: Incoming) -> Answer:
        if self.failure is not None:
            return json_answer({"message": "the sandbox was told to fail", "status": str(self.failure)}, self.failure)
        if self.redirect is not None:
            status, origin = self.redirect
            return json_answer({"message": "Moved"}, status, {"Location": origin + incoming.target})
        found = _REPOSITORY.fullmatch(incoming.path)
        if found is None or self.name not in {"", found["repo"]}:
            return not_found()
        for method, pattern, permission, run in self._routes:
            rest = re.fullmatch(pattern, found["rest"] or "")
            if rest and method == incoming.method:
                refused = self._refused(incoming, *permission)
                return refused or run(incoming, f"{self.url}/repos/{found['repo']}", **rest.groupdict())
        return not_found()

    def _refused(self, incoming: Incoming, scope: str, need: str) -> Answer | None:
        """Return why this caller may not do it, or None."""
        token = incoming.header("Authorization").partition(" ")[2]
        if token and self.token and token != self.token:
            return _message("Bad credentials", 401)
        if need == "read" and not self.private:
            return None
        if not token:
            return not_found() if self.private else _message("Requires authentication", 401)
        if _LEVELS.index(self.permissions.get(scope, "none")) >= _LEVELS.index(need):
            return None
        headers = {"X-Accepted-GitHub-Permissions": f"{scope}={need}"}
        return _message("Resource not accessible by integration", 403, headers)

    def _jobs(self, incoming: Incoming, _base: str) -> Answer:
        return self.runs.list(incoming, self.base)

    def _commit(self, incoming: Incoming, base: str, ref: str) -> Answer:
        """Answer with the commit that a SHA, tag or branch names; GitHub gives 422, not 404, for what names none."""
        if not self.repository.commits:
            return _message("Git Repository is empty.", 409)
        name = unquote(ref)
        sha = self.repository.resolve(name)
        if sha not in self.repository.commits:
            return _message(f"No commit found for SHA: {name}", 422)
        if incoming.header("Accept") in {"application/vnd.github.sha", "application/vnd.github.v3.sha"}:
            return Answer(200, sha.encode(), {"Content-Type": "application/vnd.github.sha; charset=utf-8"})
        return json_answer(commit_answer(self.repository.commits[sha], base))

    def _ref(self, _incoming: Incoming, base: str, ref: str) -> Answer:
        """Answer with what a branch or tag points to: of an annotated tag the tag object, not the commit."""
        kind, _, name = unquote(ref).partition("/")
        sha = {"heads": self.repository.branches, "tags": self.repository.tags}.get(kind, {}).get(name)
        if sha is None:
            return not_found()
        type_ = "tag" if sha in self.repository.annotated else "commit"
        url = f"{base}/git/{type_}s/{sha}"
        return json_answer({"ref": f"refs/{kind}/{name}", "object": {"type": type_, "sha": sha, "url": url}})

    def _tag(self, _incoming: Incoming, base: str, sha: str) -> Answer:
        if sha not in self.repository.annotated:
            return not_found()
        name, commit = self.repository.annotated[sha]
        target = {"type": "commit", "sha": commit, "url": f"{base}/git/commits/{commit}"}
        return json_answer({"sha": sha, "tag": name, "message": name, "object": target})

    def _list(self, incoming: Incoming, base: str) -> Answer:
        return self.deployments.listed(incoming, base, self.base)

    def _create(self, incoming: Incoming, base: str) -> Answer:
        return _with_fields(incoming, lambda fields: self.deployments.create(fields, base))

    def _one(self, _incoming: Incoming, base: str, number: str) -> Answer:
        return self.deployments.one(int(number), base)

    def _statuses(self, incoming: Incoming, _base: str, number: str) -> Answer:
        return self.deployments.list_statuses(int(number), incoming, self.base)

    def _create_status(self, incoming: Incoming, base: str, number: str) -> Answer:
        return _with_fields(incoming, lambda fields: self.deployments.create_status(int(number), fields, base))


def _with_fields(incoming: Incoming, run: Callable[[dict[str, Any]], Answer]) -> Answer:
    """Run with the body's fields: GitHub reads JSON whatever the Content-Type says."""
    fields = incoming.json()
    return _message("Problems parsing JSON", 400) if fields is None else run(fields)


def _message(text: str, status: int, headers: dict[str, str] | None = None) -> Answer:
    return json_answer({"message": text, "status": str(status)}, status, headers)
