"""The jobs of a workflow run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.exchange import Answer, Incoming, json_answer
from sandbox.github.paging import page

if TYPE_CHECKING:
    from collections.abc import Sequence

_FIRST = 40_000_000_000


class Runs:
    """Answers with `jobs` whatever run is asked for."""

    def __init__(self) -> None:
        self.jobs: list[dict[str, Any]] = []

    def add(self, name: str, conclusion: str, steps: Sequence[tuple[str, str]], html_url: str) -> None:
        """Add a job; without a conclusion it is under way."""
        job_id = _FIRST + len(self.jobs) + 1
        self.jobs.append(
            {
                "id": job_id,
                "name": name,
                "status": "completed" if conclusion else "in_progress",
                "conclusion": conclusion or None,
                "html_url": html_url or f"https://github.com/example/shop/actions/runs/1/job/{job_id}",
                "steps": [
                    {"name": step, "status": "completed", "conclusion": end, "number": index}
                    for index, (step, end) in enumerate(steps, 1)
                ],
            }
        )

    def list(self, incoming: Incoming, base: str) -> Answer:
        """Answer with a page of jobs."""
        jobs, headers = page(incoming, self.jobs, base)
        return json_answer({"total_count": len(self.jobs), "jobs": jobs}, headers=headers)
