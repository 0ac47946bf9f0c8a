"""Whatever form an answer of AWS has, it is read, or looked at again: never an internal error."""

from __future__ import annotations

import json
import random
import xml.etree.ElementTree as ET
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from botocore.parsers import ResponseParser

from tests.reliability import scenarios
from tests.reliability.counting import FULL
from tests.reliability.play import play

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.reliability.scenarios import Scenario

SCENARIOS = (scenarios.RESTORE, scenarios.HALF_WAY, scenarios.FRONTEND_BUILDING, scenarios.STATUS, scenarios.PLAN)
WRONG: tuple[Any, ...] = (None, [], {}, [None], 7, -1e30, "x", "", True, {"x": 1})
RUNS_OF_EACH = 40 if FULL else 3


def misshapen(body: bytes, chance: random.Random) -> bytes:
    """Return an answer of which one place is missing, or is of another type."""
    if body.lstrip().startswith(b"<"):
        return _misshapen_xml(body, chance)
    if not body:
        return b"[]"
    answer = json.loads(body)
    places = list(_places(answer))
    if places:
        inside, key = chance.choice(places)
        if chance.random() < 0.3:
            del inside[key]
        else:
            inside[key] = chance.choice(WRONG)
    return json.dumps(answer).encode()


def _misshapen_xml(body: bytes, chance: random.Random) -> bytes:
    root = ET.fromstring(body)
    parents = [element for element in root.iter() if len(element)]
    parent = chance.choice(parents)
    child = chance.choice(list(parent))
    match chance.choice(("gone", "empty", "text", "nested", "twice")):
        case "gone":
            parent.remove(child)
        case "empty":
            child[:], child.text = [], None
        case "text":
            child[:], child.text = [], chance.choice(("x", "-1", "true", "2025-13-45"))
        case "nested":
            child.append(ET.fromstring("<member><x>1</x></member>"))
        case _:
            parent.append(child)
    return ET.tostring(root)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield value, key
        yield from _places(inner)


@contextmanager
def answers(shape_name: str, change: Callable[[bytes], bytes]) -> Iterator[None]:
    """Let every answer of this output shape be changed before the SDK reads it."""
    parse = ResponseParser.parse

    def changed(self: ResponseParser, response: dict[str, Any], shape: Any) -> Any:
        honest = response["status_code"] >= 300 or shape is None or shape.name != shape_name
        if honest or not isinstance(response["body"], bytes):
            return parse(self, response, shape)
        return parse(self, {**response, "body": change(response["body"])}, shape)

    with patch.object(ResponseParser, "parse", changed):
        yield


def shapes(scenario: Scenario) -> list[str]:
    """Return the output shapes of all that a run of the scenario asks."""
    seen: set[str] = set()
    parse = ResponseParser.parse

    def watching(self: ResponseParser, response: dict[str, Any], shape: Any) -> Any:
        if shape is not None:
            seen.add(shape.name)
        return parse(self, response, shape)

    with patch.object(ResponseParser, "parse", watching):
        play(scenario)
    return sorted(seen)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_an_answer_of_another_form_never_ends_in_an_internal_error(scenario: Scenario) -> None:
    broken = []
    for name in shapes(scenario):
        for number in range(RUNS_OF_EACH):
            chance = random.Random(f"{scenario.name} {name} {number}")
            with answers(name, lambda body, chance=chance: misshapen(body, chance)):  # type: ignore[misc]
                run = play(scenario)
            if "internal-error" in run.told or run.outputs["outcome"] == "":
                broken.append((name, number, [line for line in run.stdout.splitlines() if "internal-error" in line]))
    assert not broken
