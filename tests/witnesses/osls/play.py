"""The Serverless Framework's open fork deploys, and finds nothing to roll back to after the rollback."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from tests.witnesses.homes import PINS
from tests.witnesses.stage import expect
from tests.witnesses.witness import DisagreesError, Witness

if TYPE_CHECKING:
    from tests.witnesses.stage import Ran, Stage

_STACK, _SNAPSHOT = "osls-shop-dev", "osls.json"


def _osls(stage: Stage, *command: str, release: str = "good", code: int | None = 0) -> Ran:
    shutil.copytree(PINS / "osls" / "app", stage.folder / "app", dirs_exist_ok=True)
    return stage.run(
        "osls", *command, code=code, inside="app",
        env={"RELEASE": release, "SLS_TELEMETRY_DISABLED": "1", "SLS_NOTIFICATIONS_MODE": "off"},
    )  # fmt: skip


def _first_deployment(stage: Stage) -> str:
    """Return the timestamp of the oldest deployment that osls lists."""
    found: list[str] = re.findall(r"[Tt]imestamp: (\d+)", _osls(stage, "deploy", "list").text)
    if not found:
        raise DisagreesError("osls lists no deployment")
    return min(found)


def _update(stage: Stage) -> None:
    _osls(stage, "deploy")
    stage.act("snapshot-saved", mode="snapshot", stack_name=_STACK, snapshot=_SNAPSHOT)
    _osls(stage, "deploy", release="bad")
    stage.act("rolled-back", stack_name=_STACK, snapshot=_SNAPSHOT)
    expect(_osls(stage, "rollback", "--timestamp", _first_deployment(stage), code=None).text, "No updates")


def _its_own_rollback(stage: Stage) -> None:
    _osls(
        stage,
        "deploy",
        release="bad",
    )
    _osls(stage, "rollback", "--timestamp", _first_deployment(stage))
    stage.act("not-needed", stack_name=_STACK, snapshot=_SNAPSHOT)


WITNESS = Witness(
    "Serverless (osls)",
    "osls",
    "client of the embedded AWS",
    {
        "deploy, bad deploy, restore; its own rollback then finds nothing to do": _update,
        "bad deploy, osls rollback; the action: already good": _its_own_rollback,
    },
)
