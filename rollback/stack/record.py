"""A stack at rest as a snapshot records it. The format is the snapshot's: see `snapshot.model`."""

from __future__ import annotations

from pydantic import Field

from rollback.report.model import Record

MAX_INLINE_TEMPLATE = 51_200
"""Bytes of a template that CloudFormation takes inline (TemplateBody); larger ones need a URL in S3 (its API model)."""


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
    parameters: dict[str, ParameterSnapshot] = Field(default_factory=dict)
    tags: dict[str, str] = Field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    role_arn: str | None = None
    notification_arns: tuple[str, ...] = ()
    rollback_configuration: dict[str, object] = Field(default_factory=dict)
    stack_policy: str = ""
    resources: tuple[ResourceSnapshot, ...] = ()

    @property
    def is_large(self) -> bool:
        """Return whether the template can't be sent inline."""
        return len(self.template.encode()) > MAX_INLINE_TEMPLATE
