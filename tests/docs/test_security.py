"""The promises of SECURITY.md and the answers of the threat model name tests, and those are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("SECURITY.md", "docs/threat-model.md")
_NAMED = re.compile(r"`(tests/[\w/]*(?:\.py)?)(?:::(\w+))?`")


def named(page: str) -> list[tuple[str, str]]:
    return _NAMED.findall((ROOT / page).read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_a_promise_names_is_there(page: str) -> None:
    assert named(page)
    for path, name in named(page):
        assert (ROOT / path).exists(), path
        if name:
            tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
            assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, f"{path}::{name}"


def test_every_promise_names_its_test() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    promises = re.split(r"^- ", text.split("## What it never does")[1].split("\nA job's")[0], flags=re.MULTILINE)[1:]
    assert len(promises) > 5
    # Whom it speaks to shows in what the other tests' proxies and stand-ins saw: there is no one test of it.
    assert [promise[:40] for promise in promises if not _NAMED.search(promise)] == [
        "Speak to anyone but AWS, the Slack addre"
    ]


def test_every_attack_names_what_holds_against_it() -> None:
    rows = [line for line in (ROOT / PAGES[1]).read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    assert len(rows) > 10
    assert [row for row in rows[1:] if not _NAMED.search(row.rsplit("|", 2)[1])] == []
