"""Pure: how a run's end is told in plain words, the same in the summary, in Slack and on a terminal.

The texts hold words from outside (names of stacks, jobs, commits) as they came: whoever shows them escapes them.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from rollback.report.commits import same_commit
from rollback.report.ready import ready
from rollback.report.results import Mode, Outcome, Result
from rollback.report.skipped import TITLE as TITLE_SKIPPED
from rollback.report.skipped import skipped, skipped_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rollback.report.model import Command, FailedJob, FrontendReport, JobReport, Notice, Report, StackReport

ENDED_WELL: Final = frozenset(
    {
        Outcome.NOT_TRIGGERED,
        Outcome.PLANNED,
        Outcome.NOT_NEEDED,
        Outcome.ROLLED_BACK,
        Outcome.VERIFIED,
        Outcome.SNAPSHOT_SAVED,
        Outcome.STATUS,
    }
)

_RESULT_WORDS: Final[dict[Result | None, str]] = {
    None: "⏳ not finished",
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
    Outcome.VERIFIED: "✅ Healthy",
    Outcome.UNHEALTHY: "🚨 Rolled back, but not healthy",
    Outcome.PARTIAL: "🚨 Only partly rolled back",
    Outcome.FAILED: "🚨 Rollback failed",
    Outcome.INTERRUPTED: "🚨 Rollback interrupted",
    Outcome.INVALID_INPUTS: "❌ Wrong inputs: nothing was done",
    Outcome.SNAPSHOT_SAVED: "📌 Last known good recorded",
    Outcome.STATUS: "🔎 Status",
}

_GATE_TITLES: Final = {
    Outcome.UNHEALTHY: "🚨 Not healthy",
    Outcome.FAILED: "❌ Nothing was verified",
    Outcome.INTERRUPTED: "🚨 Verification interrupted",
}

_VERDICTS: Final = {
    Outcome.PLANNED: "Nothing was changed. This is what a run without dry-run would do.",
    Outcome.NOT_NEEDED: "Nothing had to be changed: what can be rolled back is at the last known good.",
    Outcome.ROLLED_BACK: "The failed deployment is undone.",
    Outcome.VERIFIED: "What is served passed every check.",
    Outcome.UNHEALTHY: "Everything is back at the last known good, yet the checks after the rollback fail.",
    Outcome.PARTIAL: "One part is back at the last known good, another is not.",
    Outcome.FAILED: "Nothing could be brought back to the last known good.",
    Outcome.INVALID_INPUTS: "AWS was not called. Mend these inputs and run it again:",
}

_PART_ENDS: Final[dict[Result | None, tuple[str, str]]] = {
    Result.ROLLED_BACK: ("is back at the last known good", "are back at the last known good"),
    Result.ALREADY_GOOD: ("was at the last known good already", "were at the last known good already"),
    Result.NOT_NEEDED: (
        "stays as it was deployed: CloudFormation keeps no earlier version",
        "stay as they were deployed: CloudFormation keeps no earlier version",
    ),
    Result.REFUSED: ("was not rolled back: no safe move", "were not rolled back: no safe move"),
    Result.FAILED: ("could not be rolled back", "could not be rolled back"),
    Result.TIMED_OUT: (
        "is still being rolled back by AWS: the wait ended",
        "are still being rolled back by AWS: the wait ended",
    ),
    Result.PLANNED: ("would be rolled back", "would be rolled back"),
    None: ("was not finished", "were not finished"),
}

_AT_GOOD: Final = frozenset({Result.ROLLED_BACK, Result.ALREADY_GOOD})
_SHA = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
_SHORT_SHA = 7
_MOST_NAMES = 5
_MINUTE, _HOUR = 60, 3600
_LONGEST = 365 * 24 * _HOUR


def title(report: Report) -> str:
    """Return the verdict as a title: fixed words only."""
    if report.outcome is Outcome.FAILED and report.mode is Mode.SNAPSHOT:
        return "❌ The last known good was not recorded"
    if report.outcome is Outcome.FAILED and report.mode is Mode.STATUS:
        return "❌ No status: AWS could not be read"
    if report.mode is Mode.VERIFY and report.outcome in _GATE_TITLES:
        return _GATE_TITLES[report.outcome]
    if skipped(report) and report.outcome is Outcome.ROLLED_BACK:
        return TITLE_SKIPPED
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


def verdict(report: Report) -> str:
    """Return the end of the run in one plain sentence."""
    by_reason = {Outcome.NOT_TRIGGERED, Outcome.SNAPSHOT_SAVED, Outcome.STATUS, Outcome.INTERRUPTED}
    failed = {Outcome.FAILED, Outcome.UNHEALTHY}
    if report.outcome in by_reason or (report.outcome in failed and report.mode is not Mode.ROLLBACK):
        return _sentence(report.reason)
    if skipped(report) and report.outcome is Outcome.ROLLED_BACK:
        which = ", and which commit the site was rebuilt from is unproven" if unproven(report) else ""
        return f"The failed deployment is undone but for {skipped(report)}: skipped, and as it left them{which}."
    if unproven(report) and report.outcome is Outcome.ROLLED_BACK:
        return "The site was rebuilt from its last good job, but which commit that gave is unproven."
    if report.outcome is Outcome.PARTIAL and not any(part.result in _AT_GOOD for part in parts(report)):
        return "What could be rolled back was not; the rest stays as it was deployed."
    if report.outcome is Outcome.ROLLED_BACK and report.stack_result is Result.NOT_NEEDED:
        return "The frontend is back at the last known good; the infrastructure stays as it was deployed."
    return _VERDICTS[report.outcome]


def answers(report: Report) -> list[tuple[str, str]]:
    """Return what somebody who was woken asks, each question with its answer; what does not apply is left out."""
    if report.mode is Mode.VERIFY:
        return []
    if report.mode is not Mode.ROLLBACK:
        asked = [("Live now", live_now(report)), ("Last known good", _last_known_good(report))]
        asked.append(("If this deployment fails", ready(report)))
    elif report.outcome in {Outcome.INVALID_INPUTS, Outcome.NOT_TRIGGERED}:
        return []
    else:
        done = "What would be done" if report.outcome is Outcome.PLANNED else "What was done"
        asked = [
            ("What failed", what_failed(report)),
            (done, what_was_done(report)),
            ("Live now", live_now(report)),
            ("What to do", what_to_do(report) if report.outcome is not Outcome.PLANNED else ""),
        ]
    return [(question, answer) for question, answer in asked if answer]


def chosen(report: Report) -> list[tuple[str, str]]:
    """Return why this job is the last known good, as another answer: in a rollback it is worth a line to readers."""
    rule = report.frontend.rule if report.frontend and report.mode is Mode.ROLLBACK else ""
    return [("Why this release", rule)] if rule else []


def result_words(report: Report, part: StackReport | FrontendReport) -> str:
    """Return how the part ended, in a word or two with its sign."""
    if part is report.frontend and unproven(report):
        return "⚠️ rolled back, unproven"
    if report.mode is Mode.SNAPSHOT:
        return "📌 recorded"
    return skipped_words(report, part) or _RESULT_WORDS[part.result]


def what_failed(report: Report) -> str:
    """Return which jobs of the deployment failed, or that a person asked for the rollback."""
    if not report.failed_jobs:
        return "A person asked for this rollback." if report.rule == "forced" else ""
    more = len(report.failed_jobs) - _MOST_NAMES
    ends = [_job_end(job) for job in report.failed_jobs[:_MOST_NAMES]]
    return _sentence(f"Job {_and([*ends, *([f'{more} more'] if more > 0 else [])])}")


def what_was_done(report: Report) -> str:
    """Return how each part ended, parts that ended alike together."""
    clauses = []
    for result, ends in _PART_ENDS.items():
        stacks = [stack.name for stack in report.stacks if stack.result is result]
        more = len(stacks) - _MOST_NAMES
        named = [*stacks[:_MOST_NAMES], *([f"{more} more"] if more > 0 else [])]
        named_parts = [f"stack{'s' if len(stacks) > 1 else ''} {_and(named)}"] if stacks else []
        if report.frontend and report.frontend.result is result and not unproven(report):
            named_parts.append("the frontend")
        if named_parts:
            clauses.append(f"{_and(named_parts)} {ends[len(stacks) + (named_parts[-1] == 'the frontend') > 1]}")
    if unproven(report):
        clauses.append("the frontend was rebuilt from its last good job, unproven")
    clauses += [f"skipped: {skipped(report)}"] if skipped(report) else []
    told = "; ".join(clauses)
    return _sentence(f"{told[:1].upper()}{told[1:]}")


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
        told = f"The site serves job {live.id}, whose commit Amplify does not name"
    elif is_failed_commit(report, commit):
        told = f"The site still serves the failed commit {short(commit)} (job {live.id})"
    else:
        told = f"The site serves commit {short(commit)} (job {live.id})"
    if unproven(report):
        told += "; that this is the last known good is unproven"
    return f"{told}."


def what_to_do(report: Report) -> str:
    """Return in one sentence whether a person has to act now."""
    steps = next_steps(report)
    first = steps[0].purpose if steps else ""
    if ended_well(report):
        if unproven(report):
            return "Look at the site and check that it is the release you expect."
        if not steps:
            return "Nothing is left to do but to mend the cause."
        more = f" (and {len(steps) - 1} more)" if len(steps) > 1 else ""
        return _sentence(f"You need not hurry: {first[:1].lower()}{first[1:]}{more}")
    return _sentence(f"You must act now: {first[:1].lower()}{first[1:]}" if first else "You must act now")


def parts(report: Report) -> tuple[StackReport | FrontendReport, ...]:
    """Return the report's stacks and, where one is configured, its frontend."""
    return (*report.stacks, report.frontend) if report.frontend else report.stacks


