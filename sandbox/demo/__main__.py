"""Play one incident: `python -m sandbox.demo [INCIDENT]`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from sandbox.clock import ScaledClock
from sandbox.demo import releases
from sandbox.demo.incidents import APP, BAD, BRANCH, DEFAULT, INCIDENTS, STACK, Incident
from sandbox.demo.page import page
from sandbox.world import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandbox.slack import Slack

ROOT = Path(__file__).resolve().parents[2]
SPEED = 25.0
"""AWS's seconds a second: eight minutes pass in twenty seconds."""


def main(arguments: list[str]) -> int:
    """Play the incident named on the command line and show what people would see."""
    name = arguments[0] if arguments else DEFAULT
    if name not in PLAYS:
        print(f"There is no incident {name!r}. There are: {', '.join(PLAYS)}.\nmake demo INCIDENT=half-way")
        return 2
    title, tell = PLAYS[name]
    folder = ROOT / "out" / name
    folder.mkdir(parents=True, exist_ok=True)
    print(
        f"Incident: {title}\n(the embedded AWS runs at {SPEED:.0f} times the speed of the real one)",
        flush=True,
    )
    with Sandbox(ScaledClock(SPEED)) as sandbox:
        code = tell(sandbox, folder)
        _show(sandbox.slack, folder, code, title)
    return 0


def play(sandbox: Sandbox, incident: Incident, folder: Path, inputs: Mapping[str, str] = MappingProxyType({})) -> int:
    """Play the incident by the real entrypoint, with further `inputs`; return the exit code of the rollback."""
    if incident.snapshot_first:
        before = "Before the deployment, a step of the workflow records the last known good (mode: snapshot)"
        print(f"\n— {before}", flush=True)
        incident.snapshot_first(sandbox)
        _play(sandbox, incident, folder, inputs, mode="snapshot")
        print("\n— The deployment: the infrastructure succeeds, the smoke tests fail", flush=True)
    incident.prepare(sandbox)
    print("\n— The rollback step", flush=True)
    return _play(sandbox, incident, folder, inputs, mode="rollback")


def _play(sandbox: Sandbox, incident: Incident, folder: Path, more: Mapping[str, str], *, mode: str) -> int:
    """Run the real entrypoint as the runner would, and return its exit code."""
    inputs = {
        "mode": mode,
        "job-results": json.dumps({job: {"result": result, "outputs": {}} for job, result in incident.results.items()}),
        "verify-url": sandbox.site.url,
        "slack-webhook-url": sandbox.slack.webhook_url,
        "slack-mentions": "S0DEVOPS1",
        "incident-file": "incident.md",
        **incident.inputs,
        **more,
    }
    if not inputs.get("verify-contains"):
        del inputs["verify-url"]
    return run(sandbox, folder, (BAD, "New basket", "1764720000"), inputs)


def run(sandbox: Sandbox, folder: Path, pushed: tuple[str, str, str], inputs: Mapping[str, str]) -> int:
    """Run the real entrypoint for a pushed commit, its message and the run's number; return its exit code."""
    commit, message, number = pushed
    where = {name: folder / f"{inputs['mode']}-{name.lower()}.txt" for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for file in where.values():
        file.write_text("", encoding="utf-8")
    event = folder / "event.json"
    head = {"id": commit, "message": message, "author": {"name": "Robin Example"}}
    event.write_text(json.dumps({"head_commit": head, "repository": {"full_name": "example/shop"}}), encoding="utf-8")
    usual = {"stack-name": STACK, "app-id": APP, "environment": "development", "poll-interval": "1"}
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GITHUB_", "INPUT_"))
    }
    environment |= sandbox.environment()
    environment |= {f"INPUT_{name.upper()}": value for name, value in {**usual, **inputs}.items()}
    environment |= {name: str(file) for name, file in where.items()}
    environment |= {
        "GITHUB_REPOSITORY": "example/shop",
        "GITHUB_RUN_ID": number,
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_REF_NAME": BRANCH,
        "GITHUB_SHA": commit,
        "GITHUB_ACTOR": "robin",
        "GITHUB_WORKFLOW": "Deploy development",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_WORKSPACE": str(folder),
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, str(ROOT / "entrypoint.py"), "--outputs"]
    return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 - our own entrypoint


def _show(slack: Slack, folder: Path, code: int, title: str) -> None:
    print(f"\nExit code: {code}")
    for message in slack.messages:
        print(f"\n== Slack ==\n{message.text}")
    if not slack.messages:
        print("\nSlack was told nothing.")
    summary = (folder / "rollback-github_step_summary.txt").read_text(encoding="utf-8")
    rendered = folder / "summary.html"
    rendered.write_text(page(summary, title), encoding="utf-8")
    (folder / "summary.md").write_text(summary, encoding="utf-8")
    print(f"\nThe job summary, rendered: {rendered.relative_to(ROOT)} (its Markdown beside it: summary.md)")
    print(f"Other incidents: make demo INCIDENT=… with one of {', '.join(PLAYS)}")


def _plays() -> Iterator[tuple[str, tuple[str, Callable[[Sandbox, Path], int]]]]:
    for name, incident in INCIDENTS.items():
        yield name, (incident.title, partial(_played, incident))
    yield "releases", (releases.TITLE, _releases)


def _played(incident: Incident, sandbox: Sandbox, folder: Path) -> int:
    return play(sandbox, incident, folder)


def _releases(sandbox: Sandbox, folder: Path) -> int:
    return releases.play(sandbox, lambda pushed, inputs: run(sandbox, folder, pushed, inputs))


PLAYS = dict(_plays())
"""What can be played, by name: its title, and what plays it and returns the exit code of its last rollback."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
