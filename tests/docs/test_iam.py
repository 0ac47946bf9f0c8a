"""docs/iam against the code: nothing is denied that a mode calls, nothing is allowed that the code never calls."""

from __future__ import annotations

import ast
import io
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest

from rollback.session import Session
from sandbox import ManualClock, Sandbox
from tests.clocks import FakeClock
from tests.docs.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POLICIES = ROOT / "docs" / "iam"
MODES = ("status", "dry-run", "snapshot", "rollback", "restore")
BAD, GOOD = "b" * 40, "a" * 40

# S3 has permissions of its own names (its service authorization reference).
S3 = {"HeadObject": "GetObject"}
NEVER_CALLED = {
    "s3:GetObjectVersion": "HeadObject with a version",
    "s3:ListBucket": "no call, but without it S3 answers 403 for a key that is missing",
}


def policy(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((POLICIES / f"{name}.json").read_text(encoding="utf-8"))
    return read


def allowed(*names: str) -> set[str]:
    return {action for name in names for statement in policy(name)["Statement"] for action in statement["Action"]}


def permission(service: str, operation: str) -> str:
    return f"{service}:{S3.get(operation, operation) if service == 's3' else operation}"


# --- what the doors can call ---------------------------------------------------------------------------------------


def doors_calls() -> set[str]:
    """Return the permission of every call in the code: each goes through `speaking_to_aws` or a door's `_call`."""
    found = set()
    for path in (ROOT / "rollback").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for service, operation in operations_in(tree):
            found.add(permission(service, operation))
    return found


def operations_in(tree: ast.Module) -> Iterator[tuple[str, str]]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    services: set[str] = set()
    for call in calls:
        if isinstance(call.func, ast.Name) and call.func.id == "speaking_to_aws":
            service, operation = call.args
            if isinstance(service, ast.Constant):
                services.add(str(service.value))
                if isinstance(operation, ast.Constant) and operation.value != "client":
                    yield str(service.value), str(operation.value)
    for call in calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"_call", "_pages"}:
            (service_name,) = services
            operation = call.args[0]
            assert isinstance(operation, ast.Constant), "an operation is named where it is called"
            yield service_name, str(operation.value)


def test_every_call_of_the_code_is_allowed_by_a_policy() -> None:
    assert doors_calls() - allowed(*MODES) == set()


def test_no_policy_allows_what_the_code_never_calls() -> None:
    assert allowed(*MODES) - doors_calls() - set(NEVER_CALLED) == set()


def test_every_permission_is_an_operation_of_aws() -> None:
    session = botocore.session.get_session()
    for action in allowed(*MODES) - set(NEVER_CALLED):
        service, operation = action.split(":")
        assert operation in session.get_service_model(service).operation_names


def test_only_what_aws_can_not_scope_is_allowed_everywhere() -> None:
    everywhere = {
        action
        for name in MODES
        for statement in policy(name)["Statement"]
        for action in statement["Action"]
        if "*" in statement["Resource"]
    }
    assert everywhere == {"amplify:ListApps", "cloudwatch:DescribeAlarms"}


def test_only_modes_that_change_something_may_change_something() -> None:
    reads = re.compile(r"\w+:(Describe|Get|List)\w+")
    for name in ("status", "dry-run"):
        assert all(reads.fullmatch(action) for action in allowed(name))
    assert {action for action in allowed("snapshot") if not reads.fullmatch(action)} == {"s3:PutObject"}


def test_every_variable_of_a_policy_is_explained() -> None:
    page = (POLICIES / "README.md").read_text(encoding="utf-8")
    for path in POLICIES.glob("*.json"):
        assert path.name in page
        for variable in set(re.findall(r"\$\{\w+\}", path.read_text(encoding="utf-8"))):
            assert f"`{variable}`" in page, f"{variable} of {path.name}"


def test_every_statement_has_a_name_of_its_own_in_its_policy() -> None:
    for path in POLICIES.glob("*.json"):
        names = [statement["Sid"] for statement in json.loads(path.read_text(encoding="utf-8"))["Statement"]]
        assert len(names) == len(set(names))


# --- what each mode really calls -----------------------------------------------------------------------------------


@dataclass
class Account:
    """An embedded AWS with a shop in it, and the action to run against it."""

    sandbox: Sandbox
    folder: Path
    calls: set[str] = field(default_factory=set)
    runs: int = 0

    def run(self, **inputs: str) -> str:
        """Run the action, remember what it called, and return the outcome."""
        self.runs += 1
        before = len(self.sandbox.calls)
        output = self.folder / f"output{self.runs}"
        output.touch()
        environ = {
            **self.sandbox.environment(),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_WORKSPACE": str(self.folder),
            "GITHUB_REPOSITORY": "example/shop",
            "GITHUB_RUN_ID": str(self.runs),
            **{f"INPUT_{name.upper().replace('_', '-')}": value for name, value in inputs.items()},
        }
        clock = self.sandbox.clock
        assert isinstance(clock, ManualClock)
        said = io.StringIO()
        Session(environ, said, FakeClock(clock, start=clock.now())).run()
        self.calls |= {permission(call.service, call.operation) for call in self.sandbox.calls[before:]}
        found = re.search(r"^outcome<<(\S+)\n(.*)\n\1$", output.read_text(encoding="utf-8"), re.MULTILINE)
        assert found, said.getvalue()
        return found[2]


