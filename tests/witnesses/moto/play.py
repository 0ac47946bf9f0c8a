"""moto's own CloudFormation, a third AWS: what only looks is played on it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from tests.witnesses import shop
from tests.witnesses.other_aws import Stacks, free_port, served
from tests.witnesses.stage import Stage, same
from tests.witnesses.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Callable


def _deployed(stage: Stage) -> Stacks:
    stacks = Stacks(stage.environment)
    stacks.create(
        shop.STACK,
        shop.good(),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in shop.GOOD_PARAMETERS.items()],
        Tags=[{"Key": name, "Value": value} for name, value in shop.GOOD_TAGS.items()],
    )
    return stacks


def _snapshot(stage: Stage) -> None:
    _deployed(stage)
    stage.act("snapshot-saved", mode="snapshot", stack_name=shop.STACK, snapshot="good.json")
    (recorded,) = json.loads((stage.folder / "good.json").read_text(encoding="utf-8"))["stacks"]
    same("the recorded template", json.loads(recorded["template"]), shop.good())
    same("the recorded parameters", recorded["parameters"]["Stage"]["value"], "development")
    same("the recorded tags", recorded["tags"], shop.GOOD_TAGS)


def _status(stage: Stage) -> None:
    _deployed(stage)
    acted = stage.act("status", mode="status", stack_name=f"{shop.STACK}\nnot-there")
    told = {item["name"]: item["status"] for item in acted.report["stacks"]}
    same("the stacks", told, {shop.STACK: "CREATE_COMPLETE", "not-there": ""})


def _on_moto(scene: Callable[[Stage], None]) -> Any:
    def play(stage: Stage) -> None:
        port = free_port()
        program = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        with served(program, stage.folder, {}, port) as environment:
            scene(Stage(stage.home, stage.folder, environment, notes=stage.notes))

    return play


WITNESS = Witness(
    "moto's CloudFormation",
    "moto",
    "a third AWS",
    {"mode: snapshot": _on_moto(_snapshot), "mode: status": _on_moto(_status)},
)
