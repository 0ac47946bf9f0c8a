"""The walls of the house: which module may know what."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "rollback"
FLOORS = (
    {"__main__"},
    {"session"},
    {"modes"},
    {"incident"},
    {"snapshot"},
    {"evidence"},
    {"stack", "frontend", "verification"},
    {"aws"},
    {"calls"},
    {"slack"},
    {"inputs"},
    {"github"},
    {"web"},
    {"engine"},
    {"report"},
)
"""The rooms from the top floor down: a module may use its own room and those below, never one above or beside it."""
PURE = (
    *("inputs.trigger", "engine.moves", "engine.endings", "engine.trouble"),
    *("stack.states", "stack.model", "stack.decide", "stack.evidence", "stack.tokens", "stack.restoring"),
    *("stack.changes", "stack.changesets", "stack.guard", "stack.stateful", "stack.stateful_types"),
    *("stack.compare", "stack.ours", "stack.values", "stack.artifacts", "stack.record"),
    *("frontend.model", "frontend.failed", "frontend.choice", "frontend.target", "frontend.decide", "frontend.record"),
    *("frontend.endings", "frontend.zips"),
    *("snapshot.model", "snapshot.place", "snapshot.releases", "slack.message", "slack.answers"),
    *("report.model", "report.markup", "report.outputs", "report.sections", "report.shorter", "report.results"),
    *("report.commits", "report.outcome", "report.notices", "report.links", "report.surroundings"),
    *(
        "report.releases",
        "report.removed",
        "report.skipped",
        "report.summary",
        "report.terminal",
        "report.text",
        "report.timeline",
        "report.words",
    ),
    *("evidence.after", "evidence.errors", "evidence.previous", "evidence.protection", "evidence.readiness"),
    *("report.findings", "report.incident", "report.ready"),
    *("report.commands", "report.encodings", "report.fallback", "report.redactor"),
    *("report.secret_forms", "report.secret_shapes", "report.secret_values"),
)
FORBIDDEN = {"boto3", "botocore", "slack_sdk", "os", "time", "logging"}
DOORS_TO_AWS = {
    *("aws", "stack.client", "stack.emptiness", "stack.images"),
    *("frontend.client", "snapshot.store", "verification.alarms"),
    *(f"evidence.{topic}" for topic in ("alarms", "builds", "cognito", "dynamodb", "efs", "functions", "logs")),
    *(f"evidence.{topic}" for topic in ("opensearch", "rds", "s3")),
}
DOOR_TO_SLACK = {"slack.delivery"}
EVERY_MODULE = sorted(
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    for path in PACKAGE.rglob("*.py")
    if path.name != "__init__.py"
)


def imports(module: str, *, at_run_time: bool = True) -> set[str]:
    """Return the dotted names that a module imports, wherever in it; those for types alone only if asked for."""
    tree = ast.parse((PACKAGE / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for part in node.body
        for inner in ast.walk(part)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if at_run_time and node in for_types:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative imports hide where a name comes from"
            found |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def tops(module: str, *, at_run_time: bool = True) -> set[str]:
    return {name.split(".")[0] for name in imports(module, at_run_time=at_run_time)}


def of_ours(module: str, *, at_run_time: bool = True) -> set[str]:
    found = imports(module, at_run_time=at_run_time)
    return {name.removeprefix("rollback.") for name in found if name.startswith("rollback.")} & set(EVERY_MODULE)


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_knows_neither_aws_nor_slack_nor_the_machine(module: str) -> None:
    assert tops(module, at_run_time=False) & FORBIDDEN == set()


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_stands_on_pure_modules_alone(module: str) -> None:
    assert of_ours(module) <= set(PURE) | {"engine.clock"}


def test_all_of_the_report_is_pure() -> None:
    assert {module for module in EVERY_MODULE if module.startswith("report.")} <= set(PURE)


@pytest.mark.parametrize("module", EVERY_MODULE)
def test_no_arrow_runs_back_up(module: str) -> None:
    floor = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    own = module.split(".", maxsplit=1)[0]
    used = {name.split(".")[0] for name in of_ours(module, at_run_time=False)} - {own}
    assert {room for room in used if floor[room] <= floor[own]} == set(), f"{own} uses rooms above or beside it"


def test_boto3_is_used_in_the_doors_alone() -> None:
    assert {
        module for module in EVERY_MODULE if tops(module, at_run_time=False) & {"boto3", "botocore"}
    } <= DOORS_TO_AWS
    assert {module for module in EVERY_MODULE if tops(module) & {"boto3", "botocore"}} <= DOORS_TO_AWS


def test_slack_sdk_is_used_in_its_door_alone() -> None:
    assert {module for module in EVERY_MODULE if "slack_sdk" in tops(module)} == DOOR_TO_SLACK


@pytest.mark.parametrize("door", sorted({"stack.client", "frontend.client"}))
def test_a_door_decides_nothing(door: str) -> None:
    assert not {name for name in of_ours(door) if name.endswith(("decide", "restoring", "target", "reconcile"))}


def test_nobody_but_the_session_knows_the_modes() -> None:
    for module in EVERY_MODULE:
        if any(name.startswith("modes") for name in of_ours(module)):
            assert module == "session" or module.startswith("modes."), module


def test_only_the_way_in_makes_exit_codes() -> None:
    for module in EVERY_MODULE:
        if module != "__main__":
            assert "sys" not in tops(module) or module == "session", module


@pytest.mark.parametrize("module", EVERY_MODULE)
def test_no_module_is_longer_than_a_room_should_be(module: str) -> None:
    lines = (PACKAGE / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8").count("\n")
    assert lines <= 330, f"{module} has {lines} lines"
