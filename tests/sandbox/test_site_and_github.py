"""The site says what the live build's commit says; GitHub tells the jobs of the run."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.sandbox.conftest import Shop

GOOD = "a" * 40
BAD = "b" * 40


def visit(url: str, token: str = "") -> tuple[int, str]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_nothing_is_served_before_the_first_deployment(shop: Shop) -> None:
    assert visit(shop.sandbox.site.url)[0] == 404


def test_the_site_names_the_live_commit(shop: Shop) -> None:
    shop.job(commit=GOOD)
    status, body = visit(shop.sandbox.site.url + "health?deep=1")
    assert (status, f"release {GOOD}" in body) == (200, True)


def test_a_broken_commit_breaks_the_site_until_another_is_live(shop: Shop) -> None:
    shop.sandbox.site.break_commit(BAD)
    shop.job(commit=GOOD)
    shop.job(commit=BAD)
    assert visit(shop.sandbox.site.url)[0] == 500
    shop.start(jobType="RETRY", jobId="1")
    shop.clock.advance(179)
    assert visit(shop.sandbox.site.url)[0] == 500
    shop.clock.advance(1)
    assert visit(shop.sandbox.site.url)[0] == 200


def test_the_site_may_need_a_while_after_a_deployment(shop: Shop) -> None:
    shop.sandbox.site.ready_after = 30
    shop.job(commit=GOOD, ended=shop.clock.now())
    assert visit(shop.sandbox.site.url)[0] == 503
    shop.clock.advance(30)
    assert visit(shop.sandbox.site.url)[0] == 200


def test_github_lists_the_runs_jobs_and_keeps_the_token(sandbox: Sandbox) -> None:
    sandbox.github.add_job("deploy-infrastructure")
    sandbox.github.add_job("smoke-tests", "failure", steps=[("Check out", "success"), ("Run tests", "failure")])
    url = f"{sandbox.github.url}/repos/example/shop/actions/runs/7"
    answers = [visit(url + path, "ghs_token") for path in ("/attempts/2/jobs", "/jobs?per_page=100")]
    for status, body in answers:
        jobs = json.loads(body)["jobs"]
        assert (status, [job["name"] for job in jobs]) == (200, ["deploy-infrastructure", "smoke-tests"])
        assert jobs[1]["steps"][1]["conclusion"] == "failure"
    assert sandbox.github.authorizations == ["Bearer ghs_token"] * 2


def test_github_may_refuse(sandbox: Sandbox) -> None:
    sandbox.github.failure = 403
    assert visit(f"{sandbox.github.url}/repos/example/shop/actions/runs/7/jobs")[0] == 403
