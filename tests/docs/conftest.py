"""What the tests of the documents share: the pages, their YAML blocks, and GitHub's own evaluator."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.npm import TOOLS, missing

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def root() -> Path:
    """Return the repository's folder."""
    return ROOT


@pytest.fixture
def readme() -> str:
    """Return README's text."""
    return (ROOT / "README.md").read_text(encoding="utf-8")


def yaml_blocks(text: str) -> list[str]:
    """Return the YAML blocks of a Markdown page."""
    return re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def example_names() -> list[str]:
    """Return the names of the example workflows."""
    return sorted(path.name for path in (ROOT / "examples").glob("*.yml"))


@pytest.fixture(scope="session")
def github() -> Iterator[GitHubEvaluator]:
    """Return GitHub's own parser and evaluator; skip where it can't be had, but never on GitHub itself."""
    reason = "" if shutil.which("node") else "node is not here"
    reason = reason or missing("@actions/expressions")
    if reason and os.environ.get("GITHUB_ACTIONS"):
        pytest.fail(f"{reason}: the conditions of the examples have to be evaluated here")
    if reason:
        pytest.skip(f"the conditions of the examples were not evaluated: {reason}")
    command = ["node", "--import", str(TOOLS / "json-imports.mjs"), str(Path(__file__).with_name("conditions.mjs"))]
    with subprocess.Popen(
        [*command, str(TOOLS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", cwd=ROOT
    ) as process:
        yield GitHubEvaluator(process)
        process.communicate(timeout=20)


class GitHubEvaluator:
    """Evaluates the conditions of a workflow's jobs: one process for all questions."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def evaluate(self, workflow: str, cases: list[dict[str, Any]]) -> list[bool]:
        """Return for each case whether its job runs."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"workflow": workflow, "cases": cases}) + "\n")
        self._process.stdin.flush()
        answers = json.loads(self._process.stdout.readline())
        assert isinstance(answers, list), answers
        return answers
