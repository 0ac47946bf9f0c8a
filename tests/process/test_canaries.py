"""A canary in every secret place, echoed by all that can fail, in every encoding: no channel ever shows one."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
import urllib.parse
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import ALL, AwsError, Fault, Kind
from tests.process.releases import IN_S3, buckets, deploy_bad, deploy_good
from tests.process.shop import APP_ID, BAD, BRANCH, GOOD, STACK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.process.shop import Ran, Shop

CORE = "c4n4ryQ7"
"""In every canary; nothing else says it. The letters after it tell which one it was."""
PLACES = (
    *("aws-secret", "aws-session", "runtime-token", "oidc-token", "github-token-variable", "proxy", "socks"),
    *("verify-password", "verify-query", "github-token", "app-then", "branch-then", "app-now", "branch-now"),
)
CANARY = {place: f"k/{CORE}{place}+é\"<&'\\%=" for place in PLACES}
# What goes into an address or a header as it is.
IN_ADDRESSES = ("verify-password", "verify-query", "proxy", "socks", "github-token")
CANARY |= {place: f"k.{CORE}{place}-0123456789abcdef" for place in IN_ADDRESSES}
OF_THE_JOB, OF_THE_SNAPSHOT = PLACES[:-4], ("app-then", "branch-then")
ENVIRON = {
    "AWS_SECRET_ACCESS_KEY": CANARY["aws-secret"],
    "AWS_SESSION_TOKEN": CANARY["aws-session"],
    "ACTIONS_RUNTIME_TOKEN": CANARY["runtime-token"],
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": CANARY["oidc-token"],
    "GITHUB_TOKEN": CANARY["github-token-variable"],
    "HTTPS_PROXY": f"http://deploy:{CANARY['proxy']}@proxy.example:3128",
    "all_proxy": f"socks5://deploy:{CANARY['socks']}@proxy.example:1080",
}
WRITTEN_AS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "percent": lambda text: urllib.parse.quote(text, safe=""),
    "percent, small": lambda text: re.sub(r"%\w\w", lambda found: found[0].lower(), urllib.parse.quote_plus(text)),
    "JSON": json.dumps,
    "HTML": html.escape,
    "HTML in numbers": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "HTML in hexadecimal": lambda text: "".join(f"&#x{ord(letter):x};" for letter in text),
    "JSON in numbers": lambda text: "".join(f"\\u{ord(letter):04X}" for letter in text),
    "Python": repr,
    "shell": shlex.quote,
    "backslashes": lambda text: re.sub(r"(\W)", r"\\\1", text),
    "JSON in percent": lambda text: urllib.parse.quote(json.dumps(text)),
    "percent twice": lambda text: urllib.parse.quote(urllib.parse.quote(text, safe=""), safe=""),
    "HTML twice": lambda text: html.escape(html.escape(text)),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64, later": lambda text: base64.b64encode(f"user:{text}!".encode()).decode(),
    "base64 of URLs": lambda text: base64.urlsafe_b64encode(f"{{{text}".encode()).decode(),
    "base64 twice": lambda text: base64.b64encode(base64.b64encode(text.encode())).decode(),
    "cut": lambda text: text[:-3],
}
FAULTS = {
    "DescribeStacks": ("AccessDenied", 403),
    "GetTemplate": ("ValidationError", 400),
    "CreateChangeSet": ("ValidationError", 400),
    "DescribeChangeSet": ("InternalFailure", 500),
    "ExecuteChangeSet": ("InsufficientCapabilitiesException", 400),
    "DescribeStackEvents": ("SignatureDoesNotMatch", 403),
    "ListJobs": ("BadRequestException", 400),
    "GetJob": ("UnauthorizedException", 401),
    "StartJob": ("BadRequestException", 400),
    "UpdateApp": ("BadRequestException", 400),
    "UpdateBranch": ("InternalFailureException", 500),
    "GetObject": ("SignatureDoesNotMatch", 403),
    "HeadObject": ("AccessDenied", 403),
    "DescribeAlarms": ("InternalServiceFault", 500),
}
BEFORE_THE_SNAPSHOT = {"DescribeStacks", "GetObject"}
AFTER_ALL_IS_KNOWN = {"GetJob", "StartJob", "UpdateApp", "UpdateBranch", "DescribeAlarms"}


def known_at(operation: str) -> tuple[str, ...]:
    """Return whose canaries the action can know when this operation fails: nothing hides what it never read."""
    if operation in AFTER_ALL_IS_KNOWN:
        return PLACES
    return OF_THE_JOB if operation in BEFORE_THE_SNAPSHOT else (*OF_THE_JOB, *OF_THE_SNAPSHOT)


def said(how: str, *places: str) -> str:
    """Return a text in which canaries are echoed, of these places or of all."""
    echoed = " ".join(f"{place}: {WRITTEN_AS[how](CANARY[place])} ;" for place in places or PLACES)
    return f"not valid: {echoed} x-amz-security-token:{CANARY['aws-session']}"


@pytest.fixture
def incident(shop: Shop) -> Shop:
    """A shop, recorded while it was good and badly deployed since, with a canary in each variable of its builds."""
    buckets(shop)
    deploy_good(shop)
    shop.sandbox.amplify.add_app("shop", APP_ID, environment={"API_KEY": CANARY["app-then"]})
    shop.sandbox.amplify.add_branch(APP_ID, BRANCH, environment={"FEATURE": CANARY["branch-then"]})
    shop.job(GOOD)
    assert shop.run(mode="snapshot", job_results="", snapshot=IN_S3, **given())["outcome"] == "snapshot-saved"
    deploy_bad(shop)
    branch = shop.sandbox.amplify.branch(APP_ID, BRANCH)
    branch.app.environment = {"API_KEY": CANARY["app-now"]}
    branch.environment = {"FEATURE": CANARY["branch-now"]}
    return shop


def given() -> dict[str, Any]:
    return {"stack_name": STACK, "app_name": "shop", "github_token": CANARY["github-token"]}


def run(shop: Shop, text: str, build: str = "no reason", stack: str | None = None, **more: Any) -> Ran:
    """Run an incident in which resources, jobs and commits say `text`, and the build says `build`."""
    shop.job(BAD, "FAILED", message=text, failure=build, started=shop.sandbox.clock.now() - 600)
    shop.sandbox.cloudformation.fail_update("Api", text if stack is None else stack)
    shop.sandbox.github.add_job("Smoke tests", "failure", steps=[(text, "failure")])
    site = shop.sandbox.site.url.replace("://", f"://deploy:{CANARY['verify-password']}@")
    address = {"verify_url": f"{site}?probe={CANARY['verify-query']}", "verify_timeout": "1"}
    slack = {"slack_webhook_url": shop.sandbox.slack.webhook_url}
    return shop.run(ENVIRON, snapshot=IN_S3, **given(), **{**address, **slack, **more})


@pytest.mark.parametrize("how", WRITTEN_AS)
def test_no_text_from_outside_shows_a_canary(incident: Shop, how: str) -> None:
    # The stack comes before the app is read.
    known = said(how, *OF_THE_JOB, *OF_THE_SNAPSHOT)
    ran = run(incident, said(how), said(how, "app-now", "branch-now", "branch-then"), known)
    assert ran["frontend-result"] in {"rolled-back", "already-good"}
    assert "not valid" in ran.summary
    assert canaries(incident, ran) == []


@pytest.mark.parametrize("operation", FAULTS)
@pytest.mark.parametrize("how", ["plain", "JSON"])
def test_no_error_of_aws_shows_a_canary(incident: Shop, operation: str, how: str) -> None:
    code, status = FAULTS[operation]
    incident.sandbox.faults.add(
        Fault(operation, Kind.DENIED, ALL, error=AwsError(code, said(how, *known_at(operation)), status))
    )
    ran = run(incident, "no reason", verify_alarms="shop-errors")
    assert canaries(incident, ran) == []


@pytest.mark.parametrize("mode", [{"dry_run": "true"}, {"mode": "status"}, {"mode": "snapshot"}])
def test_no_mode_shows_a_canary(incident: Shop, mode: dict[str, str]) -> None:
    assert canaries(incident, run(incident, said("JSON", *OF_THE_JOB), **mode)) == []


def test_no_bots_message_shows_a_canary(incident: Shop) -> None:
    slack = incident.sandbox.slack
    bot = {"slack_bot_token": slack.bot_token, "slack_channel": "#deploys", "slack_api_url": slack.api_url}
    ran = run(incident, said("plain"), stack=said("plain", *OF_THE_JOB), slack_webhook_url="", **bot)
    assert ran["notified"] == "true"
    assert canaries(incident, ran) == []


def test_no_refused_input_shows_a_canary(incident: Shop) -> None:
    wrong = {"verify_url": f"https://deploy:{CANARY['verify-password']}@x y/?probe={CANARY['verify-query']}"}
    ran = run(incident, "no reason", **wrong, slack_webhook_url=f"no address {CORE}")
    assert ran["outcome"] == "invalid-inputs"
    assert canaries(incident, ran) == []


def canaries(shop: Shop, ran: Ran) -> list[tuple[str, str]]:
    """Return where a canary is seen, in whatever encoding, with what stands around it."""
    log = "\n".join(line for line in ran.log.splitlines() if not line.startswith("::add-mask::"))
    slack = "\n".join(message.everything for message in shop.sandbox.slack.messages)
    report = "\n".join(_texts(ran.report))
    channels = {"log": log, "summary": ran.summary, "Slack": slack, "report texts": report, **ran.outputs}
    found = []
    for channel, text in channels.items():
        for meant in _meant(text):
            found += [(channel, meant[max(at - 80, 0) : at + 60]) for at in _seen(meant)]
    return found[:5]


def _seen(text: str) -> Iterator[int]:
    for form in (CORE, *(base64.b64encode(b"\0" * at + CORE.encode())[4:-4].decode()[:8] for at in range(3))):
        if (at := text.find(form)) >= 0:
            yield at


def _meant(text: str) -> Iterator[str]:
    """Yield the text, and what it means when its escapes are undone up to three times, each kind in turn."""
    yield text
    for _ in range(3):
        for undo in (html.unescape, urllib.parse.unquote, _unescaped):
            text = undo(text)
            yield text


def _unescaped(text: str) -> str:
    return re.sub(r"\\u([0-9a-fA-F]{4})|\\(.)", lambda found: chr(int(found[1], 16)) if found[1] else found[2], text)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(item)
