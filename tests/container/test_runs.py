from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.container.incident import BAD, GOOD
from tests.container.proxy import ForwardProxy
from tests.container.runner import as_inputs

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from sandbox import Sandbox
    from tests.container.conftest import NewStep

WRITES = ("Cancel", "Continue", "Create", "Delete", "Execute", "Put", "Rollback", "Start", "Stop", "Update")
GRACE_SECONDS = 5


def writes(sandbox: Sandbox) -> list[str]:
    return [name for name in sandbox.operations() if name.startswith(WRITES)]


def wait_for_operation(sandbox: Sandbox, operation: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 30
    while operation not in sandbox.operations():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail(f"the container never called {operation}:\n{process.communicate()[0]}")
        time.sleep(0.02)


def test_a_failed_deployment_is_rolled_back(sandbox: Sandbox, new_step: NewStep) -> None:
    seeded = len(sandbox.calls)
    result = new_step({"slack-webhook-url": sandbox.slack.webhook_url, "verify-url": sandbox.site.url}).run()

    assert result.exit_code == 0, result.log
    assert result.outputs["outcome"] == "rolled-back"
    assert result.outputs["stack-result"] == "rolled-back"
    assert result.outputs["stack-status"] == "UPDATE_ROLLBACK_COMPLETE"
    assert result.outputs["frontend-result"] == "rolled-back"
    assert result.outputs["restored-commit"] == GOOD
    assert result.outputs["verify-result"] == "passed"
    assert result.outputs["notified"] == "true"
    assert json.loads(result.outputs["report"])["version"] == 1
    assert sandbox.amplify.branch("d1shop", "main").live_commit == GOOD
    assert GOOD[:7] in result.summary
    assert [message.by_webhook for message in sandbox.slack.messages] == [True]
    assert [
        call.operation for call in sandbox.calls[seeded:] if call.operation in {"CancelUpdateStack", "StartJob"}
    ] == [
        "CancelUpdateStack",
        "StartJob",
    ]


def test_a_deployment_that_went_well_is_left_alone(sandbox: Sandbox, new_step: NewStep) -> None:
    seeded = writes(sandbox)
    green = dict.fromkeys(("deploy-infrastructure", "deploy-frontend", "smoke-tests"), "success")
    result = new_step({"job-results": json.dumps(green)}).run()

    assert result.exit_code == 0, result.log
    assert result.outputs["outcome"] == "not-triggered"
    assert result.outputs["triggered"] == "false"
    assert result.summary
    assert writes(sandbox) == seeded


def test_wrong_inputs_end_with_two_before_any_call(sandbox: Sandbox, new_step: NewStep) -> None:
    seeded = len(sandbox.calls)
    result = new_step({"mode": "undo", "stack-timeout": "soon"}).run()

    assert result.exit_code == 2, result.log
    assert result.outputs["outcome"] == "invalid-inputs"
    assert "mode" in result.log
    assert "stack-timeout" in result.log
    assert len(sandbox.calls) == seeded


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_cancelled_job_ends_at_once_and_says_what_was_started(
    sandbox: Sandbox, new_step: NewStep, number: signal.Signals
) -> None:
    """The runner signals the docker client, which hands the signal on to the container's first process."""
    step = new_step({"slack-webhook-url": sandbox.slack.webhook_url})
    process = step.start()
    wait_for_operation(sandbox, "CancelUpdateStack", process)
    time.sleep(0.3)
    signalled = time.monotonic()
    process.send_signal(number)
    log, _ = process.communicate(timeout=30)
    took = time.monotonic() - signalled
    result = step.result(process.returncode, log)

    assert took < GRACE_SECONDS
    assert result.exit_code == 1, result.log
    assert result.outputs["outcome"] == "interrupted"
    assert "report" in result.outputs
    assert "interrupted" in result.summary.lower()
    assert len(sandbox.slack.messages) == 1


def test_a_workspace_that_cannot_be_written_is_no_obstacle(new_step: NewStep) -> None:
    result = new_step(read_only_workspace=True).run()

    assert result.exit_code == 0, result.log
    assert result.outputs["outcome"] == "rolled-back"


def test_calls_go_through_the_job_s_proxy(new_step: NewStep) -> None:
    with ForwardProxy() as proxy:
        result = new_step(variables={"HTTP_PROXY": proxy.url, "http_proxy": proxy.url}).run()
        called = set(proxy.paths)

    assert result.exit_code == 0, result.log
    assert result.outputs["outcome"] == "rolled-back"
    assert called


def test_the_proxy_is_left_out_where_no_proxy_says_so(new_step: NewStep) -> None:
    nobody = "http://127.0.0.1:9"
    variables = {"HTTP_PROXY": nobody, "http_proxy": nobody, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    result = new_step(variables=variables).run()

    assert result.exit_code == 0, result.log
    assert result.outputs["outcome"] == "rolled-back"


def test_python_settings_of_the_job_do_not_reach_the_action(new_step: NewStep, tmp_path: Path) -> None:
    step = new_step(variables={"PYTHONPATH": "/github/workspace", "PYTHONWARNINGS": "error", "PYTHONOPTIMIZE": "2"})
    process = step.start()
    (tmp_path / "workspace" / "json.py").write_text("raise SystemExit('the workspace was imported')", encoding="utf-8")
    log, _ = process.communicate(timeout=60)

    assert process.returncode == 0, log


def test_every_mode_starts(new_step: NewStep) -> None:
    result = new_step({"mode": "status"}).run()

    assert result.exit_code == 0, result.log
    assert result.outputs["outcome"] == "status"
    assert BAD[:7] in result.log + result.summary


def test_inputs_arrive_under_the_runner_s_names() -> None:
    assert as_inputs({"stack-name": "shop"}) == {"INPUT_STACK-NAME": "shop"}
