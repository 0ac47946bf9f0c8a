"""The runner's protocol: what GitHub's runner reads, and what a person reads on a terminal."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollback.engine.clock import SystemClock
from rollback.github.runner import SUMMARY_LIMIT, Runner
from tests.report.hostile import ATTACKS, texts

if TYPE_CHECKING:
    from pathlib import Path

ACTIONS = {"GITHUB_ACTIONS": "true"}
# The runner skips white space at a line's start before it looks for "::".
COMMAND = re.compile(r"^\s*::\w", re.MULTILINE)


class StandingClock(SystemClock):
    """Shows the time that a test sets."""

    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


class Terminal(io.StringIO):
    """Says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def spoken(environ: dict[str, str] | None = None) -> tuple[Runner, io.StringIO, StandingClock]:
    stdout, clock = io.StringIO(), StandingClock()
    return Runner(ACTIONS if environ is None else environ, stdout, clock), stdout, clock


def parsed(content: str) -> dict[str, str]:
    """Return what the runner reads from an output file."""
    values: dict[str, str] = {}
    lines = iter(content.split("\n"))
    for line in lines:
        if not line:
            continue
        name, delimiter = line.split("<<", 1)
        value: list[str] = []
        while (inner := next(lines)) != delimiter:
            value.append(inner)
        values[name] = "\n".join(value)
    return values


def test_a_line_tells_the_elapsed_time() -> None:
    runner, stdout, clock = spoken()
    clock.seconds = 72.9
    runner.line("cancelled the update")
    clock.seconds = 3_725.0
    runner.line("still waiting")
    assert stdout.getvalue() == "[ 1:12] cancelled the update\n[1:02:05] still waiting\n"


@pytest.mark.parametrize("text", ATTACKS)
def test_outside_text_is_no_command_in_a_line(text: str) -> None:
    runner, stdout, _ = spoken()
    runner.line(text)
    printed = stdout.getvalue()
    assert printed.count("\n") == 1
    assert not COMMAND.search(printed)
    assert "##[" not in printed
    assert "\x1b" not in printed


@given(texts)
def test_no_text_whatever_is_a_command(text: str) -> None:
    runner, stdout, _ = spoken()
    runner.line(text)
    runner.open_group(text)
    runner.error(text, title=text)
    runner.close()
    printed = stdout.getvalue()
    commands = [
        line.partition("::")[2].partition("::")[0].split(" ")[0] for line in printed.split("\n") if "::" in line[:2]
    ]
    assert commands == ["group", "error", "endgroup"]
    assert len(printed.splitlines()) == len(printed.split("\n")) - 1
    assert "##[" not in printed


def test_a_long_line_is_cut_and_says_so() -> None:
    runner, stdout, _ = spoken()
    runner.line("x" * 1_000_000)
    assert len(stdout.getvalue()) < 2_100
    assert "characters)" in stdout.getvalue()


def test_newlines_are_seen_in_a_line() -> None:
    runner, stdout, _ = spoken()
    runner.line("first\r\nsecond\nthird")
    assert stdout.getvalue() == "[ 0:00] first ⏎ second ⏎ third\n"


def test_groups_follow_each_other() -> None:
    runner, stdout, _ = spoken()
    runner.open_group("Stack")
    with runner.group("Frontend 100%"):
        pass
    runner.close()
    assert stdout.getvalue() == "::group::Stack\n::endgroup::\n::group::Frontend 100%25\n::endgroup::\n"


def test_annotations_are_escaped() -> None:
    runner, stdout, _ = spoken()
    runner.warning("100%\nsecond line", title="a: b, c")
    assert stdout.getvalue() == "::warning title=a%3A b%2C c::100%25%0Asecond line\n"


def test_an_annotation_is_cut_at_githubs_limit() -> None:
    runner, stdout, _ = spoken()
    runner.error("x" * 10_000)
    assert len(stdout.getvalue().strip().removeprefix("::error::")) == 4_096


def test_the_tenth_annotation_of_a_type_tells_how_many_more_there_were() -> None:
    runner, stdout, _ = spoken()
    for number in range(1, 14):
        runner.warning(f"warning {number}")
    runner.error("an error")
    runner.close()
    shown = [line for line in stdout.getvalue().splitlines() if line.startswith("::warning::")]
    assert len(shown) == 10
    assert shown[-1] == "::warning::warning 10 (and 3 more: see the log and the summary)"
    assert "[ 0:00] warning: warning 13\n" in stdout.getvalue()


def test_exactly_ten_annotations_are_all_there_is() -> None:
    runner, stdout, _ = spoken()
    for number in range(1, 11):
        runner.notice(f"notice {number}")
    runner.close()
    assert stdout.getvalue().splitlines()[-1] == "::notice::notice 10"


def test_a_secret_is_masked_line_by_line_and_redacted_in_what_we_print() -> None:
    runner, stdout, _ = spoken()
    runner.mask("first part\nsecond%part", "abc", "", "  ")
    runner.mask("first part\nsecond%part")
    runner.line("it is second%part, or first part\nsecond%part")
    runner.error("first part", title="second%part")
    assert stdout.getvalue() == (
        "::add-mask::first part%0Asecond%25part\n"
        "::add-mask::first part\n"
        "::add-mask::second%25part\n"
        "[ 0:00] it is ***, or ***\n"
        "::error title=***::***\n"
    )


def test_a_secret_is_never_printed_on_a_terminal() -> None:
    runner, stdout, _ = spoken({})
    runner.mask("hunter2hunter2")
    runner.error("hunter2\x00hunter2")
    runner.outputs({"reason": "hunter2hunter2"})
    assert "hunter2" not in stdout.getvalue()


