"""On a terminal, cures speak of flags and profiles."""

from __future__ import annotations

from pathlib import Path

import pytest

from rollback.inputs.flags import GROUPS
from rollback.inputs.reading import names
from rollback.report.surroundings import PHRASES, on_a_terminal
from rollback.report.words import notices
from tests.report.incidents import ALL, INVALID_INPUTS

CODE = "\n".join(
    path.read_text(encoding="utf-8")
    for path in (Path(__file__).parents[2] / "rollback").rglob("*.py")
    if path.name != "surroundings.py"
)


@pytest.mark.parametrize("phrase", PHRASES)
def test_every_phrase_that_is_replaced_is_one_that_the_code_says(phrase: str) -> None:
    assert phrase in CODE


def test_a_wrong_input_is_named_by_its_flag() -> None:
    told = notices(on_a_terminal(INVALID_INPUTS))
    assert [notice.text.partition(":")[0] for notice in told] == [
        "--app-name",
        "--poll-interval",
        "--aws-region",
    ]


@pytest.mark.parametrize("name", ALL)
def test_nothing_on_a_terminal_speaks_of_workflow_files(name: str) -> None:
    text = on_a_terminal(ALL[name]).model_dump_json()
    assert not any(phrase in text for phrase in PHRASES)


def test_every_input_stands_in_one_group_of_flags() -> None:
    grouped = [name for group in GROUPS.values() for name in group]
    assert sorted(grouped) == sorted(names())
