"""Is what is served now what was restored: the URL's answer and CloudWatch's alarms, looked at until both are fine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollback.aws import Aws, speaking_to_aws
from rollback.engine.trouble import AwsTrouble
from rollback.report.model import VerificationReport
from rollback.report.results import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollback.engine.clock import Clock

_PAGE_BYTES = 2_000_000
_REQUEST_TIMEOUT = 10.0
_PLACEHOLDERS = ("{commit}", "{short-commit}")


@dataclass(frozen=True)
class Wanted:
    """What must hold: the URL that answers 200, the text in its answer, the alarms that are not in ALARM."""

    url: str = ""
    contains: str = ""
    alarms: tuple[str, ...] = ()
    timeout: float = 120.0
    longest_gap: float = 5.0

    @property
    def anything(self) -> bool:
        """Return whether any check was asked for."""
        return bool(self.url or self.alarms)


@dataclass(frozen=True)
class Check:
    """One look at one thing: whether it is fine, and the line that says so."""

    fine: bool
    line: str


def expected_text(contains: str, commit: str) -> str | None:
    """Return the text to look for, the restored commit filled in; None where it needs a commit that nobody knows."""
    if not commit and any(placeholder in contains for placeholder in _PLACEHOLDERS):
        return None
    return contains.replace("{commit}", commit).replace("{short-commit}", commit[:7])


def verify(wanted: Wanted, commit: str, aws: Aws, clock: Clock, say: Callable[[str], None]) -> VerificationReport:
    """Look until every check is fine or the time is over. `commit` is the restored one, empty where unknown."""
    if not wanted.anything:
        return VerificationReport()
    deadline = clock.monotonic() + wanted.timeout
    gap = min(1.0, wanted.longest_gap)
    while True:
        checks = [*_url_checks(wanted, commit), *([_alarms(wanted.alarms, aws)] if wanted.alarms else [])]
        left = deadline - clock.monotonic()
        if all(check.fine for check in checks) or left <= 0:
            break
        say("not yet: " + "; ".join(check.line for check in checks if not check.fine))
        clock.sleep(min(gap, left))
        gap = min(gap * 1.5, wanted.longest_gap)
    passed = all(check.fine for check in checks)
    return VerificationReport(
        verdict=Verdict.PASSED if passed else Verdict.FAILED,
        checks=tuple(f"{'passed' if check.fine else 'failed'}: {check.line}" for check in checks),
        proves_commit=passed and bool(wanted.contains),
    )


def _url_checks(wanted: Wanted, commit: str) -> list[Check]:
    if not wanted.url:
        return []
    text = expected_text(wanted.contains, commit)
    if text is None:
        why = f"{wanted.url} can't be held against a commit: Amplify names none for what was restored"
        return [Check(fine=False, line=why)]
    return [_fetch(wanted.url, text)]


def _fetch(url: str, text: str) -> Check:
    import urllib.error  # noqa: PLC0415 - only where a URL is verified
    import urllib.request  # noqa: PLC0415 - as above

    request = urllib.request.Request(  # noqa: S310 - the inputs let only http(s) through
        url, headers={"User-Agent": "rollback-action/1", "Cache-Control": "no-cache"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_REQUEST_TIMEOUT) as answer:  # noqa: S310 - as above
            status, body = answer.status, answer.read(_PAGE_BYTES).decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return Check(fine=False, line=f"{url} answers {error.code}")
    except Exception as error:  # noqa: BLE001 - whatever a server may do to http.client is one answer: not yet
        reason = getattr(error, "reason", None) or error
        return Check(fine=False, line=f"{url} gives no answer ({type(error).__name__}: {reason})")
    if status != 200:  # noqa: PLR2004 - the one status that the contract names
        return Check(fine=False, line=f"{url} answers {status}")
    if text not in body:
        return Check(fine=False, line=f"{url} answers 200, but its text does not contain {text!r}")
    return Check(fine=True, line=f"{url} answers 200" + (f" and contains {text!r}" if text else ""))


def _alarms(names: tuple[str, ...], aws: Aws) -> Check:
    try:
        with speaking_to_aws("cloudwatch", "DescribeAlarms"):
            states = _states(aws.client("cloudwatch"), names)
    except AwsTrouble as trouble:
        return Check(fine=False, line=f"the alarms can't be read: {trouble.what} {trouble.cure}".strip())
    missing = [name for name in names if name not in states]
    if missing:
        return Check(fine=False, line=f"no such alarm: {', '.join(missing)} (check verify-alarms and the region)")
    ringing = [name for name in names if states[name] == "ALARM"]
    if ringing:
        return Check(fine=False, line=f"in ALARM: {', '.join(ringing)}")
    return Check(fine=True, line=f"not in ALARM: {', '.join(names)}")


def _states(client: Any, names: tuple[str, ...]) -> dict[str, str]:
    states: dict[str, str] = {}
    for start in range(0, len(names), 100):  # DescribeAlarms takes 100 names at a time (its API model)
        answer = client.describe_alarms(
            AlarmNames=list(names[start : start + 100]), AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=100
        )
        if not answer.keys() & {"MetricAlarms", "CompositeAlarms"}:
            raise KeyError("MetricAlarms")  # botocore takes half a JSON document for an empty answer
        for alarm in (*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])):
            states[alarm["AlarmName"]] = alarm["StateValue"]
    return states
