"""Command lines to paste are code: whatever the names in them are, a shell runs `aws` with them and nothing else."""

from __future__ import annotations

import ast
import subprocess
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.engine.moves import Done, Ended
from rollback.engine.progress import Progress
from rollback.engine.trouble import Denied, Rejected
from rollback.frontend import decide as frontend
from rollback.frontend.apps import find_app
from rollback.frontend.history import History
from rollback.frontend.model import App, Branch, Wishes
from rollback.frontend.part import FrontendPart
from rollback.report.commands import aws, quoted
from rollback.stack import decide as stack
from rollback.stack import restoring
from rollback.stack.guard import Verdict
from tests.clocks import FakeClock
from tests.reliability.decisions import frontend_cases, stack_cases
from tests.stack.given import change, change_set, seen, view

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollback.report.model import Command

HOSTILE = (
    "x';touch${IFS}PWNED;'y",
    "$(touch PWNED)",
    "`touch PWNED`",
    "a\ntouch PWNED\nb",
    "a\r\ntouch PWNED\r\n",
    '"; touch PWNED; "',
    "\\'; touch PWNED; \\'",
    "x & touch PWNED & y | touch PWNED > PWNED",
    "~ * ? {a,b} !! $HOME #",
    "-x",
    "--region",
    "naïve 日本 \N{PILE OF POO}",
    "\u2028touch PWNED\u2028",
)
PACKAGE = Path(__file__).parents[2] / "rollback"
STUB = """#!/bin/bash
printf '%s\\0' "$@" >> "$RECORD"
printf '\\0' >> "$RECORD"
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


class Shell:
    """A folder where command lines are pasted, with an `aws` that only writes down what it is given."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._record = folder / "here", folder / "record"
        self._folder.mkdir()
        stub = folder / "bin" / "aws"
        stub.parent.mkdir()
        stub.write_text(STUB, encoding="utf-8")
        stub.chmod(0o755)
        self._environ = {"PATH": f"{stub.parent}:/usr/bin:/bin", "RECORD": str(self._record), "LC_ALL": "C.UTF-8"}

    def paste(self, *lines: str) -> list[list[str]]:
        """Return the arguments of each call of `aws`; nothing else may have happened."""
        self._record.write_bytes(b"")
        script = "\n".join(lines) + "\n"
        ran = subprocess.run(
            ["/bin/bash", "--norc"],
            cwd=self._folder,
            env=self._environ,
            input=script.encode(),
            capture_output=True,
            timeout=50,
            check=False,
        )
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")
        assert not any(self._folder.iterdir())
        calls = self._record.read_bytes().decode().split("\0\0")[:-1]
        assert len(calls) == len(lines)
        return [call.split("\0") for call in calls]


@pytest.mark.parametrize("name", HOSTILE)
def test_an_argument_is_what_it_was(shell: Shell, name: str) -> None:
    (call,) = shell.paste(aws("amplify", "get-job", app_id=name, job_id=("1", name), query="apps[?name=='x'].[appId]"))
    given = name if not name.startswith("-") else None
    expected = ["--app-id", given] if given else [f"--app-id={name}"]
    assert call == ["amplify", "get-job", *expected, "--job-id", "1", name, "--query", "apps[?name=='x'].[appId]"]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), max_size=40))
@settings(max_examples=25)
def test_any_text_is_one_word_of_a_shell(texts: list[str]) -> None:
    words = " ".join(quoted(text) for text in texts)
    assert "\n" not in words
    script = f"printf '%s\\0' {words}" if texts else ":"
    ran = subprocess.run(["/bin/bash", "-c", script], env={"LC_ALL": "C.UTF-8"}, capture_output=True, check=True)
    assert ran.stdout.decode().split("\0")[:-1] == texts


def test_what_is_empty_or_false_is_left_out() -> None:
    assert aws("amplify", "x", app_id="", names=(), on=False, off=True) == "aws amplify x --off"


@pytest.mark.parametrize("name", [HOSTILE[0], "-x", "".join(HOSTILE)])
def test_no_command_line_that_a_report_can_hold_runs_anything_but_aws(shell: Shell, name: str) -> None:
    lines = sorted({step.line for step in every_command(name) if step.line})
    calls = shell.paste(*lines)
    assert all(any(name in word for word in call) for call in calls if call[1] not in {"list-apps", "list-stacks"})
    # Each that the source makes was among them.
    assert {(call[0], call[1]) for call in calls} == set(made_in_the_source())


