"""One process: inputs in, report out. Whatever happens between, outputs and summary are written, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from rollback.engine.clock import Clock, SystemClock
from rollback.engine.interruption import Interrupted, no_more_interruptions
from rollback.engine.progress import Progress
from rollback.github import event
from rollback.github.api import GitHub
from rollback.github.runner import Runner
from rollback.incident.doors import Doors
from rollback.incident.model import Incident
from rollback.incident.wishes import run_keys
from rollback.inputs.flags import SHOW_OUTPUTS
from rollback.inputs.model import InvalidInputs
from rollback.inputs.reading import read
from rollback.modes import running
from rollback.report.model import Notice, Report
from rollback.report.notices import Code, error, internal_error
from rollback.report.outcome import EXIT_CODES
from rollback.report.outputs import outputs
from rollback.report.results import Mode, Outcome
from rollback.report.summary import summary
from rollback.report.surroundings import on_a_terminal
from rollback.report.terminal import terminal
from rollback.report.words import next_steps, notices, title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollback.inputs.model import Inputs


_LOOK_UP_SECONDS = 10.0
"""How long GitHub may take to say which commit a tag or branch names."""


class Session:
    """Reads the inputs from `environ` and flags, runs the action with them, and writes what came of it."""

    def __init__(self, environ: Mapping[str, str], stdout: TextIO, clock: Clock | None = None) -> None:
        self._environ = environ
        self._clock = clock or SystemClock()
        self._runner = Runner(environ, stdout, self._clock)
        self._started = self._clock.now()
        self._begun = self._clock.monotonic()
        self._show_outputs = False

    def run(self, flags: Sequence[str] = ()) -> int:
        """Run, and return the exit code."""
        self._show_outputs = SHOW_OUTPUTS in flags
        try:
            report = self._report(flags)
        except Interrupted as signal:
            no_more_interruptions()
            notice = error(Code.INTERRUPTED, f"The job was cancelled ({signal}) before anything was looked at.")
            report = self._short_report(Outcome.INTERRUPTED, notice)
        self._write(report)
        return EXIT_CODES[report.outcome]

    def _report(self, flags: Sequence[str]) -> Report:
        self._mask_raw_secrets()
        try:
            inputs = read(self._environ, flags, self._commit_of)
        except InvalidInputs as invalid:
            return self._short_report(
                Outcome.INVALID_INPUTS, *(error(Code.INVALID_INPUT, problem) for problem in invalid.problems)
            )
        try:
            return running.run(self._incident(inputs), self._runner)
        except Exception as defect:  # noqa: BLE001 - even then outputs and a summary are written
            return self._short_report(Outcome.FAILED, internal_error(defect))

    def _commit_of(self, name: str, token: str) -> str:
        self._runner.mask(token)
        return GitHub(self._environ, token, seconds=_LOOK_UP_SECONDS).commit_of(name)

    def _incident(self, inputs: Inputs) -> Incident:
        self._runner.mask(*inputs.secrets)
        progress = Progress(self._clock, self._runner.line, self._begun)
        doors = Doors(inputs.region, self._environ, self._clock)
        keys = run_keys(self._environ)
        return Incident(inputs, self._environ, self._clock, progress, doors, self._started, keys)

    def _mask_raw_secrets(self) -> None:
        """Mask before anything is judged: an error message may come from any input."""
        names = ("SLACK-WEBHOOK-URL", "SLACK-BOT-TOKEN", "GITHUB-TOKEN")
        secrets = [self._environ.get(f"INPUT_{name}", "").strip() for name in names]
        self._runner.mask(*(secret for secret in secrets if secret))

    def _short_report(self, outcome: Outcome, *said: Notice) -> Report:
        return Report(
            mode=_mode(self._environ),
            outcome=outcome,
            reason=" ".join(notice.text for notice in said),
            context=event.context(self._environ),
            notices=said,
            started=self._started,
            elapsed_seconds=round(self._clock.monotonic() - self._begun, 1),
        )

    def _write(self, report: Report) -> None:
        no_more_interruptions()
        report = report if self._runner.in_actions else on_a_terminal(report)
        redacted = self._runner.redactor.redact_report(report)
        for notice in notices(redacted):
            annotate = self._runner.error if notice.level == "error" else self._runner.warning
            annotate(notice.text, title=notice.code)
        if self._runner.in_actions:
            self._runner.line(f"{title(redacted)}. {redacted.reason}")
            for step in next_steps(redacted):
                self._runner.line(f"next: {step.purpose}{f': {step.line}' if step.line else ''}")
        self._runner.show(terminal(redacted))
        self._runner.outputs(outputs(redacted), show=self._show_outputs)
        self._runner.summary(summary(redacted))
        self._runner.close()


def _mode(environ: Mapping[str, str]) -> Mode:
    try:
        return Mode(environ.get("INPUT_MODE", "").strip())
    except ValueError:
        return Mode.ROLLBACK
