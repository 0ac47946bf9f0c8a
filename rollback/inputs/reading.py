"""The inputs as they arrive: from the runner's environment and from flags, with GitHub's and AWS's own defaults."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NoReturn

from pydantic import ValidationError

from rollback.github import event
from rollback.github.api import Unresolved
from rollback.inputs.forms import is_ref, shown
from rollback.inputs.model import Inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class InvalidInputs(Exception):
    """The inputs are wrong; `problems` has a line for each, naming the input and the cure."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


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
    given.update(_from_flags(flags))
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


class _Flags(argparse.ArgumentParser):
    """The inputs as flags; a wrong flag is a problem like any other. Values aren't repeated: they may be secrets."""

    def error(self, message: str) -> NoReturn:
        flags = ", ".join(word.rstrip(":") for word in message.split() if word.startswith("--"))
        cure = "python -m rollback --help lists the inputs"
        raise InvalidInputs([f"{flags or 'flags'}: not an input, or lacks its value ({cure})"])


def _from_flags(flags: Sequence[str]) -> dict[str, str]:
    if not flags:
        return {}
    parser = _Flags(
        prog="python -m rollback",
        allow_abbrev=False,
        description="Bring a failed AWS deployment back to the last known good.",
    )
    for name, field in Inputs.model_fields.items():
        switch = {"nargs": "?", "const": "true"} if field.annotation is bool else {}
        help_text = (field.description or "").replace("%", "%%")
        parser.add_argument(f"--{name.replace('_', '-')}", help=help_text, metavar="…", **switch)  # type: ignore[arg-type]
    parsed = vars(parser.parse_args(list(flags)))
    return {name.replace("_", "-"): value.strip() for name, value in parsed.items() if value is not None}


def _defaults(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        "aws-region": environ.get("AWS_REGION", "").strip() or environ.get("AWS_DEFAULT_REGION", "").strip(),
        "branch": environ.get("GITHUB_REF_NAME", ""),
        "commit": environ.get("GITHUB_SHA", ""),
        "started-at": event.pushed_at(environ),
    }


def _problem(detail: Any) -> str:
    name = str(detail["loc"][0]).replace("_", "-")
    message = str(detail["msg"]).removeprefix("Value error, ")
    return f"{name}: {message}"
