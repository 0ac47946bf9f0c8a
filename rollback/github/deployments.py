"""GitHub's deployments: what the Environments page calls live. Told by GitHub's own habits, and again after a kill.

Source of the rules: GitHub's REST reference, "Deployments" and "Deployment statuses". Without `auto_merge: false` and
an empty `required_contexts` GitHub answers 202 or 409 for an older commit; `auto_inactive` skips production, so that
each state is set here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from rollback import web
from rollback.report.commits import same_commit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rollback.github.api import GitHub

_OK, _CREATED, _FORBIDDEN, _NOT_FOUND = 200, 201, 403, 404
_PAGE, _MOST_PAGES, _MOST_OTHERS = 100, 3, 30
_LONGEST = 140
"""Characters of a description."""
_OVER = frozenset({"failure", "error", "inactive"})
_MARK = "rollback"


class Untold(Exception):
    """GitHub was not told, or not all of it: why, and the `cure`."""

    def __init__(self, why: str, cure: str = "") -> None:
        super().__init__(why)
        self.cure = cure


@dataclass(frozen=True)
class Deployed:
    """What is live now: the restored commit in an environment, the site's address, and the run that brought it back."""

    environment: str
    commit: str
    failed_commit: str
    site: str = ""
    run_id: str = ""
    run_url: str = ""


def tell(github: GitHub, now: Deployed) -> None:
    """Make the restored commit's deployment the environment's live one, and the failed commit's none. Raises Untold.

    What an earlier attempt of the run told already is found by the mark in the deployment's payload, and not repeated.
    """
    try:
        there = list(_listed(github, now.environment))
        own = next((one for one in there if _is_ours(one, now)), None) or _create(github, now)
        if _state(github, own) != "success":
            what = f"Rolled back from {now.failed_commit[:7]}" if now.failed_commit else "Rolled back"
            _set(github, own, now, "success", what)
        others = [one for one in there if one["id"] != own["id"]]
        failed = [one for one in others if same_commit(str(one.get("sha")), now.failed_commit)]
        for one in failed:
            if _state(github, one) not in _OVER:
                _set(github, one, now, "failure", f"Rolled back to {now.commit[:7]}")
        for one in [one for one in others if one not in failed][:_MOST_OTHERS]:
            if _state(github, one) == "success":
                _set(github, one, now, "inactive", f"Rolled back to {now.commit[:7]}")
    except web.WebError as error:
        raise Untold(f"GitHub {error}", "Run the job again: what was told is not repeated") from None


def _listed(github: GitHub, environment: str) -> Iterator[dict[str, Any]]:
    for page in range(1, _MOST_PAGES + 1):
        path = f"deployments?environment={quote(environment, safe='')}&per_page={_PAGE}&page={page}"
        found = _read(github.look(path), "list the deployments", _OK)
        if not isinstance(found, list):
            raise Untold("GitHub's list of deployments can't be read")
        yield from (one for one in found if isinstance(one, dict) and "id" in one)
        if len(found) < _PAGE:
            return


def _is_ours(one: Mapping[str, Any], now: Deployed) -> bool:
    payload = one.get("payload")
    if isinstance(payload, str):  # GitHub returns it as it was sent
        try:
            payload = json.loads(payload)
        except ValueError:
            return False
    marked = isinstance(payload, dict) and payload.get(_MARK) == now.run_id != ""
    return marked and same_commit(str(one.get("sha")), now.commit)


def _create(github: GitHub, now: Deployed) -> Mapping[str, Any]:
    fields = {
        "ref": now.commit,
        "environment": now.environment,
        "auto_merge": False,
        "required_contexts": [],
        "description": f"Rolled back to {now.commit[:7]}",
        "payload": {_MARK: now.run_id},
    }
    made = _read(github.send("deployments", fields), f"make a deployment of {now.commit[:7]}", _CREATED)
    if not isinstance(made, dict) or "id" not in made:
        raise Untold("GitHub's answer to a new deployment can't be read")
    return made


def _state(github: GitHub, one: Mapping[str, Any]) -> str:
    found = _read(github.look(f"deployments/{int(one['id'])}/statuses?per_page=1"), "read a deployment's state", _OK)
    newest = found[0] if isinstance(found, list) and found else {}
    return str(newest.get("state", "")) if isinstance(newest, dict) else ""


def _set(github: GitHub, one: Mapping[str, Any], now: Deployed, state: str, description: str) -> None:
    fields: dict[str, Any] = {"state": state, "description": description[:_LONGEST], "auto_inactive": False}
    fields |= {"log_url": now.run_url} if now.run_url else {}
    fields |= {"environment_url": now.site} if now.site and state == "success" else {}
    _read(github.send(f"deployments/{int(one['id'])}/statuses", fields), f"set a deployment to {state}", _CREATED)


def _read(answer: web.Answer, what: str, wanted: int) -> Any:
    """Return what GitHub answered. Raises Untold where it did something else than was wanted."""
    try:
        said = json.loads(answer.text)
    except ValueError:
        said = None
    if answer.status == wanted:
        return said
    message = str(said.get("message", "")) if isinstance(said, dict) else ""
    cure = ""
    if answer.status in {_FORBIDDEN, _NOT_FOUND}:
        needs = next((text for name, text in answer.headers.items() if name.lower() == _NEEDS), "deployments=write")
        cure = f"Give the job, under permissions: {needs.replace('=', ': ')}"
    raise Untold(f"GitHub would not {what}: it answers {answer.status} {message[:200]}".rstrip(), cure)


_NEEDS = "x-accepted-github-permissions"
