"""Pure: how a run's end is told in plain words, the same in the summary, in Slack and on a terminal.

The texts hold words from outside (names of stacks, jobs, commits) as they came: whoever shows them escapes them.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from rollback.results import Mode, Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rollback.report.model import Command, FailedJob, FrontendReport, JobReport, Notice, Report, StackReport

ENDED_WELL: Final = frozenset(
    {
        Outcome.NOT_TRIGGERED,
        Outcome.PLANNED,
        Outcome.NOT_NEEDED,
        Outcome.ROLLED_BACK,
        Outcome.SNAPSHOT_SAVED,
        Outcome.STATUS,
    }
)

RESULT_WORDS: Final = {
    Result.ROLLED_BACK: "✅ rolled back",
    Result.ALREADY_GOOD: "✅ already good",
    Result.NOT_NEEDED: "⚪ not needed",
    Result.REFUSED: "⛔ refused",
    Result.FAILED: "❌ failed",
    Result.TIMED_OUT: "⏳ timed out",
    Result.PLANNED: "📝 planned",
    Result.SKIPPED: "🚫 not configured",
}

_TITLES: Final = {
    Outcome.NOT_TRIGGERED: "⚪ No rollback: not triggered",
    Outcome.PLANNED: "📝 Dry run: the plan, nothing was changed",
    Outcome.NOT_NEEDED: "⚪ Nothing had to be rolled back",
    Outcome.ROLLED_BACK: "✅ Rolled back",
    Outcome.UNHEALTHY: "🚨 Rolled back, but not healthy",
    Outcome.PARTIAL: "🚨 Only partly rolled back",
    Outcome.FAILED: "🚨 Rollback failed",
    Outcome.INTERRUPTED: "🚨 Rollback interrupted",
    Outcome.INVALID_INPUTS: "❌ Wrong inputs: nothing was done",
    Outcome.SNAPSHOT_SAVED: "📌 Last known good recorded",
    Outcome.STATUS: "🔎 Status",
}

_PART_ENDS: Final = {
    Result.ROLLED_BACK: ("is back at the last known good", "are back at the last known good"),
    Result.ALREADY_GOOD: ("was at the last known good already", "were at the last known good already"),
    Result.NOT_NEEDED: ("stays as deployed, no rollback was needed", "stay as deployed, no rollback was needed"),
    Result.REFUSED: ("was not rolled back: no safe move", "were not rolled back: no safe move"),
    Result.FAILED: ("could not be rolled back", "could not be rolled back"),
    Result.TIMED_OUT: (
        "is still being rolled back by AWS: the wait ended",
        "are still being rolled back by AWS: the wait ended",
    ),
    Result.PLANNED: ("would be rolled back", "would be rolled back"),
}

_SHA = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
_SHORT_SHA = 7
_MINUTE, _HOUR = 60, 3600
_LONGEST = 365 * 24 * _HOUR


def title(report: Report) -> str:
    """Return the verdict as a title: fixed words only."""
    if report.outcome is Outcome.FAILED and report.mode is Mode.SNAPSHOT:
        return "❌ The last known good was not recorded"
    if report.outcome is Outcome.FAILED and report.mode is Mode.STATUS:
        return "❌ No status: AWS could not be read"
    if unproven(report) and report.outcome is Outcome.ROLLED_BACK:
        return "⚠️ Rolled back, but unproven"
    return _TITLES[report.outcome]


def ended_well(report: Report) -> bool:
    """Return whether nobody has to get up."""
    return report.outcome in ENDED_WELL


def unproven(report: Report) -> bool:
    """Return whether the frontend was redeployed without proof of which commit it serves."""
    frontend = report.frontend
    return frontend is not None and frontend.result is Result.ROLLED_BACK and not frontend.proven


def sentences(report: Report) -> list[str]:
    """Return the verdict in up to four plain sentences: what failed, what was done, what is live, what to do."""
    match report.outcome:
        case Outcome.INVALID_INPUTS:
            told = ["AWS was not called. Mend the inputs below and run it again."]
        case Outcome.NOT_TRIGGERED:
            told = [_sentence(report.reason), "AWS was not changed."]
        case Outcome.SNAPSHOT_SAVED:
            told = [_sentence(report.reason), _sentence(f"It lies in {report.snapshot}" if report.snapshot else "")]
        case Outcome.STATUS:
            told = [live_now(report), _last_known_good(report)]
        case Outcome.PLANNED:
            told = [what_failed(report), what_was_done(report), live_now(report)]
        case Outcome.FAILED if report.mode is not Mode.ROLLBACK:
            told = [_sentence(report.reason), "Nothing was changed."]
        case Outcome.INTERRUPTED:
            told = [
                "The run was cancelled before the rollback was over; AWS goes on with what was started.",
                what_was_done(report),
                live_now(report),
                what_to_do(report),
            ]
        case _:
            told = [what_failed(report), what_was_done(report), _health(report), live_now(report), what_to_do(report)]
    return [sentence for sentence in told if sentence] or [_sentence(report.reason)]


def what_failed(report: Report) -> str:
    """Return which jobs of the deployment failed, or why the rollback was asked for."""
    commit = f" for commit {short(report.context.commit)}" if report.context.commit else ""
    if report.failed_jobs:
        return _sentence(f"{_and([_job_end(job) for job in report.failed_jobs[:3]])}{commit}")
    return "A person asked for this rollback." if report.rule == "forced" else ""


def what_was_done(report: Report) -> str:
    """Return how each part ended, parts that ended alike together."""
    ends: dict[Result, list[str]] = {}
    for stack in report.stacks:
        ends.setdefault(stack.result, []).append(stack.name)
    clauses = []
    for result in _PART_ENDS:
        names = [f"stack{'s' if len(ends[result]) > 1 else ''} {_and(ends[result])}"] if result in ends else []
        number = len(ends.get(result, []))
        if report.frontend and report.frontend.result is result:
            names.append("the frontend")
            number += 1
        if names:
            clauses.append(f"{_and(names)} {_PART_ENDS[result][number > 1]}")
    return _sentence("; ".join(clauses))


def live_now(report: Report) -> str:
    """Return what visitors get now; empty where no frontend is configured."""
    frontend = report.frontend
    if frontend is None or frontend.result is Result.SKIPPED:
        return ""
    live = frontend.live
    if live is None:
        return "What the site serves now is not known."
    commit = known_commit(live)
    if not commit:
        told = f"The site serves job {live.id}, for which Amplify names no commit"
    elif report.context.commit and commit == report.context.commit:
        told = f"The site still serves the failed commit {short(commit)} (job {live.id})"
    else:
        told = f"The site serves commit {short(commit)} (job {live.id})"
    if unproven(report):
        told += ": that this is the last known good is unproven"
    return f"{told}."


def what_to_do(report: Report) -> str:
    """Return in one sentence whether a person has to act now."""
    steps = next_steps(report)
    if ended_well(report):
        if unproven(report):
            return "Look at the site and check that it is the release you expect."
        return "What is left to do stands below." if steps else "Nothing is left to do but to mend the cause."
    first = steps[0].purpose if steps else ""
    return _sentence(f"You must act now: {first[:1].lower()}{first[1:]}" if first else "You must act now")


def next_steps(report: Report) -> list[Command]:
    """Return every next step of the run, its parts and its notices, each once."""
    parts = _parts(report)
    steps = [*report.next_steps, *(step for part in parts for step in part.next_steps)]
    steps += [remedy for notice in notices(report) for remedy in notice.remedies]
    return list({(step.line or step.purpose): step for step in reversed(steps)}.values())[::-1]


def notices(report: Report) -> list[Notice]:
    """Return every notice of the run and its parts, each once, errors first."""
    found = [*report.notices, *(notice for part in _parts(report) for notice in part.notices)]
    once = {(notice.code, notice.level, notice.text): notice for notice in found}
    return sorted(once.values(), key=lambda notice: notice.level != "error")


def known_commit(job: JobReport | None) -> str:
    """Return the commit that the job names; empty for none, or for `HEAD`, which names no commit."""
    return "" if job is None or job.commit.upper() == "HEAD" else job.commit


def short(commit: str) -> str:
    """Return a full commit id in its short form, anything else as it is."""
    return commit[:_SHORT_SHA] if _SHA.fullmatch(commit) else commit


def duration(seconds: float) -> str:
    """Return seconds as people say them: `45 s`, `6 min 12 s`, `1 h 5 min`."""
    whole = round(min(max(seconds, 0), _LONGEST)) if math.isfinite(seconds) else 0
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"


def when(time: datetime | None) -> str:
    """Return a time as `2025-12-03 04:05:06 UTC`; a time without a zone is taken as UTC."""
    if time is None:
        return ""
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    try:
        return aware.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except OverflowError:  # the first or last day that a date can name
        return str(time)


def _parts(report: Report) -> tuple[StackReport | FrontendReport, ...]:
    return (*report.stacks, report.frontend) if report.frontend else report.stacks


def _last_known_good(report: Report) -> str:
    history: Sequence[JobReport] = report.frontend.history if report.frontend else ()
    good = next((job for job in history if job.last_known_good), None)
    if good is None:
        return "No last known good was found in its history." if history else ""
    commit = known_commit(good)
    return f"The last known good is job {good.id}{f', commit {short(commit)}' if commit else ''}."


def _health(report: Report) -> str:
    return "The checks after the rollback failed." if report.outcome is Outcome.UNHEALTHY else ""


def _job_end(job: FailedJob) -> str:
    end = {"failure": "failed", "cancelled": "was cancelled"}.get(job.result, f"ended in {job.result}")
    return f"{job.name} {end}"


def _and(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?:" else f"{text}."
