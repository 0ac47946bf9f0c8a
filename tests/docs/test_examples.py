"""The example workflows: read by GitHub's own parser, their conditions evaluated by GitHub's own evaluator."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from rollback.inputs import trigger
from rollback.inputs.model import Inputs
from rollback.inputs.trigger import JobResult, Roles
from rollback.report.incident import incident
from tests.docs.conftest import ROOT, GitHubEvaluator, example_names, yaml_blocks
from tests.report import incidents

if TYPE_CHECKING:
    from rollback.report.model import Report

RESULTS = ("success", "failure", "cancelled", "skipped")
ROLES = Roles(("deploy-infrastructure",), ("deploy-frontend",), ("smoke-tests",))
ROLLBACK_ON = ([JobResult.FAILURE], [JobResult.CANCELLED], [JobResult.FAILURE, JobResult.CANCELLED])
ACTION = "OWNER/rollback@v1"


def workflow_of(readme: str) -> str:
    """Return README's job in a whole workflow, as somebody would paste it."""
    job = next(block for block in yaml_blocks(readme) if "needs.deploy-infrastructure" in block)
    stub = "runs-on: ubuntu-24.04\n    steps: [{run: 'true'}]"
    needed = "".join(f"  {name}:\n    {stub}\n" for name in ("deploy-infrastructure", "deploy-frontend", "smoke-tests"))
    return f"on: push\n{job}{needed}"


def text_of(name: str, readme: str) -> str:
    return workflow_of(readme) if name == "README.md" else (ROOT / "examples" / name).read_text(encoding="utf-8")


def jobs_of(text: str) -> dict[str, dict[str, Any]]:
    jobs: dict[str, dict[str, Any]] = yaml.safe_load(text)["jobs"]
    return jobs


def needs_of(job: dict[str, Any]) -> list[str]:
    needs = job.get("needs", [])
    return [needs] if isinstance(needs, str) else list(needs)


def is_automatic_rollback(job: dict[str, Any]) -> bool:
    settings = [job.get("with", {}), *(step.get("with", {}) for step in job.get("steps", []))]
    return any(entry.get("job-results") == "${{ toJSON(needs) }}" for entry in settings)


def every_case(job: str, needs: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "job": job,
            "needs": {name: {"result": result} for name, result in zip(needs, results, strict=True)},
            "cancelled": it,
        }
        for results in itertools.product(RESULTS, repeat=len(needs))
        for it in (False, True)
    ]


AUTOMATIC = ["README.md", "deploy-dev.yml", "rollback-everywhere.yml"]


@pytest.mark.parametrize("name", AUTOMATIC)
def test_the_rollback_job_runs_whenever_the_trigger_rule_is_due(
    name: str, readme: str, github: GitHubEvaluator
) -> None:
    text = text_of(name, readme)
    found = [key for key, job in jobs_of(text).items() if is_automatic_rollback(job)]
    assert found == ["rollback"]
    cases = every_case("rollback", needs_of(jobs_of(text)["rollback"]))

    answers = github.evaluate(text, cases)

    missed = [
        case
        for case, runs in zip(cases, answers, strict=True)
        for rollback_on in ROLLBACK_ON
        if not runs and trigger.decide(results_of(case), ROLES, rollback_on).due
    ]
    assert missed == []


@pytest.mark.parametrize("name", AUTOMATIC)
def test_the_rollback_job_costs_nothing_where_all_is_green_or_nothing_was_deployed(
    name: str, readme: str, github: GitHubEvaluator
) -> None:
    text = text_of(name, readme)
    cases = [
        case
        for case in every_case("rollback", needs_of(jobs_of(text)["rollback"]))
        if set(results_of(case).values()) == {JobResult.SUCCESS}
        or results_of(case)["deploy-infrastructure"] is not JobResult.SUCCESS
    ]
    assert not any(github.evaluate(text, cases))


def results_of(case: dict[str, Any]) -> dict[str, JobResult]:
    return {name: JobResult(need["result"]) for name, need in case["needs"].items()}


def test_a_green_run_alone_becomes_the_last_known_good(github: GitHubEvaluator) -> None:
    text = text_of("rollback-everywhere.yml", "")
    cases = every_case("snapshot", needs_of(jobs_of(text)["snapshot"]))
    green = [set(results_of(case).values()) == {JobResult.SUCCESS} and not case["cancelled"] for case in cases]
    assert github.evaluate(text, cases) == green


def test_after_a_rollback_the_smoke_tests_run_again_and_only_then(github: GitHubEvaluator) -> None:
    cases = [
        {
            "job": "smoke-tests-after-rollback",
            "needs": {"rollback": {"result": result, "outputs": {"outcome": outcome}}},
            "cancelled": False,
        }
        for result, outcome in (
            ("success", "rolled-back"),
            ("success", "not-triggered"),
            ("success", "not-needed"),
            ("failure", "partial"),
            ("skipped", ""),
            ("cancelled", "interrupted"),
        )
    ]
    assert github.evaluate(text_of("deploy-dev.yml", ""), cases) == [True, False, False, False, False, False]


def test_an_issue_is_opened_whenever_it_did_not_end_well(github: GitHubEvaluator) -> None:
    cases = [
        case
        for case in every_case("issue", ["rollback", "smoke-tests-after-rollback"])
        if case["needs"]["rollback"]["result"] != "skipped"
    ]
    expected = [
        case["needs"]["rollback"]["result"] in {"failure", "cancelled"}
        or case["needs"]["smoke-tests-after-rollback"]["result"] == "failure"
        for case in cases
    ]
    assert github.evaluate(text_of("deploy-dev.yml", ""), cases) == expected


