"""The Slack messages: what they say, Block Kit's limits, and that nobody is mentioned but by the input."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from rollback.report.text import map_texts
from rollback.slack.message import Message, final_message, mention, start_message, thread_details
from sandbox.blocks import problems
from tests.report.hostile import reports
from tests.report.incidents import ALL, FAILED, PARTIAL, ROLLED_BACK, UNPROVEN
from tests.report.test_outputs import huge

if TYPE_CHECKING:
    from rollback.report.model import Report

ENDS = sorted(name for name in ALL if name not in {"not-triggered", "planned", "status", "snapshot-saved"})
CONTROL = re.compile(r"<[^>]*>")
MENTIONS = ["U012ABC", "W34", "S567", "here", "channel"]
CALLED = "<@U012ABC> <@W34> <!subteam^S567> <!here> <!channel>"


def messages(report: Report, mentions: list[str] | None = None) -> list[Message]:
    called = MENTIONS if mentions is None else mentions
    return [final_message(report, called), start_message(report, called), thread_details(report)]


def texts_of(message: Message) -> list[str]:
    """Return every text of the message that Slack reads for its control sequences."""
    found = [message.text]
    for block in message.blocks:
        parts: list[dict[str, Any]] = [block["text"]] if "text" in block else block["fields"]
        found += [part["text"] for part in parts if part["type"] == "mrkdwn"]
    return found


def words_of(message: Message) -> str:
    return "\n".join(texts_of(message))


def test_a_message_says_what_failed_what_is_live_and_what_to_do() -> None:
    message = final_message(PARTIAL, MENTIONS)
    assert message.blocks[0]["text"]["text"] == "🚨 Only partly rolled back · development"
    assert message.blocks[1]["text"]["text"] == (
        f"{CALLED} *A deployment failed.* One part is back at the last known good, another is not.\n"
        "*What failed:* Job smoke-tests failed.\n"
        "*What was done:* The frontend is back at the last known good; stack acme-shop-development could not be "
        "rolled back.\n"
        "*Live now:* The site serves commit 600d600 (job 43).\n"
        "*What to do:* You must act now: mend what PriceRulesTable complains of, or leave it as it is and skip it.\n"
        "*Why:* The rollback failed again on PriceRulesTable: Cannot delete entity since it is locked."
    )
    assert message.text.startswith(f"{CALLED} 🚨 Only partly rolled back (development): One part is back")
    said = words_of(message)
    for fact in (
        "development",
        "develop",
        "b4dc0ff",
        "Ada Miller",
        "PriceRulesFunction",
        "--resources-to-skip PriceRulesTable",
    ):
        assert fact in said
    for link in (PARTIAL.context.run_url, PARTIAL.stacks[0].link, PARTIAL.context.commit_url):
        assert f"<{link}|" in said


def test_a_rollback_that_ended_well_is_told_as_a_failed_deployment_too() -> None:
    message = final_message(ROLLED_BACK, ["here"])
    assert message.text.startswith("<!here> ✅ Rolled back (development): The failed deployment is undone.")
    assert "*A deployment failed.*" in words_of(message)
    assert "develop.d2k3l4m5n6p7q8.amplifyapp.com|Site>" in words_of(message)


def test_unproven_is_told() -> None:
    message = final_message(UNPROVEN)
    assert "unproven" in message.text
    assert "*Frontend*\n⚠️ rolled back, unproven" in texts_of(message)
    assert "Frontend*: ⚠️ rolled back, unproven" in words_of(thread_details(UNPROVEN))


def test_the_start_tells_the_rule_and_where() -> None:
    report = ROLLED_BACK.model_copy(update={"reason": "The smoke tests did not succeed (smoke-tests: failure)."})
    message = start_message(report, ["here"])
    assert message.text == (
        "<!here> 🚨 Rolling back (development): The smoke tests did not succeed (smoke-tests: failure)."
    )
    assert "Don't deploy until" in words_of(message)


def test_the_details_tell_each_part_and_the_timeline() -> None:
    said = words_of(thread_details(PARTIAL))
    assert "• *Stack acme-shop-development*: ❌ failed: The rollback failed again on PriceRulesTable" in said
    assert "• `1 min 28 s` stack acme-shop-development: UPDATE_ROLLBACK_COMPLETE" in said
    assert "`stack-rollback-failed`" in said


def test_mentions_take_the_forms_of_the_input_alone() -> None:
    assert mention(MENTIONS) == CALLED
    assert mention(["everyone", "U1>", "<!channel>", "u1", "S", "U1|x", "", "here\n"]) == ""
    assert mention(["here", "here"]) == "<!here>"


@pytest.mark.parametrize("name", ENDS)
def test_slack_takes_the_messages_of_every_outcome(name: str) -> None:
    for message in messages(ALL[name]):
        assert problems(list(message.blocks)) == []
        assert message.text


@given(reports())
def test_nothing_from_outside_is_a_control_sequence(report: Report) -> None:
    links = {f"<{url.replace('&', '&amp;')}|" for url in _strings(report.model_dump())}
    for message in messages(report, mentions=[]):
        assert problems(list(message.blocks)) == []
        assert json.dumps(message.blocks).encode()
        for text in texts_of(message):
            text.encode()
            for control in CONTROL.findall(text):
                assert control.partition("|")[0] + "|" in links
                assert control.startswith(("<http://", "<https://"))
            assert not re.search(r"@\w", re.sub(r"(?s)```.*?```", "", CONTROL.sub("", text)))


@pytest.mark.parametrize("character", ["<", "&", "😀", "@a ", "x" * 400 + "\n", "*`"])
def test_the_longest_texts_fit(character: str) -> None:
    report = map_texts(FAILED, lambda _: character * 2_000)
    for message in messages(report, mentions=[f"U{'A' * 29}{n:02}"[:31] for n in range(60)]):
        assert problems(list(message.blocks)) == []
        assert len(message.text) <= 3_000


def test_a_huge_report_fits() -> None:
    for message in messages(huge()):
        assert problems(list(message.blocks)) == []


def test_an_address_that_is_not_plain_http_is_no_link() -> None:
    context = ROLLED_BACK.context.model_copy(
        update={"run_url": "javascript:alert(1)", "commit_url": "https://x|<!channel>"}
    )
    said = words_of(final_message(ROLLED_BACK.model_copy(update={"context": context})))
    assert "javascript" not in said
    assert "<!channel>" not in said


def _strings(value: object) -> set[str]:
    if isinstance(value, str):
        return {value}
    items = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
    return set().union(*(_strings(item) for item in items))
