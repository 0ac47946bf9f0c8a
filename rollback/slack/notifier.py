"""Who is told of a run on Slack, when, and how: a failure to tell never changes the outcome."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

from rollback.report.notices import Code, warning
from rollback.report.results import Mode, Outcome
from rollback.report.text import Redactor
from rollback.slack.delivery import START_BUDGET, SlackBot, SlackError, SlackWebhook
from rollback.slack.message import Message, final_message, start_message, thread_details

if TYPE_CHECKING:
    from rollback.engine.progress import Progress
    from rollback.inputs.model import Inputs
    from rollback.report.model import Report

_HURRY_SECONDS = 2.0
_SILENT = frozenset({Outcome.NOT_TRIGGERED, Outcome.PLANNED, Outcome.SNAPSHOT_SAVED, Outcome.STATUS})


class Notifier:
    """Tells Slack that a rollback began, and how it ended. A dry run, and a run that isn't triggered, notify nobody."""

    def __init__(self, inputs: Inputs, progress: Progress) -> None:
        self._inputs = inputs
        self._progress = progress
        self._redactor = Redactor(inputs.secrets)
        self._channel = _channel(inputs)
        self._starting: Thread | None = None

    def started(self, report: Report) -> None:
        """Say that the rollback begins, where the channel can be updated later."""
        if self._channel is None or self._inputs.dry_run:
            return
        message = start_message(self._redactor.redact_report(report), self._inputs.slack_mentions)
        # Beside the first look at AWS: the rollback does not wait for Slack.
        self._starting = Thread(target=self._send_start, args=(self._channel, message), daemon=True)
        self._starting.start()

    def _send_start(self, channel: SlackBot | SlackWebhook, message: Message) -> None:
        try:
            channel.started(message)
        except SlackError as trouble:
            self._progress.detail("slack", str(trouble))

    def finished(self, report: Report, *, in_a_hurry: bool = False) -> Report:
        """Tell the end, and return the report with what came of telling it."""
        inputs = self._inputs
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


def _channel(inputs: Inputs) -> SlackBot | SlackWebhook | None:
    if inputs.slack_bot_token:
        return SlackBot(inputs.slack_bot_token.get_secret_value(), inputs.slack_channel, inputs.slack_api_url)
    if inputs.slack_webhook_url:
        return SlackWebhook(inputs.slack_webhook_url.get_secret_value())
    return None
