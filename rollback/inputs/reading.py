"""The inputs as they arrive: from the runner's environment and from flags, with GitHub's and AWS's own defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from rollback.github import event
from rollback.github.api import Unresolved
from rollback.inputs.flags import from_flags
from rollback.inputs.forms import is_ref, shown
from rollback.inputs.model import Inputs, InvalidInputs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def names() -> tuple[str, ...]:
    """Return the inputs' names as users write them, in the model's order."""
    return tuple(name.replace("_", "-") for name in Inputs.model_fields)


def _nobody_knows(_name: str, _token: str) -> str:
    raise Unresolved("is no commit id: give 7 to 64 hexadecimal digits of the commit's SHA")


def read(
    environ: Mapping[str, str], flags: Sequence[str] = (), commit_of: Callable[[str, str], str] = _nobody_knows
) -> Inputs:
    """Return the inputs from flags, else `INPUT_*`, else GitHub's and AWS's own variables.

    `commit_of` is asked, with the GitHub token, which commit a tag or branch in `target-commit` names; it raises
    Unresolved. Raises InvalidInputs with every problem. A value that is empty counts as not given.
    """
    given = {name: environ.get(f"INPUT_{name.upper()}", "").strip() for name in names()}
    given.update(from_flags(flags))
    for name, value in _defaults(environ).items():
        if value and not given.get(name):
            given[name] = value
    problems: list[str] = []
    if is_ref(given["target-commit"]):
        try:
            given["target-commit"] = commit_of(given["target-commit"], given["github-token"])
        except Unresolved as error:
            problems.append(f"target-commit: {shown(given.pop('target-commit'))} {error}")
    try:
        inputs = Inputs.model_validate({name: value for name, value in given.items() if value})
    except ValidationError as error:
        raise InvalidInputs([*map(_problem, error.errors(include_url=False)), *problems]) from None
    if problems:
        raise InvalidInputs(problems)
    return inputs


def _defaults(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        "aws-region": environ.get("AWS_REGION", "").strip() or environ.get("AWS_DEFAULT_REGION", "").strip(),
        "branch": environ.get("GITHUB_REF_NAME", ""),
        "commit": event.deployed_commit(environ),
    }


def _problem(detail: Any) -> str:
    name = str(detail["loc"][0]).replace("_", "-")
    message = str(detail["msg"]).removeprefix("Value error, ")
    return f"{name}: {message}"
