"""README and the pages in docs/ say what the code does: codes, tables, schema, links, commands."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

import jsonschema
import pytest

from rollback.inputs.model import Inputs
from rollback.inputs.reading import names, read
from rollback.report.model import Report
from rollback.report.notices import Code
from rollback.report.outcome import EXIT_CODES
from rollback.report.results import GOOD, WORST_FIRST, Mode, Outcome, Result, Rule
from rollback.stack.states import STATES
from scripts import generate_docs
from tests.docs.conftest import ROOT
from tests.report import incidents

if TYPE_CHECKING:
    from pathlib import Path

PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
ACTION = generate_docs.action()


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def names_of(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


def between(text: str, start: str, end: str) -> str:
    """Return what stands between two texts."""
    return text.partition(start)[2].partition(end)[0]


# --- troubleshooting -----------------------------------------------------------------------------------------------


def entries() -> dict[str, str]:
    """Return the text of each troubleshooting entry, by its code."""
    found = re.split(r"^### `([a-z-]+)`$", page("docs/troubleshooting.md"), flags=re.MULTILINE)[1:]
    return dict(zip(found[::2], found[1::2], strict=True))


def test_every_refusal_and_warning_has_its_entry_and_every_entry_its_code() -> None:
    assert set(entries()) == {code.value for code in Code}


def test_every_entry_says_what_to_do() -> None:
    for code, text in entries().items():
        happened, _, cure = text.partition("**What to do:**")
        assert len(happened.split()) > 8, code
        assert len(cure.split()) > 3, code


# --- what is generated ---------------------------------------------------------------------------------------------


def test_the_generated_parts_are_up_to_date() -> None:
    assert generate_docs.out_of_date() == []


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("inputs", "README.md"),
        ("outputs", "README.md"),
        ("statuses", "docs/how-it-decides.md"),
        ("witnesses", "docs/reliability.md"),
    ],
)
def test_every_page_that_should_has_its_generated_tables(name: str, where: str) -> None:
    text = page(where)
    assert text.count(f"<!-- {name}: ") == text.count(f"<!-- /{name} -->") == 1


def test_the_readme_is_read_in_five_minutes(readme: str) -> None:
    assert readme.count("\n") <= 220


def test_the_table_of_inputs_has_every_input_once(readme: str) -> None:
    table = between(readme, "<!-- inputs: ", "<!-- /inputs -->")
    assert re.findall(r"^\| `([a-z-]+)` ", table, re.MULTILINE) == list(ACTION["inputs"])
    assert set(ACTION["inputs"]) == set(names())


def test_the_table_of_statuses_has_every_status_once() -> None:
    table = between(page("docs/how-it-decides.md"), "<!-- statuses: ", "<!-- /statuses -->")
    first_cells = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    assert sorted(re.findall(r"`([A-Z_]+)`", " ".join(first_cells))) == sorted(STATES)


def test_the_table_of_outcomes_has_every_outcome_with_its_exit_code() -> None:
    table = between(page("docs/how-it-decides.md"), "## Outcome of the run", "\n`recovery")
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines() if row.startswith("| `")]
    told = {Outcome(name): int(code) for cell, _, code in rows[1:] for name in re.findall(r"`([a-z-]+)`", cell)}
    assert told == EXIT_CODES


def test_the_page_on_decisions_has_every_result_and_rule() -> None:
    text = page("docs/how-it-decides.md")
    table = between(text, "## Results of a part", "## Outcome")
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines() if row.startswith("| `")]
    told = {Result(row[0].strip("`")): row[2] == "yes" for row in rows}
    assert {result for result, good in told.items() if good} == GOOD
    assert set(told) == set(Result)
    order = re.findall(r"`([a-z-]+)`", table.split("the worst of them first:")[1])
    assert order == [result.value for result in WORST_FIRST if result not in {Result.PLANNED, Result.SKIPPED}]
    assert all(f"`{rule}`" in text.split("## The stack")[0] for rule in Rule)


# --- the report ----------------------------------------------------------------------------------------------------


def test_the_example_of_a_report_satisfies_schema_and_model() -> None:
    example = re.findall(r"^```json\n(.*?)^```$", page("docs/report.md"), re.MULTILINE | re.DOTALL)[0]
    report = Report.model_validate_json(example)
    jsonschema.validate(json.loads(report.model_dump_json()), json.loads(generate_docs.schema()))


@pytest.mark.parametrize("name", [name for name, value in vars(incidents).items() if isinstance(value, Report)])
def test_every_report_satisfies_the_schema(name: str) -> None:
    report: Report = getattr(incidents, name)
    schema = json.loads(page("docs/report.schema.json"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(report.model_dump_json()), schema)


def test_every_field_that_the_page_on_the_report_names_exists() -> None:
    known = set(re.findall(r'"(\w+)": ', json.dumps(Report.model_json_schema())))
    table = page("docs/report.md").split("## An example")[0]
    for field in re.findall(r"`([a-z_.\[\]]+)`", table.split("|---|---|")[1]):
        assert {part.removesuffix("[]") for part in field.split(".") if part} <= known, field


@pytest.mark.parametrize("name", ["docs/reference.md", "docs/reliability.md"])
def test_every_test_that_a_page_names_is_there(name: str) -> None:
    named = set(re.findall(r"`(test_\w+|Test\w+)`", page(name)))
    written = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    assert named
    assert named - set(re.findall(r"^(?:def )?(test_\w+|Test\w+)(?=\(| = )", written, re.MULTILINE)) == set()


def test_each_section_of_the_reference_has_what_it_asks_what_answers_it_and_a_test() -> None:
    rows = [line.strip("| ").split(" | ") for line in page("docs/reference.md").splitlines() if line.startswith("| ")]
    for row in rows[1:]:
        assert len(row) == 4, row
        assert re.fullmatch(r"`test_\w+`", row[3]), row


# --- links and words -----------------------------------------------------------------------------------------------


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", names_of(PAGES))
def test_every_link_leads_somewhere(name: str) -> None:
    text = re.sub(r"```.*?```", "", page(name), flags=re.DOTALL)
    links = [*re.findall(r"\]\(([^)\s]+)\)", text), *re.findall(r'(?:src|srcset)="([^"]+)"', text)]
    for link in links:
        if link.startswith("https://"):
            continue
        target, _, anchor = link.partition("#")
        path = (ROOT / name).parent / target if target else ROOT / name
        assert path.exists(), link
        assert not anchor or anchor in anchors(path.read_text(encoding="utf-8")), link


# These tell how the product is built and measured, in words of AWS and Docker.
FOR_DEVELOPERS = {"docs/container.md", "docs/performance.md", "docs/reliability.md"}


@pytest.mark.parametrize("name", sorted({*names_of(PAGES)} - FOR_DEVELOPERS))
def test_a_code_in_a_page_is_one_that_the_product_has(name: str) -> None:
    """Words like `stack-timed-out` in backticks are inputs, outputs, results, outcomes, rules or codes."""
    known = {*names(), *ACTION["outputs"], *Result, *Outcome, *Mode, *Rule, *Code}
    others = """if-needed stack-first deploy-infrastructure deploy-frontend smoke-tests continue-update-rollback
        role-duration-seconds start-job
        aws-cn aws-us-gov shop-development shop-snapshots"""
    words = re.findall(r"`([a-z]+(?:-[a-z]+)+)`", page(name))
    assert set(words) - known - set(others.split()) == set()


@pytest.mark.parametrize("name", names_of(PAGES))
def test_the_commands_of_a_page_are_accepted(name: str) -> None:
    """Every `rollback …` or `python -m rollback …` in a page is parsed as the terminal would."""
    text = page(name)
    settings = dict(re.findall(r'^(\w+)="?([^"#\n]*?)"?(?:\s+#.*)?$', text, re.MULTILINE))
    spans = re.findall(r"`((?:\.venv/bin/python -m )?rollback --[^`]*)`", text)
    for span in spans:
        line = re.sub(r"\$(\w+)", lambda match: settings[match[1]], span).replace("<failed sha>", "b" * 40)
        flags = shlex.split(line.replace("s3://…", "s3://bucket/key"))
        flags = flags[flags.index("rollback") + 1 :] if "rollback" in flags else flags
        assert isinstance(read({"AWS_REGION": "us-west-2"}, flags), Inputs)


def test_the_two_commands_come_first(readme: str) -> None:
    first = readme.split("\n## ")[1]
    assert "`make demo`" in first
    assert "`make test`" in first


@pytest.mark.parametrize("name", names_of(PAGES))
def test_no_page_names_a_place_on_somebodys_machine(name: str) -> None:
    assert not re.search(r"/(?:home|root|work|Users|tmp)/", page(name))
