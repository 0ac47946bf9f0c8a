"""Who is told of a run on Slack, when, and how: a failure to tell never changes the outcome."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

from rollback.report.fallback import first_that_works, plain_lines, plain_report
from rollback.report.model import Command
from rollback.report.notices import Code, internal_error, warning
from rollback.report.results import Mode, Outcome
from rollback.slack.answers import is_open_to_the_network
from rollback.slack.delivery import END_BUDGET, START_BUDGET, SlackBot, SlackError, SlackWebhook
from rollback.slack.message import Message, final_message, plain_message, start_message, thread_details

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback.engine.progress import Progress
    from rollback.inputs.model import Inputs
    from rollback.report.model import Report
    from rollback.report.redactor import Redactor

_HURRY_SECONDS = 2.0
_SILENT = frozenset({Outcome.NOT_TRIGGERED, Outcome.PLANNED, Outcome.SNAPSHOT_SAVED, Outcome.STATUS})


class Notifier:
    """Tells Slack that a rollback began, and how it ended. A dry run, and a run that isn't triggered, notify nobody."""

    def __init__(self, inputs: Inputs, progress: Progress, redactor: Redactor) -> None:
        self._inputs = inputs
        self._progress = progress
        self._redactor = redactor
        self._channel = _channel(inputs)
        self._starting: Thread | None = None

    def started(self, report: Callable[[], Report]) -> None:
        """Say that the rollback begins, where the channel can be updated later. Never raises."""
        if self._channel is None or self._inputs.dry_run:
            return
        channel = self._channel
        try:
            message = start_message(self._redactor.redact_report(report()), self._inputs.slack_mentions)
            # Beside the first look at AWS: the rollback does not wait for Slack.
            self._starting = Thread(target=lambda: self._send_start(channel, message), daemon=True)
            self._starting.start()
        except Exception as defect:  # noqa: BLE001 - whatever breaks here, the rollback goes on
            self._progress.detail("slack", internal_error(defect).text)

    def _send_start(self, channel: SlackBot | SlackWebhook, message: Message) -> None:
        try:
            channel.started(message)
        except Exception as trouble:  # noqa: BLE001 - as above
            self._progress.detail("slack", _why(trouble))

    def finished(self, report: Report, *, in_a_hurry: bool = False) -> Report:
        """Tell the end, and return the report with what came of telling it. Never raises."""
        inputs = self._inputs
        wanted = inputs.mode is Mode.ROLLBACK and report.outcome not in _SILENT and not inputs.dry_run
        if self._channel is None or not wanted:
            return report
        if open_to_all := [name for name, address in _addresses(inputs) if is_open_to_the_network(address)]:
            text = f"{' and '.join(open_to_all)} is http: what is sent there, secrets too, can be read on its way."
            notice = warning(Code.SLACK_UNENCRYPTED, text, Command(purpose="Give an https address"))
            report = report.model_copy(update={"notices": (*report.notices, notice)})
        try:
            if self._starting:
                self._starting.join(_HURRY_SECONDS / 2 if in_a_hurry else START_BUDGET)
            final, details = self._messages(report)
            self._channel.finished(final, details, budget=_HURRY_SECONDS if in_a_hurry else END_BUDGET)
        except Exception as trouble:  # noqa: BLE001 - Slack's failure never changes the outcome
            notice = warning(Code.SLACK_FAILED, f"Slack was not told: {_why(trouble)}")
            return report.model_copy(update={"notices": (*report.notices, notice)})
        return report.model_copy(update={"notified": True})

    def _messages(self, report: Report) -> tuple[Message, Message]:
        """Return the final message and its details, plain ones where the full ones fail."""
        mentions = self._inputs.slack_mentions
        redacted = first_that_works(
            lambda: self._redactor.redact_report(report), lambda: plain_report(report, self._redactor.thoroughly)
        )
        final = first_that_works(
            lambda: final_message(redacted, mentions), lambda: plain_message(plain_lines(redacted), mentions)
        )
        return final, first_that_works(lambda: thread_details(redacted), lambda: plain_message(plain_lines(redacted)))


def _why(trouble: Exception) -> str:
    return str(trouble) if isinstance(trouble, SlackError) else internal_error(trouble).text


def _addresses(inputs: Inputs) -> list[tuple[str, str]]:
    """Return the addresses that are written to, each with its input's name."""
    if inputs.slack_bot_token:
        return [("slack-api-url", inputs.slack_api_url)]
    webhook = inputs.slack_webhook_url
    return [("slack-webhook-url", webhook.get_secret_value())] if webhook else []


def _channel(inputs: Inputs) -> SlackBot | SlackWebhook | None:
    if inputs.slack_bot_token:
        return SlackBot(inputs.slack_bot_token.get_secret_value(), inputs.slack_channel, inputs.slack_api_url)
    if inputs.slack_webhook_url:
        return SlackWebhook(inputs.slack_webhook_url.get_secret_value())
    return None
