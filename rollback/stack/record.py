"""A stack at rest as a snapshot records it. The format is the snapshot's: see `snapshot.model`."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from rollback.report.model import Record

MAX_INLINE_TEMPLATE = 51_200
"""Bytes of a template that CloudFormation takes inline (TemplateBody); larger ones need a URL in S3 (its API model)."""


def may_be_spoiled(text: str) -> bool:
    """Return whether a `?` of the text may stand for a character beyond ASCII.

    CloudFormation answers `?` for each of those (reported for years); a text that has one was not spoiled so.
    """
    return "?" in text and text.isascii()


@dataclass(frozen=True)
class Absent:
    """A stack that did not exist when the snapshot was taken, and the sentence that says so."""

    told: str


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


class NestedSnapshot(Record):
    """A nested stack's own template, which lies behind a URL: `path` is `Outer.Inner`, by logical ids.

    `digest` is the SHA-256 of its Original text as GetTemplate answers it; empty where it could not be read.
    `ambiguous`: the text holds `?`, which may stand for any character beyond ASCII.
    """

    path: str
    digest: str = ""
    ambiguous: bool = False


class StackSnapshot(Record):
    """A stack at rest. `template` is the Original text, byte for byte; `template_url`, where a large one lies in S3.

    `verified` says whether CloudFormation found nothing to change in the recorded texts (see `stack.trial`); None where
    nobody asked. `stack_policy` is None where it could not be read. `updated_at` is the time of the deployment that led
    to it (LastUpdatedTime, else CreationTime).
    """

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
    stack_policy: str | None = ""
    resources: tuple[ResourceSnapshot, ...] = ()
    nested: tuple[NestedSnapshot, ...] = ()
    updated_at: str = ""
    verified: bool | None = None

    @property
    def has_question_marks(self) -> bool:
        """Return whether a text holds a `?` that may stand for a character beyond ASCII."""
        values = [one.value for one in self.parameters.values()]
        return any(map(may_be_spoiled, (self.template, *values, *self.tags, *self.tags.values())))

    @property
    def is_true(self) -> bool:
        """Return whether the recorded texts are known to be those that were deployed."""
        return self.verified is True or not self.has_question_marks

    @property
    def is_large(self) -> bool:
        """Return whether the template can't be sent inline."""
        return len(self.template.encode()) > MAX_INLINE_TEMPLATE
