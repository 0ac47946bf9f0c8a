"""What the redactor learns, what of it stays readable, and that it finds the rest under any escapes."""

from __future__ import annotations

import html
import json
import shlex
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.report.encodings import layers
from rollback.report.redactor import Redactor
from rollback.report.words import title
from tests.report.incidents import ALL, PARTIAL

WRAPS = (
    lambda text: text,
    lambda text: quote(text, safe=""),
    lambda text: quote(text, safe="").lower() if text.islower() else quote(text),
    lambda text: json.dumps(text)[1:-1],
    html.escape,
    shlex.quote,
    lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    lambda text: "".join(f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else letter for letter in text),
)
SECRETS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=8, max_size=30)


@given(SECRETS, st.sampled_from(WRAPS), st.sampled_from(WRAPS))
def test_a_secret_is_hidden_under_two_layers_of_escapes(secret: str, inner: object, outer: object) -> None:
    written = outer(inner(secret))  # type: ignore[operator]
    hidden = Redactor([secret])(f"before {written} after")
    assert "***" in hidden
    assert written not in hidden
    assert hidden.startswith("before ")
    assert hidden.endswith(" after")


@given(st.text(max_size=60))
def test_what_was_decoded_leads_back_to_its_place(text: str) -> None:
    for way in layers(text):
        meant = way[-1].text
        start, end = 0, len(meant)
        for layer in reversed(way):
            start, end = layer.start(start), layer.end(end)
        assert (start, end) == (0, len(text)) or not meant


@given(st.text(max_size=200))
def test_without_secrets_a_text_stays_as_it_is(text: str) -> None:
    assert "***" in text or "***" not in Redactor(["nowhere to be found"])(text.replace("=", "").replace("@", ""))


def test_it_learns_as_it_goes() -> None:
    redactor = Redactor()
    assert redactor("hunter2-and-more") == "hunter2-and-more"
    redactor.learn_variables({"API": "hunter2-and-more"})
    assert redactor("is hunter2-and-more") == "is ***"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_KEY", "s3cr"),
        ("DB_PASSWORD", "sunshine"),
        ("NEXT_PUBLIC_ANALYTICS", "UA-123456-7"),
        ("FEATURE", "correct-horse-battery"),
        ("ANYTHING", "eucalyptus"),
        ("PIN_SECRET", "87654321"),
    ],
)
def test_a_variables_value_is_hidden(name: str, value: str) -> None:
    redactor = Redactor()
    redactor.learn_variables({name: value})
    assert redactor(f"not valid: '{value}', it says") == "not valid: '***', it says"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AMPLIFY_DIFF_DEPLOY", "true"),
        ("AUTH_ENABLED", "true"),
        ("WORKERS", "1"),
        ("TOKEN_TTL", "3600"),
        ("PORT", "8080"),
        ("NODE_ENV", "production"),
        ("APP_ROOT", "frontend"),
        ("LOG_LEVEL", "error"),
        ("BRANCH", "develop"),
        ("REGION", "us-west-2"),
        ("SHA", "b" * 40),
        ("SITE", "https://develop.d1shop.amplifyapp.com"),
        ("ACCOUNT", "123456789012"),
        ("ROLE", "arn:aws:iam::123456789012:role/build"),
        ("EMPTY", ""),
    ],
)
def test_what_people_must_read_stays(name: str, value: str) -> None:
    redactor = Redactor()
    redactor.learn_variables({name: value})
    redactor.keep(
        "develop", "us-west-2", "b" * 40, "https://develop.d1shop.amplifyapp.com/", "arn:aws:x:123456789012:y"
    )
    text = f"production: the frontend of develop in us-west-2 failed with 1 error on 8080: true, {value}"
    assert redactor(text) == text


@pytest.mark.parametrize("name", sorted(ALL))
def test_no_variable_hides_what_a_report_is_about(name: str) -> None:
    report = ALL[name]
    redactor = Redactor()
    frontend = report.frontend
    redactor.learn_variables(
        {
            "BRANCH": report.context.branch,
            "SHA": report.context.commit,
            "URL": frontend.url if frontend else "",
            "STACK_SECRET": report.stacks[0].name if report.stacks else "",
        }
    )
    assert redactor.redact_report(report) == report
    assert title(redactor.redact_report(report)) == title(report)


def test_a_word_is_hidden_only_where_it_stands_alone() -> None:
    redactor = Redactor()
    redactor.learn_variables({"PASSWORD": "rose"})
    assert redactor("rose prose roses 'rose'") == "*** prose roses '***'"


