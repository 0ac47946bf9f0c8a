"""Text from outside: what is hidden, what is removed, what is cut."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.report.redactor import Redactor
from rollback.report.results import Outcome
from rollback.report.text import clean, collapse, map_texts, shorten
from tests.report.hostile import ATTACKS, texts
from tests.report.incidents import PARTIAL, ROLLED_BACK

SECRET = "p&ss/w0rd <\"ü\"> 'x'"


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        urllib.parse.quote(SECRET),
        urllib.parse.quote_plus(SECRET),
        urllib.parse.quote(SECRET, safe=""),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        html.escape(SECRET),
        html.escape(SECRET, quote=False),
    ],
)
def test_a_secret_is_hidden_in_each_form_in_which_it_is_met(form: str) -> None:
    assert Redactor([SECRET])(f"before {form} after") == "before *** after"


@given(st.text(min_size=12, max_size=40), st.binary(max_size=9), st.binary(max_size=9))
def test_a_secret_is_hidden_within_base64(secret: str, before: bytes, after: bytes) -> None:
    hidden = Redactor([secret])(base64.b64encode(before + secret.encode() + after).decode())
    assert "***" in hidden
    # What is left of it are the characters that it shares with its neighbours: fewer than four bytes of it.
    longest = max(hidden.split("***"), key=len)
    assert base64.b64encode(secret.encode()).decode().rstrip("=") not in longest


def test_short_secrets_are_left_alone() -> None:
    assert Redactor(["abc", "", " \n "])("abc is a word") == "abc is a word"


def test_each_line_of_a_secret_is_hidden() -> None:
    assert Redactor(["key one\nkey two\nx"])("key two, x") == "***, x"


def test_the_longer_secret_goes_first() -> None:
    assert Redactor(["token", "token-and-more"])("token-and-more token") == "*** ***"


def test_a_webhook_is_hidden_by_its_path_too() -> None:
    redactor = Redactor(["https://chat.example/services/T1/B2/xyz"])
    assert redactor("POST /services/T1/B2/xyz HTTP/1.1") == "POST *** HTTP/1.1"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (
            "see https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature=abc, or",
            "see https://b.s3.amazonaws.com/k?*** or",
        ),
        ("https://cdn.example/x?Expires=1&Signature=a~b&Key-Pair-Id=K", "https://cdn.example/x?***"),
        ("https://x.example/?q=1#top", "https://x.example/?q=1#top"),
        ("&X-Amz-Credential=AKIA%2F2025", "&X-Amz-Credential=***"),
        ("X-Amz-Security-Token%3DIQoJ and", "X-Amz-Security-Token%3D*** and"),
        ("fatal: https://x-access-token:ghs_1@github.com/a/b", "fatal: https://***@github.com/a/b"),
        ("pushed with ghp_0123456789abcdefghij0123456789abcdef", "pushed with ***"),
        ("xoxb-1234567890-abcdef", "***"),
        ("https://hooks.slack.com/services/T0/B0/abc", "https://hooks.slack.com/***"),
    ],
)
def test_what_is_secret_by_its_form_is_hidden_unasked(text: str, hidden: str) -> None:
    assert Redactor()(text) == hidden


def test_every_text_of_a_report_is_redacted_and_its_words_of_fixed_meaning_stay() -> None:
    secret = "PriceRulesTable"
    redactor = Redactor([secret, "partial", "error", "rollback"])
    redacted = redactor.redact_report(PARTIAL)
    assert secret not in redacted.model_dump_json()
    assert redacted.outcome is Outcome.PARTIAL
    assert redacted.stacks[0].notices[0].level == "error"
    assert type(redacted).model_validate_json(redacted.model_dump_json()) == redacted


def test_a_report_without_secrets_stays_as_it_is() -> None:
    assert Redactor(["nowhere to be found"]).redact_report(ROLLED_BACK) == ROLLED_BACK


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;https://evil.example\x07link\x1b]8;;\x1b\\", "link"),
        ("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne"),
        ("\u202eabc\u2066\u200b", "abc"),
        ("a\0b\ud800", "ab\ufffd"),
        ("👩\u200d💻 ü 日本", "👩\u200d💻 ü 日本"),
    ],
)
def test_cleaning_removes_what_is_not_to_be_seen(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(texts)
def test_cleaned_text_is_printable_and_stays_clean(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert not set(cleaned) & set("\0\x1b\r\u202e\u2028")
    assert len(collapse(text).splitlines()) <= 1


@given(st.text(), st.integers(1, 200))
def test_a_shortened_text_fits(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= limit
    assert shorten(text, limit) == text or shorten(text, limit).startswith(("…", text[:1]))


def test_a_cut_says_how_much_is_missing() -> None:
    assert shorten("a" * 1_040, 40) == "a" * 19 + "… (+1,021 characters)"


@pytest.mark.parametrize("text", [attack * 20_000 for attack in ATTACKS[::3]] + ["?" * 10**6, "\x1b]" * 500_000])
@pytest.mark.timeout(20)
def test_megabytes_are_cleaned_and_redacted_in_no_time(text: str) -> None:
    Redactor(["hunter2hunter2"])(clean(text))


def test_map_texts_reaches_every_text() -> None:
    assert set(_texts(map_texts(PARTIAL, lambda _: "x").model_dump())) == {"x"}


def _texts(value: object) -> list[str]:
    if type(value) is str and value not in {"error", "warning"}:
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    return [text for item in value for text in _texts(item)] if isinstance(value, tuple) else []
