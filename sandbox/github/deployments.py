"""Deployments and their statuses, with GitHub's own habits: checks and merges before, `inactive` afterwards.

Source of the rules: GitHub's REST reference, "Deployments" and "Deployment statuses".
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.exchange import Answer, Incoming, json_answer
from sandbox.github.paging import asked, page

if TYPE_CHECKING:
    from sandbox.clock import Clock
    from sandbox.github.repository import Repository

_STATES = {"error", "failure", "inactive", "in_progress", "queued", "pending", "success"}
_LONGEST = 140
_BOT: dict[str, Any] = {"login": "github-actions[bot]", "id": 41_898_282, "type": "Bot"}

Fields = dict[str, Any]


class Deployments:
    """A repository's deployments, `all` of them, and the `statuses` of each by its id, oldest first."""

    def __init__(self, repository: Repository, clock: Clock) -> None:
        self.all: list[Fields] = []
        self.statuses: dict[int, list[Fields]] = {}
        self._repository = repository
        self._clock = clock
        self._ids = itertools.count(1)

    def add(self, ref: str, environment: str = "production", state: str = "", **fields: Any) -> Fields:
        """Add a deployment of the past, with a state, and return it. Raises ValueError for an unknown ref."""
        sha = self._repository.resolve(ref)
        if not sha:
            raise ValueError(f"no ref {ref}")
        deployment = self._new(sha, {"ref": ref, "environment": environment, **fields}, "")
        if state:
            self._set(deployment, {"state": state}, "")
        return deployment

    def state(self, deployment: Fields) -> str:
        """Return the newest status's state; empty if it has none."""
        return str(self.statuses[deployment["id"]][-1]["state"]) if self.statuses[deployment["id"]] else ""

    def listed(self, incoming: Incoming, base: str, origin: str) -> Answer:
        """Answer with those of a sha, ref, task and environment, the newest first."""
        wanted = {name: text for name, text in asked(incoming).items() if name in {"sha", "ref", "task", "environment"}}
        found = [item for item in reversed(self.all) if all(item[name] == text for name, text in wanted.items())]
        shown, headers = page(incoming, found, origin)
        return json_answer([_addressed(item, base) for item in shown], headers=headers)

    def create(self, fields: Fields, base: str) -> Answer:
        """Create a deployment, unless the ref's checks failed or the default branch has to be merged into it first."""
        ref = str(fields.get("ref") or "")
        if not ref:
            return _invalid("Deployment", "ref", "missing_field", "")
        if len(fields.get("description") or "") > _LONGEST:
            return _too_long("Deployment")
        sha = self._repository.resolve(ref)
        if not sha:
            return json_answer({"message": f"No ref found for: {ref}", "status": "422"}, 422)
        if fields.get("auto_merge", True) and (answer := self._merge(ref, sha)):
            return answer
        if answer := self._unchecked(ref, sha, fields.get("required_contexts")):
            return answer
        return json_answer(_addressed(self._new(sha, fields, base), base), 201)

    def _merge(self, ref: str, sha: str) -> Answer | None:
        """Merge the default branch into a branch that lacks its tip; into a commit or a tag nothing can be merged."""
        home = self._repository
        tip = home.branches.get(home.default_branch, "")
        if not tip or home.contains(sha, tip):
            return None
        name = ref.removeprefix("refs/").removeprefix("heads/")
        if name not in home.branches:
            return json_answer({"message": f"Conflict merging {home.default_branch} into {ref}.", "status": "409"}, 409)
        home.commit(f"{next(self._ids):040x}", f"Merge {home.default_branch} into {name}", branch=name, merged=tip)
        return json_answer({"message": f"Auto-merged {home.default_branch} into {name} on deployment."}, 202)

    def _unchecked(self, ref: str, sha: str, required: list[str] | None) -> Answer | None:
        states = self._repository.checks.get(sha, {})
        wanted = list(states) if required is None else required
        failed = [name for name in wanted if states.get(name) != "success"]
        if not failed:
            return None
        contexts = [{"context": name, "state": states.get(name, "pending")} for name in wanted]
        error = {"contexts": contexts, "resource": "Deployment", "field": "required_contexts", "code": "invalid"}
        message = f"Conflict: Commit status checks failed for {ref}."
        return json_answer({"message": message, "errors": [error], "status": "409"}, 409)

    def _new(self, sha: str, fields: Fields, base: str) -> Fields:
        environment = fields.get("environment") or "production"
        now = self._now()
        deployment = {
            "id": next(self._ids),
            "sha": sha,
            "ref": fields["ref"],
            "task": fields.get("task") or "deploy",
            "payload": fields.get("payload") or {},
            "original_environment": environment,
            "environment": environment,
            "description": fields.get("description"),
            "creator": _BOT,
            "created_at": now,
            "updated_at": now,
            "repository_url": base,
            "transient_environment": bool(fields.get("transient_environment")),
            "production_environment": bool(fields.get("production_environment", environment == "production")),
        }
        self.all.append(deployment)
        self.statuses[deployment["id"]] = []
        return deployment

    def one(self, number: int, base: str) -> Answer:
        """Answer with one deployment."""
        found = self._find(number)
        return json_answer(_addressed(found, base)) if found else not_found()

    def list_statuses(self, number: int, incoming: Incoming, origin: str) -> Answer:
        """Answer with a deployment's statuses, the newest first."""
        if self._find(number) is None:
            return not_found()
        shown, headers = page(incoming, list(reversed(self.statuses[number])), origin)
        return json_answer(shown, headers=headers)

    def create_status(self, number: int, fields: Fields, base: str) -> Answer:
        """Create a status. A success makes the environment's other successful deployments inactive, but not all."""
        deployment = self._find(number)
        if deployment is None:
            return not_found()
        if fields.get("state") not in _STATES:
            return _invalid("DeploymentStatus", "state", "invalid", "state is not included in the list")
        if len(fields.get("description") or "") > _LONGEST:
            return _too_long("DeploymentStatus")
        status = self._set(deployment, fields, base)
        if status["state"] == "success" and fields.get("auto_inactive", True):
            self._retire_others(deployment, base)
        return json_answer(status, 201)

    def _retire_others(self, newest: Fields, base: str) -> None:
        """Set the prior successes of the environment inactive: neither transient nor production ones."""
        for other in self.all:
            if other is newest or other["environment"] != newest["environment"]:
                continue
            if other["transient_environment"] or other["production_environment"]:
                continue
            if other["id"] < newest["id"] and self.state(other) == "success":
                self._set(other, {"state": "inactive"}, base)

    def _set(self, deployment: Fields, fields: Fields, base: str) -> Fields:
        now = self._now()
        deployment["environment"] = fields.get("environment") or deployment["environment"]
        deployment["updated_at"] = now
        log = fields.get("log_url") or fields.get("target_url") or ""
        status = {
            "id": next(self._ids),
            "state": fields["state"],
            "creator": _BOT,
            "description": fields.get("description") or "",
            "environment": deployment["environment"],
            "target_url": log,
            "log_url": log,
            "environment_url": fields.get("environment_url") or "",
            "created_at": now,
            "updated_at": now,
            "deployment_url": f"{base}/deployments/{deployment['id']}",
            "repository_url": base,
        }
        self.statuses[deployment["id"]].append(status)
        return status

    def _find(self, number: int) -> Fields | None:
        return next((item for item in self.all if item["id"] == number), None)

    def _now(self) -> str:
        return datetime.fromtimestamp(self._clock.now(), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def not_found() -> Answer:
    """Return GitHub's answer for what does not exist, or may not be seen."""
    return json_answer({"message": "Not Found", "status": "404"}, 404)


def _addressed(deployment: Fields, base: str) -> Fields:
    url = f"{base}/deployments/{deployment['id']}"
    return {**deployment, "url": url, "statuses_url": f"{url}/statuses", "repository_url": base}


def _too_long(resource: str) -> Answer:
    return _invalid(resource, "description", "custom", f"description is too long (maximum is {_LONGEST} characters)")


def _invalid(resource: str, field: str, code: str, message: str) -> Answer:
    error = {"resource": resource, "code": code, "field": field, **({"message": message} if message else {})}
    return json_answer({"message": "Validation Failed", "errors": [error], "status": "422"}, 422)
