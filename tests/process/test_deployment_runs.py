"""GitHub's deployments after a rollback: what is live is said, once, and nothing that was not proven."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

from rollback.github.api import GitHub as Door
from tests.process.shop import APP, BAD, GOOD, OTHER

if TYPE_CHECKING:
    from sandbox.github import GitHub
    from tests.process.shop import Ran, Shop

ASKED = {"github_deployment": "true", "environment": "production", "github_token": "ghs_x", "app_name": APP}


@pytest.fixture
def github(shop: Shop) -> GitHub:
    """A repository whose failed commit was deployed last, after the good one, in two environments."""
    github = shop.sandbox.github
    github.token = "ghs_x"
    for commit in (GOOD, OTHER, BAD):
        github.repository.commit(commit)
    github.repository.checks[GOOD] = {"ci": "failure"}
    github.deployments.add(GOOD, "production", "inactive")
    github.deployments.add(OTHER, "production", "success")
    github.deployments.add(BAD, "production", "success")
    github.deployments.add(BAD, "staging", "success")
    shop.frontend()
    return github


def roll_back(shop: Shop, **inputs: Any) -> Ran:
    return shop.run(**{**ASKED, **inputs})


def states(github: GitHub) -> list[tuple[str, str, str]]:
    return [(one["sha"][0], one["environment"], github.deployments.state(one)) for one in github.deployments.all]


BEFORE = [("a", "production", "inactive"), ("c", "production", "success")]
BEFORE += [("b", "production", "success"), ("b", "staging", "success")]
AFTER = [("a", "production", "inactive"), ("c", "production", "inactive")]
AFTER += [("b", "production", "failure"), ("b", "staging", "success"), ("a", "production", "success")]


def test_the_environment_shows_the_restored_commit_and_the_failed_one_as_failed(shop: Shop, github: GitHub) -> None:
    ran = roll_back(shop)
    assert ran["outcome"] == "rolled-back"
    assert "github-not-told" not in ran.codes
    assert states(github) == AFTER
    newest = github.deployments.statuses[github.deployments.all[-1]["id"]][-1]
    assert newest["environment_url"].startswith("https://")
    assert newest["log_url"].endswith("/actions/runs/1658821493/attempts/1")


def test_a_re_run_tells_nothing_twice(shop: Shop, github: GitHub) -> None:
    roll_back(shop)
    told = {number: len(found) for number, found in github.deployments.statuses.items()}
    roll_back(shop)
    shop.run({"GITHUB_RUN_ATTEMPT": "2"}, **ASKED)
    assert {number: len(found) for number, found in github.deployments.statuses.items()} == told


@pytest.mark.parametrize("sent", range(4))
def test_a_run_killed_while_it_tells_is_gone_on_with(shop: Shop, github: GitHub, sent: int) -> None:
    class Killed(BaseException):
        pass

    calls, send = list[str](), Door.send

    def until(self: Door, path: str, fields: Any) -> Any:
        if len(calls) == sent:
            raise Killed
        calls.append(path)
        return send(self, path, fields)

    with patch.object(Door, "send", until), pytest.raises(Killed):
        roll_back(shop)
    shop.run({"GITHUB_RUN_ATTEMPT": "2"}, **ASKED)
    assert states(github) == AFTER


@pytest.mark.parametrize("why", ["unproven", "partial", "dry run", "not asked"])
def test_nothing_is_claimed_of_what_is_not_proven_or_not_done(shop: Shop, github: GitHub, why: str) -> None:
    more: dict[str, Any] = {}
    if why == "unproven":
        jobs = shop.sandbox.amplify.branch("d1shop", "develop").jobs
        jobs[1].commit = "HEAD"
    elif why == "partial":
        shop.stack("ROLLBACK_COMPLETE")
        more = {"stack_name": "shop-backend"}
    else:
        more = {"dry_run": "true"} if why == "dry run" else {"github_deployment": ""}
    ran = roll_back(shop, **more)
    assert states(github) == BEFORE
    assert ("github-not-told" in ran.codes) == (why == "unproven")


@pytest.mark.parametrize("level", ["none", "read"])
def test_a_missing_permission_is_a_warning_with_the_line_to_add(shop: Shop, github: GitHub, level: str) -> None:
    github.permissions["deployments"] = level
    ran = roll_back(shop)
    assert (ran["outcome"], ran.exit_code) == ("rolled-back", 0)
    assert "github-not-told" in ran.codes
    assert "deployments: write" in ran.told
    assert states(github) == BEFORE


@pytest.mark.parametrize("failure", [0, 401, 404, 409, 422, 500, 503])
def test_whatever_github_answers_the_outcome_stands(shop: Shop, github: GitHub, failure: int) -> None:
    github.failure = failure
    ran = roll_back(shop)
    assert ran["outcome"] == "rolled-back"
    assert "github-not-told" in ran.codes


def test_without_a_token_a_warning_says_so(shop: Shop, github: GitHub) -> None:
    assert "github-not-told" in roll_back(shop, github_token="").codes
    assert states(github) == BEFORE


def test_a_commit_that_github_does_not_know_is_a_warning(shop: Shop, github: GitHub) -> None:
    del github.repository.commits[GOOD]
    ran = roll_back(shop)
    assert "No ref found" in ran.told
    assert states(github) == BEFORE


def test_without_an_environment_the_inputs_are_wrong(shop: Shop, github: GitHub) -> None:
    ran = roll_back(shop, environment="")
    assert (ran["outcome"], ran.exit_code) == ("invalid-inputs", 2)
    assert "github-deployment" in ran["reason"]
    assert states(github) == BEFORE
