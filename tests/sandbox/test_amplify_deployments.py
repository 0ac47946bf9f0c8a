"""Deployments without a build: where they come from, what they refuse, and what the site serves then."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sandbox.amplify import zip_of

if TYPE_CHECKING:
    from sandbox import ManualClock, Sandbox

APP, BRANCH, BUCKET = "d2zips", "main", "releases"
ONE = zip_of({"index.html": "<h1>one</h1>", "assets/app.js": "1"})
TWO = zip_of({"index.html": "<h1>two</h1>"})
SECONDS = 5


class Zips:
    """An app without a repository, and a bucket."""

    def __init__(self, sandbox: Sandbox, clock: ManualClock) -> None:
        self.sandbox, self.clock = sandbox, clock
        self.client = sandbox.client("amplify")
        sandbox.amplify.add_app("zips", APP, repository="")
        sandbox.amplify.add_branch(APP, BRANCH)
        sandbox.services.create_bucket(BUCKET)

    def call(self, operation: str, **params: Any) -> Any:
        return getattr(self.client, operation)(appId=APP, branchName=BRANCH, **params)

    def start(self, **params: Any) -> dict[str, Any]:
        summary: dict[str, Any] = self.call("start_deployment", **params)["jobSummary"]
        return summary

    def deployed(self, **params: Any) -> dict[str, Any]:
        """Return the job's end."""
        started = self.start(**params)
        self.clock.advance(SECONDS)
        job: dict[str, Any] = self.call("get_job", jobId=started["jobId"])["job"]
        return job


@pytest.fixture
def zips(sandbox: Sandbox, clock: ManualClock) -> Zips:
    return Zips(sandbox, clock)


