"""docs/iam against the code: nothing is denied that a mode calls, nothing is allowed that the code never calls."""

from __future__ import annotations

import ast
import io
import json
import re
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pytest
from cfnlint.data import AdditionalSpecs  # type: ignore[import-untyped]
from cfnlint.helpers import load_resource  # type: ignore[import-untyped]

from rollback.session import Session
from rollback.stack.tokens import Tokens
from sandbox import ManualClock, Sandbox
from sandbox.amplify import zip_of
from tests.clocks import FakeClock
from tests.docs import iam
from tests.docs.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.aws import Call

BAD, GOOD = "b" * 40, "a" * 40
EVERY = tuple(path.stem for path in iam.files())

NEVER_CALLED = {
    "s3:GetObjectVersion": "HeadObject with a version",
    "s3:ListBucket": "no call, but without it S3 answers 403 for a key that is missing",
    "iam:PassRole": "no call: CloudFormation asks whether the caller may, where a role is sent",
}

LOOK_FIRST = "a dry run makes the change set and drops it; an empty one proves a snapshot's template"
ANNOUNCED = {
    ("compare", "CompareTheValuesBehindParameters"): "a parameter of an SSM type may have another value than recorded",
    ("compare", "DropTheChangeSet"): LOOK_FIRST,
    ("compare", "FindTheBucketsRegion"): "the bucket of a large template may lie in another region",
    ("compare", "TellAChangedStackPolicy"): "a stack policy that differs from the recorded one is told",
}
"""Statements of what is announced: runs without it call none of them. A feature that came deletes its rows."""

ZIP = "zip deployments are brought back without a build"
SELDOM = {
    ("compare", "FindTheZipOfThatTime"): ZIP,
    ("restore", "KeepTheZipOfThatTime"): ZIP,
    ("rollback", "DeployTheZipAgain"): ZIP,
    ("rollback", "FindTheZip"): ZIP,
    ("rollback", "FindTheZipOfThatTime"): ZIP,
    ("status", "LookAtTheBranchsBackend"): "the branch may have a backend of its own",
    ("compare", "ExplainAnEarlyValidation"): "a change set that fails early only says where to read why",
    ("compare", "FindWhatAKilledRunLeft"): "a restore that was not executed leaves no change set behind",
    ("compare", "LookForImages"): "a template may name images",
}
"""Statements of what a run calls only where something is so."""


def allowed(*names: str) -> set[str]:
    return {action for statement in iam.statements(*names) for action in statement["Action"]}


def needed(*names: str) -> set[str]:
    """Return what the policies allow for what a run calls today."""
    return {
        action
        for name in names
        for statement in iam.statements(name)
        if (name, statement["Sid"]) not in ANNOUNCED.keys() | SELDOM.keys()
        for action in statement["Action"]
    } - set(NEVER_CALLED)


# --- what the doors can call ---------------------------------------------------------------------------------------


def doors_calls() -> set[str]:
    """Return the permission of every call in the code: each goes through `speaking_to_aws` or a door's `_call`."""
    found = set()
    for path in (ROOT / "rollback").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for service, operation in operations_in(tree):
            found.add(iam.permission(service, operation))
    return found


