"""Is what is served now what was restored: the site's answer and the alarms, looked at until both are fine."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from rollback.aws import Aws
from rollback.report.results import Verdict
from rollback.verification.site import expected_text
from rollback.verification.verify import Wanted, verify
from sandbox import ALL, Fault, Kind

if TYPE_CHECKING:
    from rollback.report.model import VerificationReport
    from sandbox import Sandbox
    from tests.clocks import FakeClock

GOOD, BAD = "a" * 40, "b" * 40
pytestmark = pytest.mark.usefixtures("aws_environment")


@pytest.fixture
def site(sandbox: Sandbox) -> str:
    """Serve the good commit; return the site's address."""
    sandbox.amplify.add_app("shop", "d1shop")
    sandbox.amplify.add_branch("d1shop", "develop")
    sandbox.amplify.add_job("d1shop", "develop", commit=GOOD)
    return sandbox.site.url


def check(clock: FakeClock, commit: str = GOOD, **wanted: object) -> VerificationReport:
    said: list[str] = []
    report = verify(Wanted(**wanted), commit, Aws("us-west-2"), clock, said.append)  # type: ignore[arg-type]
    assert all(line.startswith("not yet: ") for line in said)
    return report


def test_where_nothing_is_asked_for_nothing_is_verified(waits: FakeClock) -> None:
    assert check(waits).verdict is Verdict.SKIPPED


def test_a_site_that_answers_200_passes_at_once(site: str, waits: FakeClock) -> None:
    report = check(waits, url=site)
    assert (report.verdict, report.checks) == (Verdict.PASSED, (f"passed: {site} answers 200",))
    assert not report.proves_commit
    assert waits.sleeps == []


@pytest.mark.parametrize("contains", ["release {commit}", "{short-commit}", "<h1>Shop</h1>"])
def test_an_answer_that_contains_the_text_proves_the_commit(site: str, waits: FakeClock, contains: str) -> None:
    report = check(waits, url=site, contains=contains)
    assert (report.verdict, report.proves_commit) == (Verdict.PASSED, True)


def test_another_release_in_the_answer_fails(site: str, waits: FakeClock) -> None:
    report = check(waits, BAD, url=site, contains="{commit}", timeout=30.0)
    assert report.verdict is Verdict.FAILED
    assert report.checks == (f"failed: {site} answers 200, but its text does not contain {BAD!r}",)
    assert sum(waits.sleeps) == 29.0  # the last second is the last look's


def test_a_text_with_a_commit_that_nobody_knows_fails(site: str, waits: FakeClock) -> None:
    report = check(waits, "", url=site, contains="{commit}", timeout=3.0)
    assert report.verdict is Verdict.FAILED
    assert "nothing names the one that should be served" in report.checks[0]


@pytest.mark.parametrize("status", [404, 500, 503])
def test_a_site_that_stays_ill_fails_when_the_time_is_over(
    sandbox: Sandbox, site: str, waits: FakeClock, status: int
) -> None:
    sandbox.site.break_commit(GOOD, status)
    report = check(waits, url=site, timeout=60.0)
    assert (report.verdict, report.checks) == (Verdict.FAILED, (f"failed: {site} answers {status}",))
    assert sum(waits.sleeps) == 59.0


def test_a_status_other_than_200_is_not_fine(sandbox: Sandbox, site: str, waits: FakeClock) -> None:
    sandbox.site.break_commit(GOOD, 201, "created")
    assert check(waits, url=site, timeout=1.0).checks == (f"failed: {site} answers 201",)


def test_a_site_that_needs_a_while_is_waited_for(sandbox: Sandbox, waits: FakeClock) -> None:
    sandbox.amplify.add_app("shop", "d1shop")
    sandbox.amplify.add_branch("d1shop", "develop")
    now = sandbox.clock.now()
    sandbox.amplify.add_job("d1shop", "develop", commit=GOOD, started=now - 60, ended=now)
    sandbox.site.ready_after = 40.0
    assert check(waits, url=sandbox.site.url).verdict is Verdict.PASSED
    assert 40.0 <= sum(waits.sleeps) <= 50.0


def test_a_site_that_nobody_serves_fails(waits: FakeClock) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        report = check(waits, url=url, timeout=2.0)
    assert report.verdict is Verdict.FAILED
    assert report.checks[0].startswith(f"failed: {url} gives no answer (NewConnectionError: Connection refused)")


def test_alarms_that_do_not_ring_pass(sandbox: Sandbox, waits: FakeClock) -> None:
    sandbox.services.set_alarm("errors", "OK")
    sandbox.services.set_alarm("latency", "INSUFFICIENT_DATA")
    report = check(waits, alarms=("errors", "latency"))
    assert (report.verdict, report.checks) == (Verdict.PASSED, ("passed: not in ALARM: errors, latency",))
    assert not report.proves_commit


def test_an_alarm_that_rings_fails(sandbox: Sandbox, waits: FakeClock) -> None:
    sandbox.services.set_alarm("errors", "ALARM")
    sandbox.services.set_alarm("latency", "OK")
    report = check(waits, alarms=("errors", "latency"), timeout=10.0)
    assert (report.verdict, report.checks) == (Verdict.FAILED, ("failed: in ALARM: errors",))


def test_an_alarm_that_does_not_exist_fails_with_its_name(sandbox: Sandbox, waits: FakeClock) -> None:
    sandbox.services.set_alarm("errors", "OK")
    report = check(waits, alarms=("errors", "typo"), timeout=1.0)
    assert report.checks == ("failed: no such alarm: typo (check verify-alarms and the region)",)


def test_more_alarms_than_a_page_are_all_looked_at(sandbox: Sandbox, waits: FakeClock) -> None:
    names = tuple(f"alarm-{number:03}" for number in range(130))
    for name in names:
        sandbox.services.set_alarm(name, "OK")
    assert check(waits, alarms=names).verdict is Verdict.PASSED
    sandbox.services.set_alarm("alarm-129", "ALARM")
    assert check(waits, alarms=names, timeout=1.0).checks == ("failed: in ALARM: alarm-129",)


def test_alarms_that_may_not_be_read_fail_with_the_permission(sandbox: Sandbox, waits: FakeClock) -> None:
    sandbox.faults.add(Fault("DescribeAlarms", Kind.DENIED, ALL))
    report = check(waits, alarms=("errors",), timeout=1.0)
    assert report.verdict is Verdict.FAILED
    assert "cloudwatch:DescribeAlarms" in report.checks[0]


def test_one_failed_check_of_two_fails(sandbox: Sandbox, site: str, waits: FakeClock) -> None:
    sandbox.services.set_alarm("errors", "ALARM")
    report = check(waits, url=site, alarms=("errors",), timeout=1.0)
    assert report.verdict is Verdict.FAILED
    assert report.checks == (f"passed: {site} answers 200", "failed: in ALARM: errors")


@pytest.mark.parametrize(
    ("contains", "commit", "text"),
    [
        ("release {commit}", GOOD, f"release {GOOD}"),
        ("v{short-commit}", GOOD, "vaaaaaaa"),
        ("plain", "", "plain"),
        ("", "", ""),
        ("{commit}", "", None),
        ("{short-commit}", "", None),
        ("{other}", "", "{other}"),
    ],
)
def test_the_placeholders_stand_for_the_restored_commit(contains: str, commit: str, text: str | None) -> None:
    assert expected_text(contains, commit) == text
