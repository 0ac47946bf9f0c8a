"""The one record of a run, from which outputs, summary and Slack message are rendered.

Its JSON form is the `report` output (`"version": 1`); docs/report.schema.json is generated from these models.
Every text in it may come from outside (AWS, GitHub, users): renderers escape, this model does not.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from rollback.report.results import Mode, Outcome, Result, Verdict


class Record(BaseModel):
    """A frozen piece of the report."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Command(Record):
    """One next step a person can take: what it is for and the command line to paste (or, for none, an empty one)."""

    purpose: str
    line: str = ""


class Notice(Record):
    """One thing a person must act on or know: an entry of docs/troubleshooting.md by its `code`."""

    code: str
    level: Literal["error", "warning"]
    text: str
    remedies: tuple[Command, ...] = ()


class Moment(Record):
    """One line of the timeline: seconds since the run began, which part, what changed."""

    seconds: float
    part: str
    text: str


class RootCause(Record):
    """The first thing that failed: where (stack, frontend, or the name of a job), what, and why."""

    where: str
    resource: str = ""
    resource_type: str = ""
    reason: str
    link: str = ""


class FailedJob(Record):
    """A job of the deploy workflow that did not succeed; step and link are empty where GitHub was not asked."""

    name: str
    result: str
    step: str = ""
    link: str = ""


class Happening(Record):
    """One CloudFormation event, as `status` shows it: ISO time, resource, status, reason."""

    at: datetime
    resource: str
    status: str
    reason: str = ""


class RemovedAgain(Record):
    """A stateful resource that went with the deployment being undone (in a dry run: would go), and why it might."""

    logical_id: str
    type: str
    physical_id: str = ""
    why: str


class StackReport(Record):
    """One stack: its status before and now, what was done to it, and how it ended (None where nothing was to end).

    `skipped` are resources that its rollback left as the failed deployment made them.
    """

    name: str
    result: Result | None = None
    status_before: str = ""
    status: str = ""
    actions: tuple[str, ...] = ()
    reason: str = ""
    root_cause: RootCause | None = None
    notices: tuple[Notice, ...] = ()
    skipped: tuple[str, ...] = ()
    removed_again: tuple[RemovedAgain, ...] = ()
    not_rolled_back: tuple[str, ...] = ()
    next_steps: tuple[Command, ...] = ()
    link: str = ""
    events: tuple[Happening, ...] = ()


class JobReport(Record):
    """One Amplify job; `note` says why it is or is not the last known good (status mode and dry run)."""

    id: str
    commit: str = ""
    status: str = ""
    type: str = ""
    message: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    note: str = ""
    live: bool = False
    last_known_good: bool = False


class FrontendReport(Record):
    """The Amplify branch: what was served before, what was redeployed, what is served now, and is that proven.

    `rule` says in one sentence by which rule the last known good was chosen, and which job is the failed deployment's.
    """

    app_id: str = ""
    app_name: str = ""
    branch: str = ""
    result: Result | None = None
    before: JobReport | None = None
    target: JobReport | None = None
    rule: str = ""
    job: JobReport | None = None
    restored: JobReport | None = None
    live: JobReport | None = None
    proven: bool = False
    actions: tuple[str, ...] = ()
    reason: str = ""
    root_cause: RootCause | None = None
    notices: tuple[Notice, ...] = ()
    not_rolled_back: tuple[str, ...] = ()
    next_steps: tuple[Command, ...] = ()
    url: str = ""
    link: str = ""
    history: tuple[JobReport, ...] = ()


class ReleaseReport(Record):
    """One release of a history: when it was recorded, of which commit and by which run, and what it holds.

    `live` says that all that was compared is at it, `note` what was not, or what differs; `restorable` is by cheap
    looks alone, and `why_not` says what speaks against it. `last_known_good`: a rollback would go here.
    """

    place: str
    recorded: datetime
    commit: str
    message: str = ""
    run_id: str = ""
    run_attempt: str = ""
    run_url: str = ""
    stacks: tuple[str, ...] = ()
    job_id: str = ""
    job_commit: str = ""
    digest: str = ""
    live: bool = False
    last_known_good: bool = False
    restorable: bool = False
    why_not: str = ""
    note: str = ""


