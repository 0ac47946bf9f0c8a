"""AWS's CDK bootstraps and deploys in each of its ways, and `cdk diff --fail` finds nothing after the rollback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.witnesses.homes import PINS
from tests.witnesses.stage import expect, same
from tests.witnesses.witness import Witness

if TYPE_CHECKING:
    from tests.witnesses.stage import Ran, Stage

_STACK, _SNAPSHOT = "CdkShop", "cdk.json"


def _cdk(stage: Stage, *command: str, release: str = "good", code: int = 0) -> Ran:
    for name in ("app.js", "cdk.json"):
        (stage.folder / "app").mkdir(exist_ok=True)
        (stage.folder / "app" / name).write_bytes((PINS / "cdk" / "app" / name).read_bytes())
    for version in ("good", "bad"):
        (stage.folder / "app" / version).mkdir(exist_ok=True)
        lines = f"exports.handler = async () => ({{ statusCode: 200, body: '{version}' }});\n"
        (stage.folder / "app" / version / "index.js").write_text(lines, encoding="utf-8")
    return stage.run(
        "cdk", *command, code=code, inside="app",
        env={"RELEASE": release, "NODE_PATH": str(stage.home / "node_modules"), "CDK_DISABLE_CLI_TELEMETRY": "true"},
    )  # fmt: skip


def _deploy(stage: Stage, release: str, *options: str, code: int = 0) -> None:
    _cdk(stage, "deploy", _STACK, "--require-approval", "never", *options, release=release, code=code)


def _nothing_differs(stage: Stage) -> None:
    expect(_cdk(stage, "diff", _STACK, "--fail").text, "There were no differences")


def _roll_back(stage: Stage) -> None:
    stage.act("rolled-back", stack_name=_STACK, snapshot=_SNAPSHOT)
    _nothing_differs(stage)


def _bootstrap(stage: Stage) -> None:
    _cdk(stage, "bootstrap", "aws://123456789012/us-west-2")


def _by_change_sets(stage: Stage) -> None:
    _deploy(stage, "good")
    stage.act("snapshot-saved", mode="snapshot", stack_name=_STACK, snapshot=_SNAPSHOT)
    _deploy(stage, "bad")
    _roll_back(stage)


def _directly(stage: Stage) -> None:
    _deploy(stage, "bad", "--method=direct")
    _roll_back(stage)


def _left_failed(stage: Stage) -> None:
    """Deploy so that it fails, and stays where it failed."""
    assert stage.sandbox is not None
    stage.sandbox.cloudformation.fail_update("Jobs", "Resource handler returned message: no", stack=_STACK)
    _deploy(stage, "bad", "--no-rollback", code=1)


def _without_rollback(stage: Stage) -> None:
    _left_failed(stage)
    acted = stage.act("rolled-back", stack_name=_STACK, force="true")
    same("the stack's status", acted.outputs["stack-status"], "UPDATE_ROLLBACK_COMPLETE")
    _nothing_differs(stage)


def _its_own_rollback(stage: Stage) -> None:
    _left_failed(stage)
    _cdk(stage, "rollback", _STACK)
    acted = stage.act("not-needed", stack_name=_STACK, snapshot=_SNAPSHOT)
    same("the stack's result", acted.outputs["stack-result"], "already-good")
    _nothing_differs(stage)


WITNESS = Witness(
    "AWS CDK",
    "aws-cdk",
    "client of the embedded AWS",
    {
        "cdk bootstrap": _bootstrap,
        "new stack and update by change sets, restore; then cdk diff --fail": _by_change_sets,
        "update with --method=direct, restore; then cdk diff --fail": _directly,
        "--no-rollback fails, the action rolls back; then cdk diff --fail": _without_rollback,
        "--no-rollback fails, cdk rollback; the action: already good": _its_own_rollback,
    },
)
