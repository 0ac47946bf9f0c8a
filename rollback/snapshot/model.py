"""The snapshot's format. `version` changes with any change that an older action would misread."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

MAX_INLINE_TEMPLATE = 51_200
"""Bytes of a template that CloudFormation takes inline (TemplateBody); larger ones need a URL in S3 (its API model)."""


class Record(BaseModel):
    """A frozen piece of a snapshot."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ParameterSnapshot(Record):
    """A stack parameter: its value, never that of a NoEcho one; `resolved` is what an SSM type stood for."""

    value: str = ""
    resolved: str | None = None
    no_echo: bool = False


class ResourceSnapshot(Record):
    """One resource of a stack, for people who compare by hand."""

    logical_id: str
    physical_id: str = ""
    type: str


class StackSnapshot(Record):
    """A stack at rest. `template` is the Original text, byte for byte; `template_url`, where a large one lies in S3."""

    name: str
    id: str
    status: str
    template: str
    processed_template: str = ""
    template_url: str = ""
    parameters: dict[str, ParameterSnapshot] = {}
    tags: dict[str, str] = {}
    capabilities: tuple[str, ...] = ()
    role_arn: str | None = None
    notification_arns: tuple[str, ...] = ()
    rollback_configuration: dict[str, object] = {}
    stack_policy: str = ""
    resources: tuple[ResourceSnapshot, ...] = ()

    @property
    def is_large(self) -> bool:
        """Return whether the template can't be sent inline."""
        return len(self.template.encode()) > MAX_INLINE_TEMPLATE


class FrontendSnapshot(Record):
    """The Amplify branch: the job being served, and (in S3 snapshots alone) the environment its builds use."""

    app_id: str
    branch: str
    job_id: str = ""
    commit: str = ""
    job_type: str = ""
    auto_build: bool | None = None
    app_environment: dict[str, str] | None = None
    branch_environment: dict[str, str] | None = None


class Snapshot(Record):
    """The last known good of one deployment: its stacks and its frontend, and which run recorded it."""

    version: Literal[1] = 1
    taken_at: str
    repository: str = ""
    commit: str = ""
    run_id: str = ""
    run_attempt: str = ""
    region: str = ""
    stacks: tuple[StackSnapshot, ...] = ()
    absent_stacks: tuple[str, ...] = ()
    frontend: FrontendSnapshot | None = None

    def stack(self, stack_id: str) -> StackSnapshot | None:
        """Return the record of the stack with this very id, or None."""
        return next((stack for stack in self.stacks if stack.id == stack_id), None)
