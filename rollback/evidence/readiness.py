"""Pure: the rows of "If this deployment fails": whether each stack and the frontend could be brought back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollback.frontend.model import HEAD, MANUAL
from rollback.report.model import Command, Readiness
from rollback.report.notices import Code
from rollback.report.text import listed
from rollback.stack.artifacts import artifacts
from rollback.stack.model import STACK_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rollback.frontend.record import FrontendSnapshot
    from rollback.report.model import Notice
    from rollback.stack.artifacts import Artifact
    from rollback.stack.record import StackSnapshot

_MOST_NAMED = 5


@dataclass(frozen=True)
class Recorded:
    """What a snapshot recorded, and what was said while it was taken."""

    stacks: Sequence[StackSnapshot] = ()
    absent: Sequence[str] = ()
    frontend: FrontendSnapshot | None = None
    notices: Sequence[Notice] = ()
    artifacts_gone: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    """By the stack's name; None where S3 could not be asked in time."""
    backend: str | None = ""
    """The stack or environment that the branch's builds deploy beside the site; None where that could not be read."""


def rows(recorded: Recorded) -> tuple[Readiness, ...]:
    """Return a row a stack, and one for the frontend."""
    found = [_stack(stack, recorded) for stack in recorded.stacks]
    found += [
        Readiness(what=f"Stack {name}", state="lost", said=("does not exist yet: there is nothing to return to",))
        for name in recorded.absent
    ]
    return (*found, *([_frontend(recorded.frontend, recorded)] if recorded.frontend else []))


def is_ready(table: Sequence[Readiness]) -> bool:
    """Return whether everything could be brought back."""
    return all(row.state != "lost" for row in table)


def artifacts_of(stack: StackSnapshot, missing: Callable[[tuple[Artifact, ...]], tuple[str, ...]]) -> tuple[str, ...]:
    """Return those S3 objects that the recorded template names and that are certainly gone."""
    return missing(artifacts(stack))


def _stack(stack: StackSnapshot, recorded: Recorded) -> Readiness:
    what = f"Stack {stack.name}"
    cannot = [notice for notice in recorded.notices if _is_about(notice, stack.name)]
    gone = recorded.artifacts_gone.get(stack.name, ())
    lost = [notice.text for notice in cannot]
    if gone:
        lost.append(f"its template names what is gone from S3: {listed(gone, _MOST_NAMED)}")
    cures = tuple(remedy for notice in cannot for remedy in notice.remedies)
    if lost:
        return Readiness(what=what, state="lost", said=tuple(lost), cures=cures)
    secrets = [name for name, parameter in stack.parameters.items() if parameter.no_echo]
    weak = (
        [f"{listed(secrets, _MOST_NAMED)} (NoEcho) can't be recorded: the value of that time stays"] if secrets else []
    )
    unchecked = ["not checked: whether the template's objects in S3 are there (no answer in time)"] * (gone is None)
    state = "weak" if weak else "unchecked" if unchecked else "ready"
    return Readiness(what=what, state=state, said=(*_facts(stack), *weak, *unchecked))


def _facts(stack: StackSnapshot) -> tuple[str, ...]:
    size = len(stack.template.encode())
    nested = sum(resource.type == STACK_TYPE for resource in stack.resources)
    objects = len(artifacts(stack))
    said = [f"template of {size:,} bytes{', kept in S3' if stack.template_url else ''}"]
    said += [f"objects in S3 that it names: {objects}, none is known to be gone"] if objects else []
    said += [f"{nested} nested stacks, whose templates lie behind URLs"] if nested else []
    said.append(f"service role {stack.role_arn}" if stack.role_arn else "no service role: the job's own credentials")
    return tuple(said)


def _is_about(notice: Notice, stack: str) -> bool:
    named = re.search(rf"\bstack {re.escape(stack)}(?![-A-Za-z0-9])", notice.text, re.IGNORECASE)
    return notice.code == Code.SNAPSHOT_UNPROTECTED and named is not None


def _frontend(frontend: FrontendSnapshot, recorded: Recorded) -> Readiness:
    what = f"Frontend {frontend.branch}"
    if not frontend.job_id:
        return Readiness(what=what, state="lost", said=("no job has succeeded yet: there is nothing to return to",))
    job = f"job {frontend.job_id}"
    told = [notice for notice in recorded.notices if _names_job(notice, frontend.job_id)]
    cures = tuple(remedy for notice in told for remedy in notice.remedies)
    kept = frontend.zip is not None and frontend.zip.copy_url
    if frontend.job_type == MANUAL and (told or not kept):
        why = tuple(notice.text for notice in told) or (f"{job}, a zip deployment of which no copy is kept",)
        return Readiness(what=what, state="lost", said=why, cures=cures)
    weak: list[str] = []
    if frontend.job_type == MANUAL:
        said = [f"{job}, a zip deployment whose zip is kept"]
    elif frontend.commit in {"", HEAD}:
        said, weak = [job], ["it names no commit: a redeployment of it can't be proven"]
        cures = cures or (Command(purpose="Pass --commit-id to aws amplify start-job when deploying"),)
    else:
        said = [f"{job}, commit {frontend.commit[:7]}"]
    if recorded.backend:
        said.append(f"each build deploys the branch's own backend too: {recorded.backend}")
    unchecked = ["not checked: whether the branch has a backend of its own"] * (recorded.backend is None)
    state = "weak" if weak else "unchecked" if unchecked else "ready"
    return Readiness(what=what, state=state, said=(*said, *weak, *unchecked), cures=cures)


def _names_job(notice: Notice, job_id: str) -> bool:
    named = re.search(rf"\bjob {re.escape(job_id)}\b", notice.text, re.IGNORECASE)
    return notice.code == Code.SNAPSHOT_UNPROTECTED and named is not None
