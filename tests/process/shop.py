"""The shop whose deployments fail: seeded in the embedded AWS, rolled back in this process or by the entry point."""

from __future__ import annotations

import html
import io
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollback.report.outcome import EXIT_CODES
from rollback.report.outputs import NAMES
from rollback.report.results import Outcome
from rollback.session import Session
from tests.clocks import FakeClock

if TYPE_CHECKING:
    from sandbox import ManualClock, Sandbox
    from sandbox.amplify import Job
    from sandbox.cloudformation.model import Stack

ROOT = Path(__file__).parents[2]
STACK, APP, APP_ID, BRANCH = "shop-backend", "shop", "d1shop", "develop"
GOOD, BAD, OTHER = "a" * 40, "b" * 40, "c" * 40
SMOKE_TESTS_FAILED = {"deploy-infrastructure": "success", "deploy-frontend": "success", "smoke-tests": "failure"}
FRONTEND_FAILED = {"deploy-infrastructure": "success", "deploy-frontend": "failure", "smoke-tests": "skipped"}
DAY = 86_400.0
_OUTPUT = re.compile(r"^(?P<name>[\w-]+)<<(?P<end>.+)\n(?P<value>(?:.*\n)*?)(?P=end)$", re.MULTILINE)
_READS = re.compile(r"(Describe|Get|List|Head)\w+")


@dataclass(frozen=True)
class Ran:
    """What a run left behind: exit code, outputs, summary and log."""

    exit_code: int
    outputs: dict[str, str]
    summary: str
    log: str

    def __getitem__(self, output: str) -> str:
        """Return an output."""
        return self.outputs[output]

    @property
    def report(self) -> dict[str, Any]:
        """The `report` output."""
        report: dict[str, Any] = json.loads(self.outputs["report"])
        return report

    @property
    def ended(self) -> tuple[str, str, str]:
        """How the stack, the frontend and the run ended."""
        return self["stack-result"], self["frontend-result"], self["outcome"]

    @property
    def codes(self) -> set[str]:
        """The codes of all notices."""
        report = self.report
        parts = [report, *report["stacks"], *([report["frontend"]] if report["frontend"] else [])]
        return {notice["code"] for part in parts for notice in part["notices"]}

    @property
    def told(self) -> str:
        """The summary as a reader sees its letters."""
        return html.unescape(self.summary)

    @property
    def everything(self) -> str:
        """All that anybody can read of the run."""
        return "\n".join([self.log, self.summary, *self.outputs.values()])


