"""Pure: the sections of the job summary, each a function from a report to blocks of Markdown, in reading order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollback.report import removed, words
from rollback.report.links import entry
from rollback.report.markup import Markup, folded
from rollback.report.results import Mode, Outcome, Result, Verdict
from rollback.report.shorter import keep_ends
from rollback.report.timeline import diagram

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rollback.report.model import (
        FailedJob,
        FrontendReport,
        Happening,
        JobReport,
        Look,
        Notice,
        Report,
        RootCause,
        StackReport,
    )


_ONLY_LOOKED = frozenset({Outcome.STATUS, Outcome.SNAPSHOT_SAVED})


def verdict(report: Report, markup: Markup) -> Iterator[str]:
    """The verdict in a plain sentence, the answers to the first questions, and which deployment this is about."""
    yield f"<p><strong>{markup.prose(words.verdict(report))}</strong></p>"
    if report.outcome is Outcome.INVALID_INPUTS:
        found = [notice.text for notice in words.notices(report)] or report.reason.splitlines()
        yield markup.bullets(found, markup.prose)
        return
    told = [*words.answers(report), *words.chosen(report)]
    yield replace(markup, rows=len(told)).bullets(
        told, lambda pair: f"<strong>{pair[0]}:</strong> {markup.prose(pair[1])}"
    )
    facts = [fact for fact in (*_facts(report, markup), *_times(report)) if fact]
    yield f"<p>{' · '.join(facts)}</p>" if facts else ""


def parts(report: Report, markup: Markup) -> Iterator[str]:
    """The table before, action, now: a row for each stack and the frontend, and the reason where it ended badly."""
    rows: list[list[str]] = []
    for stack in report.stacks[: markup.rows]:
        name = f"Stack {markup.link(stack.link, markup.code(stack.name))}"
        now = markup.code(stack.status)
        rows += _part_rows(report, markup, stack, [name, markup.code(stack.status_before), now])
    if len(report.stacks) > markup.rows:
        rows.append([f"and {len(report.stacks) - markup.rows:,} more stacks"])
    frontend = report.frontend
    if frontend and frontend.result is not Result.SKIPPED:
        label = markup.code(frontend.app_name or frontend.app_id)
        branch = f" {markup.code(frontend.branch)}" if frontend.branch else ""
        name = f"Frontend {markup.link(frontend.link, label)}{branch}"
        now = _job(frontend.live, report, markup)
        rows += _part_rows(report, markup, frontend, [name, _job(frontend.before, report, markup), now])
    done = "What would be done" if report.outcome is Outcome.PLANNED else "What was done"
    head = ("Part", "Status now") if report.outcome in _ONLY_LOOKED else ("Part", "Before", done, "Now")
    yield replace(markup, rows=len(rows)).table(head, rows, list)


def to_do(report: Report, markup: Markup) -> Iterator[str]:
    """The next steps with their command lines, ready to paste."""
    steps = words.next_steps(report)
    if not steps or report.outcome is Outcome.INVALID_INPUTS:
        return
    yield "<h3>What is left to do</h3>" if words.ended_well(report) else "<h3>What you must do now</h3>"
    for number, step in enumerate(steps[: markup.rows], 1):
        yield f"<p>{number}. {markup.prose(step.purpose)}</p>"
        yield markup.commands(step.line) if step.line.strip() else ""
    if len(steps) > markup.rows:
        yield f"<p>and {len(steps) - markup.rows:,} more, in the <code>report</code> output</p>"


def problems(report: Report, markup: Markup) -> Iterator[str]:
    """Errors and warnings, each with the code under which docs/troubleshooting.md explains it."""
    if report.outcome is Outcome.INVALID_INPUTS:
        return
    told = {part.reason for part in words.parts(report) if _shows_reason(part)}
    found = [notice for notice in words.notices(report) if notice.text not in told]
    if found:
        yield "<h3>What to know</h3>"
        yield markup.bullets(found, lambda notice: _notice(notice, report, markup))


def cause(report: Report, markup: Markup) -> Iterator[str]:
    """Why the deployment failed: the first root cause, further ones, and the failed jobs."""
    jobs = {job.name for job in report.failed_jobs}
    causes = [root for root in _causes(report) if root.where not in jobs]
    if not causes and not jobs:
        return
    looked = report.outcome is Outcome.STATUS
    yield f"<h3>{'What failed last' if looked else 'Why the deployment failed'}</h3>"
    for number, root in enumerate(causes[: markup.rows]):
        label = "" if number else "<strong>Root cause:</strong> "
        yield f"<p>{label}{_root_cause(root, markup)}</p>"
    yield markup.bullets(report.failed_jobs, lambda job: _failed_job(job, markup))


def removed_again(report: Report, markup: Markup) -> Iterator[str]:
    """What of the failed deployment's own the restore removed, or in a dry run would."""
    items = [(markup.code(stack.name), one) for stack in report.stacks for one in removed.lines(stack)]
    if items:
        yield f"<h3>{removed.heading(report)}</h3>"
        yield markup.bullets(items, lambda item: f"{item[0]}: {markup.prose(item[1])}")


