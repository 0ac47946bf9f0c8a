"""Who is told of a run on Slack, when, and how: a failure to tell never changes the outcome."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

from rollback.notices import Code, warning
from rollback.report.delivery import START_BUDGET, SlackBot, SlackError, SlackWebhook
from rollback.report.slack import Message, final_message, start_message, thread_details
from rollback.report.text import Redactor
from rollback.results import Mode, Outcome

if TYPE_CHECKING:
    from rollback.incident import Incident
    from rollback.report.model import Report

_HURRY_SECONDS = 2.0
_SILENT = frozenset({Outcome.NOT_TRIGGERED, Outcome.PLANNED, Outcome.SNAPSHOT_SAVED, Outcome.STATUS})


class Notifier:
    """Tells Slack that a rollback began, and how it ended. A dry run, and a run that isn't triggered, notify nobody."""

    def __init__(self, incident: Incident) -> None:
        self._incident = incident
        self._redactor = Redactor(incident.inputs.secrets)
        self._channel = _channel(incident)
        self._starting: Thread | None = None

    def started(self) -> None:
        """Say that the rollback begins, where the channel can be updated later."""
        if self._channel is None or self._incident.inputs.dry_run:
            return
        incident = self._incident
        report = self._redactor.redact_report(incident.report(Outcome.ROLLED_BACK))
        message = start_message(report, incident.inputs.slack_mentions)
        # Beside the first look at AWS: the rollback does not wait for Slack.
        self._starting = Thread(target=self._send_start, args=(self._channel, message), daemon=True)
        self._starting.start()

    def _send_start(self, channel: SlackBot | SlackWebhook, message: Message) -> None:
        try:
            channel.started(message)
        except SlackError as trouble:
            self._incident.progress.detail("slack", str(trouble))

    def finished(self, report: Report, *, in_a_hurry: bool = False) -> Report:
        """Tell the end, and return the report with what came of telling it."""
        inputs = self._incident.inputs
        wanted = inputs.mode is Mode.ROLLBACK and report.outcome not in _SILENT and not inputs.dry_run
        if self._channel is None or not wanted:
            return report
        if self._starting:
            self._starting.join(_HURRY_SECONDS / 2 if in_a_hurry else START_BUDGET)
        redacted = self._redactor.redact_report(report)
        try:
            self._channel.finished(
                final_message(redacted, inputs.slack_mentions),
                thread_details(redacted),
                **({"budget": _HURRY_SECONDS} if in_a_hurry else {}),
            )
        except SlackError as trouble:
            notice = warning(Code.SLACK_FAILED, f"Slack was not told: {trouble}")
            return report.model_copy(update={"notices": (*report.notices, notice)})
        return report.model_copy(update={"notified": True})


def _channel(incident: Incident) -> SlackBot | SlackWebhook | None:
    inputs = incident.inputs
    if inputs.slack_bot_token:
        return SlackBot(inputs.slack_bot_token.get_secret_value(), inputs.slack_channel, inputs.slack_api_url)
    if inputs.slack_webhook_url:
        return SlackWebhook(inputs.slack_webhook_url.get_secret_value())
    return None
