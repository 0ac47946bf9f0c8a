"""The example workflow as a local runner can play it: its own jobs, conditions and inputs, others' actions as shell."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import yaml

from tests.witnesses.homes import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

EXAMPLE = ROOT / "examples" / "deploy-dev.yml"
OURS = "./.github/rollback"


def played(names: Mapping[str, str], image: str) -> tuple[str, str]:
    """Return the workflow with these values of its environment, and the action.yml that names the built image."""
    read: dict[Any, Any] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    workflow = {"on" if key is True else key: value for key, value in read.items()}  # YAML 1.1 takes `on` for true
    unknown = set(names) - set(workflow["env"])
    if unknown:
        raise KeyError(f"the example has no {', '.join(sorted(unknown))} in its environment")
    workflow["env"] |= names
    for job in workflow["jobs"].values():
        job["steps"] = [_step(step) for step in job["steps"]]
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    action["runs"] |= {"image": f"docker://{image}"}
    return (yaml.safe_dump(workflow, sort_keys=False, width=1000), yaml.safe_dump(action, sort_keys=False, width=1000))


def _step(step: dict[str, Any]) -> dict[str, Any]:
    used = str(step.get("uses", ""))
    if used.startswith("OWNER/rollback@"):
        return {**copy.deepcopy(step), "uses": OURS}
    if used.startswith(("actions/checkout@", "aws-actions/configure-aws-credentials@")):
        # The workspace is there already, and so are the credentials, in the runner's own environment.
        return {"run": f"echo 'instead of {used.partition('@')[0]}'"}
    if used:
        raise KeyError(f"nothing is known to stand in for {used}")
    return step
