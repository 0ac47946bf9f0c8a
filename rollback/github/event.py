"""What the runner says of the run: its variables, and the file that holds the event."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollback.report.model import Context

if TYPE_CHECKING:
    from collections.abc import Mapping


def context(
    environ: Mapping[str, str], *, commit: str = "", branch: str = "", environment: str = "", region: str = ""
) -> Context:
    """Return where the run belongs; empty where neither the arguments nor the environment say."""
    server = environ.get("GITHUB_SERVER_URL", "https://github.com")
    repository = environ.get("GITHUB_REPOSITORY", "")
    run_id = environ.get("GITHUB_RUN_ID", "")
    attempt = environ.get("GITHUB_RUN_ATTEMPT", "")
    commit = commit or environ.get("GITHUB_SHA", "")
    head = _head_commit(environ)
    return Context(
        repository=repository,
        workflow=environ.get("GITHUB_WORKFLOW", ""),
        run_id=run_id,
        run_attempt=attempt,
        run_url=f"{server}/{repository}/actions/runs/{run_id}/attempts/{attempt or 1}" if repository and run_id else "",
        branch=branch or environ.get("GITHUB_REF_NAME", ""),
        commit=commit,
        commit_url=f"{server}/{repository}/commit/{commit}" if repository and commit else "",
        commit_message=_text(head.get("message")),
        author=_text(_entry(head, "author").get("name")) or environ.get("GITHUB_ACTOR", ""),
        environment=environment,
        region=region,
    )


def pushed_at(environ: Mapping[str, str]) -> str:
    """Return when the push arrived (`repository.pushed_at`), as ISO 8601; empty unless the event is a push.

    A push event alone has it in epoch seconds; in the other events it is a text.
    """
    if environ.get("GITHUB_EVENT_NAME", "push") != "push":
        return ""
    moment = _entry(_event(environ), "repository").get("pushed_at")
    try:
        return datetime.fromtimestamp(moment, UTC).isoformat() if isinstance(moment, (int, float)) else ""
    except (OSError, ValueError, OverflowError):
        return ""


def _head_commit(environ: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the pushed commit of the event file; empty for other events or an unreadable file."""
    return _entry(_event(environ), "head_commit")


def _event(environ: Mapping[str, str]) -> Any:
    try:
        return json.loads(Path(environ.get("GITHUB_EVENT_PATH", "")).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, MemoryError):
        return {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _entry(value: Any, name: str) -> Mapping[str, Any]:
    entry = value.get(name) if isinstance(value, dict) else None
    return entry if isinstance(entry, dict) else {}