@dataclass
class Shop:
    """One stack and one app with a branch, on a clock that moves as the product waits."""

    sandbox: Sandbox
    folder: Path
    clock: ManualClock | None = None
    waits: FakeClock = field(default_factory=FakeClock)
    attempts: int = 0
    with_defects: bool = False
    """Whether a test broke the product itself, so that a run may tell of a defect."""

    # --- given ---------------------------------------------------------------------------------------------------

    def stack(self, status: str = "UPDATE_COMPLETE", name: str = STACK, **how: Any) -> Stack:
        """Put the stack into a status; an update that runs goes on for minutes."""
        pace = {"resource_seconds": 60.0} if status == "UPDATE_IN_PROGRESS" else {}
        return self.sandbox.cloudformation.seed_stack(name, status, **{**pace, **how})

    def app(self, **how: Any) -> None:
        """Make the app and its branch, without any job."""
        environment = how.pop("environment", None)
        self.sandbox.amplify.add_app(APP, APP_ID, environment=environment)
        self.sandbox.amplify.add_branch(APP_ID, BRANCH, **how)

    def job(self, commit: str = GOOD, status: str = "SUCCEED", **facts: Any) -> Job:
        """Add a job to the branch's history: one of the good commit began yesterday, others ten minutes ago."""
        now = self.sandbox.clock.now()
        ended = status in {"SUCCEED", "FAILED", "CANCELLED"}
        usual = {"started": now - (DAY if commit == GOOD else 600.0)} if ended else {}
        return self.sandbox.amplify.add_job(APP_ID, BRANCH, commit=commit, status=status, **{**usual, **facts})

    def frontend(self, bad: str = "SUCCEED", **how: Any) -> None:
        """Make the app with a good deployment of yesterday and the bad one, which ended (or is) like this."""
        self.app(**how)
        self.job(GOOD)
        self.job(BAD, bad)

    # --- when ----------------------------------------------------------------------------------------------------

    def run(self, environ: dict[str, str] | None = None, **inputs: Any) -> Ran:
        """Run the action in this process, with time that passes only as it waits."""
        where = self._folder()
        log = io.StringIO()
        exit_code = Session({**self.environ(where, inputs), **(environ or {})}, log, self.waits).run()
        return self.read(where, exit_code, log.getvalue())

    def start(self, environ: dict[str, str] | None = None, **inputs: Any) -> tuple[subprocess.Popen[str], Path]:
        """Start the unmodified entry point as a process, as the container does; return it and its folder."""
        where = self._folder()
        inherited = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "entrypoint.py")],
            cwd=where / "workspace",
            env={**inherited, "PYTHONUNBUFFERED": "1", **self.environ(where, inputs), **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        return process, where

    def process(self, environ: dict[str, str] | None = None, **inputs: Any) -> Ran:
        """Run the unmodified entry point as a process to its end."""
        process, where = self.start(environ, **inputs)
        log, _ = process.communicate(timeout=60)
        return self.read(where, process.returncode, log)

    def environ(self, where: Path, inputs: dict[str, str]) -> dict[str, str]:
        """Return the runner's environment for a push of the bad commit a quarter of an hour ago."""
        event = {
            "repository": {"pushed_at": int(self.sandbox.clock.now() - 900)},
            "head_commit": {"message": "Speed up the basket", "author": {"name": "Mona"}},
        }
        (where / "event.json").write_text(json.dumps(event), encoding="utf-8")
        given = {"job-results": json.dumps(SMOKE_TESTS_FAILED)}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        return {
            **self.sandbox.environment(),
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTOR": "octocat",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_EVENT_PATH": str(where / "event.json"),
            "GITHUB_OUTPUT": str(where / "output"),
            "GITHUB_REF_NAME": BRANCH,
            "GITHUB_REPOSITORY": "octo/shop",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_RUN_ID": "1658821493",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_SHA": BAD,
            "GITHUB_STEP_SUMMARY": str(where / "summary"),
            "GITHUB_WORKFLOW": "Deploy",
            "GITHUB_WORKSPACE": str(self.folder / "workspace"),
            **{f"INPUT_{name.upper()}": value for name, value in given.items()},
        }

    # --- then ----------------------------------------------------------------------------------------------------

    def read(self, where: Path, exit_code: int, log: str) -> Ran:
        """Return what the runner reads when the step has ended, and hold what is true of every run."""
        written = [(match["name"], match["value"][:-1]) for match in _OUTPUT.finditer(_text(where / "output"))]
        assert tuple(name for name, _ in written) == NAMES, f"every output, once; the log:\n{log}"
        ran = Ran(exit_code, dict(written), _text(where / "summary"), log)
        assert ran.exit_code == EXIT_CODES[Outcome(ran["outcome"])]
        assert ran.summary.strip()
        assert self.with_defects or "internal-error" not in ran.codes, log
        return ran

    @property
    def writes(self) -> list[str]:
        """The AWS operations so far that are no reads."""
        return [operation for operation in self.sandbox.operations() if not _READS.fullmatch(operation)]

    @property
    def live(self) -> str:
        """The commit that the site serves."""
        return self.sandbox.amplify.branch(APP_ID, BRANCH).live_commit

    @property
    def jobs(self) -> list[tuple[int, str, str]]:
        """The branch's jobs: id, type and commit."""
        jobs = self.sandbox.amplify.branch(APP_ID, BRANCH).jobs
        return [(job.id, job.job_type.value, job.commit) for job in jobs.values()]

    def status(self, name: str = STACK) -> str:
        """The stack's true status."""
        return self.sandbox.cloudformation.stack(name).status

    def change_sets(self, name: str = STACK) -> list[str]:
        """The names of the stack's change sets that were not executed."""
        sets = self.sandbox.cloudformation.stack(name).change_sets.values()
        return [one.name for one in sets if not one.execution.startswith("EXECUTE")]

    def _folder(self) -> Path:
        self.attempts += 1
        where = self.folder / f"run-{self.attempts}"
        (where / "workspace").mkdir(parents=True)
        (self.folder / "workspace").mkdir(exist_ok=True)
        (where / "output").touch()
        (where / "summary").touch()
        return where


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
