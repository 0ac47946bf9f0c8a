"""Whatever fails while telling: results, outputs and exit code stand; summary and Slack get at least the plain end."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.engine.moves import Done
from rollback.report.fallback import first_that_works, plain_lines, plain_outputs, plain_report, plain_summary
from rollback.report.outputs import NAMES
from rollback.report.redactor import Redactor
from rollback.report.results import Result
from rollback.slack.message import plain_message
from tests.process.shop import STACK
from tests.report.hostile import reports
from tests.slack.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from rollback.report.model import Report
    from tests.process.shop import Ran, Shop

TELLING = (
    *("rollback.session.outputs", "rollback.session.summary", "rollback.session.terminal", "rollback.session.notices"),
    *("rollback.session.next_steps", "rollback.session.title", "rollback.session.event.context"),
    *("rollback.incident.telling.stack_report", "rollback.incident.telling.frontend_report"),
    *(
        "rollback.incident.telling.context",
        "rollback.incident.telling._reason",
        "rollback.incident.telling._root_cause",
    ),
    *("rollback.incident.telling._next_steps", "rollback.incident.telling._stack_result"),
    *("rollback.modes.rollback._failed_jobs", "rollback.modes.rollback.all_good"),
    *("rollback.slack.notifier.start_message", "rollback.slack.notifier.final_message"),
    *("rollback.slack.notifier.thread_details",),
    *("rollback.github.runner.Runner.error", "rollback.github.runner.Runner.warning"),
    *("rollback.github.runner.Runner.line", "rollback.github.runner.Runner.show"),
    *("rollback.report.redactor.Redactor.redact_report", "rollback.report.redactor.Redactor.thoroughly"),
    *("rollback.report.redactor.Redactor.__call__", "rollback.report.words.title", "rollback.report.words.verdict"),
    *("rollback.report.words.answers", "rollback.report.words.parts", "rollback.report.words.notices"),
    *("rollback.report.sections.verdict", "rollback.report.markup.Markup.prose", "rollback.report.outputs.shorter"),
    *("rollback.stack.watch.EventWatch.find_root_cause", "rollback.frontend.part.FrontendPart.find_failure"),
    *("rollback.stack.part.StackPart.stays_behind", "rollback.engine.progress.Moment"),
)
DEFECTS = (RuntimeError("a defect"), RecursionError(), KeyError(None))


class Unspeakable(Exception):
    """An error that can't even say what it is."""

    def __str__(self) -> str:
        raise TypeError("no words")


def broken(monkeypatch: pytest.MonkeyPatch, name: str, defect: BaseException) -> None:
    """Let the function of this dotted name raise."""
    owner, _, attribute = name.rpartition(".")
    module, found = owner, None
    while found is None:
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError:
            module = module.rpartition(".")[0]
    for part in owner.removeprefix(module).strip(".").split("."):
        found = getattr(found, part) if part else found

    def fail(*_: object, **__: object) -> None:
        raise defect

    monkeypatch.setattr(found, attribute, fail)


def both(shop: Shop, **more: Any) -> Ran:
    """Run a rollback of an update under way and of a bad release, told by webhook."""
    shop.stack("UPDATE_IN_PROGRESS")
    shop.frontend()
    shop.with_defects = True
    webhook = shop.sandbox.slack.webhook_url
    return shop.run(stack_name=STACK, app_name="shop", **{"slack_webhook_url": webhook, **more})


