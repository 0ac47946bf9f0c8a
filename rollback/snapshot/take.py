"""`mode: snapshot`: read the last known good out of AWS. Nothing is changed in AWS but the snapshot itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rollback.engine.reconcile import patiently
from rollback.engine.trouble import Denied, Rejected
from rollback.frontend.apps import find_app
from rollback.frontend.backend import branch_has_backend
from rollback.frontend.model import MANUAL, SUCCEED, Job, Wishes
from rollback.frontend.record import FrontendSnapshot
from rollback.frontend.sources import Sources
from rollback.frontend.target import newest_first
from rollback.report.model import Command, Notice
from rollback.report.notices import Code, warning
from rollback.snapshot.place import Place, SnapshotProblem
from rollback.snapshot.store import LARGEST_TEMPLATE, SnapshotStore
from rollback.snapshot.zips import keep_zip
from rollback.stack.nested import nested_templates
from rollback.stack.record import StackSnapshot
from rollback.stack.states import GOOD_TO_RECORD

if TYPE_CHECKING:
    from rollback.engine.clock import Clock
    from rollback.engine.progress import Progress
    from rollback.engine.reconcile import Patience
    from rollback.frontend.client import Amplify
    from rollback.frontend.objects import Objects
    from rollback.stack.client import CloudFormation
    from rollback.stack.model import Stack
    from rollback.stack.trial import Trials


@dataclass(frozen=True)
class Recorded:
    """A stack or frontend as recorded, and what of it could not be restored later."""

    stack: StackSnapshot | None = None
    frontend: FrontendSnapshot | None = None
    job: Job | None = None
    warnings: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class Recorder:
    """Records stacks for a snapshot that will lie at `where`."""

    door: CloudFormation
    trials: Trials
    store: SnapshotStore
    where: Place
    patience: Patience
    clock: Clock

    def find(self, name: str) -> Stack | None:
        """Return the stack that a rollback of `name` acts on, the root of a nested one; None where there is none yet.

        Raises AwsTrouble.
        """
        return root_of(self.door, name)

    @staticmethod
    def check(stack: Stack | None) -> None:
        """Raise SnapshotProblem where the stack is in no state worth returning to."""
        if stack and stack.status not in GOOD_TO_RECORD:
            raise SnapshotProblem(
                f"stack {stack.name} is in {stack.status}, which is no state to return to: bring it to rest before "
                "recording it."
            )

    def record(self, stack: Stack) -> Recorded:
        """Return the stack's record. Raises AwsTrouble."""
        record = patiently(lambda: self._read(stack), self.patience, self.clock)
        recorded = self._proven(stack, record)
        if record.stack_policy is not None:
            return recorded
        return replace(recorded, warnings=(*recorded.warnings, _policy_unread(stack)))

    def _proven(self, stack: Stack, record: StackSnapshot) -> Recorded:
        unprotected = _too_large(record, self.where)
        if unprotected:
            return Recorded(stack=record, warnings=(unprotected,))
        if record.is_large:
            url = patiently(lambda: self.store.write_template(self.where, record), self.patience, self.clock)
            record = record.model_copy(update={"template_url": url})
        if not record.has_question_marks:
            return Recorded(stack=record)
        proof = self.trials.prove(stack, record)
        record = record.model_copy(update={"verified": proof.proven})
        if proof.proven:
            return Recorded(stack=record)
        text = (
            f"Stack {stack.name} could not be restored from this snapshot: CloudFormation answers `?` for each "
            f"character beyond ASCII, and that every `?` in what was recorded is a real one is not proven: {proof.why}."
        )
        cure = Command(purpose=proof.cure or "Write characters beyond ASCII as \\u escapes (JSON, or quoted YAML)")
        return Recorded(stack=record, warnings=(warning(Code.SNAPSHOT_UNPROTECTED, text, cure),))

    def _read(self, stack: Stack) -> StackSnapshot:
        door = self.door
        original = door.template(stack.id)
        processed = door.template(stack.id, "Processed") if "Transform" in original else original
        resources = door.resources(stack.id)
        return StackSnapshot(
            name=stack.name,
            id=stack.id,
            status=stack.status,
            template=original,
            processed_template=processed,
            parameters=door.parameters(stack) if stack.parameters else {},
            tags=dict(stack.tags),
            capabilities=stack.capabilities,
            role_arn=stack.role_arn,
            notification_arns=stack.notification_arns,
            rollback_configuration=dict(stack.rollback_configuration),
            stack_policy=self._policy(stack),
            resources=resources,
            nested=tuple(nested_templates(door, resources)),
            updated_at=stack.updated_at,
        )

    def _policy(self, stack: Stack) -> str | None:
        """Return the stack policy's text, which no restore uses: None where it may not be read."""
        try:
            return self.door.stack_policy(stack.id)
        except (Denied, Rejected):
            return None