def not_rolled_back(report: Report, markup: Markup) -> Iterator[str]:
    """What stays as the failed deployment left it."""
    items = [(markup.code(stack.name), line) for stack in report.stacks for line in stack.not_rolled_back]
    if report.frontend:
        items += [("Frontend", line) for line in report.frontend.not_rolled_back]
    if items:
        yield "<h3>What was not rolled back</h3>"
        yield markup.bullets(items, lambda item: f"{item[0]}: {markup.prose(item[1])}")


def verification(report: Report, markup: Markup) -> Iterator[str]:
    """What the checks after the rollback said."""
    checks = report.verification
    if checks.verdict is Verdict.SKIPPED and not checks.checks:
        return
    words_of = {Verdict.PASSED: "✅ Verification passed", Verdict.FAILED: "❌ Verification failed"}
    yield f"<h3>{words_of.get(checks.verdict, 'Verification was skipped')}</h3>"
    yield markup.bullets(checks.checks, markup.prose)
    rows = keep_ends(list(checks.looks), markup.rows)
    table = markup.table(("After", "", "What was seen"), rows, lambda look: _look_row(look, markup))
    yield folded("What was seen when", [table]) if table and len(checks.looks) > 1 else ""


def _look_row(look: Look, markup: Markup) -> list[str]:
    return [words.duration(look.seconds), "✅" if look.fine else "❌", markup.prose(look.text)]


def history(report: Report, markup: Markup) -> Iterator[str]:
    """The frontend's jobs: which is live, which is the last known good, and why each newer one is not."""
    jobs = report.frontend.history if report.frontend else ()
    head = ("Job", "Commit", "Status", "Started", "Took", "Why")
    table = markup.table(head, jobs, lambda job: _history_row(job, report, markup))
    if not table:
        return
    if report.outcome in {Outcome.STATUS, Outcome.PLANNED}:
        yield "<h3>Amplify jobs</h3>"
        yield table
    else:
        yield folded("Amplify jobs", [table])


