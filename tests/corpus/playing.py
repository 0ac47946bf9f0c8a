"""Plays a pair of the corpus: deployed, used, recorded, deployed badly, and rolled back by the real product."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollback.report.notices import Code
from rollback.session import Session
from sandbox import AwsError, ManualClock, Sandbox
from sandbox.cloudformation.identifiers import name_in
from sandbox.cloudformation.views import without_accents
from tests.clocks import FakeClock
from tests.corpus.pairs import value
from tests.reliability.play import in_the_runner, parse_outputs
from tests.short_wire import short_wire

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.cloudformation.model import Resource, Stack
    from tests.corpus.pairs import Both, Pair, Version

STACK = "bakery-production"
_CANNOT = f'"{Code.SNAPSHOT_UNPROTECTED}"'
_NOTHING_CHANGES = ("No updates are to be performed", "Update of resource type is not permitted")
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_NAMED = re.compile(r"([\w.]+) \((?:AWS|Custom)::")


@dataclass(frozen=True)
class Thing:
    """A resource as it is; NoEcho values are masked in `asked`, which is all that the template says of it."""

    logical_id: str
    type: str
    physical_id: str
    asked: str
    data: str | None


@dataclass(frozen=True)
class State:
    """All that CloudFormation knows at a moment, nested stacks by their logical ids, what lives outside by physical id.

    Texts are as GetTemplate tells them; the `lost` ones are in no stack, and nobody retained them.
    """

    texts: Mapping[str, str]
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    things: Mapping[str, Thing]
    outside: Mapping[str, Thing]
    outputs: Mapping[str, str]
    strays: frozenset[str]

    def asked(self, without: tuple[str, ...]) -> dict[str, object]:
        """Return what a restore has to bring back, whatever the physical ids."""
        things = {name: (one.type, one.asked) for name, one in self.things.items() if name not in without}
        return {"texts": self.texts, "parameters": self.parameters, "tags": self.tags, **things}

    @property
    def physical_ids(self) -> dict[str, str]:
        """What the resources are, by name."""
        return {name: one.physical_id for name, one in self.things.items()}

    @property
    def held(self) -> dict[str, str]:
        """What each stateful resource holds, in a stack or outside, by physical id."""
        everything = (*self.things.values(), *self.outside.values())
        return {one.physical_id: one.data for one in everything if one.data is not None}


@dataclass(frozen=True)
class Played:
    """A pair that was played: the three states, what the rollback said, and which physical ids it lost."""

    good: State
    bad: State
    now: State
    outputs: Mapping[str, str]
    log: str
    ready: bool
    lost: frozenset[str]
    executed: bool
    change_sets: tuple[str, ...]

    @property
    def stack(self) -> dict[str, Any]:
        """The stack in the report."""
        found: dict[str, Any] = json.loads(self.outputs["report"])["stacks"][0]
        return found

    @property
    def ended(self) -> str:
        """How the stack ended, in the words of the corpus."""
        result = self.outputs["stack-result"]
        codes = [one["code"] for one in self.stack["notices"] if one["level"] == "error"]
        return {"rolled-back": "restored"}.get(result) or (codes[0] if result == "refused" and codes else result)

    @property
    def refuses(self) -> set[str]:
        """The resources that the refusal names."""
        return set(_NAMED.findall(self.stack["reason"])) if self.outputs["stack-result"] == "refused" else set()

    @property
    def goes(self) -> set[str]:
        """The resources that are listed as removed again."""
        return {one["logical_id"] for one in self.stack["removed_again"]}

    def told_of(self, words: str) -> set[str]:
        """Return the resources that the lines about what was not rolled back name together with these words."""
        lines = [line for line in self.stack["not_rolled_back"] if words in line]
        return {name for line in lines for name in _NAMED.findall(line)}


def play(pair: Pair) -> Played:
    """Play the pair once, on a clock that nobody waits for."""
    clock = ManualClock()
    with Sandbox(clock) as sandbox, in_the_runner(sandbox) as (variables, folder), short_wire(sandbox):
        _deploy_good(sandbox, pair)
        clock.advance(3600)
        good = _state(sandbox)
        taken, _ = _run(clock, variables, folder, "snapshot")
        clock.advance(3600)
        _deploy_bad(sandbox, clock, pair)
        bad, lost_before, calls = _state(sandbox), len(sandbox.cloudformation.losses), len(sandbox.calls)
        outputs, log = _run(clock, variables, folder, "rollback")
        return Played(
            good=good,
            bad=bad,
            now=_state(sandbox),
            outputs=outputs,
            log=log,
            ready=taken["outcome"] == "snapshot-saved" and _CANNOT not in taken["report"],
            lost=frozenset(loss.physical_id for loss in sandbox.cloudformation.losses[lost_before:]),
            executed="ExecuteChangeSet" in [call.operation for call in sandbox.calls[calls:]],
            change_sets=tuple(
                one.name
                for stack in sandbox.cloudformation._world.stacks.values()
                for one in stack.change_sets.values()
                if not one.execution.startswith("EXECUTE")
            ),
        )


def _deploy_good(sandbox: Sandbox, pair: Pair) -> None:
    """Deploy the earlier version, and let people fill whatever can hold something."""
    for place in pair.objects:
        _put(sandbox, place, "an artifact")
    _arrange(sandbox, pair, pair.before, later=False)
    sandbox.cloudformation.create(STACK, pair.before.text, **_request(pair, later=False))
    for name, thing in _state(sandbox).things.items():
        if thing.data is not None:
            _store(sandbox, name)


def _deploy_bad(sandbox: Sandbox, clock: ManualClock, pair: Pair) -> None:
    """Deploy the later version over it. Where AWS finds nothing to do in it, the pipeline goes on without."""
    _arrange(sandbox, pair, pair.after, later=True)
    if pair.fails:
        sandbox.cloudformation.fail_update(pair.fails, "Resource handler returned message: Invalid request")
    try:
        sandbox.cloudformation.update(STACK, pair.after.text, **_request(pair, later=True))
    except AwsError as error:
        if not any(text in error.message for text in _NOTHING_CHANGES):
            raise
    clock.advance(3600)
    for name in pair.used:
        _store(sandbox, name)
    for place in pair.gone:
        sandbox.services.delete_object(*place.split("/", 1))


def _arrange(sandbox: Sandbox, pair: Pair, version: Version, *, later: bool) -> None:
    for place, text in version.nested.items():
        _put(sandbox, place, text)
    for name, both in (pair.ssm or {}).items():
        sandbox.services.put_parameter(name, value(both, later=later))


def _put(sandbox: Sandbox, place: str, body: str) -> None:
    bucket, key = place.split("/", 1)
    if sandbox.services.bucket_region(bucket) is None:
        sandbox.services.create_bucket(bucket)
    sandbox.services.put_object(bucket, key, body)


def _request(pair: Pair, *, later: bool) -> dict[str, Any]:
    declared = re.findall(r"\w+", (pair.after if later else pair.before).text)
    return {
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": one}
            for key, one in _values(pair.parameters, later=later).items()
            if key in declared
        ],
        "Tags": [{"Key": key, "Value": one} for key, one in _values(pair.tags, later=later).items()],
        "Capabilities": _CAPABILITIES,
    }


def _values(given: Mapping[str, Both] | None, *, later: bool) -> dict[str, str]:
    return {key: value(both, later=later) for key, both in (given or {}).items()}


def _store(sandbox: Sandbox, name: str) -> None:
    """Let users fill a resource, wherever in the hierarchy it is."""
    *above, logical_id = name.split(".")
    stack = sandbox.cloudformation.stack(STACK)
    for one in above:
        stack = sandbox.cloudformation.stack(stack.resources[one].physical_id)
    sandbox.cloudformation.store(stack.id, logical_id, f"what people keep in {name}")


def _run(clock: ManualClock, variables: Mapping[str, str], folder: Path, mode: str) -> tuple[dict[str, str], str]:
    """Run the product to its end; return its outputs and its log."""
    inputs = {"mode": mode, "stack-name": STACK, "snapshot": "good.json", "poll-interval": "20"}
    if mode == "rollback":
        results = {"deploy-infrastructure": "success", "deploy-frontend": "success", "smoke-tests": "failure"}
        inputs["job-results"] = json.dumps(results)
    for name in ("output", "summary"):
        (folder / name).write_text("", encoding="utf-8")
    log, time = io.StringIO(), FakeClock(clock, start=clock.now())
    given = {f"INPUT_{name.upper()}": one for name, one in inputs.items()}
    Session({**variables, **given}, log, time).run()
    return parse_outputs((folder / "output").read_text(encoding="utf-8")), log.getvalue()


def _state(sandbox: Sandbox) -> State:
    cloudformation = sandbox.cloudformation
    stacks = dict(_family(sandbox, cloudformation.stack(STACK), ""))
    things = {
        f"{path}{one.logical_id}": _thing(one) for path, stack in stacks.items() for one in stack.resources.values()
    }
    world = cloudformation._world
    outside = {one.physical_id: _thing(one) for one in world.orphans.values()}
    living = (one for stack in world.stacks.values() for one in stack.resources.values())
    known = {(one.type, name_in(one.type, one.physical_id)) for one in (*living, *world.orphans.values())}
    root = stacks[""].deployment
    assert root is not None
    return State(
        texts={path: without_accents(stack.deployment.original) for path, stack in stacks.items() if stack.deployment},
        parameters={one.key: one.value for one in root.parameters.values() if not one.no_echo},
        tags=root.tags,
        things=things,
        outside=outside,
        outputs={
            f"{path}{one['OutputKey']}": json.dumps(one, sort_keys=True)
            for path, stack in stacks.items()
            for one in stack.outputs
        },
        strays=frozenset(name for (_, type_, name) in world.names if (type_, name) not in known),
    )


def _thing(resource: Resource) -> Thing:
    desired = resource.desired
    asked = (desired.shown, desired.metadata, desired.deletion_policy, desired.replace_policy)
    text = json.dumps(asked, sort_keys=True, default=str)
    return Thing(resource.logical_id, resource.type, resource.physical_id, text, resource.data)


def _family(sandbox: Sandbox, stack: Stack, path: str) -> list[tuple[str, Stack]]:
    nested = [one for one in stack.resources.values() if one.type == "AWS::CloudFormation::Stack" and one.physical_id]
    below = [
        found
        for one in nested
        for found in _family(sandbox, sandbox.cloudformation.stack(one.physical_id), f"{path}{one.logical_id}.")
    ]
    return [(path, stack), *below]
