"""AWS's SAM CLI packages and deploys a function, and says itself that nothing differs after the rollback."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.witnesses.homes import PINS
from tests.witnesses.stage import expect, same
from tests.witnesses.witness import Witness

if TYPE_CHECKING:
    from tests.witnesses.stage import Ran, Stage

_STACK, _BUCKET, _SNAPSHOT = "sam-shop", "sam-artifacts", "sam.json"


def _deploy(stage: Stage, release: str, *options: str) -> Ran:
    application = stage.folder / "app"
    shutil.copytree(PINS / "sam" / "app", application, dirs_exist_ok=True)
    if release == "bad":
        code = application / "src" / "index.py"
        code.write_text(code.read_text(encoding="utf-8").replace('"good"', '"bad"'), encoding="utf-8")
    return stage.run(
        "sam", "deploy", "--template-file", "app/template.yaml", "--stack-name", _STACK, "--s3-bucket", _BUCKET,
        "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND", "--parameter-overrides",
        f"Stage={'development' if release == 'good' else 'broken'}", "--no-confirm-changeset",
        "--no-fail-on-empty-changeset", *options,
        env={"SAM_CLI_TELEMETRY": "0"},
    )  # fmt: skip


def _code(stage: Stage) -> str:
    """Return which package the function is made of, as its own service tells."""
    assert stage.sandbox is not None
    functions = stage.sandbox.client("lambda", read_timeout=60).list_functions()["Functions"]
    return "\n".join(sorted(f"{item['FunctionName']} {item['CodeSha256']}" for item in functions))


def _update(stage: Stage) -> None:
    assert stage.sandbox is not None
    stage.sandbox.client("s3").create_bucket(
        Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    _deploy(stage, "good")
    before = _code(stage)
    stage.act("snapshot-saved", mode="snapshot", stack_name=_STACK, snapshot=_SNAPSHOT)
    _deploy(stage, "bad")
    stage.act("rolled-back", stack_name=_STACK, snapshot=_SNAPSHOT)
    same("the function's package", _code(stage), before)
    expect(_deploy(stage, "good", "--no-execute-changeset").text, "No changes to deploy")


WITNESS = Witness(
    "AWS SAM CLI",
    "aws-sam-cli",
    "client of the embedded AWS",
    {'packaged function, HTTP API, alias: deploy, bad deploy, restore; then "No changes to deploy"': _update},
)
