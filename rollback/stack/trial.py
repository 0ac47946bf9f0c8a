"""Trial change sets: what CloudFormation itself would change, asked for as a proof and never executed.

GetTemplate answers `?` for each character beyond ASCII (reported for years), so that a recorded text may not be the
one that was deployed. A change set of the recorded text over the unchanged stack tells: where it is empty, every `?` is
a real one, or stands where it changes nothing.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollback.aws import Aws, speaking_to_aws
from rollback.engine.interruption import within
from rollback.engine.reconcile import Patience, patiently
from rollback.engine.trouble import AwsTrouble, Busy, Rejected
from rollback.stack.changes import ChangeSet
from rollback.stack.client import is_gone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback.engine.clock import Clock
    from rollback.stack.model import Stack
    from rollback.stack.record import StackSnapshot

_PATIENCE = Patience(timeout=300.0, longest_gap=5.0)
_DROP_SECONDS = 1.5
_IN_THE_MAKING = frozenset({"CREATE_PENDING", "CREATE_IN_PROGRESS"})
_WITHOUT = ("ChangeSetId", "BeforeContext", "AfterContext")


@dataclass(frozen=True)
class Tried:
    """A trial's end: the change set's status and reason, and each change as a text that can be compared."""

    set: ChangeSet
    changes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Return whether CloudFormation found nothing to change."""
        return self.set.is_empty

    @property
    def is_made(self) -> bool:
        """Return whether its changes could be worked out."""
        return self.set.status == "CREATE_COMPLETE"


@dataclass(frozen=True)
class Proof:
    """Whether the recorded texts are the deployed ones; `why` not, what cures that, and what was left behind."""

    proven: bool
    why: str = ""
    cure: str = ""


class Trials:
    """The door to CloudFormation for change sets that are only read. Every method raises AwsTrouble."""

    def __init__(self, aws: Aws, clock: Clock) -> None:
        self._aws = aws
        self._clock = clock

    def prove(self, stack: Stack, record: StackSnapshot) -> Proof:
        """Return whether CloudFormation finds nothing to change in what was recorded of the stack."""
        try:
            tried = self.run(stack.id, _recorded(stack, record))
            if tried.is_empty:
                return Proof(proven=True)
            if not tried.is_made:
                return Proof(proven=False, why=f"CloudFormation did not take it back: {tried.set.reason}")
            # What has nothing to do with the texts changes without them, too: an SSM parameter's new value, a macro.
            as_it_is = self.run(stack.id, _as_it_is(stack))
        except AwsTrouble as trouble:
            return Proof(proven=False, why=f"asking CloudFormation failed: {trouble.what}", cure=trouble.cure)
        if as_it_is.is_made and sorted(as_it_is.changes) == sorted(tried.changes):
            return Proof(proven=True)
        names = ", ".join(tried.names[:10]) or "its outputs"
        return Proof(proven=False, why=f"with the recorded text CloudFormation would change {names}")

    def run(self, stack_id: str, members: Mapping[str, Any]) -> Tried:
        """Make a change set, wait for it, read it and delete it, whatever happens meanwhile."""
        name = f"rollback-action-{secrets.token_hex(8)}-trial"
        gone = False
        try:
            patiently(lambda: self._create(stack_id, name, members), _PATIENCE, self._clock)
            tried = self._settled(stack_id, name)
            patiently(lambda: self._delete(stack_id, name), _PATIENCE, self._clock)
            gone = True
            return tried
        finally:
            if not gone:
                within(_DROP_SECONDS, lambda: self._delete(stack_id, name))

    def _settled(self, stack_id: str, name: str) -> Tried:
        deadline = self._clock.monotonic() + _PATIENCE.timeout
        while True:
            tried = patiently(lambda: self._look(stack_id, name), _PATIENCE, self._clock)
            if tried.set.status not in _IN_THE_MAKING or self._clock.monotonic() > deadline:
                return tried
            self._clock.sleep(1.0)

    def _create(self, stack_id: str, name: str, members: Mapping[str, Any]) -> None:
        try:
            with speaking_to_aws("cloudformation", "CreateChangeSet"):
                self._client.create_change_set(
                    StackName=stack_id,
                    ChangeSetName=name,
                    ChangeSetType="UPDATE",
                    Description="Only read, never executed: proves a snapshot; made by the rollback action",
                    **members,
                )
        except Rejected as rejection:
            if rejection.says("_IN_PROGRESS state"):  # the last deployment's cleanup
                raise Busy(rejection.what) from rejection
            if "AlreadyExists" not in rejection.code:  # it does where an answer got lost: the name is ours alone
                raise

    def _look(self, stack_id: str, name: str) -> Tried:
        request: dict[str, Any] = {"StackName": stack_id, "ChangeSetName": name}
        changes: list[Any] = []
        while True:
            with speaking_to_aws("cloudformation", "DescribeChangeSet"):
                page = self._client.describe_change_set(**request)
                changes += [entry["ResourceChange"] for entry in page.get("Changes", []) if "ResourceChange" in entry]
                made = ChangeSet(
                    name=name,
                    status=page["Status"],
                    execution_status=page.get("ExecutionStatus", ""),
                    reason=page.get("StatusReason", ""),
                )
            if not page.get("NextToken"):
                break
            request["NextToken"] = page["NextToken"]
        texts = tuple(
            json.dumps({key: value for key, value in one.items() if key not in _WITHOUT}, sort_keys=True, default=str)
            for one in changes
        )
        return Tried(made, texts, tuple(str(one.get("LogicalResourceId", "?")) for one in changes))

    def _delete(self, stack_id: str, name: str) -> None:
        try:
            with speaking_to_aws("cloudformation", "DeleteChangeSet"):
                self._client.delete_change_set(StackName=stack_id, ChangeSetName=name)
        except Rejected as rejection:
            if not is_gone(rejection):
                raise

    @property
    def _client(self) -> Any:
        return self._aws.client("cloudformation")


def _recorded(stack: Stack, record: StackSnapshot) -> dict[str, Any]:
    """Return the texts as a restore would send them; all else stays as the stack has it."""
    template = {"TemplateURL": record.template_url} if record.template_url else {"TemplateBody": record.template}
    return {
        **template,
        "Parameters": [
            {"ParameterKey": key, "UsePreviousValue": True}
            if one.no_echo
            else {"ParameterKey": key, "ParameterValue": one.value}
            for key, one in record.parameters.items()
        ],
        "Tags": [{"Key": key, "Value": value} for key, value in record.tags.items()],
        "Capabilities": _capabilities(stack, record),
    }


def _as_it_is(stack: Stack) -> dict[str, Any]:
    return {
        "UsePreviousTemplate": True,
        "Parameters": [{"ParameterKey": key, "UsePreviousValue": True} for key in stack.parameters],
        "Capabilities": sorted({*stack.capabilities, "CAPABILITY_AUTO_EXPAND"}),
    }


def _capabilities(stack: Stack, record: StackSnapshot) -> list[str]:
    expand = {"CAPABILITY_AUTO_EXPAND"} if "Transform" in record.template else set()
    return sorted({*stack.capabilities, *expand})