@pytest.mark.parametrize("name", TELLING)
def test_a_defect_while_telling_changes_no_result(shop: Shop, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    broken(monkeypatch, name, DEFECTS[len(name) % len(DEFECTS)])
    ran = both(shop)
    assert (ran.exit_code, ran["outcome"], ran["triggered"]) == (0, "rolled-back", "true"), ran.log
    assert json.loads(ran["report"])["outcome"] == "rolled-back"
    assert "olled back" in ran.summary or "rolled-back" in ran.summary
    assert ran["notified"] == "true"
    (message,) = shop.sandbox.slack.messages
    assert "olled back" in message.everything or "rolled-back" in message.everything
    assert ran.ended == ("rolled-back", "rolled-back", "rolled-back")


@pytest.mark.parametrize("part", ["stack", "frontend"])
def test_a_part_whose_report_fails_has_a_plain_one(shop: Shop, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    broken(monkeypatch, f"rollback.incident.telling.{part}_report", Unspeakable())
    ran = both(shop)
    assert ran.ended == ("rolled-back", "rolled-back", "rolled-back")
    told = {"stack": ran.report["stacks"][0], "frontend": ran.report["frontend"]}[part]
    assert told["result"] == "rolled-back"
    assert told["reason"]
    assert [notice["code"] for notice in told["notices"]] == ["internal-error"]


def test_a_defect_between_the_parts_and_the_end_is_no_success_without_the_verification(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch, "rollback.modes.rollback.watch", RuntimeError("a defect"))
    ran = both(shop, verify_url=shop.sandbox.site.url)
    assert ran.ended == ("rolled-back", "rolled-back", "unhealthy")
    assert "internal-error" in ran.codes


def test_the_handler_of_a_defect_makes_no_other(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, "rollback.modes.running.report_of", Unspeakable())
    broken(monkeypatch, "rollback.modes.rollback.trigger.decide", Unspeakable())
    ran = both(shop)
    assert (ran.exit_code, ran["outcome"]) == (1, "failed")
    assert "it can't say what" in ran["reason"]


def test_inputs_that_cannot_be_read_at_all_are_told(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, "rollback.session.read", RecursionError())
    ran = both(shop)
    assert (ran.exit_code, ran["outcome"]) == (1, "failed")
    assert "RecursionError" in ran.summary


@pytest.mark.parametrize("body", [b'"x"', b"429", b"true", b"[1]", b"null"])
@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("how", ["webhook", "bot"])
def test_slacks_answer_changes_no_result(shop: Shop, status: int, body: bytes, how: str) -> None:
    with Server(status, body) as slack:
        where = {
            "webhook": {"slack_webhook_url": f"{slack.url}/services/T/B/canary"},
            "bot": {
                "slack_webhook_url": "",
                "slack_bot_token": "xoxb-1",
                "slack_channel": "x",
                "slack_api_url": slack.url,
            },
        }[how]
        ran = both(shop, **where)
    assert (ran.exit_code, *ran.ended) == (0, "rolled-back", "rolled-back", "rolled-back")
    assert ran["notified"] == "false"
    assert "slack-failed" in ran.codes
    assert "canary" not in ran.everything.replace("::add-mask::" + where["slack_webhook_url"], "")


@pytest.mark.parametrize(
    "event",
    [
        "[" * 100_000,
        '{"head_commit":' * 5_000,
        '{"head_commit": {"message": ' + "[" * 900 + "]" * 900 + ', "author": {"name": ["x"]}}}',
        '{"repository": {"pushed_at": 1e400}, "head_commit": {"message": 5}}',
        "\ud800",
    ],
)
def test_an_event_file_of_any_depth_is_no_end_of_the_run(shop: Shop, tmp_path: Any, event: str) -> None:
    path = tmp_path / "any-event.json"
    path.write_bytes(event.encode("utf-8", "surrogatepass"))
    shop.frontend()
    ran = shop.run(environ={"GITHUB_EVENT_PATH": str(path)}, app_name="shop", failed_job_id="2")
    assert (ran.exit_code, ran["frontend-result"]) == (0, "rolled-back")


def test_outputs_are_written_before_the_summary(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, "rollback.github.runner.Runner.summary", SystemExit())
    with pytest.raises(SystemExit):
        both(shop)
    written = (shop.folder / "run-1" / "output").read_text(encoding="utf-8")
    assert all(f"{name}<<" in written for name in NAMES)


@given(reports())
def test_any_report_can_be_told_plainly(report: Report) -> None:
    def refuse(_: str) -> str:
        raise ValueError

    for redact in (Redactor(["hunter2hunter2"]).thoroughly, refuse):
        plain = plain_report(report, redact)
        assert tuple(plain_outputs(plain)) == NAMES
        assert plain_outputs(plain)["outcome"] == report.outcome.value
        assert report.outcome.value in plain_summary(plain)
        assert "<script" not in plain_summary(plain)
        message = plain_message(plain_lines(plain), ["here"])
        assert message.text.startswith("<!here>")
        assert "<!channel>" not in message.text


@given(st.lists(st.sampled_from([RuntimeError(), Unspeakable()]), max_size=3))
def test_the_first_way_that_works_is_taken(defects: list[Exception]) -> None:
    def failing(defect: Exception) -> Callable[[], str]:
        def way() -> str:
            raise defect

        return way

    assert first_that_works(*map(failing, defects), lambda: "told", lambda: "never") == "told"


def test_a_part_that_ended_in_odd_words_is_told(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = Done(Result.FAILED, "why", code="no such code")

    def ends_oddly(*_: object, **__: object) -> Generator[float, None, Done]:
        yield from ()
        return odd

    monkeypatch.setattr("rollback.modes.rollback.reconcile", ends_oddly)
    ran = both(shop)
    assert (ran.exit_code, *ran.ended) == (1, "failed", "failed", "failed")
    assert {"no such code", "internal-error"} <= ran.codes