def operations_in(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield service and operation of each call: both said where it is made, or the service once in the module."""
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
            said = [str(argument.value) for argument in call.args[:2] if isinstance(argument, ast.Constant)]
            assert said, "an operation is named where it is called"
            if said[0][0].islower():
                yield said[0], said[1]
            else:
                (service_name,) = services
                yield service_name, said[0]


def test_every_call_of_the_code_is_allowed_by_a_policy() -> None:
    assert doors_calls() - allowed(*EVERY) - iam.FREE == set()


def test_no_policy_allows_what_the_code_never_calls() -> None:
    assert needed(*EVERY) - doors_calls() == set()


def test_every_announced_statement_is_there() -> None:
    there = {(name, statement["Sid"]) for name in EVERY for statement in iam.statements(name)}
    assert set(ANNOUNCED) - there == set()


# --- what a policy may say -----------------------------------------------------------------------------------------

READS = re.compile(r"[\w-]+:(Describe|Get|List|Filter|Scan)\w*")


def every_statement() -> list[dict[str, Any]]:
    return iam.statements(*EVERY)


def test_every_permission_and_its_resource_is_known_to_aws() -> None:
    """By AWS's service authorization reference, as cfn-lint carries it."""
    reference = load_resource(AdditionalSpecs, "Policies.json")
    for statement in every_statement():
        for action in statement["Action"]:
            service, operation = action.split(":")
            kinds = reference[service]["Actions"][operation.lower()].get("Resources", [])
            forms = [form for kind in kinds for form in reference[service]["Resources"][kind]["ARNFormats"]]
            stems = [form.removesuffix(".*") for form in forms]
            fitting = [arn for arn in statement["Resource"] if arn == "*" or arn.startswith(tuple(stems))]
            assert fitting or "aws:transform" in str(statement["Resource"]), (statement["Sid"], action)


def test_only_what_aws_can_not_scope_is_allowed_everywhere() -> None:
    everywhere = {
        action for statement in every_statement() for action in statement["Action"] if "*" in statement["Resource"]
    }
    assert everywhere == {"amplify:ListApps", "cloudwatch:DescribeAlarms"}


def test_only_modes_that_change_something_may_change_something() -> None:
    a_look = {"cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet"}
    changes = {name: {action for action in allowed(name) if not READS.fullmatch(action)} for name in EVERY}
    for name in ("status", "verify", "data", "empty", "logs"):
        assert changes[name] == set(), name
    assert changes["compare"] == a_look
    assert changes["snapshot"] == {"s3:PutObject"}


def test_a_statement_that_writes_names_the_root_stack_alone() -> None:
    """`stack/shop-*` would be `shop-production` too: nested stacks are only read."""
    for statement in every_statement():
        stacks = [arn for arn in statement["Resource"] if ":stack/" in arn]
        if not all(READS.fullmatch(action) for action in statement["Action"]):
            assert all(arn.endswith(":stack/${StackName}/*") for arn in stacks), statement["Sid"]


@pytest.mark.parametrize("action", ["CreateChangeSet", "DeleteChangeSet", "ExecuteChangeSet"])
def test_only_change_sets_of_this_action_are_made_run_or_dropped(action: str) -> None:
    """By name and by ARN: AWS does not say which of them the condition compares where a call has the ARN."""
    found = [it for it in every_statement() if f"cloudformation:{action}" in it["Action"]]
    assert found
    ours = Tokens("run", "stack").change_set("0a1b2c3d")
    arn = f"arn:aws:cloudformation:us-west-2:{iam.ACCOUNT}:changeSet/"
    for statement in found:
        names = [iam.filled(name) for name in statement["Condition"]["StringLike"]["cloudformation:ChangeSetName"]]
        for name, is_ours in ((ours, True), ("release-7", False)):
            assert any(fnmatchcase(name, pattern) for pattern in names) is is_ours
            assert any(fnmatchcase(f"{arn}{name}/0af1", pattern) for pattern in names) is is_ours


@pytest.mark.parametrize("action", ["ContinueUpdateRollback", "CreateChangeSet", "RollbackStack"])
def test_a_role_for_cloudformation_is_sent_only_where_pass_role_names_it(action: str) -> None:
    for name in EVERY:
        for statement in iam.statements(name):
            if f"cloudformation:{action}" in statement["Action"] and statement["Sid"] != "ExpandTransforms":
                condition = statement["Condition"]
                if name == "pass-role":
                    assert condition["ArnEquals"]["cloudformation:RoleArn"] == iam.statements(name)[0]["Resource"]
                else:
                    assert condition["Null"] == {"cloudformation:RoleArn": "true"}, statement["Sid"]


def test_a_large_template_comes_from_the_snapshots_alone() -> None:
    for statement in every_statement():
        if "cloudformation:CreateChangeSet" in statement["Action"] and statement["Sid"] != "ExpandTransforms":
            urls = statement["Condition"]["StringLikeIfExists"]["cloudformation:TemplateUrl"]
            assert all("${Bucket}" in url and url.endswith("/${Prefix}*") for url in urls)


def test_buckets_of_another_account_are_never_read_or_written() -> None:
    for statement in every_statement():
        if any(action.startswith("s3:") for action in statement["Action"]):
            assert statement["Condition"]["StringEquals"] == {"aws:ResourceAccount": "${Account}"}, statement["Sid"]


@pytest.mark.parametrize(
    ("action", "name"), [("amplify:UpdateApp", "update-app"), ("amplify:UpdateBranch", "update-branch")]
)
def test_what_changes_every_setting_has_a_file_of_its_own(action: str, name: str) -> None:
    assert [it for it in EVERY if action in allowed(it)] == [name]


def test_a_role_is_assumed_by_one_environment_of_one_repository() -> None:
    (statement,) = json.loads((iam.POLICIES / "trust.json").read_text(encoding="utf-8"))["Statement"]
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:${Repository}:environment:${Environment}",
        }
    }


