"""A shop without a repository: its workflow builds in CI and deploys zips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.amplify import zip_of
from tests.process.shop import APP, APP_ID, BRANCH, DAY

if TYPE_CHECKING:
    from sandbox.amplify import Job
    from tests.process.shop import Ran, Shop

RELEASES, SNAPSHOTS = "releases", "shop-snapshots"
ONE = zip_of({"index.html": "<h1>one</h1>"})
TWO = zip_of({"index.html": "<h1>two</h1>"})
SNAPSHOT = f"s3://{SNAPSHOTS}/shop/develop.json"


def address(key: str) -> str:
    return f"s3://{RELEASES}/{key}"


class ZipShop:
    """An app of manual deployments, and the buckets for its zips and snapshots."""

    def __init__(self, shop: Shop, *, versioned: bool = False) -> None:
        self.shop, self.services = shop, shop.sandbox.services
        self.aws = shop.sandbox.amplify
        self.aws.add_app(APP, APP_ID, repository="")
        self.aws.add_branch(APP_ID, BRANCH)
        for bucket in (RELEASES, SNAPSHOTS):
            self.services.create_bucket(bucket)
        if versioned:
            self.shop.sandbox.client("s3").put_bucket_versioning(
                Bucket=RELEASES, VersioningConfiguration={"Status": "Enabled"}
            )

    def put(self, key: str, body: bytes, ago: float) -> None:
        """Put an object, so many seconds ago."""
        self.services.put_object(RELEASES, key, body)
        self.services.date_object(RELEASES, key, self.shop.sandbox.clock.now() - ago)

    def job(self, url: str, ago: float, status: str = "SUCCEED", **facts: Any) -> Job:
        """Add a MANUAL job that began so many seconds ago and took five."""
        began = self.shop.sandbox.clock.now() - ago
        times = {"started": began, "ended": began + 5} if status in {"SUCCEED", "FAILED"} else {}
        return self.aws.add_job(APP_ID, BRANCH, job_type="MANUAL", status=status, source_url=url, **{**times, **facts})

    def deployed(self, key: str, body: bytes, ago: float, **facts: Any) -> Job:
        """Put a zip and deploy it a minute later."""
        self.put(key, body, ago + 60)
        return self.job(address(key), ago, content=body, **facts)

    def incident(self, good: str = "1.zip", bad: str = "2.zip") -> None:
        """Deploy the good zip yesterday, and the bad one ten minutes ago."""
        self.deployed(good, ONE, DAY)
        self.deployed(bad, TWO, 600)

    def roll_back(self, **inputs: Any) -> Ran:
        return self.shop.run(app_id=APP_ID, branch=BRANCH, force="true", **inputs)

    def snapshot(self, place: str = SNAPSHOT) -> Ran:
        return self.shop.run(mode="snapshot", app_id=APP_ID, branch=BRANCH, snapshot=place)

    @property
    def writes(self) -> list[str]:
        """What the product changed in AWS."""
        return [operation for operation in self.shop.writes if operation != "PutBucketVersioning"]

    @property
    def served(self) -> bytes:
        """The site's first page."""
        live = self.aws.branch(APP_ID, BRANCH).live
        assert live is not None
        assert live.content is not None
        return live.content.files["index.html"]

    @property
    def sources(self) -> list[tuple[int, str]]:
        """The branch's jobs with what they deployed."""
        jobs = self.aws.branch(APP_ID, BRANCH).jobs.values()
        return [(job.id, job.source.url if job.source else "") for job in jobs]

    @property
    def kept(self) -> list[str]:
        """The zips that lie beside the snapshots."""
        return [key for key in self.services.object_keys(SNAPSHOTS) if key.endswith(".zip")]
