"""Releases by their names and contents: what is one, which is newest, and which nobody may go back to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.frontend.record import FrontendSnapshot
from rollback.report.commits import same_commit
from rollback.snapshot.model import Snapshot
from rollback.snapshot.place import place
from rollback.snapshot.releases import Ground, Release, listed, named, newest_first, release, why_not
from rollback.stack.record import StackSnapshot

ONE, TWO = "1" * 40, "2" * 40
AT = datetime(2026, 11, 25, 10, 15, tzinfo=UTC)
KEY = f"development/20261125T101500Z-{ONE}-42-1.json"
STACK_ID = "arn:aws:cloudformation:us-west-2:123456789012:stack/shop/1"

moments = st.datetimes(datetime(2000, 1, 1), datetime(2999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - by timezones
commits = st.text("0123456789abcdef", min_size=7, max_size=40)
numbers = st.integers(0, 10**12).map(str)


def snapshot(**facts: Any) -> Snapshot:
    stack = StackSnapshot(name="shop", id=STACK_ID, status="UPDATE_COMPLETE", template="{}")
    frontend = FrontendSnapshot(app_id="d1", branch="main", job_id="7", commit=ONE)
    usual: dict[str, Any] = {"taken_at": "now", "commit": ONE, "stacks": (stack,), "frontend": frontend}
    return Snapshot(**{**usual, **facts})


def ground(**facts: Any) -> Ground:
    usual: dict[str, Any] = {"failed_commit": TWO, "stacks": {"shop": STACK_ID}, "app_id": "d1", "branch": "main"}
    return Ground(**{**usual, **facts})


def test_a_name_says_when_of_which_commit_and_by_which_run() -> None:
    assert release(KEY) == Release("development/", AT, ONE, "42", "1")


@given(at=moments, commit=commits, run=numbers, attempt=st.integers(1, 99).map(str))
def test_every_name_is_read_as_it_was_made(at: datetime, commit: str, run: str, attempt: str) -> None:
    made = named("a/b/", snapshot(commit=commit, run_id=run, run_attempt=attempt), at)
    assert release(f"a/b/{made.name}") == made


@given(at=st.lists(moments, max_size=5), commit=commits)
def test_the_newest_come_first_whatever_the_order_of_keys(at: list[datetime], commit: str) -> None:
    keys = [f"a/{named('a/', snapshot(commit=commit), one).name}" for one in at]
    found = [one.at for one in newest_first("a/", keys)]
    assert found == sorted((one.replace(microsecond=0) for one in at), reverse=True)


@pytest.mark.parametrize(
    "key",
    [
        f"20261125T101500Z-{ONE}-42-1.json",
        f"development/20261325T101500Z-{ONE}-42-1.json",
        f"development/20260230T101500Z-{ONE}-42-1.json",
        f"development/20261125T101500Z-{ONE}-42.json",
        f"development/20261125T101500Z-{ONE[:6]}-42-1.json",
        f"development/20261125T101500Z-{ONE.replace('1', 'A')}-42-1.json",
        f"development/20261125T101500Z-{ONE}-42-1.json.shop.template",
        f"development/20261125T101500Z-{ONE}-42-1.json\n",
        f"development/20261125T101500Z-{ONE}-٤٢-1.json",
        "development/templates/abc.template",
        "development/last-known-good.json",
    ],
)
def test_what_is_named_otherwise_is_no_release(key: str) -> None:
    assert release(key) is None


def test_a_history_holds_its_own_folder_alone() -> None:
    other = KEY.replace("development/", "development/2026/")
    assert [one.folder for one in newest_first("development/", [KEY, other, "development/x"])] == ["development/"]


def test_releases_share_their_large_templates_where_none_of_them_begins() -> None:
    shared = "development/templates/abc.template"
    assert place("s3://b/development/").template_key("shop", "abc") == shared
    assert place(f"s3://b/{KEY}").template_key("shop", "abc") == shared
    assert place("s3://b/good.json").template_key("shop", "abc") == "good.json.shop.abc.template"


WHY = {
    "another digest": (snapshot(), ground(digest="b" * 64), "another digest"),
    "another commit under this name": (snapshot(commit=TWO), ground(), "somebody wrote it under this name"),
    "no commit": (snapshot(commit=""), ground(), "it says that it is of commit none"),
    "the failed commit": (snapshot(), ground(failed_commit=ONE[:7]), "the failed commit"),
    "the failed commit's job": (
        snapshot(frontend=FrontendSnapshot(app_id="d1", branch="main", job_id="7", commit=TWO)),
        ground(app_id=""),
        "(7) is of the failed commit",
    ),
    "another region": (snapshot(region="eu-west-1"), ground(region="us-west-2"), "region eu-west-1"),
    "a stack made anew": (snapshot(), ground(stacks={"shop": f"{STACK_ID}2"}), "has another id"),
    "a stack it lacks": (snapshot(), ground(stacks={"other": "arn:x"}), "does not hold stack other"),
    "a stack that was not there": (
        snapshot(absent_stacks=("new",)),
        ground(stacks={"new": "arn:x"}),
        "did not exist then",
    ),
    "no frontend": (snapshot(frontend=None), ground(), "no frontend"),
    "another branch": (snapshot(), ground(branch="develop"), "branch main"),
    "another app": (snapshot(), ground(app_id="d2"), "app d1"),
    "the failed job": (snapshot(), ground(failed_job_id="7"), "not older than the failed job 7"),
}


@pytest.mark.parametrize("case", WHY)
def test_a_release_that_is_not_whole_or_not_ours_is_passed_over(case: str) -> None:
    held, against, why = WHY[case]
    known = release(KEY)
    assert known
    assert why in why_not(known, held, "a" * 64, against)


def test_nothing_speaks_against_a_release_of_these_very_parts() -> None:
    known = release(KEY)
    assert known
    assert why_not(known, snapshot(), "a" * 64, ground(digest="a" * 64)) == ""
    assert why_not(known, snapshot(frontend=None), "", ground(app_id="")) == ""
    assert why_not(known, snapshot(), "", ground(stacks={"shop": None})) == ""


@given(by_name=commits, by_content=commits, by_job=commits, failed=commits)
def test_no_release_of_the_failed_commit_is_ever_good(by_name: str, by_content: str, by_job: str, failed: str) -> None:
    job = FrontendSnapshot(app_id="d1", branch="main", job_id="7", commit=by_job)
    held = snapshot(commit=by_content, frontend=job)
    said = why_not(Release("a/", AT, by_name, "1"), held, "", ground(failed_commit=failed))
    assert said or not any(same_commit(one, failed) for one in (by_name, by_content, by_job))


def test_a_refusal_lists_the_newest_and_counts_the_others() -> None:
    many = [Release("a/", AT, ONE, str(number)) for number in range(25)]
    assert listed(many).count("1111111 of 2026-11-25 10:15:00 UTC") == 10
    assert listed(many).endswith("and 15 older ones")
    assert listed(()) == "there is none"
