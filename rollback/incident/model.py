"""One run's state, from the first look to the report: what was decided, which parts there are, and how each ended.

Everything is kept here as it happens, so that a run that is interrupted or fails can still tell all it knows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollback.report.model import (
    DataReport,
    Evidence,
    FailedJob,
    FrontendReport,
    Notice,
    Readiness,
    ReleaseReport,
    StackReport,
    VerificationReport,
)
from rollback.report.results import Result, worst

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollback.engine.clock import Clock
    from rollback.engine.moves import Done
    from rollback.engine.progress import Progress
    from rollback.evidence.resources import Owned
    from rollback.frontend.part import FrontendPart
    from rollback.incident.doors import Doors
    from rollback.inputs.model import Inputs
    from rollback.inputs.trigger import Trigger
    from rollback.stack.part import StackPart


@dataclass
class Incident:
    """What one run knows. The parts are filled in as the story in `modes.rollback` goes on."""

    inputs: Inputs
    environ: Mapping[str, str]
    clock: Clock
    progress: Progress
    doors: Doors
    started: datetime
    run_keys: tuple[str, ...]
    trigger: Trigger | None = None
    stacks: list[tuple[StackPart, Done | None]] = field(default_factory=list)
    frontend: tuple[FrontendPart, Done | None] | None = None
    told_stacks: list[StackReport] = field(default_factory=list)
    told_frontend: FrontendReport | None = None
    verification: VerificationReport = field(default_factory=VerificationReport)
    failed_jobs: tuple[FailedJob, ...] = ()
    notices: list[Notice] = field(default_factory=list)
    snapshot: str = ""
    snapshot_digest: str = ""
    releases: tuple[ReleaseReport, ...] = ()
    owned: dict[str, tuple[Owned, ...]] = field(default_factory=dict)
    """The resources of each stack before anything was done, by the stack's name as it was given."""
    evidence: Evidence = field(default_factory=Evidence)
    data: tuple[DataReport, ...] = ()
    readiness: tuple[Readiness, ...] = ()
    recovered_after: float | None = None
    """Seconds from the start until all was verified to be well for the first time."""

    @property
    def results(self) -> tuple[Result, Result]:
        """Return the results of the stack part and of the frontend, as far as they have ended."""
        ended = [done.result for _, done in self.stacks if done]
        frontend = self.frontend[1].result if self.frontend and self.frontend[1] else Result.SKIPPED
        return worst(ended), frontend
