"""The public interface by value: action.yml, the inputs' model, the outputs and README's tables say the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from rollback.inputs.model import Inputs
from rollback.inputs.reading import names, read
from rollback.report.model import Report
from rollback.report.outputs import NAMES, outputs
from rollback.report.results import Mode, Outcome, Result, Verdict

ROOT = Path(__file__).parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")

# Input and default as a workflow's author sees them; empty where the input has none of its own.
INPUTS = {
    "mode": "rollback",
    "job-results": "",
    "infrastructure-job": "deploy-infrastructure",
    "frontend-job": "deploy-frontend",
    "smoke-tests-job": "smoke-tests",
    "rollback-on": "failure",
    "force": "false",
    "reason": "",
    "dry-run": "false",
    "environment": "",
    "aws-region": "",
    "stack-name": "",
    "app-id": "",
    "app-name": "",
    "branch": "",
    "commit": "",
    "started-at": "",
    "failed-job-id": "",
    "target-job-id": "",
    "target-commit": "",
    "order": "stack-first",
    "redeploy": "always",
    "lock-auto-build": "false",
    "snapshot": "",
    "snapshot-digest": "",
    "allow-destructive": "false",
    "resources-to-skip": "",
    "role-arn": "",
    "stack-timeout": "30",
    "frontend-timeout": "40",
    "poll-interval": "5",
    "verify-url": "",
    "verify-contains": "",
    "verify-alarms": "",
    "verify-timeout": "120",
    "verify-for": "0",
    "logs": "false",
    "incident-file": "",
    "slack-webhook-url": "",
    "slack-api-url": "https://slack.com/api/",
    "slack-bot-token": "",
    "slack-channel": "",
    "slack-mentions": "",
    "github-deployment": "false",
    "github-token": "${{ github.token }}",
}
OUTPUTS = (
    "triggered",
    "outcome",
    "reason",
    "stack-result",
    "stack-status",
    "frontend-result",
    "frontend-job-id",
    "frontend-job-status",
    "restored-job-id",
    "restored-commit",
    "verify-result",
    "notified",
    "recovery-seconds",
    "snapshot",
    "snapshot-digest",
    "ready",
    "report",
)
RESULTS = {"rolled-back", "already-good", "not-needed", "refused", "failed", "timed-out", "planned", "skipped"}
OUTCOMES = {
    *("not-triggered", "planned", "not-needed", "rolled-back", "unhealthy", "partial", "failed", "interrupted"),
    *("invalid-inputs", "snapshot-saved", "verified", "status"),
}


def table(name: str) -> dict[str, list[str]]:
    """Return a generated table of README: its first column's word to the other columns."""
    found = re.search(rf"<!-- {name}:.*?-->\n(.*?)<!-- /{name} -->", README, re.DOTALL)
    assert found, f"README has no table of {name}"
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in found[1].splitlines()[2:]]
    return {row[0].strip("`"): row[1:] for row in rows}


def test_action_yml_declares_the_contracts_inputs_with_their_defaults() -> None:
    assert {name: str(entry.get("default", "")) for name, entry in ACTION["inputs"].items()} == INPUTS


def test_no_input_is_required_because_the_runner_does_not_enforce_it() -> None:
    assert not any(entry.get("required") for entry in ACTION["inputs"].values())


def test_the_model_has_the_contracts_inputs() -> None:
    assert set(names()) == set(INPUTS)


def test_the_models_defaults_are_those_that_action_yml_shows() -> None:
    """The runner gives action.yml's defaults, a terminal gives none: both must come to the same."""
    enough = {"INPUT_STACK-NAME": "shop", "INPUT_AWS-REGION": "us-west-2", "INPUT_FORCE": "true"}
    shown = {f"INPUT_{name.upper()}": value for name, value in INPUTS.items() if name != "github-token"}
    assert read({**shown, **enough}) == read(enough)


def test_action_yml_describes_each_input_as_the_model_and_the_flags_do() -> None:
    described = {name.replace("_", "-"): field.description for name, field in Inputs.model_fields.items()}
    assert {name: entry["description"] for name, entry in ACTION["inputs"].items()} == described


def test_action_yml_declares_the_contracts_outputs_each_described() -> None:
    assert tuple(ACTION["outputs"]) == OUTPUTS
    assert all(entry["description"] for entry in ACTION["outputs"].values())


def test_the_report_is_written_to_the_contracts_outputs() -> None:
    assert OUTPUTS == NAMES


def test_every_output_is_written_in_every_outcome() -> None:
    started = "2025-12-03T10:15:00Z"
    for outcome in Outcome:
        report = Report.model_validate({"mode": Mode.ROLLBACK, "outcome": outcome, "reason": "why", "started": started})
        assert tuple(outputs(report)) == OUTPUTS


def test_readme_lists_the_contracts_inputs() -> None:
    assert list(table("inputs")) == list(INPUTS)


def test_readme_shows_the_defaults() -> None:
    shown = {name: columns[0].strip("`") for name, columns in table("inputs").items() if INPUTS[name]}
    assert shown == {name: default for name, default in INPUTS.items() if default}


def test_readme_lists_the_contracts_outputs() -> None:
    assert tuple(table("outputs")) == OUTPUTS


def test_the_words_for_results_outcomes_verdicts_and_modes_are_the_contracts() -> None:
    assert {result.value for result in Result} == RESULTS
    assert {outcome.value for outcome in Outcome} == OUTCOMES
    assert {verdict.value for verdict in Verdict} == {"passed", "failed", "skipped"}
    assert {mode.value for mode in Mode} == {"rollback", "snapshot", "verify", "status"}


def test_the_page_on_decisions_tells_every_outcome() -> None:
    told = (ROOT / "docs" / "how-it-decides.md").read_text(encoding="utf-8").split("## Outcome of the run")[1]
    assert {outcome for outcome in OUTCOMES if f"`{outcome}`" in told} == OUTCOMES


def test_the_report_has_a_version() -> None:
    report = Report.model_validate(
        {"mode": "status", "outcome": "status", "reason": "", "started": "2025-12-03T10:15:00Z"}
    )
    assert report.version == 1
    assert '"version":1' in outputs(report)["report"]


def test_the_action_is_a_container_of_this_repository_or_a_pinned_image() -> None:
    assert ACTION["runs"]["using"] == "docker"
    assert re.fullmatch(r"Dockerfile|docker://.+@sha256:[0-9a-f]{64}", ACTION["runs"]["image"])
    assert set(ACTION["runs"]) == {"using", "image"}
