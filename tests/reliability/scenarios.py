"""The situations in which the product is tried: each a state of AWS, and the inputs of a run."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from sandbox.cloudformation import Validation
from sandbox.demo import incidents
from tests.reliability import shop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox import Sandbox
    from tests.clocks import Movable

SMOKE_FAILED = {"deploy-infrastructure": "success", "deploy-frontend": "success", "smoke-tests": "failure"}
FRONTEND_FAILED = {"deploy-infrastructure": "success", "deploy-frontend": "failure", "smoke-tests": "skipped"}
SNAPSHOT_KEY = "develop.json"
SNAPSHOT = f"s3://{shop.BUCKET}/{SNAPSHOT_KEY}"
IMAGE_TEMPLATE = shop.template(
    "good",
    Render={
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Role": "arn:aws:iam::123456789012:role/shop-api",
            "PackageType": "Image",
            "Code": {"ImageUri": "123456789012.dkr.ecr.us-west-2.amazonaws.com/render:1"},
        },
    },
)
STACK_MINUTES, FRONTEND_MINUTES, VERIFY_SECONDS = 10.0, 10.0, 120.0


@dataclass(frozen=True, eq=False)
class Scenario:
    """A state of AWS (`prepare`), and a run's inputs besides the usual ones.

    `adds` names the operations whose faults it adds to the matrix, where all others are met just so in another one.
    """

    name: str
    prepare: Callable[[Sandbox, Movable], None]
    inputs: Mapping[str, str] = field(default_factory=dict)
    results: Mapping[str, str] = field(default_factory=lambda: SMOKE_FAILED)
    attempt: int = 1
    good_template: str = shop.GOOD_TEMPLATE
    adds: frozenset[str] = frozenset()

    def all_inputs(self, sandbox: Sandbox) -> dict[str, str]:
        """Return every input of the run."""
        usual = {
            "mode": "rollback",
            "stack-name": shop.STACK,
            "app-id": shop.APP,
            "job-results": json.dumps({job: {"result": result} for job, result in self.results.items()}),
            "stack-timeout": str(STACK_MINUTES),
            "frontend-timeout": str(FRONTEND_MINUTES),
            "poll-interval": "20",
            "slack-webhook-url": sandbox.slack.webhook_url,
        }
        given = {**usual, **self.inputs}
        if "verify-contains" in given:
            given["verify-url"] = sandbox.site.url
        return {name: value for name, value in given.items() if value}


_VERIFIED = {"verify-contains": "release {commit}", "verify-timeout": str(VERIFY_SECONDS)}


def _restore(sandbox: Sandbox, clock: Movable, body: str = shop.BAD_TEMPLATE) -> None:
    text = recorded_snapshot()
    shop.deployed(sandbox)
    shop.with_s3(sandbox)
    sandbox.services.put_object(shop.BUCKET, SNAPSHOT_KEY, text)
    shop.update(sandbox, body)
    clock.advance(300)
    sandbox.amplify.apps[shop.APP].environment = {"API_KEY": "changed", "THEME": "dark"}
    sandbox.amplify.branch(shop.APP, shop.BRANCH).environment = {"BRANCH_KEY": "changed"}
    shop.bad_frontend(sandbox)


def _destructive_restore(sandbox: Sandbox, clock: Movable) -> None:
    _restore(sandbox, clock, shop.DESTRUCTIVE_TEMPLATE)
    sandbox.cloudformation.store(shop.STACK, "Audit", "who did what")


def _refused_early(sandbox: Sandbox, clock: Movable) -> None:
    """CloudFormation's validation does not take the change set; why is told by DescribeEvents alone."""
    _restore(sandbox, clock)
    sandbox.cloudformation.fail_validation(Validation("Api", "Required property [Role] not found"))


def _with_an_image(sandbox: Sandbox, clock: Movable) -> None:
    """The good template names an image in ECR, and it is still there."""
    shop.deployed(sandbox)
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = {"schemaVersion": 2, "mediaType": kind, "config": {"digest": f"sha256:{'0' * 64}"}, "layers": []}
    ecr = sandbox.client("ecr")
    ecr.create_repository(repositoryName="render")
    ecr.put_image(repositoryName="render", imageManifest=json.dumps(manifest), imageTag="1")
    shop.with_s3(sandbox)
    sandbox.cloudformation.update(shop.STACK, IMAGE_TEMPLATE, **shop.request("development", shop.GOOD_TAGS))
    clock.advance(300)
    known = {"Stage": {"value": "development"}, "DatabasePassword": {"no_echo": True}}
    record = {
        "name": shop.STACK,
        "id": sandbox.cloudformation.stack(shop.STACK).id,
        "status": "UPDATE_COMPLETE",
        "template": IMAGE_TEMPLATE,
        "parameters": known,
        "tags": shop.GOOD_TAGS,
    }
    text = json.dumps({"version": 1, "taken_at": "2025-12-01T00:00:00+00:00", "stacks": [record]})
    sandbox.services.put_object(shop.BUCKET, SNAPSHOT_KEY, text.encode())
    shop.update(sandbox)
    clock.advance(300)
    shop.bad_frontend(sandbox)


def _still_updating(sandbox: Sandbox, _clock: Movable) -> None:
    shop.deployed(sandbox)
    shop.bad_frontend(sandbox)
    sandbox.amplify.quirks.page_size = 1
    sandbox.cloudformation.slow("Notices", 30)
    shop.update(sandbox)


