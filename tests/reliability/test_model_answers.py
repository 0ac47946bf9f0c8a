"""Answers made from AWS's own model, with its required members alone and with all: each is one that AWS may give.

An answer of the right form may still say anything; no such answer ends in an internal error.
"""

from __future__ import annotations

import string
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from botocore.parsers import ResponseParser
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reliability import scenarios
from tests.reliability.counting import FULL
from tests.reliability.play import play

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.reliability.scenarios import Scenario

SCENARIOS = (scenarios.RESTORE, scenarios.HALF_WAY, scenarios.FRONTEND_BUILDING, scenarios.STATUS, scenarios.PLAN)
EXAMPLES = 40 if FULL else 2
# A page after a page, for ever, is nothing that AWS answers.
MOST_PAGES = 3
_TOKENS = {"NextToken", "nextToken"}
_TEXT = st.text(string.ascii_letters + string.digits + "-_:/. ", max_size=12)
_MOMENTS = st.datetimes(datetime(2001, 1, 1), datetime(2037, 1, 1)).map(lambda value: value.replace(tzinfo=UTC))  # noqa: DTZ001 - hypothesis wants bounds without a zone
_PLAIN = {
    "boolean": st.booleans(),
    "timestamp": _MOMENTS,
    "float": st.floats(0, 1e6),
    "double": st.floats(0, 1e6),
    "blob": st.binary(max_size=8),
}


def values(shape: Shape, *, required: bool, depth: int = 0) -> st.SearchStrategy[Any]:
    """Return what the model allows a member of this shape to be."""
    if isinstance(shape, StructureShape):
        names = shape.required_members if required or depth > 5 else list(shape.members)
        inner = {name: values(shape.members[name], required=required, depth=depth + 1) for name in names}
        return st.fixed_dictionaries(inner)
    if isinstance(shape, ListShape):
        least = int(shape.metadata.get("min", 0))
        return st.lists(values(shape.member, required=required, depth=depth + 1), min_size=least, max_size=least + 2)
    if isinstance(shape, MapShape):
        key, value = (values(part, required=required, depth=depth + 1) for part in (shape.key, shape.value))
        return st.dictionaries(key, value, max_size=2)
    if isinstance(shape, StringShape):
        return st.sampled_from(shape.enum) if shape.enum else _TEXT
    if shape.type_name in {"integer", "long"}:
        return st.integers(int(shape.metadata.get("min", 0)), 1_000_000)
    return _PLAIN[shape.type_name]


@contextmanager
def answered(shape_name: str, value: dict[str, Any]) -> Iterator[None]:
    """Let every answer of this output shape say `value`; only streams and what HTTP tells stay as they are."""
    parse, pages = ResponseParser.parse, count(1)

    def changed(self: ResponseParser, response: dict[str, Any], shape: Any) -> Any:
        honest = parse(self, response, shape)
        if response["status_code"] >= 300 or shape is None or shape.name != shape_name:
            return honest
        said = value if next(pages) <= MOST_PAGES else {name: value[name] for name in value if name not in _TOKENS}
        kept = {"ResponseMetadata", *([shape.serialization.get("payload")] if "payload" in shape.serialization else [])}
        return {**said, **{name: honest[name] for name in kept if name in honest}}

    with patch.object(ResponseParser, "parse", changed):
        yield


def shapes(scenario: Scenario) -> dict[str, Shape]:
    """Return the output shapes of all that a run of the scenario asks."""
    seen: dict[str, Shape] = {}
    parse = ResponseParser.parse

    def watching(self: ResponseParser, response: dict[str, Any], shape: Any) -> Any:
        if shape is not None:
            seen[shape.name] = shape
        return parse(self, response, shape)

    with patch.object(ResponseParser, "parse", watching):
        play(scenario)
    return dict(sorted(seen.items()))


def never_an_internal_error(scenario: Scenario, name: str, answers: st.SearchStrategy[Any], examples: int) -> None:
    @settings(max_examples=examples)
    @given(answers)
    def told(value: dict[str, Any]) -> None:
        with answered(name, value):
            run = play(scenario)
        assert "internal-error" not in run.told, name
        assert run.outputs["outcome"], name

    told()


@pytest.mark.parametrize("required", [True, False], ids=["required members", "all members"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_no_answer_that_the_model_allows_ends_in_an_internal_error(scenario: Scenario, *, required: bool) -> None:
    tried = shapes(scenario)
    assert tried
    for name, shape in tried.items():
        never_an_internal_error(scenario, name, values(shape, required=required), 1 if required else EXAMPLES)