def timeline(report: Report, markup: Markup) -> Iterator[str]:
    """What happened when, as a diagram and as a table."""
    numbered = list(enumerate(report.timeline, 1))
    shown = keep_ends(numbered, markup.rows - 1)
    rows = [
        [str(number), words.duration(moment.seconds), markup.prose(moment.part), markup.prose(moment.text)]
        for number, moment in shown
    ]
    if not rows:
        return
    left_out = len(numbered) - len(shown)
    if left_out:
        rows.insert(len(shown) // 3, [f"and {left_out:,} more"])
    drawing = diagram(report)
    yield f"<h3>Timeline</h3>\n\n```mermaid\n{drawing}\n```" if drawing else ""
    yield folded("The timeline as a table", [markup.table(("Step", "After", "Part", "What"), rows, list)])


def events(report: Report, markup: Markup) -> Iterator[str]:
    """CloudFormation's last events of each stack, newest first."""
    for stack in report.stacks[: markup.rows]:
        newest = sorted(stack.events, key=lambda event: event.at.timestamp(), reverse=True)
        table = markup.table(("When", "Resource", "Status", "Reason"), newest, lambda event: _event_row(event, markup))
        title = f"Last events of stack {markup.code(stack.name)}"
        if table and report.outcome is Outcome.STATUS:
            yield f"<h3>{title}</h3>\n\n{table}"
        elif table:
            yield folded(title, [table])


def links(report: Report, markup: Markup) -> Iterator[str]:
    """The consoles, the site and the run."""
    found = [(stack.link, f"CloudFormation: {markup.code(stack.name)}") for stack in report.stacks[: markup.rows]]
    if report.frontend:
        found += [(report.frontend.link, "Amplify console"), (report.frontend.url, "Site")]
    found.append((report.context.run_url, "This run"))
    shown = [markup.link(url, label) for url, label in found if markup.link(url, label) != label]
    yield f"<p>{' · '.join(shown)}</p>" if shown else ""


def _facts(report: Report, markup: Markup) -> Iterator[str]:
    context = report.context
    if context.commit and report.mode is Mode.ROLLBACK:
        failed = "Failed commit" if report.triggered else "Commit"
        yield f"{failed} {markup.link(context.commit_url, markup.code(words.short(context.commit)))}"
    yield f"“{Markup(1, 120).prose(context.commit_message)}”" if context.commit_message.strip() else ""
    yield f"by {markup.prose(context.author)}" if context.author.strip() else ""
    yield f"branch {markup.code(context.branch)}" if context.branch.strip() else ""
    yield f"asked for because: {markup.prose(report.requested_because)}" if report.requested_because.strip() else ""


def _times(report: Report) -> Iterator[str]:
    if report.recovery_seconds is not None:
        yield f"recovered in {words.duration(report.recovery_seconds)}"
    yield words.when(report.started)


def _part_rows(
    report: Report, markup: Markup, part: StackReport | FrontendReport, cells: list[str]
) -> Iterable[list[str]]:
    name, before, now = cells
    if report.outcome in _ONLY_LOOKED:
        yield [name, now or "unknown"]
        return
    result = words.result_words(report, part)
    planned = part.result is Result.PLANNED
    told = part.actions or ((part.reason,) if planned and part.reason else ("nothing",))
    done = "<br>".join(markup.prose(action) for action in told[: markup.rows])
    yield [f"{name}<br><strong>{result}</strong>", before or "unknown", done, now or "unknown"]
    if _shows_reason(part):
        code = next((notice.code for notice in words.notices(report) if notice.text == part.reason), "")
        yield [f"{markup.prose(part.reason)} {_code(code, report, markup)}".rstrip()]


def _shows_reason(part: StackReport | FrontendReport) -> bool:
    """Return whether the part's row is followed by its reason: where it is not simply good, or planned."""
    return bool(part.reason) and part.result not in {Result.ROLLED_BACK, Result.ALREADY_GOOD, Result.PLANNED}


def _job(job: JobReport | None, report: Report, markup: Markup) -> str:
    if job is None:
        return ""
    return f"job {markup.code(job.id)}, {_commit(job, report, markup)}<br>{markup.code(job.status)}"


def _commit(job: JobReport, report: Report, markup: Markup) -> str:
    context, commit = report.context, words.known_commit(job)
    if not commit:
        return "no commit named"
    # Only between ids does the failed commit's address tell another's: text from outside must not make up a link.
    both = words.is_commit_id(commit) and words.is_commit_id(context.commit)
    url = context.commit_url.replace(context.commit, commit) if both and context.commit in context.commit_url else ""
    failed = " <strong>(the failed one)</strong>" if words.is_failed_commit(report, commit) else ""
    return f"commit {markup.link(url, markup.code(words.short(commit)))}{failed}"


def _history_row(job: JobReport, report: Report, markup: Markup) -> list[str]:
    marks = [mark for mark, is_so in (("🌐 live", job.live), ("⭐ last known good", job.last_known_good)) if is_so]
    took = words.duration((job.ended - job.started).total_seconds()) if job.started and job.ended else ""
    kind = f" <sub>{markup.prose(job.type)}</sub>" if job.type else ""
    why = "<br>".join(
        [*(f"<strong>{mark}</strong>" for mark in marks), *([markup.prose(job.note)] if job.note else [])]
    )
    commit = _commit(job, report, markup).removeprefix("commit ")
    return [f"{markup.code(job.id)}{kind}", commit, markup.code(job.status), words.when(job.started), took, why]


def _event_row(event: Happening, markup: Markup) -> list[str]:
    return [words.when(event.at), markup.code(event.resource), markup.code(event.status), markup.prose(event.reason)]


def _notice(notice: Notice, report: Report, markup: Markup) -> str:
    sign = "❌" if notice.level == "error" else "⚠️"
    return f"{sign} {markup.prose(notice.text)} {_code(notice.code, report, markup)}"


def _code(code: str, report: Report, markup: Markup) -> str:
    """Return a code as the link to the entry that explains it."""
    return markup.link(entry(report.context.troubleshooting, code), markup.code(code)) if code else ""


def _failed_job(job: FailedJob, markup: Markup) -> str:
    step = f", in step {markup.code(job.step)}" if job.step else ""
    return f"Job {markup.link(job.link, markup.code(job.name))}: {markup.prose(job.result)}{step}"


def _causes(report: Report) -> list[RootCause]:
    found = [report.root_cause, *(stack.root_cause for stack in report.stacks)]
    found.append(report.frontend.root_cause if report.frontend else None)
    return list(dict.fromkeys(root for root in found if root))


def _root_cause(root: RootCause, markup: Markup) -> str:
    kind = f" ({markup.code(root.resource_type)})" if root.resource_type else ""
    resource = f" {markup.code(root.resource)}{kind}" if root.resource else ""
    return f"{markup.link(root.link, markup.prose(root.where))}{resource}: {markup.prose(root.reason)}"