def next_steps(report: Report) -> list[Command]:
    """Return every next step of the run, its parts and its notices, each once."""
    steps = [*report.next_steps, *(step for part in parts(report) for step in part.next_steps)]
    steps += [remedy for notice in notices(report) for remedy in notice.remedies]
    return list({(step.line or step.purpose): step for step in reversed(steps)}.values())[::-1]


def notices(report: Report) -> list[Notice]:
    """Return every notice of the run and its parts, each once, errors first."""
    found = [*report.notices, *(notice for part in parts(report) for notice in part.notices)]
    once = {(notice.code, notice.level, notice.text): notice for notice in found}
    return sorted(once.values(), key=lambda notice: notice.level != "error")


def known_commit(job: JobReport | None) -> str:
    """Return the commit that the job names; empty for none, or for `HEAD`, which names no commit."""
    return "" if job is None or job.commit.upper() == "HEAD" else job.commit


def is_failed_commit(report: Report, commit: str) -> bool:
    """Return whether this is the commit to roll back from. Who only looks has none: the commit is what it runs on."""
    return report.mode is Mode.ROLLBACK and same_commit(commit, report.context.commit)


def is_commit_id(text: str) -> bool:
    """Return whether the text is a commit's full id."""
    return _SHA.fullmatch(text) is not None


def short(commit: str) -> str:
    """Return a full commit id in its short form, anything else as it is."""
    return commit[:_SHORT_SHA] if is_commit_id(commit) else commit


def duration(seconds: float) -> str:
    """Return seconds as people say them: `45 s`, `6 min 12 s`, `1 h 5 min`."""
    whole = round(min(max(seconds, 0), _LONGEST)) if math.isfinite(seconds) else 0
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        seconds_too = f" {whole % _MINUTE} s" if whole % _MINUTE else ""
        return f"{whole // _MINUTE} min{seconds_too}"
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


def _last_known_good(report: Report) -> str:
    if report.frontend and report.frontend.rule:
        return report.frontend.rule
    history: Sequence[JobReport] = report.frontend.history if report.frontend else ()
    good = next((job for job in history if job.last_known_good), None)
    if good is None:
        return "No last known good was found in its history." if history else ""
    commit = known_commit(good)
    return f"The last known good is job {good.id}{f', commit {short(commit)}' if commit else ''}."


def _job_end(job: FailedJob) -> str:
    end = {"failure": "failed", "cancelled": "was cancelled"}.get(job.result, f"ended in {job.result}")
    return f"{job.name} {end}"


def _and(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?:" else f"{text}."