@pytest.mark.parametrize(
    "value",
    [
        "postgres://shop:Tr0ub4dor@db.example/shop?sslpassword=0ther5ecret",
        '{"apiKey": "Tr0ub4dor", "list": ["0ther5ecret"]}',
        "Server=db;Password=Tr0ub4dor;Token=0ther5ecret",
        "Tr0ub4dor\n0ther5ecret",
    ],
)
def test_what_is_secret_within_a_value_is_hidden_alone(value: str) -> None:
    redactor = Redactor()
    redactor.learn_variables({"CONFIG": value})
    assert redactor("Tr0ub4dor and 0ther5ecret") == "*** and ***"


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("AWS_SECRET_ACCESS_KEY", "/abc+def/ghi0", "/abc+def/ghi0"),
        ("AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2Vj+/=", "IQoJb3JpZ2luX2Vj+/="),
        ("ACTIONS_RUNTIME_TOKEN", "run-t0ken", "run-t0ken"),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "oidc-t0ken", "oidc-t0ken"),
        ("GH_TOKEN", "gh-t0ken", "gh-t0ken"),
        ("HTTPS_PROXY", "http://deploy:pr0xy@proxy:3128", "pr0xy"),
        ("all_proxy", "socks5h://deploy:pr0%78y@proxy:1080", "pr0xy"),
        ("http_proxy", "deploy:pr0xy@proxy:3128", "pr0xy"),
        ("AWS_ENDPOINT_URL", "http://deploy:end-p0int@aws.example", "end-p0int"),
    ],
)
def test_the_environments_secrets_are_known(name: str, value: str, secret: str) -> None:
    redactor = Redactor()
    redactor.learn_environment({name: value, "PWD": "/github/workspace", "AWS_REGION": "us-west-2"})
    assert (
        redactor(f"it says {secret} in /github/workspace, us-west-2") == "it says *** in /github/workspace, us-west-2"
    )


def test_an_address_loses_password_and_query() -> None:
    redactor = Redactor()
    redactor.learn_address("https://deploy:pa%24sword@shop.example/health?probe=s3cret-probe&v=1")
    told = "https://deploy:pa%24sword@shop.example/health?probe=s3cret-probe&v=1 wants pa$sword, not s3cret-probe"
    assert redactor(told) == "https://***@shop.example/health*** wants ***, not ***"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("x-amz-security-token:IQoJ+/=\nhost:x", "x-amz-security-token:***\nhost:x"),
        ("socks5://u:p@proxy:1080 and ftp://u:p@x/y", "socks5://***@proxy:1080 and ftp://***@x/y"),
        ("https://u:p@ss@host/x", "https://***@host/x"),
        ("blob?sv=1&sig=abc%2F", "blob?***"),
        ("cb#access_token=abc&state=1", "cb#access_token=***&state=1"),
        ("Authorization: Bearer abc", "Authorization: Bearer ***"),
        ("-H 'authorization: Basic dXNlcjpwYXNz'", "-H 'authorization: Basic ***'"),
        ("sent Bearer eyJ0eXAi0 to it", "sent Bearer *** to it"),
        ('{"access_token": "abc"}', '{"access_token": "***"}'),
        ("https%3A%2F%2Fu%3Ap%40host", "https%3A%2F%2F***%40host"),
        ("basic authentication and bearer of news", "basic authentication and bearer of news"),
        ("authorization: the role may not do that", "authorization: the role may not do that"),
        ("mail me@example.com about https://x.example/a?b=c", "mail me@example.com about https://x.example/a?b=c"),
        ("NextToken=abc", "NextToken=abc"),
    ],
)
def test_what_is_secret_by_its_form(text: str, hidden: str) -> None:
    assert Redactor()(text) == hidden


@pytest.mark.parametrize("end", [30, 40, 63])
def test_a_long_secret_that_was_cut_is_hidden(end: int) -> None:
    secret = "".join(chr(ord("a") + number * 7 % 26) + str(number) for number in range(40))[:64]
    assert Redactor([secret])(f"it says ({secret[:end]})") == "it says (***)"


def test_cleaning_joins_no_secret_together() -> None:
    split = PARTIAL.model_copy(update={"reason": "it says hunter2\x1b[0mhunter2 and hunter2\u200bhunter2"})
    assert Redactor(["hunter2hunter2"]).redact_report(split).reason == "it says *** and ***"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("unit", ["%41", "\\u0041", "&#65;", "The quick brown fox. ", "a://b", "'\\''", "?sig=", "eyJ"])
def test_a_megabyte_and_thousands_of_forms_are_looked_through(unit: str) -> None:
    redactor = Redactor()
    redactor.learn_variables({f"V{number}": f"value-{number}-{number * 7919}" for number in range(200)})
    text = unit * (1_000_000 // len(unit))
    assert redactor.redact_report(PARTIAL.model_copy(update={"reason": text})).reason