def opened(url: str, method: str = "GET", body: bytes | None = None) -> tuple[int, bytes, str]:
    request = urllib.request.Request(url, body, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read(), answer.headers.get("ETag", "")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers.get("ETag", "")


def test_a_zip_is_deployed_in_seconds_and_served(zips: Zips) -> None:
    zips.sandbox.services.put_object(BUCKET, "1.zip", ONE)
    started = zips.start(sourceUrl=f"s3://{BUCKET}/1.zip")
    assert {name: started[name] for name in ("jobType", "status", "commitId", "sourceUrl", "sourceUrlType")} == {
        "jobType": "MANUAL",
        "status": "PENDING",
        "commitId": "HEAD",
        "sourceUrl": "s3://releases/1.zip",
        "sourceUrlType": "ZIP",
    }
    zips.clock.advance(SECONDS - 1)
    assert opened(zips.sandbox.site.url)[0] == 404
    zips.clock.advance(1)
    job = zips.call("get_job", jobId="1")["job"]
    assert (job["summary"]["status"], job["summary"]["sourceUrl"]) == ("SUCCEED", "s3://releases/1.zip")
    assert [step["stepName"] for step in job["steps"]] == ["DEPLOY", "VERIFY"]
    tag = f'"{hashlib.md5(ONE).hexdigest()}"'
    assert opened(zips.sandbox.site.url) == (200, b"<h1>one</h1>", tag)
    assert opened(zips.sandbox.site.url + "assets/app.js")[1] == b"1"
    assert opened(zips.sandbox.site.url + "gone.js")[0] == 404


def test_the_source_is_read_when_the_job_starts(zips: Zips) -> None:
    zips.sandbox.services.put_object(BUCKET, "latest.zip", ONE)
    zips.start(sourceUrl=f"s3://{BUCKET}/latest.zip")
    zips.sandbox.services.put_object(BUCKET, "latest.zip", TWO)
    zips.clock.advance(SECONDS)
    assert opened(zips.sandbox.site.url)[1] == b"<h1>one</h1>"
    zips.deployed(sourceUrl=f"s3://{BUCKET}/latest.zip")
    assert opened(zips.sandbox.site.url)[1] == b"<h1>two</h1>"


@pytest.mark.parametrize("prefix", ["site", "site/"])
def test_a_prefix_is_deployed_with_all_its_objects_and_no_others(zips: Zips, prefix: str) -> None:
    for key, body in {"site/index.html": "home", "site/a/b.txt": "b", "site2/c.txt": "c"}.items():
        zips.sandbox.services.put_object(BUCKET, key, body)
    job = zips.deployed(sourceUrl=f"s3://{BUCKET}/{prefix}", sourceUrlType="BUCKET_PREFIX")
    assert (job["summary"]["status"], job["summary"]["sourceUrlType"]) == ("SUCCEED", "BUCKET_PREFIX")
    live = zips.sandbox.amplify.branch(APP, BRANCH).live
    assert live is not None
    assert live.content is not None
    assert live.content.files == {"index.html": b"home", "a/b.txt": b"b"}


def test_a_zip_at_a_public_address_is_deployed(zips: Zips) -> None:
    zips.sandbox.amplify.sources.web["https://example.com/1.zip"] = ONE
    assert zips.deployed(sourceUrl="https://example.com/1.zip")["summary"]["status"] == "SUCCEED"
    assert opened(zips.sandbox.site.url)[1] == b"<h1>one</h1>"


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"sourceUrl": f"s3://{BUCKET}/gone.zip"}, "NoSuchKey"),
        ({"sourceUrl": "s3://elsewhere/1.zip"}, "NoSuchKey"),
        ({"sourceUrl": "https://example.com/gone.zip"}, "404"),
        ({"sourceUrl": f"s3://{BUCKET}/no.zip"}, "unzip"),
        ({"sourceUrl": f"s3://{BUCKET}/none/", "sourceUrlType": "BUCKET_PREFIX"}, "no objects"),
        ({"sourceUrl": "s3://elsewhere/none/", "sourceUrlType": "BUCKET_PREFIX"}, "no objects"),
    ],
)
def test_a_source_that_cannot_be_read_fails_the_job(zips: Zips, params: dict[str, str], reason: str) -> None:
    zips.sandbox.services.put_object(BUCKET, "1.zip", ONE)
    zips.sandbox.services.put_object(BUCKET, "no.zip", b"this is no zip")
    zips.deployed(sourceUrl=f"s3://{BUCKET}/1.zip")
    job = zips.deployed(**params)
    assert job["summary"]["status"] == "FAILED"
    assert [(step["stepName"], step["status"]) for step in job["steps"]] == [("DEPLOY", "FAILED")]
    assert reason in job["steps"][0]["statusReason"]
    assert opened(zips.sandbox.site.url)[1] == b"<h1>one</h1>"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "Must specify jobId or sourceUrl"),
        ({"jobId": "1", "sourceUrl": "s3://b/k.zip"}, "Must specify jobId or sourceUrl"),
        ({"sourceUrl": "ftp://b/k.zip"}, "regular expression"),
        ({"sourceUrl": "s3://b/k", "sourceUrlType": "FOLDER"}, "enum"),
        ({"sourceUrl": "https://b/k/", "sourceUrlType": "BUCKET_PREFIX"}, "BUCKET_PREFIX"),
        ({"jobId": "99"}, "not found"),
    ],
)
def test_wrong_starts_are_refused(zips: Zips, params: dict[str, str], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        zips.start(**params)


@pytest.mark.parametrize("operation", ["start_deployment", "create_deployment"])
def test_an_app_with_a_repository_takes_no_deployments(zips: Zips, operation: str) -> None:
    zips.client.update_app(appId=APP, repository="https://github.com/example/shop")
    params = {"sourceUrl": "s3://b/k.zip"} if operation == "start_deployment" else {}
    with pytest.raises(zips.client.exceptions.BadRequestException, match="App is already connected a repository"):
        zips.call(operation, **params)


@pytest.mark.parametrize("first", ["start_deployment", "create_deployment"])
@pytest.mark.parametrize("second", ["start_deployment", "create_deployment"])
def test_a_branch_has_one_unfinished_job(zips: Zips, first: str, second: str) -> None:
    params: dict[str, dict[str, str]] = {
        "start_deployment": {"sourceUrl": f"s3://{BUCKET}/1.zip"},
        "create_deployment": {},
    }
    zips.call(first, **params[first])
    with pytest.raises(zips.client.exceptions.LimitExceededException, match=r"The last job\(deployment\) 1"):
        zips.call(second, **params[second])
    zips.call("stop_job", jobId="1")
    zips.clock.advance(SECONDS)
    zips.call(second, **params[second])


def test_an_uploaded_zip_is_deployed_and_has_no_source(zips: Zips) -> None:
    created = zips.call("create_deployment")
    assert created["fileUploadUrls"] == {}
    assert zips.call("list_jobs")["jobSummaries"][0]["status"] == "CREATED"
    zips.clock.advance(3000)
    assert opened(created["zipUploadUrl"], "PUT", ONE)[0] == 200
    job = zips.deployed(jobId=created["jobId"])
    assert (job["summary"]["jobId"], job["summary"]["status"], "sourceUrl" in job["summary"]) == ("1", "SUCCEED", False)
    assert opened(zips.sandbox.site.url)[1] == b"<h1>one</h1>"
    with pytest.raises(ClientError, match="already been started"):
        zips.start(jobId=created["jobId"])


def test_files_are_uploaded_one_by_one(zips: Zips) -> None:
    files = {"index.html": b"home", "a b/c.txt": b"c"}
    created = zips.call(
        "create_deployment", fileMap={name: hashlib.md5(body).hexdigest() for name, body in files.items()}
    )
    for name, url in created["fileUploadUrls"].items():
        assert opened(url, "PUT", files[name])[0] == 200
    assert zips.deployed(jobId="1")["summary"]["status"] == "SUCCEED"
    assert opened(zips.sandbox.site.url + "a%20b/c.txt")[1] == b"c"


def test_what_was_not_uploaded_fails(zips: Zips) -> None:
    zips.call("create_deployment")
    assert zips.deployed(jobId="1")["summary"]["status"] == "FAILED"


def test_a_deployment_must_start_within_eight_hours(zips: Zips) -> None:
    zips.call("create_deployment")
    zips.clock.advance(8 * 3600 + 1)
    with pytest.raises(ClientError, match="expired"):
        zips.start(jobId="1")
    zips.clock.advance(SECONDS)
    assert zips.call("get_job", jobId="1")["job"]["summary"]["status"] == "FAILED"


def test_a_manual_job_cannot_be_retried(zips: Zips) -> None:
    zips.sandbox.services.put_object(BUCKET, "1.zip", ONE)
    zips.deployed(sourceUrl=f"s3://{BUCKET}/1.zip")
    with pytest.raises(zips.client.exceptions.BadRequestException):
        zips.call("start_job", jobType="RETRY", jobId="1")


def test_a_deployment_may_fail_for_another_reason(zips: Zips) -> None:
    zips.sandbox.services.put_object(BUCKET, "1.zip", ONE)
    zips.sandbox.amplify.fail_next_build(reason="Failed to deploy", step="BUILD")
    steps = zips.deployed(sourceUrl=f"s3://{BUCKET}/1.zip")["steps"]
    assert [(step["stepName"], step["status"], step["statusReason"]) for step in steps] == [
        ("DEPLOY", "FAILED", "Failed to deploy")
    ]
    assert b"[ERROR]: !!! Failed to deploy" in opened(steps[0]["logUrl"])[1]


def test_history_may_hold_deployments_with_their_source(zips: Zips) -> None:
    zips.sandbox.services.put_object(BUCKET, "latest.zip", TWO)
    add = zips.sandbox.amplify.add_job
    add(APP, BRANCH, job_type="MANUAL", source_url=f"s3://{BUCKET}/latest.zip", content=ONE)
    assert opened(zips.sandbox.site.url)[1] == b"<h1>one</h1>"
    add(APP, BRANCH, job_type="MANUAL", source_url=f"s3://{BUCKET}/latest.zip")
    assert opened(zips.sandbox.site.url)[1] == b"<h1>two</h1>"
    assert [job["sourceUrl"] for job in zips.call("list_jobs")["jobSummaries"]] == [f"s3://{BUCKET}/latest.zip"] * 2


def test_the_site_may_be_sick_with_a_content(zips: Zips) -> None:
    zips.sandbox.site.break_commit(hashlib.md5(ONE).hexdigest())
    zips.sandbox.amplify.add_job(APP, BRANCH, job_type="MANUAL", content=ONE)
    assert opened(zips.sandbox.site.url)[0] == 500
