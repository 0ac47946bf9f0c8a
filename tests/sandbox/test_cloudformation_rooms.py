"""The files of the embedded CloudFormation: none needs one that needs it."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "sandbox" / "cloudformation"
PREFIX = "sandbox.cloudformation."


def _imported(path: Path) -> set[str]:
    """Return the package's own modules that a file imports, late imports too, those for types alone not."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node not in for_types:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    modules = {file.stem for file in PACKAGE.glob("*.py")}
    return {name.removeprefix(PREFIX) for name in found} & modules - {path.stem}


def test_no_file_imports_one_that_imports_it() -> None:
    arrows = {path.stem: _imported(path) for path in PACKAGE.glob("*.py") if path.name != "__init__.py"}

    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' -> '.join(error.args[1])}")
