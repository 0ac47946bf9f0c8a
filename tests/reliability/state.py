"""The state of the embedded AWS as a value: two runs that end alike leave equal ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox import Sandbox
    from sandbox.amplify.branch import Branch
    from sandbox.cloudformation.model import Stack


def state(sandbox: Sandbox) -> dict[str, Any]:
    """Return what AWS is now, without times, and without what differs from one execution to the next."""
    stacks = {name: sandbox.cloudformation.stack(name) for name in _stack_names(sandbox)}
    branches = {
        (app.id, name): sandbox.amplify.branch(app.id, name)
        for app in sandbox.amplify.apps.values()
        for name in app.branches
    }
    return {
        "stacks": {name: _stack(stack) for name, stack in stacks.items()},
        "branches": {place: _branch(branch) for place, branch in branches.items()},
    }


def _stack_names(sandbox: Sandbox) -> list[str]:
    return sorted({stack.name for stack in sandbox.cloudformation._world.stacks.values()})


def _stack(stack: Stack) -> dict[str, Any]:
    made = stack.deployment
    return {
        "status": stack.status,
        "template": made.original if made else "",
        "parameters": {key: parameter.value for key, parameter in made.parameters.items()} if made else {},
        "tags": made.tags if made else {},
        "resources": {name: item.desired.properties for name, item in stack.resources.items() if not item.out_of_sync},
        "open change sets": [item.name for item in stack.change_sets.values() if item.execution != "EXECUTE_COMPLETE"],
    }


def _branch(branch: Branch) -> dict[str, Any]:
    return {
        "live": branch.live_commit,
        "auto-build": branch.auto_build,
        "environment": branch.environment,
        "app environment": branch.app.environment,
        "jobs": [(job.id, job.commit, str(job.outcome)) for job in branch.jobs.values()],
    }
