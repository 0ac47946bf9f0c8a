"""The job summary, read as GitHub renders it: what it says, and that nothing from outside is active in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt

from rollback.report.model import Command, Moment, Notice, Report, RootCause
from rollback.report.results import Outcome
from rollback.report.summary import SIZE_WANTED, summary
from rollback.report.timeline import diagram
from rollback.report.words import title
from tests.report.hostile import reports
from tests.report.incidents import (
    ALL,
    FAILED,
    INTERRUPTED,
    INVALID_INPUTS,
    NOT_NEEDED,
    NOT_TRIGGERED,
    PARTIAL,
    PLANNED,
    ROLLED_BACK,
    STATUS,
    UNHEALTHY,
    UNPROVEN,
)
from tests.report.test_outputs import huge

RENDERER = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table")
OURS = {
    *("a", "br", "code", "details", "h2", "h3", "li", "p", "pre", "strong"),
    *("sub", "summary", "table", "td", "th", "tr", "ul", "wbr"),
}
HEADINGS = {
    "What is left to do",
    "What you must do now",
    "What to know",
    "Why the deployment failed",
    "What failed last",
    "What was not rolled back",
    "✅ Verification passed",
    "❌ Verification failed",
    "Verification was skipped",
    "Amplify jobs",
    "Timeline",
    "If the application is still broken: look at the data",
    "If this deployment fails",
    "Alarms and logs",
}
ACTIVE = re.compile(r"@\w|#\d|://|\bwww\.|[0-9a-f]{40}", re.IGNORECASE)
DIAGRAM_LINE = re.compile(r"gantt|    (dateFormat|axisFormat|tickInterval|section) [\w %:-]+|    [\w -]+ :[\w ,:-]+")


class Page(HTMLParser):
    """What a browser would make of the rendered summary."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.headings: list[str] = []
        self.plain: list[str] = []
        self.open: list[str] = []
        self.problems: list[str] = []
        self.feed(RENDERER.render(markdown))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag in {"h1", "h2", "h3", "h4"}:
            self.headings.append("")
        if tag not in {"br", "wbr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        if {"h2", "h3"} & set(self.open):
            self.headings[-1] += data
        if not {"code", "pre", "a"} & set(self.open):
            self.plain.append(data)

    def handle_comment(self, data: str) -> None:
        self.problems.append(f"comment {data}")

    @property
    def text(self) -> str:
        return "\n".join(self.plain)


def links_of(value: object) -> set[str]:
    """Return the values of the report's own fields for links."""
    if isinstance(value, dict):
        own = {str(value[name]) for name in ("link", "url", "run_url", "commit_url") if name in value}
        return own.union(*(links_of(item) for item in value.values()))
    return set().union(*(links_of(item) for item in value)) if isinstance(value, tuple) else set()


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_outcome_has_its_verdict_as_the_first_heading(name: str) -> None:
    page = Page(summary(ALL[name]))
    assert page.headings[0].startswith(title(ALL[name]))
    assert {heading for heading in page.headings[1:] if not heading.startswith("Last events of stack ")} <= HEADINGS
    assert page.tags <= OURS
    assert not page.problems
    assert not page.open


def test_every_outcome_has_words_of_its_own() -> None:
    assert {report.outcome for report in ALL.values()} == set(Outcome)
    assert len({title(report) for report in ALL.values()}) == len(ALL)


def test_the_first_screen_answers_four_questions() -> None:
    lines = summary(PARTIAL).split("\n\n")[:3]
    assert "\n\n".join(lines) == (
        "<h2>🚨 Only partly rolled back · <code>development</code></h2>\n\n"
        "<p><strong>One part is back at the last known good, another is not.</strong></p>\n\n"
        "<ul>\n"
        "<li><strong>What failed:</strong> Job smoke-tests failed.</li>\n"
        "<li><strong>What was done:</strong> The frontend is back at the last known good; stack acme-shop-development "
        "could not be rolled back.</li>\n"
        "<li><strong>Live now:</strong> The site serves commit <code>600d600</code> (job 43).</li>\n"
        "<li><strong>What to do:</strong> You must act now: mend what PriceRulesTable complains of, or leave it as it "
        "is and skip it.</li>\n"
        "</ul>"
    )


def test_unproven_stands_in_the_first_sentence() -> None:
    text = summary(UNPROVEN)
    assert "unproven" in text.split("</p>")[0]
    assert "rolled back, unproven" in text
    assert "back at the last known good" not in text


@pytest.mark.parametrize("report", [PARTIAL, FAILED, INTERRUPTED])
def test_what_did_not_end_well_says_what_to_do_with_commands_to_paste(report: Report) -> None:
    text = summary(report)
    assert "<h3>What you must do now</h3>" in text
    for step in (*report.next_steps, *report.stacks[0].next_steps):
        assert step.line in text


def test_what_ended_well_asks_for_nothing() -> None:
    assert "must do" not in summary(ROLLED_BACK)
    assert "```bash" not in summary(ROLLED_BACK)


def test_the_references_advice_on_data_is_given_where_data_may_have_changed() -> None:
    for report in (UNHEALTHY.model_copy(update={"data": ()}), FAILED, PARTIAL):
        text = summary(report)
        assert all(word in text for word in ("DynamoDB", "S3", "backup", "migration"))
    assert "DynamoDB" not in summary(ROLLED_BACK)


def test_who_only_looks_has_no_failed_commit() -> None:
    assert "(the failed one)" not in summary(STATUS)
    assert "serves the failed commit" not in summary(STATUS)
    assert "(the failed one)" in summary(PLANNED)


def test_what_was_interrupted_is_not_finished() -> None:
    assert "Stack acme-shop-development and the frontend were not finished." in summary(INTERRUPTED)


def test_a_refusal_keeps_its_own_words() -> None:
    assert "No previous Amplify deployment found" in summary(FAILED)


def test_every_problem_of_the_inputs_is_listed() -> None:
    text = Page(summary(INVALID_INPUTS)).text
    assert all(notice.text in text.replace("\n", "") for notice in INVALID_INPUTS.notices)


def test_not_triggered_says_which_rule_decided() -> None:
    assert NOT_TRIGGERED.reason in summary(NOT_TRIGGERED)


@pytest.mark.parametrize("report", [STATUS, PLANNED])
def test_looking_shows_the_jobs_with_what_is_live_and_what_is_good(report: Report) -> None:
    text = summary(report)
    assert text.index("<h3>Amplify jobs</h3>") < text.index("🌐 live") < text.index("⭐ last known good")


def test_the_plan_is_told_as_a_plan() -> None:
    assert "What would be done" in summary(PLANNED)
    assert "cancel the update" in summary(PLANNED)


def test_the_restored_commit_links_to_the_same_repository() -> None:
    assert (
        "https://github.com/acme/shop/commit/600d600d91600d600d91600d600d91600d600d91"
        in Page(summary(ROLLED_BACK)).links
    )


@settings(max_examples=200)
@given(reports())
def test_nothing_from_outside_is_active(report: Report) -> None:
    markdown = summary(report)
    page = Page(markdown)
    assert page.tags <= OURS
    assert page.attributes <= {"href", "align", "colspan", "class"}
    assert {heading for heading in page.headings[1:] if not heading.startswith("Last events of stack ")} <= HEADINGS
    assert not page.problems
    assert not page.open
    assert all(re.match("https?://", link) for link in page.links)
    assert set(page.links) <= links_of(report.model_dump())
    assert not ACTIVE.search(page.text)
    markdown.encode()


@given(reports())
def test_the_diagram_holds_words_of_our_own_only(report: Report) -> None:
    assert all(DIAGRAM_LINE.fullmatch(line) for line in diagram(report).splitlines())


def test_the_diagram_of_a_rollback() -> None:
    assert diagram(ROLLED_BACK).splitlines()[:9] == [
        "gantt",
        "    dateFormat YYYY-MM-DD HH:mm:ss",
        "    axisFormat %M:%S",
        "    tickInterval 1minute",
        "    section Run",
        "    smoke-tests-failed :milestone, crit, 2000-01-01 00:00:00, 0s",
        "    section Stack",
        "    UPDATE_IN_PROGRESS :done, 2000-01-01 00:00:01, 1s",
        "    cancel :done, 2000-01-01 00:00:01, 6s",
    ]


def test_the_diagram_names_results_and_rules_too() -> None:
    moments = [
        ("trigger", "smoke-tests-failed: why"),
        ("frontend", "job 4 is FAILED"),
        ("frontend", "failed: it broke"),
    ]
    timeline = tuple(Moment(seconds=second, part=part, text=text) for second, (part, text) in enumerate(moments))
    assert diagram(ROLLED_BACK.model_copy(update={"timeline": timeline})).splitlines()[4:] == [
        "    section Run",
        "    smoke-tests-failed :milestone, crit, 2000-01-01 00:00:00, 0s",
        "    section Frontend",
        "    job 4 FAILED :crit, 2000-01-01 00:00:01, 1s",
        "    failed :milestone, crit, 2000-01-01 00:00:02, 0s",
    ]


def test_a_reason_stands_once_with_its_code() -> None:
    reason = PARTIAL.stacks[0].reason
    notice = Notice(code="stack-rollback-failed", level="error", text=reason)
    text = summary(PARTIAL.model_copy(update={"notices": (notice,)}))
    assert text.count(reason) == 1
    assert f"{reason} <code>stack-rollback-failed</code>" in text


def test_a_job_that_is_the_root_cause_is_listed_once() -> None:
    root = RootCause(where="smoke-tests", reason="job smoke-tests ended in failure")
    stacks = (NOT_NEEDED.stacks[0],)
    text = summary(ROLLED_BACK.model_copy(update={"root_cause": root, "stacks": stacks}))
    assert "Root cause" not in text
    assert "in step <code>Check that the cart can be paid</code>" in text


def test_partial_claims_no_part_at_the_last_known_good_that_is_not() -> None:
    frontend = FAILED.frontend
    report = PARTIAL.model_copy(update={"stacks": NOT_NEEDED.stacks, "frontend": frontend})
    assert "back at the last known good" not in summary(report)


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0, 1e300])
def test_odd_times_do_no_harm(seconds: float) -> None:
    moments = tuple(moment.model_copy(update={"seconds": seconds}) for moment in ROLLED_BACK.timeline)
    summary(ROLLED_BACK.model_copy(update={"timeline": moments, "recovery_seconds": seconds}))


def test_a_command_with_fences_stays_in_its_fence() -> None:
    line = "echo '```'\n````\n# Heading\n![x](https://evil.example/x.png)"
    text = summary(FAILED.model_copy(update={"next_steps": (Command(purpose="Try", line=line),)}))
    page = Page(text)
    assert f"`````bash\n{line}\n`````" in text
    assert "img" not in page.tags
    assert "Heading" not in page.headings


def test_a_huge_report_gives_a_small_summary() -> None:
    text = summary(huge())
    assert len(text.encode()) <= SIZE_WANTED
    assert re.search(r"and [\d,]+ more", text)
    page = Page(text)
    assert not page.problems
    assert not page.open
