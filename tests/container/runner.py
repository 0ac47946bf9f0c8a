"""What the runner does with a container action: the mounts, the names, the working directory, the signals."""

from __future__ import annotations

import json
import os
import re
import subprocess
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# The runner hands the names over, and their values through the docker client's own environment.
_FILES = {"GITHUB_OUTPUT": "set_output", "GITHUB_STEP_SUMMARY": "step_summary", "GITHUB_ENV": "set_env"}
_OUTPUT = re.compile(r"^(?P<name>[\w-]+)<<(?P<end>.+)\n(?P<value>(?:.*\n)*?)(?P=end)$", re.MULTILINE)


@dataclass
class Step:
    """One step of a job, which runs the image as the runner would."""

    image: str
    folder: Path
    environment: dict[str, str]
    options: tuple[str, ...] = ()
    read_only_workspace: bool = False
    event: dict[str, object] = field(default_factory=dict)
    name: str = field(default_factory=lambda: f"rollback-test-{uuid.uuid4().hex[:12]}")

    def start(self) -> subprocess.Popen[str]:
        """Lay out the job's folders and start the container."""
        for folder in ("workspace", "home", "workflow", "file_commands", "runner_temp"):
            (self.folder / folder).mkdir()
        (self.folder / "workflow" / "event.json").write_text(json.dumps(self.event), encoding="utf-8")
        for file in _FILES.values():
            (self.folder / "file_commands" / file).touch()
        settings = self._job_environment() | self.environment
        return subprocess.Popen(
            [
                *("docker", "run", "--name", self.name, "--label", "rollback-test", "--rm", "--network", "host"),
                *("--workdir", "/github/workspace"),
                *(option for name in settings for option in ("-e", name)),
                *self._mounts(),
                *self.options,
                self.image,
            ],
            env={"PATH": os.environ["PATH"], **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )

    def run(self) -> Result:
        """Run the step to its end."""
        process = self.start()
        log, _ = process.communicate(timeout=90)
        return self.result(process.returncode, log)

    def result(self, exit_code: int, log: str) -> Result:
        """Return what the runner reads when the container has ended."""
        written = (self.folder / "file_commands" / _FILES["GITHUB_OUTPUT"]).read_text(encoding="utf-8")
        outputs = {match["name"]: match["value"].removesuffix("\n") for match in _OUTPUT.finditer(written)}
        summary = (self.folder / "file_commands" / _FILES["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8")
        return Result(exit_code, log, outputs, summary)

    def _mounts(self) -> list[str]:
        rights = ":ro" if self.read_only_workspace else ""
        return [
            *("-v", f"{self.folder}/workspace:/github/workspace{rights}"),
            *("-v", f"{self.folder}/home:/github/home"),
            *("-v", f"{self.folder}/workflow:/github/workflow"),
            *("-v", f"{self.folder}/file_commands:/github/file_commands"),
            *("-v", f"{self.folder}/runner_temp:/github/runner_temp"),
        ]

    def _job_environment(self) -> dict[str, str]:
        return {
            **{name: f"/github/file_commands/{file}" for name, file in _FILES.items()},
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTOR": "octocat",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_EVENT_PATH": "/github/workflow/event.json",
            "GITHUB_JOB": "rollback",
            "GITHUB_REF_NAME": "main",
            "GITHUB_REPOSITORY": "octo/shop",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_RUN_ID": "1658821493",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_WORKFLOW": "Deploy",
            "GITHUB_WORKSPACE": "/github/workspace",
            "HOME": "/github/home",
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": "/github/runner_temp",
        }


@dataclass(frozen=True)
class Result:
    """What a step leaves behind."""

    exit_code: int
    log: str
    outputs: dict[str, str]
    summary: str


def as_inputs(inputs: dict[str, str]) -> dict[str, str]:
    """Return the inputs under the names that the runner gives them."""
    return {f"INPUT_{name.replace(' ', '_').upper()}": value for name, value in inputs.items()}