class Look(Record):
    """What the checks said together, `seconds` after the verification began; the next look is the next that differs."""

    seconds: float
    fine: bool
    text: str


class VerificationReport(Record):
    """What the checks said last, one line a check, and before; `proves_commit` where the answer named the release.

    `well_after` are the seconds until all were fine for the first time, None where they never were; `relapsed` says
    that they did not stay so.
    """

    verdict: Verdict = Verdict.SKIPPED
    checks: tuple[str, ...] = ()
    proves_commit: bool = False
    well_after: float | None = None
    relapsed: bool = False
    looks: tuple[Look, ...] = ()


class Readiness(Record):
    """One row of "If this deployment fails".

    `lost` could not be brought back, `weak` lacks something that `cures` give, `unchecked` could not be looked at.
    """

    what: str
    state: Literal["ready", "weak", "unchecked", "lost"]
    said: tuple[str, ...] = ()
    cures: tuple[Command, ...] = ()


class RingingAlarm(Record):
    """An alarm of the stacks that is in ALARM, in CloudWatch's own words."""

    name: str
    stack: str = ""
    reason: str = ""
    since: datetime | None = None
    link: str = ""


class LoggedError(Record):
    """What a function logged as an error, its numbers and ids taken out: how often, and when first and last."""

    function: str
    message: str
    count: int
    first: datetime
    last: datetime
    link: str = ""


class BuildLog(Record):
    """The last lines that the step of a failed Amplify build logged."""

    job: str
    step: str
    lines: tuple[str, ...] = ()


class Evidence(Record):
    """Why the deployment failed, beside the root cause; `not_read` says what could not be looked at, and why."""

    alarms: tuple[RingingAlarm, ...] = ()
    logged: tuple[LoggedError, ...] = ()
    build: BuildLog | None = None
    not_read: tuple[str, ...] = ()


class DataReport(Record):
    """A resource that holds data, which no rollback touches: how its data of before could be had again."""

    stack: str
    resource: str
    type: str
    physical_id: str = ""
    said: str = ""
    commands: tuple[Command, ...] = ()


class Context(Record):
    """Where the run belongs, and who started it and made the failed commit. Empty where unknown.

    `troubleshooting` is the page that explains the codes: its address, or its path where the action's place is unknown.
    """

    repository: str = ""
    workflow: str = ""
    run_id: str = ""
    run_attempt: str = ""
    run_url: str = ""
    branch: str = ""
    commit: str = ""
    commit_url: str = ""
    commit_message: str = ""
    author: str = ""
    actor: str = ""
    environment: str = ""
    region: str = ""
    troubleshooting: str = "docs/troubleshooting.md"


class Report(Record):
    """Everything a run has to say. `reason` is one sentence: which rule decided, or why the outcome is what it is.

    `shortened` says what was left out to keep the `report` output small; it is empty in a report that is whole.
    """

    version: Literal[1] = 1
    mode: Mode
    outcome: Outcome
    reason: str
    triggered: bool = False
    rule: str = ""
    dry_run: bool = False
    requested_because: str = ""
    context: Context = Context()
    stacks: tuple[StackReport, ...] = ()
    stack_result: Result | None = None
    frontend: FrontendReport | None = None
    frontend_result: Result | None = None
    verification: VerificationReport = VerificationReport()
    root_cause: RootCause | None = None
    failed_jobs: tuple[FailedJob, ...] = ()
    evidence: Evidence = Evidence()
    data: tuple[DataReport, ...] = ()
    ready: bool | None = None
    readiness: tuple[Readiness, ...] = ()
    timeline: tuple[Moment, ...] = ()
    notices: tuple[Notice, ...] = ()
    next_steps: tuple[Command, ...] = ()
    snapshot: str = ""
    snapshot_digest: str = ""
    releases: tuple[ReleaseReport, ...] = ()
    started: datetime
    recovery_seconds: float | None = None
    elapsed_seconds: float = 0.0
    notified: bool = False
    shortened: tuple[str, ...] = ()
