"""The example workflow as a local runner can play it: its own jobs, conditions and inputs, others' actions as shell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from tests.witnesses.homes import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

EXAMPLE = ROOT / "examples" / "deploy-dev.yml"
OURS = "./.github/rollback"


def played(names: Mapping[str, str], image: str, repository: Path) -> tuple[str, str]:
    """Return the workflow with these values of its environment, and the action.yml that names the built image.

    `repository` is what its jobs check out.
    """
    read: dict[Any, Any] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    workflow = {"on" if key is True else key: value for key, value in read.items()}  # YAML 1.1 takes `on` for true
    unknown = set(names) - set(workflow["env"])
    if unknown:
        raise KeyError(f"the example has no {', '.join(sorted(unknown))} in its environment")
    workflow["env"] |= names
    for job in workflow["jobs"].values():
        job["steps"] = [played for step in job["steps"] for played in _steps(step, repository)]
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    action["runs"] |= {"image": f"docker://{image}"}
    return (yaml.safe_dump(workflow, sort_keys=False, width=1000), yaml.safe_dump(action, sort_keys=False, width=1000))


def _steps(step: dict[str, Any], repository: Path) -> list[dict[str, Any]]:
    used = str(step.get("uses", ""))
    checkout = {"run": f"git -C '{repository}' archive HEAD | tar --extract"}
    if used.startswith("OWNER/rollback@"):
        return [checkout, {**step, "uses": OURS}]  # an action of the repository itself has to be checked out
    if used.startswith("actions/checkout@"):
        return [checkout]
    if used.startswith("aws-actions/configure-aws-credentials@"):
        return [{"run": "aws sts get-caller-identity"}]  # the credentials are in the runner's own environment
    shelf = repository.parent / "artifacts"
    if used.startswith("actions/upload-artifact@"):
        name, path = step["with"]["name"], step["with"]["path"]
        put = f"mkdir -p '{shelf}/{name}'; test ! -e '{path}' || cp '{path}' '{shelf}/{name}/'"
        return [{**{key: step[key] for key in ("name", "if") if key in step}, "run": put}]
    if used.startswith("actions/download-artifact@"):
        take = f"cp '{shelf}/{step['with']['name']}'/* ."
        return [{**{key: step[key] for key in ("name", "if", "continue-on-error") if key in step}, "run": take}]
    if used:
        raise KeyError(f"nothing is known to stand in for {used}")
    return [step]
