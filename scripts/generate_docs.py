"""Write what the docs take from elsewhere: tables and the report's JSON Schema from the code, setup.yaml's policies.

`python -m scripts.generate_docs` writes; with `--check` it changes nothing and fails where something is out of date.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

from rollback.report.model import Report
from rollback.stack.states import STATES, State
from scripts import iam_setup
from tests.witnesses.company import WITNESSES
from tests.witnesses.homes import pinned

ROOT = Path(__file__).resolve().parent.parent

MOVES = {
    State.CANCELLABLE: "cancels the update; CloudFormation reverts it",
    State.STUCK: "continues the rollback: twice; with `resources-to-skip` once, and then once leaving those out",
    State.FAILED_IN_PLACE: "rolls the failed update back (`RollbackStack`)",
    State.MOVING: "waits for the end, then decides again",
    State.REVERTED: "good; with a snapshot: compares, and restores if it differs",
    State.UPDATED: "with a snapshot: compares, and restores if it differs; without: `not-needed`, with a warning",
    State.FIRST: "the first deployment: as above, without a snapshot it stays",
    State.FIRST_CREATION_FAILED: "refused: there never was a good state",
    State.NEEDS_A_PERSON: "refused: needs a person",
    State.DELETING: "refused: nothing to roll back",
    State.IN_REVIEW: "refused: a change set that nobody executed",
}
"""What the action does in each state, in the order of the table."""

EMPTY_DEFAULTS = {
    "aws-region": "`AWS_REGION`, then `AWS_DEFAULT_REGION`",
    "branch": "`GITHUB_REF_NAME`",
    "commit": "the event's own: a pull request's or workflow run's head, else `GITHUB_SHA`",
}
"""Defaults that the code finds by itself, where action.yml has none."""


def action() -> Any:
    """Return action.yml."""
    return yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").strip()


def inputs_table() -> str:
    """Return the table of the inputs, from action.yml."""
    rows = ["| input | default | meaning |", "|---|---|---|"]
    for name, entry in action()["inputs"].items():
        default = f"`{entry['default']}`" if entry.get("default") else EMPTY_DEFAULTS.get(name, "")
        meaning = re.sub(r"; default .*$", "", entry["description"])
        rows.append(f"| `{name}` | {_cell(default)} | {_cell(meaning)} |")
    return "\n".join(rows)


def outputs_table() -> str:
    """Return the table of the outputs, from action.yml."""
    rows = ["| output | meaning |", "|---|---|"]
    rows += [f"| `{name}` | {_cell(entry['description'])} |" for name, entry in action()["outputs"].items()]
    return "\n".join(rows)


def statuses_table() -> str:
    """Return the table of the stack's statuses and the move that each calls for."""
    rows = ["| stack status | what the action does |", "|---|---|"]
    for state, move in MOVES.items():
        statuses = " ".join(f"`{status}`" for status, of in STATES.items() if of is state)
        rows.append(f"| {statuses} | {move} |")
    return "\n".join(rows)


def witnesses_table() -> str:
    """Return the table of the witnesses, with the versions that they are pinned to and what is played with each."""
    rows = ["| who | version | what it is | what is played |", "|---|---|---|---|"]
    for folder, witness in WITNESSES.items():
        scenes = "; ".join(witness.scenes)
        rows.append(f"| {witness.name} | {pinned(folder, witness.package)} | {witness.role} | {_cell(scenes)} |")
    return "\n".join(rows)


def schema() -> str:
    """Return the JSON Schema of the `report` output."""
    content = Report.model_json_schema(mode="serialization")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", **content}
    return json.dumps(head, indent=2, ensure_ascii=False) + "\n"


def with_tables(text: str) -> str:
    """Return a Markdown text with each marked table written anew."""
    tables = {
        "inputs": inputs_table(),
        "outputs": outputs_table(),
        "statuses": statuses_table(),
        "witnesses": witnesses_table(),
    }
    for name, table in tables.items():
        marked = re.compile(rf"(<!-- {name}: [^>]*-->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = marked.sub(lambda match, table=table: f"{match[1]}{table}\n{match[2]}", text)  # type: ignore[misc]
    return text


def generated() -> dict[Path, str]:
    """Return every file that is generated, wholly or in part, with the text it has to have."""
    pages = [ROOT / "README.md", ROOT / "docs" / "how-it-decides.md", ROOT / "docs" / "reliability.md"]
    found = {page: with_tables(page.read_text(encoding="utf-8")) for page in pages if page.exists()}
    found[iam_setup.SETUP] = iam_setup.with_policies(iam_setup.SETUP.read_text(encoding="utf-8"))
    return {**found, ROOT / "docs" / "report.schema.json": schema()}


def out_of_date() -> list[str]:
    """Return the names of the files that have to be written anew."""
    return [
        path.relative_to(ROOT).as_posix()
        for path, text in generated().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main() -> int:
    """Write the files, or check them."""
    stale = out_of_date()
    if "--check" in sys.argv:
        print("\n".join(f"{name} is out of date: run `make docs`" for name in stale) or "the docs are up to date")
        return bool(stale)
    for path, text in generated().items():
        path.write_text(text, encoding="utf-8")
    print("\n".join(f"wrote {name}" for name in stale) or "nothing to write")
    return 0


if __name__ == "__main__":
    sys.exit(main())
