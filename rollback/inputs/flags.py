"""The inputs as flags of a terminal, by what somebody wants to say with them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, NoReturn

from rollback.inputs.model import Inputs, InvalidInputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHOW_OUTPUTS = "--outputs"
"""Asks for the outputs as a table: no input, for on GitHub they are always written."""

GROUPS = {
    "what to do": ("mode", "force", "reason", "dry-run", "order", "redeploy", "lock-auto-build", "allow-destructive"),
    "which parts": (
        "aws-region",
        "stack-name",
        "app-id",
        "app-name",
        "branch",
        "environment",
        "role-arn",
    ),
    "which deployment failed, and what is good": (
        *(
            "commit",
            "started-at",
            "failed-job-id",
            "target-job-id",
            "target-commit",
            "snapshot",
            "snapshot-digest",
            "resources-to-skip",
        ),
    ),
    "when it is due (in a workflow)": (
        *("job-results", "infrastructure-job", "frontend-job", "smoke-tests-job", "rollback-on"),
    ),
    "how long to wait": ("stack-timeout", "frontend-timeout", "poll-interval"),
    "what must hold in the end": ("verify-url", "verify-contains", "verify-alarms", "verify-timeout", "verify-for"),
    "who is told": (
        *("slack-webhook-url", "slack-api-url", "slack-bot-token", "slack-channel", "slack-mentions", "github-token"),
        *("github-deployment", "logs", "incident-file"),
    ),
}
"""Each input stands in one group; a test holds that."""


class _Flags(argparse.ArgumentParser):
    """The inputs as flags; a wrong flag is a problem like any other. Values aren't repeated: they may be secrets."""

    def error(self, message: str) -> NoReturn:
        flags = ", ".join(word.rstrip(":") for word in message.split() if word.startswith("--"))
        cure = "python -m rollback --help lists the inputs"
        raise InvalidInputs([f"{flags or 'flags'}: not an input, or lacks its value ({cure})"])


def from_flags(flags: Sequence[str]) -> dict[str, str]:
    """Return the inputs that were given as flags. Raises InvalidInputs."""
    if not flags:
        return {}
    parser = _Flags(
        prog="python -m rollback",
        allow_abbrev=False,
        description="Bring a failed AWS deployment back to the last known good.",
        usage="%(prog)s [--FLAG VALUE ...]",
        epilog="Each flag is an input of the action. AWS credentials come from the environment or from AWS_PROFILE.",
    )
    for title, group in GROUPS.items():
        section = parser.add_argument_group(title)
        for name in group:
            field = Inputs.model_fields[name.replace("-", "_")]
            switch = {"nargs": "?", "const": "true"} if field.annotation is bool else {}
            section.add_argument(f"--{name}", help=_help(name), metavar="…", **switch)  # type: ignore[arg-type]
    parser.add_argument(SHOW_OUTPUTS, action="store_true", help="Print the action's outputs as a table at the end")
    parsed = vars(parser.parse_args(list(flags)))
    del parsed[SHOW_OUTPUTS.strip("-")]
    return {name.replace("_", "-"): value.strip() for name, value in parsed.items() if value is not None}


def _help(name: str) -> str:
    field = Inputs.model_fields[name.replace("-", "_")]
    text, default = field.description or "", ", ".join(_words(field.default))
    told = "" if not default or "default" in text else f" (default: {default})"
    return f"{text}{told}".replace("%", "%%")


def _words(default: object) -> Iterator[str]:
    if isinstance(default, bool):
        yield "true" if default else "false"
    elif isinstance(default, tuple):
        yield from map(str, default)
    elif isinstance(default, (int, float)):
        yield f"{default:g}"
    elif default:
        yield str(default)
