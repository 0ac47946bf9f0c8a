"""What the runner says of the run: its variables, and the file that holds the event."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollback.report import links
from rollback.report.commits import is_sha, same_commit
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
    commit = commit or deployed_commit(environ)
    head = _head_commit(environ, commit)
    return Context(
        repository=repository,
        workflow=environ.get("GITHUB_WORKFLOW", ""),
        run_id=run_id,
        run_attempt=attempt,
        run_url=f"{server}/{repository}/actions/runs/{run_id}/attempts/{attempt or 1}" if repository and run_id else "",
        branch=branch or environ.get("GITHUB_REF_NAME", ""),
        commit=commit,
        commit_url=f"{server}/{repository}/commit/{commit}" if repository and commit else "",
        commit_message=_text(head, "message"),
        author=_text(_entry(head, "author"), "name") or environ.get("GITHUB_ACTOR", ""),
        actor=environ.get("GITHUB_TRIGGERING_ACTOR") or environ.get("GITHUB_ACTOR", ""),
        environment=environment,
        region=region,
        troubleshooting=links.troubleshooting(
            server, environ.get("GITHUB_ACTION_REPOSITORY", ""), environ.get("GITHUB_ACTION_REF", "")
        ),
    )


def deployed_commit(environ: Mapping[str, str]) -> str:
    """Return the commit that the run deployed, by its event; empty where GITHUB_SHA would be a wrong guess.

    In a pull request GITHUB_SHA is a merge commit that nobody deploys until it is merged; in `workflow_run` it is the
    default branch's tip (GitHub's "Events that trigger workflows").
    """
    name, sha = environ.get("GITHUB_EVENT_NAME", ""), environ.get("GITHUB_SHA", "")
    if name.startswith("pull_request"):
        pull_request = _entry(_event(environ), "pull_request")
        merged = pull_request.get("merged") is True or bool(_text(pull_request, "merged_at"))
        return sha if merged else _sha(_entry(pull_request, "head"), "sha")
    if name == "workflow_run":
        return _sha(_entry(_event(environ), "workflow_run"), "head_sha")
    return sha


def pushed_at(environ: Mapping[str, str]) -> datetime | None:
    """Return when the push arrived (`repository.pushed_at`); None unless the event is a push and says so.

    It is no more than a guess at the deployment's beginning: runs queue, wait for approvals and are re-run days later.
    A push event alone has it in epoch seconds; in the other events it is a text.
    """
    if environ.get("GITHUB_EVENT_NAME", "push") != "push":
        return None
    moment = _entry(_event(environ), "repository").get("pushed_at")
    try:
        return datetime.fromtimestamp(moment, UTC) if isinstance(moment, (int, float)) and moment > 1 else None
    except (OSError, ValueError, OverflowError):
        return None


def _head_commit(environ: Mapping[str, str], commit: str) -> Mapping[str, Any]:
    """Return what the event file says of this commit; empty for other events, commits or an unreadable file."""
    event = _event(environ)
    for holder in (event, _entry(event, "workflow_run"), _entry(event, "merge_group")):
        head = _entry(holder, "head_commit")
        if head and same_commit(_text(head, "id") or deployed_commit(environ), commit):
            return head
    return {}


def _event(environ: Mapping[str, str]) -> Any:
    try:
        return json.loads(Path(environ.get("GITHUB_EVENT_PATH", "")).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, MemoryError):
        return {}


def _entry(value: Any, name: str) -> Mapping[str, Any]:
    entry = value.get(name) if isinstance(value, dict) else None
    return entry if isinstance(entry, dict) else {}


def _sha(entry: Mapping[str, Any], name: str) -> str:
    text = _text(entry, name)
    return text if is_sha(text) else ""


def _text(entry: Mapping[str, Any], name: str) -> str:
    """Return a text of the event; one that holds what no UTF-8 has (JSON may) with question marks instead."""
    text = entry.get(name)
    return text.encode("utf-8", "replace").decode() if isinstance(text, str) else ""