def test_the_manual_rollback_waits_for_its_plan(github: GitHubEvaluator) -> None:
    cases = every_case("roll-back", ["plan"])
    answers = github.evaluate(text_of("manual-rollback.yml", ""), cases)
    ran = [case for case, runs in zip(cases, answers, strict=True) if runs]
    assert [case["needs"]["plan"]["result"] for case in ran] == ["success"]


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (incidents.PARTIAL, "Mend what"),
        (incidents.INVALID_INPUTS, "Wrong inputs: nothing was done"),
        (None, "There is no record: look at the run."),
    ],
)
def test_the_issue_says_what_is_left_to_do(report: Report | None, said: str, tmp_path: Path) -> None:
    gh = tmp_path / "gh"
    gh.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    gh.chmod(0o755)
    if report:
        (tmp_path / "incident.md").write_text(incident(report), encoding="utf-8")
    step = jobs_of(text_of("deploy-dev.yml", ""))["issue"]["steps"][-1]
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "RUN_URL": "https://example.com/1", "OUTCOME": ""}
    command = ["bash", "-e", "-o", "pipefail", "-c", step["run"]]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert said in (tmp_path / "issue.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["README.md", *example_names()])
def test_every_input_and_output_that_an_example_uses_exists(name: str, readme: str) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    text = text_of(name, readme)
    for job in jobs_of(text).values():
        ids = {step.get("id") for step in job.get("steps", []) if step.get("uses") == ACTION}
        for step in job.get("steps", []):
            if step.get("uses") == ACTION:
                assert set(step["with"]) <= set(action["inputs"])
        for step_id, output in re.findall(r"steps\.([\w-]+)\.outputs\.([\w-]+)", yaml.safe_dump(job)):
            assert step_id not in ids or output in action["outputs"]


@pytest.mark.parametrize("name", ["README.md", *example_names()])
def test_the_inputs_of_an_example_are_accepted(name: str, readme: str) -> None:
    text = text_of(name, readme)
    environment = {key: str(value) for key, value in (yaml.safe_load(text).get("env") or {}).items()}
    for job in jobs_of(text).values():
        for step in job.get("steps", []):
            if step.get("uses") != ACTION:
                continue
            given = {key: filled_in(str(value), environment, job) for key, value in step["with"].items()}
            given = {
                "aws-region": "us-west-2",
                "branch": "develop",
                "commit": "a" * 40,
                **{k: v for k, v in given.items() if v},
            }
            Inputs.model_validate(given)


def filled_in(value: str, environment: dict[str, str], job: dict[str, Any]) -> str:
    """Return a value as the runner would fill it in; what a run alone knows has a likely value."""
    needs = "{" + ", ".join(f'"{need}": {{"result": "success"}}' for need in needs_of(job)) + "}"
    needs = needs if needs_of(job) else '{"deploy-infrastructure": "success", "smoke-tests": "failure"}'
    value = re.sub(r"\$\{\{ env\.(\w+) \}\}", lambda match: environment[match[1]], value)
    known = {
        "toJSON(needs)": needs,
        "inputs.job-results": needs,
        "inputs.commit": "b" * 40,
        "inputs.stack-name": "shop",
        "inputs.allow-destructive": "false",
        "secrets.SLACK_WEBHOOK_URL": "https://hooks.example.com/x",
        "secrets.slack-webhook-url": "https://hooks.example.com/x",
        "github.run_id": "7",
        "needs.deploy-frontend.outputs.job-id": "12",
        "inputs.environment": "development",
        "matrix.target.app": "shop",
        "matrix.target.account": "111111111111",
        "matrix.target.region": "us-west-2",
    }
    return re.sub(r"\$\{\{ ([^}]+?) \}\}", lambda match: known.get(match[1], ""), value)


def test_other_peoples_actions_are_pinned_by_commit_and_named_by_version(readme: str) -> None:
    texts = [readme, *((ROOT / "examples" / name).read_text(encoding="utf-8") for name in example_names())]
    used = [line for text in texts for line in re.findall(r"^ *(?:- )?uses: (.*)$", text, re.MULTILINE)]
    others = {line for line in used if not line.startswith("OWNER/")}
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line) for line in others)
    assert len({line.split("@")[0] for line in others}) == len(others), "one version of each"


@pytest.mark.parametrize("name", ["README.md", *example_names()])
def test_an_example_satisfies_the_schema_and_the_auditor(name: str, readme: str, tmp_path: Path) -> None:
    path = tmp_path / ".github" / "workflows" / f"{name.removesuffix('.md')}.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text_of(name, readme), encoding="utf-8")
    tool = Path(sys.executable).with_name("check-jsonschema")
    command = [str(tool), "--builtin-schema", "vendor.github-workflows", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    auditor = shutil.which("zizmor", path=str(tool.parent))
    assert auditor
    if name == "README.md":  # a fragment: what surrounds it here is the test's
        return
    audited = subprocess.run(
        [auditor, "--persona=auditor", "--offline", "--no-progress", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert audited.returncode == 0, audited.stdout


@pytest.mark.parametrize("name", ["README.md", *example_names()])
def test_githubs_own_parser_reads_every_example(name: str, readme: str, github: GitHubEvaluator) -> None:
    assert github.evaluate(text_of(name, readme), []) == []


def test_every_yaml_block_of_every_page_is_yaml() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        for block in yaml_blocks(page.read_text(encoding="utf-8")):
            yaml.safe_load(block)
