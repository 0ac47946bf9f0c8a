"""Where a witness plays: its programs, a folder to work in, the AWS it speaks to, and the action beside it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.witnesses.homes import ROOT
from tests.witnesses.witness import DisagreesError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sandbox import Sandbox

_LONGEST = 300
_OUTPUT = re.compile(r"^(?P<name>[\w-]+)<<(?P<end>.+)\n(?P<value>(?:.*\n)*?)(?P=end)$", re.MULTILINE)
_JOBS_FAILED = {"deploy-infrastructure": "success", "deploy-frontend": "success", "smoke-tests": "failure"}


@dataclass(frozen=True)
class Ran:
    """How a program ended, and all that it printed."""

    code: int
    text: str


@dataclass(frozen=True)
class Acted:
    """What a run of the action left behind."""

    code: int
    outputs: dict[str, str]
    log: str

    @property
    def report(self) -> dict[str, Any]:
        """The report, as parsed JSON."""
        return dict(json.loads(self.outputs["report"]))


@dataclass
class Stage:
    """One witness at work. `environment` leads its programs, and the action, to the AWS that is played on.

    `sandbox` is the embedded AWS where that is the one.
    """

    home: Path
    folder: Path
    environment: dict[str, str]
    sandbox: Sandbox | None = None
    notes: list[str] = field(default_factory=list)

    def run(self, *command: str, code: int | None = 0, env: Mapping[str, str] | None = None, inside: str = "") -> Ran:
        """Run one of the witness's programs; raise DisagreesError where it does not end with `code` (None: any)."""
        path = f"{self.home / 'bin'}:{self.home / 'node_modules' / '.bin'}:{os.environ['PATH']}"
        settings = {"PATH": path, "HOME": str(self.folder), "NO_COLOR": "1", **self.environment, **(env or {})}
        self._log(f"$ {' '.join(command)}")
        ran = _ended(list(command), settings, self.folder / inside)
        self._log(f"{ran.text}\n[exit {ran.code}]")
        if code is not None and ran.code != code:
            raise DisagreesError(f"`{' '.join(command[:4])} …` ended with {ran.code}: {_tail(ran.text)}")
        return ran

    def act(self, outcome: str = "", when: tuple[str, Callable[[], object]] | None = None, **inputs: str) -> Acted:
        """Run the action as its container does; raise DisagreesError where its outcome is not `outcome`, if given.

        `when` is a text in its log, and what happens as soon as it is there.
        """
        wanted = {"aws-region": "us-west-2", "poll-interval": "1"} | {
            name.replace("_", "-"): value for name, value in inputs.items()
        }
        if wanted.get("mode", "rollback") == "rollback":
            wanted.setdefault("job-results", json.dumps(_JOBS_FAILED))
        files = {name: self.folder / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.write_text("", encoding="utf-8")
        settings = {
            "PATH": os.environ["PATH"],
            "GITHUB_WORKSPACE": str(self.folder),
            "GITHUB_RUN_ID": str(100 + len(list(self.folder.glob("run-*.txt")))),
            "GITHUB_SHA": "b" * 40,
            **{name: str(file) for name, file in files.items()},
            **self.environment,
            **{f"INPUT_{name.upper()}": value for name, value in wanted.items()},
        }
        self._log(f"$ the action with {wanted}")
        ran = _ended([sys.executable, "-u", str(ROOT / "entrypoint.py")], settings, self.folder, when)
        self._log(ran.text)
        (self.folder / f"run-{settings['GITHUB_RUN_ID']}.txt").write_text(ran.text, encoding="utf-8")
        written = files["GITHUB_OUTPUT"].read_text(encoding="utf-8")
        outputs = {match["name"]: match["value"].removesuffix("\n") for match in _OUTPUT.finditer(written)}
        if outcome and outputs.get("outcome") != outcome:
            told = f"{outputs.get('outcome', 'nothing')}: {outputs.get('reason', _tail(ran.text))}"
            raise DisagreesError(f"the action should have ended in {outcome}, and told {told}")
        return Acted(ran.code, outputs, ran.text)

    def note(self, text: str) -> None:
        """Have a sentence printed below the table: what a person who renews this witness should know."""
        self.notes.append(text)

    def _log(self, text: str) -> None:
        with (self.folder / "played.log").open("a", encoding="utf-8") as file:
            file.write(text + "\n")


def expect(said: str, *words: str) -> None:
    """Raise DisagreesError unless the text has all these words."""
    for word in words:
        if word not in said:
            raise DisagreesError(f"it did not say {word!r}, but: {_tail(said)}")


def same(what: str, now: object, then: object) -> None:
    """Raise DisagreesError unless two observations are equal."""
    if now != then:
        raise DisagreesError(f"{what} should be {then!r}, and is {now!r}"[:600])


def _ended(
    command: list[str], settings: dict[str, str], folder: Path, when: tuple[str, Callable[[], object]] | None = None
) -> Ran:
    process = subprocess.Popen(
        command, env=settings, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, encoding="utf-8", errors="replace",
    )  # fmt: skip
    giving_up = threading.Timer(_LONGEST, process.kill)
    giving_up.start()
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if when is not None and when[0] in line:
            when[1]()
            when = None
    code = process.wait()
    giving_up.cancel()
    return Ran(code, "".join(lines))


def _tail(text: str) -> str:
    return " / ".join(line.strip() for line in text.strip().splitlines()[-4:])[-500:]
