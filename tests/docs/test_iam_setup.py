"""docs/iam/setup.yaml: deployed into moto's own CloudFormation, and by the AWS CLI into the embedded AWS."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import yaml
from moto import mock_aws
from moto.iam.policy_validation import IAMPolicyDocumentValidator

from sandbox import ManualClock, Sandbox, ScaledClock
from scripts import iam_setup
from tests.docs import iam
from tests.docs.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "shop-rollback"
PROVIDER = f"arn:aws:iam::{iam.ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
STACKS = ["shop-backend-of-the-development-account", "shop-network", "shop-data"]
APPS = ["d1abcdefgh1234", "d2abcdefgh1234"]
SERVICE_ROLES = [f"arn:aws:iam::{iam.ACCOUNT}:role/{name}" for name in ("deploy", "deploy-network")]
WORKFLOW = "example/shop/.github/workflows/deploy.yml@refs/heads/develop"
EVERYTHING = {
    "Repository": "example/shop",
    "Environment": "development",
    "Branch": "develop",
    "JobWorkflowRef": WORKFLOW,
    "OidcProviderArn": PROVIDER,
    **dict(zip(iam_setup.STACKS, STACKS, strict=True)),
    **dict(zip(iam_setup.APPS, APPS, strict=True)),
    "BranchName": "develop",
    "ServiceRoleArns": ",".join(SERVICE_ROLES),
    "BucketName": "shop-snapshots",
    "Prefix": "development/",
    "ArtifactBucket": "shop-artifacts",
    "ParameterPath": "shop/",
    "DescribeData": "true",
    "LookIntoData": "true",
    "ReadLogs": "true",
    "UpdateBranch": "true",
    "UpdateApp": "true",
}
EXTRAS = ("pass-role", "update-branch", "update-app", "data", "empty", "logs")
LARGEST_TEMPLATE, LARGEST_POLICY, MOST_POLICIES = 51_200, 6_144, 10
"""Bytes that the CLI sends without a bucket; characters of a managed policy and policies of a role (IAM's quotas)."""


class Template(yaml.SafeLoader):
    """Reads the short forms of CloudFormation's functions as their long ones."""


def long_form(loader: Template, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.ScalarNode)
    return {name: loader.construct_scalar(node)}


Template.add_multi_constructor("!", long_form)


@pytest.fixture(scope="module")
def text() -> str:
    return iam_setup.SETUP.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def template(text: str) -> Any:
    return yaml.load(text, Template)


@pytest.fixture(scope="module")
def deployed(text: str) -> Iterator[dict[str, str]]:
    """Deploy it with every parameter into moto, which takes IAM's grammar to be what IAM takes; return the outputs."""
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        patch.setenv("AWS_DEFAULT_REGION", "us-west-2")
        cloudformation = boto3.client("cloudformation")
        given: list[Any] = [{"ParameterKey": key, "ParameterValue": value} for key, value in EVERYTHING.items()]
        with pytest.warns(UserWarning, match="AWS::S3::BucketPolicy but it's not supported"):
            cloudformation.create_stack(
                StackName=NAME, TemplateBody=text, Parameters=given, Capabilities=["CAPABILITY_NAMED_IAM"]
            )
        (stack,) = cloudformation.describe_stacks(StackName=NAME)["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        yield {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


# --- the template itself -------------------------------------------------------------------------------------------


def test_cfn_lint_has_nothing_to_say() -> None:
    tool = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([tool, str(iam_setup.SETUP)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_cli_can_send_it_without_a_bucket(text: str) -> None:
    assert len(text.encode()) <= LARGEST_TEMPLATE


def test_every_policy_of_the_folder_is_in_it() -> None:
    """Verify's one statement is among those that status has."""
    assert {policy.name for policy in iam_setup.POLICIES} == {path.stem for path in iam.files()} - {"verify"}
    assert iam.statements("verify")[0]["Action"] in [it["Action"] for it in iam.statements("status")]


def test_a_bucket_outlives_its_stack_and_so_does_the_provider(template: Any) -> None:
    kept = {name for name, it in template["Resources"].items() if it.get("DeletionPolicy") == "Retain"}
    assert kept == {"Provider", "Snapshots"}
    assert all(template["Resources"][name]["UpdateReplacePolicy"] == "Retain" for name in kept)


def test_the_bucket_is_spoken_to_over_tls_alone_and_amplify_reads_zips_alone(template: Any) -> None:
    """A folder of snapshots deployed as a site would show the environment variables in them."""
    first, *others = template["Resources"]["SnapshotsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (first["Effect"], first["Principal"], first["Action"]) == ("Deny", "*", "s3:*")
    assert first["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    for other in others:
        condition, statement, _ = other["Fn::If"]
        assert condition == "HasAppId"
        assert statement["Principal"] == {"Service": "amplify.amazonaws.com"}
        assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
        prefix = statement["Condition"]["StringLike"].get("s3:prefix") or statement["Resource"]
        assert prefix["Fn::Sub"].endswith("${Prefix}*.zip")


# --- deployed with every parameter ---------------------------------------------------------------------------------


def attached(role: str) -> dict[str, Any]:
    """Return the documents of a role's policies by the name of their file."""
    client = boto3.client("iam")
    found: dict[str, Any] = {}
    for entry in client.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        arn = entry["PolicyArn"]
        version = client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = client.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        (name,) = [policy.name for policy in iam_setup.POLICIES if f"-{policy.id}-" in entry["PolicyName"]]
        found[name] = document
    return found


def expected(value: Any, bucket: str) -> Any:
    """Return a part of a JSON file as the stack should have it: filled in, one text for each stack, app and role."""
    if isinstance(value, dict):
        return {key: expected(inner, bucket) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted(text for inner in value for text in texts(inner, bucket))
    (text,) = texts(value, bucket)
    return text


def texts(text: str, bucket: str) -> list[str]:
    if "${StackRole}" in text:
        return SERVICE_ROLES
    known = {"Bucket": bucket, "Prefix": "development/", "ArtifactBucket": "shop-artifacts"}
    for variable, names in (("StackName", STACKS), ("AppId", APPS)):
        if f"${{{variable}}}" in text:
            return [iam.filled(text, **known, **{variable: name}) for name in names]
    return [iam.filled(text, **known)]


def ordered(value: Any) -> Any:
    """Return a value with each list of texts in order, and what has one text as that text's list."""
    if isinstance(value, dict):
        return {key: ordered(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted(value) if all(isinstance(item, str) for item in value) else [ordered(item) for item in value]
    return value


@pytest.mark.parametrize("role", list(iam_setup.ROLES))
def test_a_role_may_do_what_the_files_say_and_nothing_else(role: str, deployed: dict[str, str]) -> None:
    bucket = deployed["Snapshot"].split("/")[2]
    found = {name: ordered(document["Statement"]) for name, document in attached(role_name(role, deployed)).items()}
    assert found == {
        policy.name: [
            {key: expected(value, bucket) for key, value in statement.items()}
            for statement in iam.statements(policy.name)
        ]
        for policy in iam_setup.POLICIES
        if role in policy.roles
    }


def role_name(role: str, deployed: dict[str, str]) -> str:
    return deployed[f"{role}Arn"].rsplit("/", 1)[1]


@pytest.mark.parametrize("role", list(iam_setup.ROLES))
def test_a_roles_policies_are_within_iams_quotas(role: str, deployed: dict[str, str]) -> None:
    found = attached(role_name(role, deployed))
    assert len(found) <= MOST_POLICIES
    assert max(len(json.dumps(document, separators=(",", ":"))) for document in found.values()) <= LARGEST_POLICY


@pytest.mark.parametrize("role", list(iam_setup.ROLES))
def test_a_role_is_assumed_by_the_named_jobs_alone(role: str, deployed: dict[str, str]) -> None:
    found = boto3.client("iam").get_role(RoleName=role_name(role, deployed))["Role"]
    (statement,) = found["AssumeRolePolicyDocument"]["Statement"]
    claim = "token.actions.githubusercontent.com"
    assert statement["Principal"] == {"Federated": PROVIDER}
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {
            f"{claim}:aud": "sts.amazonaws.com",
            f"{claim}:sub": ["repo:example/shop:environment:development", "repo:example/shop:ref:refs/heads/develop"],
        },
        "StringLike": {f"{claim}:job_workflow_ref": WORKFLOW},
    }
    assert found["MaxSessionDuration"] >= 5400


def test_the_bucket_is_private_versioned_and_encrypted(deployed: dict[str, str], template: Any) -> None:
    """What moto's CloudFormation passes on to its S3 is read there, the rest in the template."""
    assert deployed["Snapshot"] == "s3://shop-snapshots/development/"
    client = boto3.client("s3")
    (rule,) = client.get_bucket_encryption(Bucket="shop-snapshots")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    properties = template["Resources"]["Snapshots"]["Properties"]
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == len(("acls", "policy", "ignore", "restrict"))
    assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_the_lifecycle_ends_releases_and_never_what_they_share(template: Any) -> None:
    """The template of a stack is kept once, under its digest, and the newest release may need one of years ago."""
    properties = template["Resources"]["Snapshots"]["Properties"]
    releases, versions = properties["LifecycleConfiguration"]["Rules"]
    prefix = releases["Prefix"]["Fn::Sub"].replace("${Prefix}", "development/")
    assert releases["ExpirationInDays"] == {"Ref": "ReleaseDays"}
    assert "development/20261125T101500Z-a1b2c3d-7-1.json".startswith(prefix)
    assert not "development/templates/2f0a.template".startswith(prefix)
    assert versions["NoncurrentVersionExpiration"] == {"NoncurrentDays": {"Ref": "EarlierVersionDays"}}


# --- deployed with few parameters ----------------------------------------------------------------------------------

STACK_ALONE = {"Environment": "production", "StackName": "shop"}
APP_ALONE = {"Branch": "main", "AppId": "d1shop"}
ALL_ALLOWED = dict.fromkeys(("DescribeData", "LookIntoData", "ReadLogs", "UpdateBranch", "UpdateApp"), "true")


@pytest.mark.parametrize(
    ("given", "left_out"),
    [
        (STACK_ALONE, {"pass-role", "update-branch", "update-app", "empty", "logs"}),
        (APP_ALONE, {"pass-role", "update-branch", "update-app", "empty", "logs"}),
        (STACK_ALONE | ALL_ALLOWED, {"pass-role", "update-branch", "update-app"}),
        (APP_ALONE | ALL_ALLOWED, {"pass-role", "empty", "logs"}),
        (STACK_ALONE | {"DescribeData": "false", "ServiceRoleArns": SERVICE_ROLES[0]}, set(EXTRAS) - {"pass-role"}),
    ],
)
def test_what_is_not_asked_for_is_left_out_and_what_stays_is_a_policy(
    given: dict[str, str], left_out: set[str], text: str
) -> None:
    """As CloudFormation resolves it: no statement is empty, and no resource is of what was not named."""
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
    with Sandbox(ManualClock()) as sandbox:
        sandbox.cloudformation.create(
            NAME,
            text,
            Parameters=[{"ParameterKey": "Repository", "ParameterValue": "example/shop"}, *parameters],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        events = sandbox.client("cloudformation").describe_stack_events(StackName=NAME)["StackEvents"]
    properties = {
        event["LogicalResourceId"]: with_bucket(json.loads(event["ResourceProperties"]))
        for event in events
        if event.get("ResourceProperties") and event["ResourceType"] == "AWS::IAM::ManagedPolicy"
    }
    assert set(properties) == {policy.id for policy in iam_setup.POLICIES if policy.name not in left_out}
    for name, found in properties.items():
        IAMPolicyDocumentValidator(json.dumps(found["PolicyDocument"])).validate()
        for statement in found["PolicyDocument"]["Statement"]:
            assert statement["Resource"], (name, statement["Sid"])
            assert None not in statement["Resource"]
            unnamed = [arn for arn in statement["Resource"] if re.search(r":stack//|:stack/-|apps//|:::/|:::-", arn)]
            assert unnamed == []


def with_bucket(value: Any) -> Any:
    """Return properties with the bucket's name filled in: events of the embedded AWS leave what is made meanwhile."""
    if isinstance(value, dict):
        text = value.get("Fn::Sub")
        return text.replace("${Snapshots}", "kept") if text else {key: with_bucket(it) for key, it in value.items()}
    return [with_bucket(it) for it in value] if isinstance(value, list) else value


# --- with the AWS CLI ----------------------------------------------------------------------------------------------


SHORT_SLEEPS = "import time\nsleep = time.sleep\ntime.sleep = lambda seconds: sleep(min(seconds, 0.2))\n"
"""The CLI's waiters look every 5 and 30 seconds."""


def cli() -> str | None:
    """Return the AWS CLI: the one of `make bench`, or this machine's."""
    own = ROOT / "benchmarks" / ".venv" / "bin" / "aws"
    return str(own) if own.exists() else shutil.which("aws")


@pytest.mark.skipif(not cli(), reason="the AWS CLI is not here: `make bench` installs one")
@pytest.mark.parametrize(
    "given", [["Environment=production", "StackName=shop"], ["Branch=main", "AppId=d1shop", "UpdateApp=true"]]
)
def test_the_one_command_of_the_page_sets_it_up(given: list[str], tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(SHORT_SLEEPS, encoding="utf-8")
    page = (iam.POLICIES / "README.md").read_text(encoding="utf-8")
    command = re.search(r"^aws cloudformation deploy .*?(?=--parameter-overrides)", page, re.MULTILINE | re.DOTALL)
    assert command
    words = command[0].replace("\\\n", " ").split()[1:]
    with Sandbox(ScaledClock(600)) as sandbox:
        environment = sandbox.environment(
            AWS_DEFAULT_REGION=sandbox.region,
            AWS_PAGER="",
            PATH=os.environ["PATH"],
            HOME=str(tmp_path),
            PYTHONPATH=str(tmp_path),
        )
        done = subprocess.run(
            [str(cli()), *words, "--parameter-overrides", "Repository=example/shop", *given],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        name = words[words.index("--stack-name") + 1]
        (stack,) = sandbox.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert set(outputs) == {"Snapshot", *(f"{role}Arn" for role in iam_setup.ROLES)}
    assert re.fullmatch(r"s3://[\w-]+/releases/", outputs["Snapshot"])