def test_every_variable_of_a_policy_is_explained() -> None:
    page = (iam.POLICIES / "README.md").read_text(encoding="utf-8")
    for path in iam.POLICIES.glob("*.json"):
        assert path.name in page
        for variable in set(re.findall(r"\$\{\w+\}", path.read_text(encoding="utf-8"))):
            assert f"`{variable}`" in page, f"{variable} of {path.name}"


def test_every_statement_that_may_be_left_out_is_explained() -> None:
    page = (iam.POLICIES / "README.md").read_text(encoding="utf-8")
    assert {sid for _, sid in ANNOUNCED.keys() | SELDOM.keys() if f"`{sid}`" not in page} == set()


def test_every_statement_has_a_name_of_its_own_in_its_policy() -> None:
    for name in EVERY:
        names = [statement["Sid"] for statement in iam.statements(name)]
        assert len(names) == len(set(names))


# --- what each mode really calls -----------------------------------------------------------------------------------


@dataclass
class Account:
    """An embedded AWS with a shop in it, and the action to run against it."""

    sandbox: Sandbox
    folder: Path
    calls: list[Call] = field(default_factory=list)
    runs: int = 0

    @property
    def called(self) -> set[str]:
        """The permissions that the calls needed."""
        return {iam.permission(call.service, call.operation) for call in self.calls}

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
        self.calls += self.sandbox.calls[before:]
        found = re.search(r"^outcome<<(\S+)\n(.*)\n\1$", output.read_text(encoding="utf-8"), re.MULTILINE)
        assert found, said.getvalue()
        return found[2]


