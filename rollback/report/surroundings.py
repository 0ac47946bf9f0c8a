"""Pure: a report as it reads on a terminal: there are flags and profiles, no workflow files and no other actions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rollback.report.notices import Code
from rollback.report.text import map_texts

if TYPE_CHECKING:
    from rollback.report.model import Notice, Report

PHRASES = {
    "give ${{ toJSON(needs) }}, or set force: true": "give --force (or the results as JSON)",
    'give ${{ toJSON(needs) }}, or a map such as {"smoke-tests": "failure"}': (
        'give a map such as {"smoke-tests": "failure"}'
    ),
    "give ${{ toJSON(needs) }}": 'give a map such as {"smoke-tests": "failure"}',
    "or set AWS_REGION (aws-actions/configure-aws-credentials does)": "or set AWS_REGION",
    "run aws-actions/configure-aws-credentials in the same job, just before this step": (
        "log in again (aws sso login), or name another profile in AWS_PROFILE"
    ),
    "with allow-destructive: true": "with --allow-destructive",
    "un this job again": "un this command again",
}
"""What a workflow's author is told, and the same for somebody at a terminal; a test finds each in the code."""

_INPUT = re.compile(r"^(?=[a-z][a-z-]*: )")


def on_a_terminal(report: Report) -> Report:
    """Return the report with its cures as they hold on a terminal."""
    notices = tuple(_by_flag(notice) for notice in report.notices)
    reason = " ".join(notice.text for notice in notices) if _wrong(report) else report.reason
    return map_texts(report.model_copy(update={"notices": notices, "reason": reason}), _said_there)


def _wrong(report: Report) -> bool:
    return any(notice.code == Code.INVALID_INPUT for notice in report.notices)


def _by_flag(notice: Notice) -> Notice:
    if notice.code != Code.INVALID_INPUT:
        return notice
    return notice.model_copy(update={"text": _INPUT.sub("--", notice.text)})


def _said_there(text: str) -> str:
    for phrase, instead in PHRASES.items():
        text = text.replace(phrase, instead)
    return text