def every_command(name: str) -> Iterator[Command]:
    """Yield every next step and remedy, with `name` for whatever has a name."""
    for _, look in chain(stack_cases.cases(), _more_stacks()):
        hostile = replace(look, name=name, region=name, stuck=tuple(name for _ in look.stuck))
        yield from _steps(stack.decide(hostile))
        yield from _steps(stack.timed_out(hostile, name, name, "x"))
    yield from _steps(restoring._not_ours(seen(name=name, region=name), name))
    for _, jobs in chain(frontend_cases.cases(), frontend_cases.wishes(), frontend_cases.redeployments()):
        hostile_jobs = replace(jobs, app_id=name, branch=name, region=name)
        yield from _steps(frontend.decide(hostile_jobs))
        yield from _steps(frontend.timed_out(hostile_jobs, "x"))
    yield from _of_the_frontends_door(name)


def _more_stacks() -> Iterator[tuple[str, Any]]:
    yield "a parameter", seen(restore=view(secrets_lost=("Password",)))
    anew = Verdict(change("Add"), "would be made anew", physical_id="orders-1", recreated=True)
    yield "anew", seen(restore=view(change_set=change_set(anew.change), verdicts=(anew,), not_adopted="no"))


def _of_the_frontends_door(name: str) -> Iterator[Command]:
    progress = Progress(FakeClock(), lambda _: None, 0.0)
    wishes = Wishes(branch=name, region=name, app_name="not there")
    door: Any = Door()
    for look in (
        lambda: find_app(door, wishes, progress),
        lambda: find_app(door, replace(wishes, app_id=name), progress),
        lambda: History(door, wishes, progress).look(name),
    ):
        try:
            look()
        except Ended as end:
            yield from end.done.next_steps
    for allowed in (True, False):
        part = FrontendPart(wishes, door, progress)
        part.app = App(name)
        door.allowed = allowed
        part.lock_auto_build()
        yield from (step for notice in part.warnings for step in notice.remedies)


class Door:
    """Amplify as it is for those who ask for what is not there, or may not change it."""

    allowed = True

    def apps(self) -> tuple[App, ...]:
        return ()

    def app(self, app_id: str) -> App:
        raise Rejected("GetApp", "NotFoundException", app_id)

    def jobs(self, app_id: str, branch: str, page: str = "") -> Any:
        raise Rejected("ListJobs", "NotFoundException", f"{app_id} {branch} {page}")

    def branch(self, _app_id: str, branch: str) -> Branch:
        return Branch(branch, auto_build=True)

    def lock_auto_build(self, app_id: str, branch: str) -> None:
        if not self.allowed:
            raise Denied(f"no {app_id} {branch}")


def _steps(move: object) -> Iterator[Command]:
    if isinstance(move, Done):
        yield from move.next_steps
        yield from (remedy for notice in move.warnings for remedy in notice.remedies)


def made_in_the_source() -> Iterator[tuple[str, str]]:
    """Yield service and operation of every command line that the source makes."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"aws", "_cli"}:
                words = [word.value for word in node.args if isinstance(word, ast.Constant)]
                if node.func.id == "_cli":
                    words = [{"stack": "cloudformation", "frontend": "amplify"}[path.parent.name], *words]
                if len(words) == 2:
                    yield str(words[0]), str(words[1])


def test_command_lines_are_made_in_one_place() -> None:
    """A text that begins like one, or goes on like one, is made by the builder: it alone quotes."""
    makers = {"aws", "_cli", "_retry"}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                assert not str(node.values[0].value).startswith(("aws ", " --", "gh ")), f"{path.name}:{node.lineno}"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Command":
                line = next((word.value for word in node.keywords if word.arg == "line"), None)
                made = isinstance(line, ast.Name) or (
                    isinstance(line, ast.Call) and isinstance(line.func, ast.Name) and line.func.id in makers
                )
                assert line is None or made, f"{path.name}:{node.lineno}: a line that `aws` did not make"