WHERE = {"stack_name": "shop", "branch": "develop", "commit": BAD, "aws_region": "us-west-2"}
BY_ID, BY_NAME = {**WHERE, "app_id": "d1shop"}, {**WHERE, "app_name": "shop"}
SNAPSHOT = {"snapshot": "s3://snapshots/develop/shop.json"}
HISTORY = {"snapshot": "s3://snapshots/develop/"}
TEMPLATE = {
    "Parameters": {"Name": {"Type": "String"}},
    "Resources": {
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Name"}}},
        "Errors": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": "errors"}},
        "Orders": {"Type": "AWS::DynamoDB::Table", "Properties": {"BillingMode": "PAY_PER_REQUEST"}},
        "Files": {"Type": "AWS::S3::Bucket"},
        "Disk": {"Type": "AWS::EFS::FileSystem"},
        "Users": {"Type": "AWS::Cognito::UserPool"},
        "Search": {"Type": "AWS::OpenSearchService::Domain"},
        "Cluster": {"Type": "AWS::RDS::DBCluster", "Properties": {"Engine": "aurora-postgresql"}},
        "Database": {"Type": "AWS::RDS::DBInstance", "Properties": {"AllocatedStorage": "20"}},
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
    account.run(mode="snapshot", **{**BY_ID, **HISTORY, "commit": GOOD})
    account.calls.clear()
    deploy_badly(account.sandbox)
    assert account.run(mode="status", **BY_ID, **HISTORY) == "status"
    assert account.run(mode="status", **BY_NAME) == "status"
    assert iam.denied(account.calls, "status") == []
    assert needed("status") - account.called == set()


def test_a_snapshot_calls_what_its_policy_allows_and_nothing_else(account: Account) -> None:
    assert account.run(mode="snapshot", **BY_ID, **SNAPSHOT) == "snapshot-saved"
    account.runs -= 1  # another attempt of the same run looks for the snapshot of the first
    environment = {"GITHUB_RUN_ATTEMPT": "2"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(account.sandbox, "environment", lambda: {**Sandbox.environment(account.sandbox), **environment})
        assert account.run(mode="snapshot", **BY_NAME, **SNAPSHOT) == "snapshot-saved"
    assert account.run(mode="snapshot", **BY_NAME, **SNAPSHOT) == "snapshot-saved"
    assert iam.denied(account.calls, "status", "compare", "snapshot", "data") == []
    assert needed("snapshot", "data") - account.called == set()


def test_a_dry_run_calls_what_its_policy_allows_and_nothing_else(account: Account) -> None:
    account.run(mode="snapshot", **BY_ID, **SNAPSHOT)
    account.calls.clear()
    deploy_badly(account.sandbox)
    assert account.run(force="true", dry_run="true", **BY_ID, **SNAPSHOT) == "planned"
    assert account.run(force="true", dry_run="true", **BY_NAME, **SNAPSHOT) == "planned"
    assert iam.denied(account.calls, "status", "compare", "data", "logs", "empty") == []
    assert needed("compare") - account.called <= AFTER_A_KILL


@pytest.mark.parametrize(
    ("status", "call"),
    [
        ("UPDATE_IN_PROGRESS", "CancelUpdateStack"),
        ("UPDATE_ROLLBACK_FAILED", "ContinueUpdateRollback"),
        ("UPDATE_FAILED", "RollbackStack"),
        ("UPDATE_COMPLETE", "DescribeStacks"),
    ],
)
@pytest.mark.parametrize("role", ["", "arn:aws:iam::123456789012:role/shop-service"])
def test_a_rollback_calls_only_what_its_policy_allows(account: Account, status: str, call: str, role: str) -> None:
    account.sandbox.cloudformation.seed_stack("backend", status)
    account.sandbox.amplify.add_job("d1shop", "develop", commit=BAD, status="RUNNING")
    account.sandbox.services.set_alarm("errors")
    extras = {"lock_auto_build": "true", "verify_alarms": "errors", "force": "true", "role_arn": role}
    assert account.run(**{**BY_NAME, **extras, "stack_name": "backend"}) == "rolled-back"
    policies = ["status", "rollback", "update-branch", "data", "logs", *(["pass-role"] if role else [])]
    assert iam.denied(account.calls, *policies, StackName="backend") == []
    assert {f"cloudformation:{call}", "amplify:StopJob", "amplify:StartJob"} <= account.called


def test_a_zip_is_kept_and_deployed_again_with_what_the_policies_allow(account: Account) -> None:
    """By its copy beside the snapshots, and, where that is gone, by the version that was deployed."""
    sandbox, now = account.sandbox, account.sandbox.clock.now()
    sandbox.amplify.apps["d1shop"].repository = ""
    versioning: dict[str, Any] = {"Bucket": "artifacts", "VersioningConfiguration": {"Status": "Enabled"}}
    sandbox.client("s3").put_bucket_versioning(**versioning)
    facts: dict[str, Any] = {"job_type": "MANUAL", "source_url": "s3://artifacts/latest.zip"}
    for name, ago in (("good", 7200), ("bad", 600)):
        sandbox.services.put_object("artifacts", "latest.zip", zip_of({"index.html": name}))
        sandbox.services.date_object("artifacts", "latest.zip", now - ago - 60)
        sandbox.amplify.add_job("d1shop", "develop", started=now - ago, ended=now - ago + 5, **facts)
        if name == "good":
            assert account.run(mode="snapshot", **BY_ID, **SNAPSHOT) == "snapshot-saved"
            assert iam.denied(account.calls, "status", "compare", "snapshot", "data") == []
            account.calls.clear()
    frontend = {**BY_ID, **SNAPSHOT, "stack_name": "", "force": "true"}
    assert account.run(**frontend, dry_run="true") == "planned"
    assert iam.denied(account.calls, "status", "compare") == []
    account.calls.clear()
    assert account.run(**frontend) == "rolled-back"
    kept = next(key for key in sandbox.services.object_keys("snapshots") if key.endswith(".zip"))
    sandbox.services.delete_object("snapshots", kept)
    sandbox.amplify.add_job("d1shop", "develop", started=now - 60, ended=now - 55, **facts)
    assert account.run(**frontend, target_job_id="2") == "rolled-back"
    assert iam.denied(account.calls, "status", "compare", "rollback", "restore", "data") == []
    assert {"s3:ListBucketVersions", "s3:PutObject", "amplify:StartDeployment"} <= account.called


AFTER_A_KILL = {"cloudformation:ListChangeSets"}
"""What only a run that did not come to its restore calls: it looks for what a killed one left."""

RESTORE = ("status", "compare", "rollback", "restore", "update-app", "update-branch", "data", "logs", "empty")


@pytest.mark.parametrize("where", [SNAPSHOT, HISTORY], ids=["snapshot", "history"])
@pytest.mark.parametrize("role", ["", "arn:aws:iam::123456789012:role/shop-service"])
@pytest.mark.parametrize("description", ["small", "large " * 10_000])
def test_a_restore_calls_only_what_the_policies_allow(
    account: Account, role: str, description: str, where: dict[str, str]
) -> None:
    """A template over 51,200 bytes goes by its address in S3, which the policy knows too."""
    template = json.dumps({**TEMPLATE, "Metadata": {"Said": description}})
    account.sandbox.cloudformation.update("shop", template, **parameters("three"))
    assert isinstance(account.sandbox.clock, ManualClock)
    account.sandbox.clock.advance(1800)
    account.run(mode="snapshot", **{**BY_ID, **where, "commit": GOOD})
    assert iam.denied(account.calls, "status", "compare", "snapshot", "data") == []
    account.calls.clear()
    deploy_badly(account.sandbox)
    assert account.run(force="true", role_arn=role, logs="true", **BY_ID, **where) == "rolled-back"
    assert iam.denied(account.calls, *RESTORE, *(["pass-role"] if role else [])) == []
    assert needed("compare", "restore", "data", "logs") - account.called <= AFTER_A_KILL


def test_a_foreign_change_set_role_or_template_is_denied(account: Account) -> None:
    """What the conditions are for: the same calls, with another's name, role, address or stack."""
    account.run(mode="snapshot", **BY_ID, **SNAPSHOT)
    deploy_badly(account.sandbox)
    account.calls.clear()
    account.run(force="true", **BY_ID, **SNAPSHOT)
    (made,) = [call for call in account.calls if call.operation == "CreateChangeSet"]
    (run,) = [call for call in account.calls if call.operation == "ExecuteChangeSet"]
    for call, others in (
        (made, {"ChangeSetName": "release-7"}),
        (made, {"RoleARN": "arn:aws:iam::123456789012:role/admin"}),
        (made, {"TemplateURL": "https://elsewhere.s3.us-west-2.amazonaws.com/develop/x.template"}),
        (made, {"StackName": "shop-production"}),
        (run, {"ChangeSetName": "release-7"}),
        (run, {"StackName": "shop-production"}),
    ):
        other = replace(call, params={**call.params, **others})
        assert iam.denied([other], *RESTORE, "pass-role"), others