def test_a_terminal_gets_headings_and_colours() -> None:
    stdout = Terminal()
    runner = Runner({"TERM": "xterm"}, stdout, StandingClock())
    with runner.group("Frontend"):
        runner.line("waiting")
    runner.error("no\nluck", title="Stack")
    assert stdout.getvalue() == (
        "\n\x1b[1m== Frontend ==\x1b[0m\n\x1b[2m[ 0:00]\x1b[0m waiting\n\x1b[31merror\x1b[0m: Stack: no\n    luck\n"
    )


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, ACTIONS])
def test_colours_are_left_out_where_nobody_wants_them(environ: dict[str, str]) -> None:
    stdout = Terminal()
    Runner(environ, stdout, StandingClock()).line("waiting")
    assert stdout.getvalue() == "[ 0:00] waiting\n"


def test_lines_for_people_are_shown_on_a_terminal_alone() -> None:
    runner, stdout, _ = spoken({})
    runner.mask("hunter2hunter2")
    runner.show(["", "  indented \x1b[31mhunter2hunter2"])
    assert stdout.getvalue() == "\n  indented ***\n"
    runner, stdout, _ = spoken()
    runner.show(["::error::x"])
    assert stdout.getvalue() == ""


def test_outputs_off_actions_are_a_table_of_those_that_have_a_value_where_asked_for() -> None:
    runner, stdout, _ = spoken({})
    values = {"outcome": "rolled-back", "stack-result": "", "verify-result": "passed", "report": '{"version": 1}'}
    runner.outputs(values)
    assert stdout.getvalue() == ""
    runner.show_outputs(values)
    assert stdout.getvalue() == "\n== Outputs ==\noutcome        rolled-back\nverify-result  passed\n"


@given(st.dictionaries(st.sampled_from(["outcome", "reason", "report"]), texts))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_outputs_are_read_back_as_they_were_written(tmp_path: Path, values: dict[str, str]) -> None:
    file = tmp_path / "out"
    file.write_bytes(b"")
    runner, _, _ = spoken(ACTIONS | {"GITHUB_OUTPUT": str(file)})
    runner.outputs(values)
    expected = {name: value.replace("\0", "").encode("utf-8", "replace").decode() for name, value in values.items()}
    assert parsed(file.read_bytes().decode()) == expected


def test_outputs_and_summary_are_appended_to_their_files(tmp_path: Path) -> None:
    environ = ACTIONS | {"GITHUB_OUTPUT": str(tmp_path / "out"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    (tmp_path / "summary").write_text("before\n")
    runner, stdout, _ = spoken(environ)
    runner.outputs({"outcome": "rolled-back", "reason": "“fine” \ud800"})
    runner.outputs({"notified": "true"})
    runner.summary("after \ud800\n")
    assert parsed((tmp_path / "out").read_text("utf-8")) == {
        "outcome": "rolled-back",
        "reason": "“fine” ?",
        "notified": "true",
    }
    assert (tmp_path / "summary").read_text("utf-8") == "before\nafter ?\n"
    assert stdout.getvalue() == ""


def test_a_summary_never_grows_beyond_githubs_limit(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    path.write_bytes(b"x" * 1_000_000)
    runner, _, _ = spoken(ACTIONS | {"GITHUB_STEP_SUMMARY": str(path)})
    runner.summary("ü" * 1_000_000)
    runner.summary("more")
    assert path.stat().st_size <= SUMMARY_LIMIT
    path.read_text("utf-8")


@pytest.mark.parametrize("value", ["", "/nowhere/at/all", "/proc/version", "\0"])
def test_a_missing_file_is_a_warning(value: str) -> None:
    runner, stdout, _ = spoken(ACTIONS | {"GITHUB_OUTPUT": value, "GITHUB_STEP_SUMMARY": value})
    runner.outputs({"outcome": "failed"})
    runner.summary("text")
    lines = stdout.getvalue().splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("::warning::Nothing was written to the file that GITHUB_OUTPUT names: ")
    assert lines[1].startswith("::warning::Nothing was written to the file that GITHUB_STEP_SUMMARY names: ")


def test_a_terminal_without_files_is_no_reason_to_warn() -> None:
    runner, stdout, _ = spoken({})
    runner.summary("text")
    assert stdout.getvalue() == ""


def test_a_closed_pipe_does_not_stop_the_rollback() -> None:
    stdout = io.StringIO()
    runner = Runner(ACTIONS, stdout, StandingClock())
    stdout.close()
    runner.line("nobody reads this")
    runner.close()


def test_a_stdout_that_knows_only_ascii_gets_question_marks() -> None:
    raw = io.BytesIO()
    runner = Runner(ACTIONS, io.TextIOWrapper(raw, encoding="ascii"), StandingClock())
    runner.line("naïve ✅")
    assert raw.getvalue() == b"[ 0:00] na?ve ?\n"


def test_on_a_terminal_the_live_line_gives_way_to_the_next() -> None:
    stdout = Terminal()
    runner = Runner({"TERM": "xterm"}, stdout)
    runner.live("stack shop: waiting")
    runner.live("stack shop: still waiting")
    runner.line("stack shop: UPDATE_ROLLBACK_COMPLETE")
    assert stdout.getvalue().count("\r\x1b[2K") == 3
    assert stdout.getvalue().endswith("UPDATE_ROLLBACK_COMPLETE\n")


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"GITHUB_ACTIONS": "true"}])
def test_where_no_line_may_move_there_is_none(environ: dict[str, str]) -> None:
    stdout = Terminal()
    runner = Runner({"TERM": "xterm", **environ}, stdout)
    runner.live("stack shop: waiting")
    assert (runner.is_watched, stdout.getvalue()) == (False, "")
