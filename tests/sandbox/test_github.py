"""GitHub's API: pages, names of commits, deployments and their states, permissions, redirects."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Elsewhere

if TYPE_CHECKING:
    from sandbox import Sandbox
    from sandbox.github import GitHub

ONE, TWO, SIDE = "1" * 40, "2" * 40, "5" * 40
REPO = "/repos/octo/shop"
TOKEN = "ghs_sandbox"


def call(
    github: GitHub, path: str, fields: dict[str, Any] | None = None, *, token: str = TOKEN, accept: str = ""
) -> tuple[int, Any, Any]:
    """Return status, body and headers; with fields it is a POST."""
    body = None if fields is None else json.dumps(fields).encode()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    headers |= {"Accept": accept} if accept else {}
    request = urllib.request.Request(f"{github.url}{REPO}{path}", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            text = answer.read().decode()
            return answer.status, text if accept else json.loads(text), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read()), error.headers


@pytest.fixture
def github(sandbox: Sandbox) -> GitHub:
    """Return a repository with two commits on main, and one on a branch that left it before the second."""
    github = sandbox.github
    github.repository.commit(ONE, "First")
    github.repository.commit(SIDE, branch="feature/cart")
    github.repository.commit(TWO)
    github.repository.tag("v1.0.0", ONE)
    github.repository.tag("v1.1.0", TWO, annotated=True)
    return github


@pytest.mark.parametrize(("query", "sizes"), [("", [30] * 8 + [10]), ("?per_page=100", [100, 100, 50])])
def test_a_runs_jobs_come_in_pages_that_link_to_each_other(github: GitHub, query: str, sizes: list[int]) -> None:
    for number in range(250):
        github.add_job(f"job {number}")
    url, names, found = f"/actions/runs/7/attempts/1/jobs{query}", [], []
    while url:
        _, body, headers = call(github, url)
        assert body["total_count"] == 250
        found.append(len(body["jobs"]))
        names += [job["name"] for job in body["jobs"]]
        links = re.findall(r'<([^>]+)>; rel="(\w+)"', headers["Link"])
        url = next((link.partition(REPO)[2] for link, name in links if name == "next"), "")
        if not url:
            assert [name for _, name in links] == ["prev", "first"]
    assert found == sizes
    assert names == [f"job {number}" for number in range(250)]


def test_a_page_has_a_hundred_items_at_most_and_one_page_no_links(github: GitHub) -> None:
    for number in range(101):
        github.add_job(f"job {number}")
    assert len(call(github, "/actions/runs/7/jobs?per_page=1000")[1]["jobs"]) == 100
    assert call(github, "/actions/runs/7/jobs?per_page=100&page=3")[1]["jobs"] == []
    del github.jobs[30:]
    assert call(github, "/actions/runs/7/jobs")[2]["Link"] is None


@pytest.mark.parametrize(
    ("ref", "sha"),
    [
        (ONE, ONE),
        (ONE[:7], ONE),
        ("main", TWO),
        ("heads/main", TWO),
        ("refs/heads/main", TWO),
        ("feature/cart", SIDE),
        ("feature%2Fcart", SIDE),
        ("v1.0.0", ONE),
        ("tags/v1.0.0", ONE),
        ("v1.1.0", TWO),
        ("refs/tags/v1.1.0", TWO),
        ("HEAD", TWO),
    ],
)
def test_a_commit_is_found_by_each_of_its_names(github: GitHub, ref: str, sha: str) -> None:
    assert call(github, f"/commits/{ref}")[1]["sha"] == sha
    assert call(github, f"/commits/{ref}", accept="application/vnd.github.sha")[1] == sha


@pytest.mark.parametrize("ref", ["v9", "0" * 40, "heads/v1.0.0", "1111111" + "2" * 33, "%2e%2e"])
def test_what_names_no_commit_is_unprocessable(github: GitHub, ref: str) -> None:
    status, body, _ = call(github, f"/commits/{ref}")
    assert status == 422
    assert body["message"].startswith("No commit found for SHA: ")


def test_a_tag_comes_before_a_branch_of_its_name(github: GitHub) -> None:
    github.repository.tag("main", ONE)
    assert call(github, "/commits/main")[1]["sha"] == ONE
    assert call(github, "/commits/heads/main")[1]["sha"] == TWO


def test_a_short_name_of_two_commits_names_none(github: GitHub) -> None:
    github.repository.commit("1" * 10 + "a" * 30)
    assert call(github, f"/commits/{ONE[:7]}")[0] == 422


def test_an_annotated_tag_is_an_object_of_its_own(github: GitHub) -> None:
    tag = call(github, "/git/ref/tags/v1.1.0")[1]["object"]
    assert tag["type"] == "tag"
    assert call(github, f"/git/tags/{tag['sha']}")[1]["object"] == {
        "type": "commit",
        "sha": TWO,
        "url": f"{github.url}{REPO}/git/commits/{TWO}",
    }
    assert call(github, "/git/ref/tags/v1.0.0")[1]["object"]["type"] == "commit"
    assert call(github, "/git/ref/tags/v9")[0] == 404


def test_an_empty_repository_has_no_commits(sandbox: Sandbox) -> None:
    assert call(sandbox.github, "/commits/main")[0] == 409


def test_another_repository_is_not_found(github: GitHub) -> None:
    github.name = "octo/other"
    assert call(github, f"/commits/{ONE}")[0] == 404


def create(github: GitHub, ref: str, **fields: Any) -> tuple[int, Any]:
    status, body, _ = call(github, "/deployments", {"ref": ref, **fields})
    return status, body


PLAIN: dict[str, Any] = {"auto_merge": False, "required_contexts": []}


def test_a_deployment_is_created_with_githubs_defaults(github: GitHub) -> None:
    status, body = create(github, TWO)
    assert (status, body["sha"], body["ref"], body["environment"], body["task"]) == (
        201,
        TWO,
        TWO,
        "production",
        "deploy",
    )
    assert (body["production_environment"], body["transient_environment"]) == (True, False)
    assert call(github, f"/deployments/{body['id']}")[1] == body
    assert create(github, TWO, environment="staging")[1]["production_environment"] is False


@pytest.mark.parametrize(
    ("ref", "status", "message"),
    [
        ("feature/cart", 202, "Auto-merged main into feature/cart on deployment."),
        (ONE, 409, f"Conflict merging main into {ONE}."),
        ("v1.0.0", 409, "Conflict merging main into v1.0.0."),
        ("v9", 422, "No ref found for: v9"),
    ],
)
def test_an_older_commit_is_merged_or_in_conflict_and_not_deployed(
    github: GitHub, ref: str, status: int, message: str
) -> None:
    answered, body = create(github, ref)
    assert (answered, body["message"]) == (status, message)
    assert call(github, "/deployments")[1] == []
    assert create(github, ref)[0] == (201 if status == 202 else status)


def test_an_older_commit_is_deployed_where_nothing_shall_be_merged(github: GitHub) -> None:
    assert create(github, ONE, auto_merge=False)[0] == 201


@pytest.mark.parametrize(
    ("required", "status"), [(None, 409), (["ci"], 409), (["lint"], 201), (["none"], 409), ([], 201)]
)
def test_checks_that_are_not_green_are_in_conflict_unless_none_is_required(
    github: GitHub, required: list[str] | None, status: int
) -> None:
    github.repository.checks[TWO] = {"ci": "failure", "lint": "success"}
    answered, body = create(github, TWO, **({} if required is None else {"required_contexts": required}))
    assert answered == status
    if status == 409:
        assert body["message"] == f"Conflict: Commit status checks failed for {TWO}."
        assert body["errors"][0]["field"] == "required_contexts"


def test_deployments_are_listed_newest_first_by_environment_and_commit(github: GitHub) -> None:
    for ref, environment in [(ONE, "dev"), (TWO, "dev"), (TWO, "production"), (ONE, "dev")]:
        create(github, ref, environment=environment, **PLAIN)
    ids = {
        sha: [item["id"] for item in call(github, f"/deployments?environment=dev&sha={sha}")[1]] for sha in (ONE, TWO)
    }
    assert ids == {ONE: [4, 1], TWO: [2]}
    shown, headers = call(github, "/deployments?environment=dev&per_page=2")[1:]
    assert [item["id"] for item in shown] == [4, 2]
    assert 'environment=dev&per_page=2&page=2>; rel="next"' in headers["Link"]


def states(github: GitHub, number: int) -> list[str]:
    return [status["state"] for status in call(github, f"/deployments/{number}/statuses")[1]]


@pytest.mark.parametrize(
    ("fields", "auto", "expected"),
    [
        ({"environment": "dev"}, True, ["inactive", "success"]),
        ({"environment": "dev"}, False, ["success"]),
        ({"environment": "production"}, True, ["success"]),
        ({"environment": "dev", "production_environment": True}, True, ["success"]),
        ({"environment": "dev", "transient_environment": True}, True, ["success"]),
    ],
)
def test_a_success_retires_the_others_but_not_in_production(
    github: GitHub, fields: dict[str, Any], auto: bool, expected: list[str]
) -> None:
    for ref in (ONE, TWO):
        create(github, ref, **PLAIN, **fields)
    call(github, "/deployments/1/statuses", {"state": "success", "auto_inactive": auto})
    status, body, _ = call(
        github,
        "/deployments/2/statuses",
        {"state": "success", "auto_inactive": auto, "environment_url": "https://shop.example", "log_url": "https://l"},
    )
    assert (status, body["state"], body["environment_url"], body["target_url"]) == (
        201,
        "success",
        "https://shop.example",
        "https://l",
    )
    assert states(github, 1) == expected
    assert states(github, 2) == ["success"]


def test_a_failure_is_not_made_inactive(github: GitHub) -> None:
    bad = github.deployments.add(TWO, "dev", "failure")
    good = github.deployments.add(ONE, "dev")
    call(github, f"/deployments/{good['id']}/statuses", {"state": "success"})
    assert states(github, bad["id"]) == ["failure"]
    call(github, f"/deployments/{bad['id']}/statuses", {"state": "inactive"})
    assert states(github, bad["id"]) == ["inactive", "failure"]


@pytest.mark.parametrize("fields", [{}, {"state": "done"}, {"state": "success", "description": "x" * 141}])
def test_a_wrong_status_is_unprocessable(github: GitHub, fields: dict[str, str]) -> None:
    create(github, TWO)
    assert call(github, "/deployments/1/statuses", fields)[0] == 422
    assert call(github, "/deployments/9/statuses", {"state": "success"})[0] == 404


@pytest.mark.parametrize("level", ["none", "read"])
def test_deployments_need_their_permission(github: GitHub, level: str) -> None:
    create(github, TWO)
    github.permissions["deployments"] = level
    for path, fields in [("/deployments", {"ref": TWO}), ("/deployments/1/statuses", {"state": "success"})]:
        status, body, headers = call(github, path, fields)
        assert (status, body["message"]) == (403, "Resource not accessible by integration")
        assert headers["X-Accepted-GitHub-Permissions"] == "deployments=write"
    assert call(github, "/deployments")[0] == 200
    github.private = True
    assert call(github, "/deployments")[0] == (403 if level == "none" else 200)


def test_a_token_is_asked_for_and_looked_at(github: GitHub) -> None:
    assert call(github, "/deployments", {"ref": TWO}, token="")[0] == 401
    assert call(github, f"/commits/{ONE}", token="")[0] == 200
    github.private = True
    assert call(github, f"/commits/{ONE}", token="")[0] == 404
    github.token = TOKEN
    assert call(github, f"/commits/{ONE}")[0] == 200
    status, body, _ = call(github, f"/commits/{ONE}", token="ghs_other")
    assert (status, body["message"]) == (401, "Bad credentials")


def test_a_redirect_leads_to_another_origin_with_the_same_path(github: GitHub) -> None:
    with Elsewhere() as other:
        github.redirect = (302, other.url)
        with urllib.request.urlopen(f"{github.url}{REPO}/commits/{ONE}?x=1", timeout=5) as answer:
            assert answer.read() == b"elsewhere"
        assert [incoming.target for incoming in other.requests] == [f"/github{REPO}/commits/{ONE}?x=1"]
        assert other.sent("Authorization") == [""]


def test_an_answer_may_be_held_back(github: GitHub) -> None:
    github.hold = 30
    with pytest.raises(TimeoutError):
        urllib.request.urlopen(f"{github.url}{REPO}/commits/{ONE}", timeout=0.2)


def test_a_body_that_is_no_json_is_a_bad_request(github: GitHub) -> None:
    request = urllib.request.Request(f"{github.url}{REPO}/deployments", b"{", {"Authorization": f"Bearer {TOKEN}"})
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request, timeout=5)
    with error.value:
        assert error.value.code == 400