def _policy_unread(stack: Stack) -> Notice:
    text = f"The policy of stack {stack.name} could not be read, so a restore will not tell whether it changed."
    cure = Command(purpose="Add the permission cloudformation:GetStackPolicy to the role (docs/iam has the policies)")
    return warning(Code.STACK_POLICY_UNREAD, text, cure)


def root_of(door: CloudFormation, name: str) -> Stack | None:
    """Return the stack that a rollback of `name` acts on, the root of a nested one; None where there is none yet.

    Raises AwsTrouble.
    """
    stack = door.describe(name)
    if stack and stack.root_id and stack.root_id != stack.id:
        return door.describe(stack.root_id)
    return stack


def not_there_yet(name: str) -> Notice:
    """Return the warning about a stack that doesn't exist yet."""
    text = f"Stack {name} does not exist yet, so there is nothing of it to return to."
    return warning(Code.SNAPSHOT_UNPROTECTED, text)


def _too_large(record: StackSnapshot, where: Place) -> Notice | None:
    size = len(record.template.encode())
    text = f"The template of stack {record.name} has {size:,} bytes: "
    if record.is_large and not where.is_s3:
        text += "CloudFormation takes more than 51,200 only from S3, so this file can't restore it."
        cure = Command(purpose="Record the snapshot to s3://bucket/key instead")
        return warning(Code.SNAPSHOT_UNPROTECTED, text, cure)
    if size > LARGEST_TEMPLATE:
        text += "CloudFormation takes at most 1 MB from S3, so it can't be restored."
        return warning(Code.SNAPSHOT_UNPROTECTED, text)
    return None


def record_frontend(
    wishes: Wishes, door: Amplify, progress: Progress, where: Place, objects: Objects | None = None
) -> Recorded:
    """Return the record of the job that the branch serves. Raises Ended and AwsTrouble."""
    app = find_app(door, wishes, progress)
    live, page = None, None
    while live is None and page != "":
        jobs, page = door.jobs(app.id, wishes.branch, page or "")
        live = next((job for job in newest_first(jobs) if job.status == SUCCEED), None)
    warnings = list(_unprotected(live))
    kept = None
    if live and live.type == MANUAL:
        sources = Sources(objects, wishes)
        sources.know(app)
        kept, said = keep_zip(live, sources, wishes.copies)
        warnings += said
    auto_build, branch_environment = None, None
    try:
        branch = door.branch(app.id, wishes.branch)
        auto_build, branch_environment = branch.auto_build, branch.environment
        warnings += branch_has_backend(branch, live)
    except Denied as trouble:
        text = f"The branch's settings could not be recorded: {trouble.what}"
        warnings.append(warning(Code.SNAPSHOT_UNPROTECTED, text, Command(purpose=trouble.cure)))
    record = FrontendSnapshot(
        app_id=app.id,
        branch=wishes.branch,
        job_id=live.id if live else "",
        commit="" if live is None or live.names_no_commit else live.commit,
        job_type=live.type if live else "",
        auto_build=auto_build,
        # The values are often secrets: they belong in an encrypted object, never in a file that may be carried off.
        app_environment=dict(app.environment) if where.is_s3 and app.environment is not None else None,
        branch_environment=dict(branch_environment) if where.is_s3 and branch_environment is not None else None,
        zip=kept,
    )
    return Recorded(frontend=record, job=live, warnings=tuple(warnings))


def _unprotected(live: Job | None) -> tuple[Notice, ...]:
    if live is None:
        text = "No Amplify job has succeeded on this branch yet, so there is no frontend to return to."
        return (warning(Code.SNAPSHOT_UNPROTECTED, text),)
    if live.names_no_commit and live.type != MANUAL:
        text = f"Job {live.id}, being served, names no commit (HEAD): a later redeployment of it can't be proven."
        cure = Command(purpose="Pass --commit-id to aws amplify start-job when deploying")
        return (warning(Code.SNAPSHOT_UNPROTECTED, text, cure),)
    return ()
