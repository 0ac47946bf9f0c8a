"""Pure: what a rebuild does on a branch with a backend of its own, which Amplify deploys with each build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.frontend.model import MANUAL
from rollback.report.model import Command, Notice
from rollback.report.notices import Code, warning

if TYPE_CHECKING:
    from rollback.frontend.model import Branch, Job


def branch_has_backend(branch: Branch, target: Job | None, stack: str = "") -> tuple[Notice, ...]:
    """Return the warning, naming the backend, and in what state its stack is where that is known; none for a zip."""
    if not branch.backend or (target and target.type == MANUAL):
        return ()
    name = backend_name(branch.backend)
    text = (
        f"Branch {branch.name} has a backend of its own, {name}{stack}. Rebuilding an old commit deploys that commit's "
        "backend too: the build changes that stack as the old code says, and no guard of this action sees it."
    )
    cure = Command(purpose="Before a rollback, see that the old commit's backend keeps your data; a dry run names it")
    return (warning(Code.BRANCH_HAS_BACKEND, text, cure),)


def backend_name(arn: str) -> str:
    """Return the stack or environment that an ARN names, as people know it."""
    resource = arn.split(":", 5)[-1]
    kind, _, rest = resource.partition("/")
    return f"stack {rest.split('/')[0]}" if kind == "stack" and rest else f"environment {resource.rpartition('/')[2]}"