def _frontend_building(sandbox: Sandbox, clock: Movable) -> None:
    """The stack's update failed with its rollback disabled, and the bad commit is still being built."""
    shop.deployed(sandbox)
    sandbox.cloudformation.fail_update("Queue", "The queue's name is taken")
    shop.update(sandbox, DisableRollback=True)
    clock.advance(300)
    shop.bad_frontend(sandbox, "RUNNING", minutes=60)


def _half_way(sandbox: Sandbox, clock: Movable) -> None:
    shop.deployed(sandbox)
    sandbox.cloudformation.fail_update("Api", "Code not found")
    sandbox.cloudformation.fail_rollback("Queue", "Internal Failure", times=3)
    shop.update(sandbox)
    clock.advance(300)
    shop.bad_frontend(sandbox)


def _at_rest(sandbox: Sandbox, _clock: Movable) -> None:
    shop.deployed(sandbox)
    shop.with_s3(sandbox)


def _bad_at_rest(sandbox: Sandbox, clock: Movable) -> None:
    shop.deployed(sandbox)
    shop.update(sandbox)
    clock.advance(300)
    shop.bad_frontend(sandbox, "FAILED")


@cache
def recorded_snapshot() -> bytes:
    """Return what the product's own snapshot mode records of the good deployment."""
    from tests.reliability.play import play  # noqa: PLC0415 - play needs this module

    run = play(TAKE_SNAPSHOT)
    if run.outputs["outcome"] != "snapshot-saved":
        raise RuntimeError(run.stdout)
    return run.objects[SNAPSHOT_KEY]


RESTORE = Scenario(
    "restore",
    _restore,
    {"snapshot": SNAPSHOT, "lock-auto-build": "true", "verify-alarms": shop.ALARM, **_VERIFIED},
)
REFUSED_RESTORE = Scenario(
    "refused-restore",
    _destructive_restore,
    {"snapshot": SNAPSHOT},
    adds=frozenset({"CreateChangeSet", "DescribeChangeSet", "DeleteChangeSet", "ListChangeSets", "Scan"}),
)
REFUSED_EARLY = Scenario("refused-early", _refused_early, {"snapshot": SNAPSHOT}, adds=frozenset({"DescribeEvents"}))
WITH_AN_IMAGE = Scenario(
    "with-an-image",
    _with_an_image,
    {"snapshot": SNAPSHOT},
    good_template=IMAGE_TEMPLATE,
    adds=frozenset({"DescribeImages"}),
)
STILL_UPDATING = Scenario("still-updating", _still_updating, {"app-id": "", "app-name": shop.APP_NAME, **_VERIFIED})
FRONTEND_BUILDING = Scenario("frontend-building", _frontend_building, _VERIFIED, FRONTEND_FAILED)
HALF_WAY = Scenario(
    "half-way",
    _half_way,
    {"resources-to-skip": "Queue"},
    adds=frozenset({"ContinueUpdateRollback", "DescribeStacks", "DescribeStackEvents"}),
)
TOGETHER = Scenario(
    "together",
    _still_updating,
    {"order": "together", **_VERIFIED},
    adds=frozenset({"GetBranch", "CancelUpdateStack", "StartJob", "DescribeStacks", "GetJob"}),
)
PLAN = Scenario("plan", _restore, {"snapshot": SNAPSHOT, "dry-run": "true"})
TAKE_SNAPSHOT = Scenario("snapshot", _at_rest, {"mode": "snapshot", "snapshot": SNAPSHOT})
KEEP_SNAPSHOT = Scenario(
    "snapshot-again",
    _restore,
    {"mode": "snapshot", "snapshot": SNAPSHOT},
    attempt=2,
)
STATUS = Scenario("status", _bad_at_rest, {"mode": "status"})


def of_the_demo(name: str) -> Scenario:
    """Return an incident of the demo as a scenario; its bad deployment is at rest where the demo lets it be."""
    incident = incidents.INCIDENTS[name]

    def prepare(sandbox: Sandbox, clock: Movable) -> None:
        if incident.snapshot_first:
            text = recorded(name)
            incident.snapshot_first(sandbox)
            sandbox.services.put_object(incidents.BUCKET, f"{incidents.BRANCH}.json", text)
        incident.prepare(sandbox)
        if incident.snapshot_first:
            clock.advance(60)

    good_template = incidents.template("Welcome")
    return Scenario(name, prepare, incident.inputs, incident.results, good_template=good_template)


@cache
def recorded(name: str) -> bytes:
    """Return what the product's own snapshot mode records before a bad deployment of the demo."""
    from tests.reliability.play import play  # noqa: PLC0415 - as above

    incident = incidents.INCIDENTS[name]
    first = Scenario(
        f"{name}: snapshot",
        lambda sandbox, _clock: incident.snapshot_first(sandbox) if incident.snapshot_first else None,
        {**incident.inputs, "mode": "snapshot"},
    )
    return play(first).objects[f"{incidents.BRANCH}.json"]


DEMO = tuple(of_the_demo(name) for name in incidents.INCIDENTS)
ROLLBACKS = (
    *(RESTORE, REFUSED_RESTORE, REFUSED_EARLY, WITH_AN_IMAGE, STILL_UPDATING, FRONTEND_BUILDING, HALF_WAY),
    TOGETHER,
)
ALL = (*ROLLBACKS, PLAN, TAKE_SNAPSHOT, KEEP_SNAPSHOT, STATUS)
