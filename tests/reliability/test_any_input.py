"""Any bytes in any input give exit 2 with names, or a run; never a traceback, nor a call before validation is over."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rollback.inputs.model import Inputs
from rollback.inputs.reading import names
from rollback.report.outcome import EXIT_CODES
from rollback.report.outputs import NAMES
from rollback.report.results import Outcome
from rollback.session import Session
from tests.clocks import FakeClock
from tests.reliability.counting import FULL
from tests.reliability.play import Stage, parse_outputs, staged
from tests.reliability.scenarios import STATUS
from tests.report.hostile import ATTACKS

if TYPE_CHECKING:
    from collections.abc import Iterator

INPUTS = names()
anything = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=80),
    st.binary(max_size=80).map(lambda raw: raw.decode("utf-8", "surrogateescape")),
    st.sampled_from(ATTACKS),
    st.sampled_from(
        ("", " ", "true", "rollback", "0", "-1", "1e999", "NaN", "{}", "[]", "null", ",", "\n", "s3://", "$()")
    ),
    st.integers().map(str),
    st.recursive(st.none() | st.booleans() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)).map(str),
)
ALMOST = {
    "mode": ["rollback ", "Rollback", "snapshot", "status"],
    "job-results": [
        '{"a": {"result": "failure"}}',
        '{"smoke-tests": "failure"}',
        "{" * 5_000,
        '{"a": {"result": []}}',
        "[1]",
    ],
    "stack-name": ["a\nb", "arn:aws:cloudformation:x", "shop,shop", "shop\u2028x"],
    "app-id": ["d1", "D1", "d" * 40],
    "started-at": ["2025-12-03", "2025-12-03T10:15:00+99:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"],
    "snapshot": ["../../etc/passwd", "/etc/passwd", "s3://b/k", "s3://bucket/", ".", "a\0b", "x" * 5_000],
    "stack-timeout": ["0", "1e3", "٣", "999999999", ".1", "0.0000000001"],
    "verify-url": ["http://[::1", "http://x:99999/", "file:///etc/passwd", "http://é/", "http://a b/"],
    "slack-webhook-url": ["http://[", "javascript:alert(1)"],
    "slack-mentions": ["<!channel>", "here,channel", "U1"],
    "target-job-id": ["0", "01", "-1", "9" * 30, "٣"],
    "commit": ["HEAD", "g" * 40, "A" * 40],
    "role-arn": ["arn:aws:iam::123456789012:role/a b", "arn:aws:iam::123456789012:role/x"],
    "aws-region": ["us-west-2", "us-west-2.evil.example/", "US-WEST-2"],
}


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One embedded AWS for all examples: a run that gets as far as AWS only looks (mode: status)."""
    with staged(STATUS) as prepared:
        yield prepared


def given_inputs() -> st.SearchStrategy[dict[str, str]]:
    """Return sound inputs of a run that only looks, with some of them replaced by anything."""
    one = st.sampled_from(INPUTS).flatmap(
        lambda name: st.tuples(st.just(name), anything | st.sampled_from(ALMOST.get(name, [""])))
    )
    return st.lists(one, max_size=4).map(dict)


@settings(
    max_examples=3_000 if FULL else 300,
    deadline=None,
    derandomize=not FULL,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(given_inputs())
@example(dict.fromkeys(INPUTS, "\x00"))
@example(dict.fromkeys(INPUTS, "�"))
@example(dict.fromkeys(INPUTS, "::error::x\n##[error]y\x1b[2J"))
def test_anything_in_any_input_is_a_run_or_a_problem_with_its_name(stage: Stage, changed: dict[str, str]) -> None:
    sound = {**stage.scenario.all_inputs(stage.sandbox), "stack-timeout": "0.1", "frontend-timeout": "0.1"}
    inputs = {**sound, **changed}
    if inputs["mode"].strip() in {"", "rollback"} and inputs.get("dry-run", "").strip().lower() in {"", "false"}:
        inputs["dry-run"] = "true"  # a plan is a run: nobody is told, and no address that the inputs name is called
    code, outputs, said = run(stage, inputs)
    assert tuple(outputs) == NAMES
    assert code == EXIT_CODES[Outcome(outputs["outcome"])]
    for word in ("Traceback", "internal-error", "\x1b", "##["):
        assert word not in said
    if code == 2:
        assert stage.sandbox.calls == []
        problems = [line for line in said.splitlines() if line.startswith("::error title=invalid-input::")]
        assert problems
        assert all(line.split("::")[2].split(":")[0] in INPUTS for line in problems)


def run(stage: Stage, inputs: dict[str, str]) -> tuple[int, dict[str, str], str]:
    """Run with these inputs; return exit code, outputs, and the log without the commands that mask secrets."""
    stage.sandbox._aws.calls.clear()
    for name in ("output", "summary"):
        (stage.folder / name).write_text("", encoding="utf-8")
    variables = {**stage.variables, **{f"INPUT_{name.upper()}": value for name, value in inputs.items()}}
    stdout = io.StringIO()
    code = Session(variables, stdout, FakeClock(stage.clock)).run()
    outputs = parse_outputs((stage.folder / "output").read_text(encoding="utf-8"))
    lines = stdout.getvalue().split("\n")
    return code, outputs, "\n".join(line for line in lines if not line.startswith("::add-mask::"))


def test_every_input_is_tried() -> None:
    assert set(INPUTS) == {name.replace("_", "-") for name in Inputs.model_fields}
    assert set(ALMOST) <= set(INPUTS)
