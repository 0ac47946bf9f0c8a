"""GitHub's API as far as a rollback asks it: the jobs of its own workflow run."""

from __future__ import annotations

import re
from typing import Any

from sandbox.exchange import Answer, ConnectionDroppedError, Incoming, json_answer

_JOBS = re.compile(r"/github/repos/(?P<repo>[^/]+/[^/]+)/actions/runs/(?P<run>\d+)(/attempts/(?P<attempt>\d+))?/jobs")


class GitHub:
    """Answers with `jobs` whatever run is asked for, a page at a time, as GitHub does.

    `failure` makes it answer an HTTP status (403, 404, 500, ...) instead; 0 drops the connection.
    """

    def __init__(self) -> None:
        self.base = ""
        self.jobs: list[dict[str, Any]] = []
        self.failure: int | None = None
        self.authorizations: list[str] = []
        self.requests: list[str] = []

    @property
    def url(self) -> str:
        """What the runner calls GITHUB_API_URL."""
        return f"{self.base}/github"

    def add_job(
        self, name: str, conclusion: str = "success", *, steps: list[tuple[str, str]] | None = None, html_url: str = ""
    ) -> None:
        """Add a job of the run; `steps` are names with their conclusions."""
        number = len(self.jobs) + 1
        self.jobs.append(
            {
                "id": 40_000_000_000 + number,
                "name": name,
                "status": "completed" if conclusion else "in_progress",
                "conclusion": conclusion or None,
                "html_url": html_url or f"https://github.com/example/shop/actions/runs/1/job/{40_000_000_000 + number}",
                "steps": [
                    {"name": step, "status": "completed", "conclusion": end, "number": index}
                    for index, (step, end) in enumerate(steps or [], 1)
                ],
            }
        )

    def answer(self, incoming: Incoming) -> Answer:
        """Answer a call below /github/."""
        self.requests.append(incoming.target)
        self.authorizations.append(incoming.header("Authorization"))
        if self.failure == 0:
            raise ConnectionDroppedError
        if self.failure is not None:
            return json_answer({"message": "the sandbox was told to fail", "status": str(self.failure)}, self.failure)
        if incoming.method != "GET" or not _JOBS.fullmatch(incoming.path):
            return json_answer({"message": "Not Found", "status": "404"}, 404)
        asked = dict(part.partition("=")[::2] for part in incoming.query.split("&"))
        size = min(int(asked.get("per_page") or 30), 100)
        page = int(asked.get("page") or 1)
        return json_answer({"total_count": len(self.jobs), "jobs": self.jobs[(page - 1) * size : page * size]})
