"""Whose buckets may be read and written: those of the account that the stacks and the app are in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.aws import speaking_to_aws
from rollback.engine.trouble import AwsTrouble

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollback.incident.doors import Doors
    from rollback.inputs.model import Inputs

_ACCOUNT_DIGITS = 12


def know_the_owner(doors: Doors, inputs: Inputs, arns: Iterable[str] = ()) -> None:
    """Let S3 refuse a bucket of another account than the stacks' or the app's. Raises AwsTrouble.

    `arns` are those known already. A stack's or an app's own ARN says it; where there is neither yet, AWS says whose
    credentials these are: CloudFormation and Amplify work in no other account.
    """
    known = next((account for arn in arns if (account := account_in(arn))), "")
    doors.store.buckets.owner = known or _by_stack(doors, inputs) or _by_app(doors, inputs) or _by_credentials(doors)


def account_in(arn: str) -> str:
    """Return the account that an ARN names; empty where it names none."""
    parts = arn.split(":")
    account = parts[4] if len(parts) > 5 and parts[0] == "arn" else ""  # noqa: PLR2004 - arn:partition:service:region:account:…
    return account if len(account) == _ACCOUNT_DIGITS and account.isdecimal() else ""


def _by_stack(doors: Doors, inputs: Inputs) -> str:
    for name in inputs.stack_name:
        if account := account_in(name):
            return account
        stack = doors.cloudformation.describe(name)
        if stack and (account := account_in(stack.id)):
            return account
    return ""


def _by_app(doors: Doors, inputs: Inputs) -> str:
    if not inputs.has_frontend:
        return ""
    try:
        apps = (doors.amplify.app(inputs.app_id),) if inputs.app_id else doors.amplify.apps()
    except AwsTrouble:
        return ""  # whoever looks for the app itself says what is wrong with it
    named = [app for app in apps if inputs.app_id or app.name == inputs.app_name]
    return next((account for app in named if (account := account_in(app.arn))), "")


def _by_credentials(doors: Doors) -> str:
    with speaking_to_aws("sts", "GetCallerIdentity"):
        return str(doors.aws.client("sts").get_caller_identity()["Account"])
