"""One process: inputs in, report out. Whatever happens between, outputs and summary are written, once."""

from __future__ import annotations

from contextlib import suppress
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

from rollback.engine.clock import Clock, SystemClock
from rollback.engine.interruption import Interrupted, no_more_interruptions
from rollback.engine.progress import Progress
from rollback.github import event
from rollback.github.api import GitHub
from rollback.github.runner import Runner
from rollback.github.workspace import NotWritten, write_file
from rollback.incident.doors import Doors
from rollback.incident.model import Incident
from rollback.incident.wishes import facts_of, run_keys
from rollback.inputs.flags import SHOW_OUTPUTS
from rollback.inputs.model import InvalidInputs
from rollback.inputs.reading import read
from rollback.modes import running
from rollback.report.fallback import first_that_works, plain_lines, plain_outputs, plain_report, plain_summary
from rollback.report.incident import incident
from rollback.report.links import entry
from rollback.report.model import Context, Notice, Report
from rollback.report.notices import Code, error, internal_error, warning
from rollback.report.outcome import EXIT_CODES
from rollback.report.outputs import outputs
from rollback.report.results import Mode, Outcome
from rollback.report.summary import summary
from rollback.report.surroundings import on_a_terminal
from rollback.report.terminal import terminal
from rollback.report.words import next_steps, notices, title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rollback.inputs.model import Inputs

Told = TypeVar("Told")

_SECRET_INPUTS = ("slack-webhook-url", "slack-bot-token", "github-token")
_ADDRESS_INPUTS = ("verify-url", "slack-api-url")


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
        self._incident_file = environ.get("INPUT_INCIDENT-FILE", "").strip()

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
        try:
            self._learn_secrets(flags)
            inputs = read(self._environ, flags, self._commit_of)
            self._incident_file = inputs.incident_file
            return running.run(self._incident(inputs), self._runner)
        except InvalidInputs as invalid:
            said = (error(Code.INVALID_INPUT, problem) for problem in invalid.problems)
            return self._short_report(Outcome.INVALID_INPUTS, *said)
        except Exception as defect:  # noqa: BLE001 - even then outputs and a summary are written
            return self._short_report(Outcome.FAILED, internal_error(defect))

    def _commit_of(self, name: str, token: str) -> str:
        self._runner.mask(token)
        return GitHub(self._environ, token, seconds=_LOOK_UP_SECONDS).commit_of(name)

    def _incident(self, inputs: Inputs) -> Incident:
        redactor = self._runner.redactor
        self._runner.mask(*inputs.secrets)
        for address in (inputs.verify_url, inputs.slack_api_url):
            redactor.learn_address(address)
        redactor.keep(*facts_of(inputs, self._environ))
        live = self._runner.live if self._runner.is_watched else None
        progress = Progress(self._clock, self._runner.line, self._begun, live=live)
        doors = Doors(inputs.region, self._environ, self._clock, redactor)
        keys = run_keys(self._environ)
        return Incident(inputs, self._environ, self._clock, progress, doors, self._started, keys)

    def _learn_secrets(self, flags: Sequence[str]) -> None:
        """Learn what is secret before anything is judged: an error message may come from any input."""
        given = [self._environ.get(f"INPUT_{name.upper()}", "").strip() for name in _SECRET_INPUTS]
        given += [value for name in _SECRET_INPUTS for value in _flag(name, flags)]
        self._runner.mask(*(secret for secret in given if secret))
        self._runner.redactor.learn_environment(self._environ)
        for name in _ADDRESS_INPUTS:
            for address in (self._environ.get(f"INPUT_{name.upper()}", ""), *_flag(name, flags)):
                self._runner.redactor.learn_address(address.strip())

    def _short_report(self, outcome: Outcome, *said: Notice) -> Report:
        return Report(
            mode=_mode(self._environ),
            outcome=outcome,
            reason=" ".join(notice.text for notice in said),
            context=first_that_works(lambda: event.context(self._environ), Context),
            notices=said,
            started=self._started,
            elapsed_seconds=round(self._clock.monotonic() - self._begun, 1),
        )

    def _write(self, report: Report) -> None:
        """Write outputs and summary, then the log; what fails to be written in full is written plainly."""
        no_more_interruptions()
        redactor, runner = self._runner.redactor, self._runner
        if not runner.in_actions:
            report = first_that_works(lambda: on_a_terminal(report), lambda: report)
        redacted = first_that_works(
            lambda: redactor.redact_report(report), lambda: plain_report(report, redactor.thoroughly)
        )
        redacted = self._with_incident(redacted)
        values = self._in_full("outputs", lambda: outputs(redacted), lambda: plain_outputs(redacted))
        runner.outputs(values)
        runner.summary(self._in_full("summary", lambda: summary(redacted), lambda: plain_summary(redacted)))
        self._in_full("log", lambda: self._log(redacted), lambda: self._log_plainly(redacted))
        if self._show_outputs:
            runner.show_outputs(values)
        runner.close()

    def _with_incident(self, report: Report) -> Report:
        """Write the incident to the workspace, where asked for; return the report, with a warning where that failed."""
        if not self._incident_file:
            return report
        try:
            workspace = Path(self._environ.get("GITHUB_WORKSPACE") or Path.cwd())
            write_file(workspace, self._incident_file, incident(report))
        except Exception as trouble:  # noqa: BLE001 - outputs and summary are written, whatever this came to
            why = str(trouble) if isinstance(trouble, NotWritten) else internal_error(trouble).text
            text = f"The incident was not written to {self._incident_file!a}: {why}."
            return report.model_copy(update={"notices": (*report.notices, warning(Code.INCIDENT_NOT_WRITTEN, text))})
        return report

    def _in_full(self, what: str, write: Callable[[], Told], plainly: Callable[[], Told]) -> Told:
        try:
            return write()
        except Exception as defect:  # noqa: BLE001 - results and outputs stand, whatever fails while telling them
            with suppress(Exception):
                self._runner.warning(f"The {what} is told plainly. {internal_error(defect).text}", Code.INTERNAL_ERROR)
            return plainly()

    def _log(self, redacted: Report) -> None:
        for notice in notices(redacted):
            annotate = self._runner.error if notice.level == "error" else self._runner.warning
            page = entry(redacted.context.troubleshooting, notice.code)
            annotate(f"{notice.text} See {page}", title=notice.code)
        if self._runner.in_actions:
            self._runner.line(f"{title(redacted)}. {redacted.reason}")
            for step in next_steps(redacted):
                self._runner.line(f"next: {step.purpose}{f': {step.line}' if step.line else ''}")
        self._runner.show(terminal(redacted))

    def _log_plainly(self, redacted: Report) -> None:
        for line in plain_lines(redacted):
            with suppress(Exception):
                self._runner.line(line)


def _flag(name: str, flags: Sequence[str]) -> Iterator[str]:
    """Yield the values that flags give an input, however wrong the other flags are."""
    for flag, following in zip_longest(flags, flags[1:], fillvalue=""):
        if flag == f"--{name}":
            yield following
        elif flag.startswith(f"--{name}="):
            yield flag.partition("=")[2]


def _mode(environ: Mapping[str, str]) -> Mode:
    try:
        return Mode(environ.get("INPUT_MODE", "").strip())
    except ValueError:
        return Mode.ROLLBACK
