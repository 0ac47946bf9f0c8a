"""AWS's validation before a deployment: what it finds in a change set, told by DescribeEvents alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.cloudformation import physical
from sandbox.cloudformation.model import Validation

if TYPE_CHECKING:
    from sandbox.cloudformation.model import Deployment, Stack
    from sandbox.cloudformation.world import World


def validate(world: World, stack: Stack, target: Deployment) -> list[Validation]:
    """Return what is wrong: what a test ordered for the stack, and names that are taken where AWS looks for them."""
    found = [item for name in (stack.name, "") for item in world.validations.get(name, ())]
    if not world.checks_existence:
        return found
    for logical_id, wanted in target.desired.items():
        reason = physical.taken(world, stack, wanted) if logical_id not in stack.resources else None
        if reason is not None:
            path = f"/Resources/{logical_id}"
            check = "AWS::EarlyValidation::ResourceExistenceCheck"
            found.append(Validation(logical_id, reason, check, "NAME_CONFLICT_VALIDATION", path))
    return found


def reason(found: list[Validation]) -> str | None:
    """Return the change set's reason, which names the checks and not what they found (aws-cdk-cli, issue 1000).

    None where nothing was found, or warnings alone.
    """
    checks = ", ".join(sorted({item.check for item in found if item.mode == "FAIL"}))
    if not checks:
        return None
    return (
        f"The following hook(s)/validation failed: [{checks}]. To troubleshoot Early Validation errors, use the "
        "DescribeEvents API for detailed failure information."
    )