WHERE = {"stack_name": "shop", "branch": "develop", "commit": BAD, "aws_region": "us-west-2"}
BY_ID, BY_NAME = {**WHERE, "app_id": "d1shop"}, {**WHERE, "app_name": "shop"}
SNAPSHOT = {"snapshot": "s3://snapshots/shop.json"}
TEMPLATE = {
    "Parameters": {"Name": {"Type": "String"}},
    "Resources": {
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Name"}}},
        "Api": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"S3Bucket": "artifacts", "S3Key": "api.zip"},
                "Role": "arn:aws:iam::123456789012:role/a",
            },
        },
    },
}


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with Sandbox(ManualClock()) as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        for bucket in ("snapshots", "artifacts"):
            sandbox.services.create_bucket(bucket)
        sandbox.services.put_object("artifacts", "api.zip", b"zip")
        sandbox.amplify.add_app("shop", "d1shop", environment={"KEY": "good"})
        sandbox.amplify.add_branch("d1shop", "develop", environment={"MODE": "good"})
        sandbox.amplify.add_job("d1shop", "develop", commit=GOOD)
        sandbox.cloudformation.create("shop", json.dumps(TEMPLATE), **parameters("one"))
        yield Account(sandbox, tmp_path)


def parameters(name: str) -> dict[str, Any]:
    return {"Parameters": [{"ParameterKey": "Name", "ParameterValue": name}]}


def deploy_badly(sandbox: Sandbox) -> None:
    sandbox.cloudformation.update("shop", json.dumps(TEMPLATE), **parameters("two"))
    assert isinstance(sandbox.clock, ManualClock)
    sandbox.clock.advance(1800)
    sandbox.amplify.add_job("d1shop", "develop", commit=BAD, status="FAILED")
    sandbox.amplify.apps["d1shop"].environment["KEY"] = "bad"
    sandbox.amplify.branch("d1shop", "develop").environment["MODE"] = "bad"


def test_status_calls_what_its_policy_allows_and_nothing_else(account: Account) -> None:
    deploy_badly(account.sandbox)
    assert account.run(mode="status", **BY_ID) == "status"
    assert account.run(mode="status", **BY_NAME) == "status"
    assert account.calls == allowed("status")


def test_a_snapshot_calls_what_its_policy_allows_and_nothing_else(account: Account) -> None:
    assert account.run(mode="snapshot", **BY_ID, **SNAPSHOT) == "snapshot-saved"
    account.runs -= 1  # another attempt of the same run looks for the snapshot of the first
    environment = {"GITHUB_RUN_ATTEMPT": "2"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(account.sandbox, "environment", lambda: {**Sandbox.environment(account.sandbox), **environment})
        assert account.run(mode="snapshot", **BY_NAME, **SNAPSHOT) == "snapshot-saved"
    assert account.run(mode="snapshot", **BY_NAME, **SNAPSHOT) == "snapshot-saved"
    assert account.calls == allowed("snapshot") - set(NEVER_CALLED)


def test_a_dry_run_calls_what_its_policy_allows_and_nothing_else(account: Account) -> None:
    account.run(mode="snapshot", **BY_ID, **SNAPSHOT)
    account.calls.clear()
    deploy_badly(account.sandbox)
    assert account.run(force="true", dry_run="true", **BY_ID, **SNAPSHOT) == "planned"
    assert account.run(force="true", dry_run="true", **BY_NAME, **SNAPSHOT) == "planned"
    assert account.calls == allowed("dry-run") - set(NEVER_CALLED)


@pytest.mark.parametrize(
    ("status", "call"),
    [
        ("UPDATE_IN_PROGRESS", "CancelUpdateStack"),
        ("UPDATE_ROLLBACK_FAILED", "ContinueUpdateRollback"),
        ("UPDATE_FAILED", "RollbackStack"),
        ("UPDATE_COMPLETE", "DescribeStacks"),
    ],
)
def test_a_rollback_calls_only_what_its_policy_allows(account: Account, status: str, call: str) -> None:
    account.sandbox.cloudformation.seed_stack("backend", status)
    account.sandbox.amplify.add_job("d1shop", "develop", commit=BAD, status="RUNNING")
    account.sandbox.services.set_alarm("errors")
    extras = {"lock_auto_build": "true", "verify_alarms": "errors", "force": "true"}
    assert account.run(**{**BY_NAME, **extras, "stack_name": "backend"}) == "rolled-back"
    assert account.calls <= allowed("rollback")
    assert {f"cloudformation:{call}", "amplify:StopJob", "amplify:StartJob"} <= account.calls


def test_a_restore_calls_only_what_the_policies_allow(account: Account) -> None:
    account.run(mode="snapshot", **BY_ID, **SNAPSHOT)
    account.calls.clear()
    deploy_badly(account.sandbox)
    assert account.run(force="true", **BY_ID, **SNAPSHOT) == "rolled-back"
    assert account.calls <= allowed("rollback", "restore")
    # DeleteChangeSet is for change sets that turn out empty or refused.
    assert allowed("restore") - account.calls - set(NEVER_CALLED) == {"cloudformation:DeleteChangeSet"}
