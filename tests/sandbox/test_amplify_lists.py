"""Lists, pages and lookups of Amplify, and the replacing updates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.sandbox.conftest import Shop


def all_ids(shop: Shop) -> list[int]:
    pages = shop.client.get_paginator("list_jobs").paginate(appId="d1shop", branchName="develop")
    return [int(summary["jobId"]) for page in pages for summary in page["jobSummaries"]]


def test_a_page_has_fifty_jobs_and_ten_thousand_can_be_read(shop: Shop) -> None:
    for number in range(10_000):
        shop.job(commit=f"{number:040x}")
    assert len(shop.summaries()) == 50
    assert all_ids(shop) == list(range(10_000, 0, -1))


def test_pages_stay_where_they_are_when_a_job_is_added_between_them(shop: Shop) -> None:
    shop.sandbox.amplify.quirks.page_size = 2
    for number in range(4):
        shop.job(commit=f"{number:040x}")
    first = shop.call("list_jobs")
    shop.push("f" * 40)
    second = shop.call("list_jobs", nextToken=first["nextToken"])
    assert [summary["jobId"] for summary in second["jobSummaries"]] == ["2", "1"]
    assert "nextToken" not in second


def test_the_order_is_a_habit_and_no_promise(shop: Shop) -> None:
    shop.sandbox.amplify.quirks.listing_order = "oldest-first"
    shop.job()
    shop.job()
    assert all_ids(shop) == [1, 2]


def test_a_new_job_may_be_missing_from_the_list_for_a_while(shop: Shop) -> None:
    shop.sandbox.amplify.quirks.listing_delay = 10
    shop.job(commit="a" * 40)
    shop.start(jobType="RETRY", jobId="1")
    assert len(shop.summaries()) == 1
    assert shop.status("2") == "CREATED"
    shop.clock.advance(10)
    assert len(shop.summaries()) == 2


def test_old_answers_have_no_job_type(shop: Shop) -> None:
    shop.sandbox.amplify.quirks.omit_job_type = True
    shop.job()
    assert "jobType" not in shop.summaries()[0]


def test_a_summary_has_no_job_reason(shop: Shop) -> None:
    shop.job(commit="a" * 40)
    assert "jobReason" not in shop.start(jobType="RETRY", jobId="1", jobReason="rollback")
    assert shop.sandbox.amplify.branch("d1shop", "develop").jobs[2].reason == "rollback"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"appId": "d9other", "branchName": "develop"}, "App d9other not found."),
        ({"appId": "d1shop", "branchName": "other"}, "Branch other not found."),
        ({"appId": "D1SHOP", "branchName": "develop"}, "regular expression pattern"),
        ({"appId": "d1shop", "branchName": "develop", "nextToken": "nonsense"}, "nextToken"),
        ({"appId": "d1shop", "branchName": "develop", "maxResults": 51}, "less than or equal to 50"),
    ],
)
def test_wrong_lookups_are_refused(shop: Shop, params: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        shop.client.list_jobs(**params)


def test_an_app_is_known_in_its_own_region_only(shop: Shop) -> None:
    shop.sandbox.amplify.add_app("shop", "d2other", region="eu-west-1")
    assert [app["appId"] for app in shop.client.list_apps()["apps"]] == ["d1shop"]
    with pytest.raises(shop.client.exceptions.NotFoundException):
        shop.client.get_app(appId="d2other")


def test_apps_come_in_pages(shop: Shop) -> None:
    for number in range(120):
        shop.sandbox.amplify.add_app(f"app{number}")
    pages = list(shop.client.get_paginator("list_apps").paginate())
    assert [len(page["apps"]) for page in pages] == [100, 21]


def test_an_update_replaces_the_whole_environment_map(shop: Shop) -> None:
    assert shop.client.get_app(appId="d1shop")["app"]["environmentVariables"] == {"API_KEY": "app-secret"}
    shop.client.update_app(appId="d1shop", environmentVariables={"OTHER": "1"})
    shop.call("update_branch", environmentVariables={"X": "2"})
    assert shop.client.get_app(appId="d1shop")["app"]["environmentVariables"] == {"OTHER": "1"}
    assert shop.call("get_branch")["branch"]["environmentVariables"] == {"X": "2"}


def test_an_update_without_a_map_leaves_it(shop: Shop) -> None:
    shop.call("update_branch", enableAutoBuild=False)
    branch = shop.call("get_branch")["branch"]
    assert (branch["environmentVariables"], branch["enableAutoBuild"]) == ({"STAGE": "dev"}, False)


def test_a_branch_with_a_slash_is_found(sandbox: Sandbox, shop: Shop) -> None:
    sandbox.amplify.add_branch("d1shop", "feature/new cart")
    found = shop.client.get_branch(appId="d1shop", branchName="feature/new cart")["branch"]
    assert found["branchName"] == "feature/new cart"
    assert len(shop.client.list_branches(appId="d1shop")["branches"]) == 2


def test_branch_and_app_can_be_deleted_and_it_is_recorded(shop: Shop) -> None:
    shop.call("delete_branch")
    shop.client.delete_app(appId="d1shop")
    assert shop.sandbox.operations()[-2:] == ["DeleteBranch", "DeleteApp"]
    assert shop.sandbox.amplify.apps == {}
