"""The AWS CLI deploys with `aws cloudformation deploy`, and says itself that nothing differs after the rollback."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.witnesses import shop
from tests.witnesses.homes import ROOT
from tests.witnesses.stage import expect
from tests.witnesses.witness import Witness

if TYPE_CHECKING:
    from tests.witnesses.stage import Ran, Stage

_SNAPSHOT = "good.json"


def _deploy(stage: Stage, release: str, *options: str, code: int = 0) -> Ran:
    template, stage_name, number = (
        (shop.good(), "development", "1") if release == "good" else (shop.bad(), "broken", "2")
    )
    (stage.folder / f"{release}.template.json").write_text(shop.text(template), encoding="utf-8")
    return stage.run(
        "aws", "cloudformation", "deploy", "--stack-name", shop.STACK, "--template-file", f"{release}.template.json",
        "--parameter-overrides", f"Stage={stage_name}", "--tags", "team=shop", f"release={number}", *options, code=code,
    )  # fmt: skip


def _nothing_differs(stage: Stage) -> None:
    expect(
        _deploy(stage, "good", "--no-execute-changeset", "--no-fail-on-empty-changeset").text, "No changes to deploy"
    )


def _update(stage: Stage) -> None:
    assert stage.sandbox is not None
    # The CLI looks once, and then every 30 s.
    stage.sandbox.cloudformation.durations(resource_seconds=0.0, cleanup_seconds=0.0)
    _deploy(stage, "good")
    stage.act("snapshot-saved", mode="snapshot", stack_name=shop.STACK, snapshot=_SNAPSHOT)
    _deploy(stage, "bad")
    stage.act("rolled-back", stack_name=shop.STACK, snapshot=_SNAPSHOT)
    _nothing_differs(stage)


def _nothing_to_do(stage: Stage) -> None:
    acted = stage.act("not-needed", stack_name=shop.STACK, snapshot=_SNAPSHOT)
    expect(acted.outputs["stack-result"], "already-good")
    _nothing_differs(stage)


def _page(stage: Stage) -> None:
    """Play what docs/local.md tells a newcomer to type, line by line."""
    page = (ROOT / "docs" / "local.md").read_text(encoding="utf-8")
    commands = page.partition("```bash\n")[2].partition("```")[0].strip().splitlines()
    for name, template in (("template", shop.good()), ("changed", shop.bad())):
        template["Parameters"]["Stage"]["Default"] = name
        del template["Resources"]["Greeting"]  # its name is taken by the other stack
        (stage.folder / f"{name}.yaml").write_text(shop.text(template), encoding="utf-8")
    path = f"{Path(sys.executable).parent}:{stage.home / 'bin'}:{os.environ['PATH']}"
    settings = {"PATH": path, "PYTHONPATH": str(ROOT), "GITHUB_WORKSPACE": str(stage.folder)}
    for command in commands[:-1]:
        stage.run("sh", "-c", command.replace("--stack-name shop", "--stack-name page"), env=settings)
    last = stage.run(
        "sh", "-c", commands[-1].replace("--stack-name shop", "--stack-name page"), env=settings, code=None
    )
    expect(last.text, "No changes to deploy")


WITNESS = Witness(
    "AWS CLI",
    "awscli",
    "client of the embedded AWS",
    {
        'deploy, snapshot, bad deploy, restore; then "No changes to deploy"': _update,
        "the action again: already good": _nothing_to_do,
        "the five commands of docs/local.md": _page,
    },
)
