"""Whatever the event, the inputs and the jobs: what is chosen is never what the run may have deployed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollback.frontend.choice import Target
from rollback.frontend.target import choose, newest_first
from rollback.github import event
from rollback.incident.wishes import frontend_wishes
from rollback.inputs.reading import read
from tests.frontend.given import BAD, GOOD, OTHER
from tests.frontend.test_target_properties import histories, is_of

if TYPE_CHECKING:
    from pathlib import Path

    from rollback.frontend.model import Job

TIP = "d" * 40
RESULTS = ("success", "failure", "cancelled", "skipped", None)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from((BAD, GOOD, TIP)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("sha", "head", "head_sha", "merged", "pushed_at")), inner, max_size=3)
    ),
    max_leaves=6,
)
sound = st.sampled_from(
    (
        {"pull_request": {"head": {"sha": BAD}, "merged": False}},
        {"workflow_run": {"head_sha": BAD}},
        {"repository": {"pushed_at": 1_764_720_000}, "head_commit": {"id": BAD}},
    )
)
events = sound | st.dictionaries(
    st.sampled_from(("pull_request", "workflow_run", "repository", "head_commit")), anything, max_size=3
)
names = st.sampled_from(("push", "pull_request", "pull_request_target", "workflow_run", "workflow_dispatch", "release"))
inputs = st.fixed_dictionaries(
    {},
    optional={
        "commit": st.sampled_from((BAD, BAD[:7], BAD[:12].upper())),
        "failed-job-id": st.integers(1, 60).map(str),
        "started-at": st.sampled_from(("2025-12-03T00:30:00Z", "2025-12-03T12:00:00Z")),
        "target-commit": st.sampled_from((GOOD, OTHER[:8], BAD)),
        "target-job-id": st.integers(1, 60).map(str),
    },
).filter(lambda given: len({"target-commit", "target-job-id"} & set(given)) < 2)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=names, payload=events, more=inputs, jobs=histories(), result=st.sampled_from(RESULTS))
def test_what_the_run_may_have_deployed_is_never_redeployed(
    tmp_path: Path, name: str, payload: dict[str, Any], more: dict[str, str], jobs: list[Job], result: str | None
) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps(payload), encoding="utf-8")
    results = {"smoke-tests": "failure", **({"deploy-frontend": result} if result else {})}
    given = {
        "app-id": "d1shop",
        "branch": "main",
        "aws-region": "us-west-2",
        "job-results": json.dumps(results),
        **more,
    }
    environ = {"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(file), "GITHUB_SHA": TIP}
    asked = read({**environ, **{f"INPUT_{key.upper()}": value for key, value in given.items()}})
    deployment = frontend_wishes(asked, pushed_at=event.pushed_at(environ)).deployment
    ordered = newest_first(jobs)
    choice = choose(ordered, deployment, complete=True)
    if not isinstance(choice, Target):
        return
    failed = more.get("commit") or deployment.commit
    assert choice.job.status == "SUCCEED"
    assert not is_of(choice.job, failed)
    if more.keys() & {"target-commit", "target-job-id"}:
        return
    if "failed-job-id" in more:
        assert choice.job.number < int(more["failed-job-id"])
    elif result == "success" and "started-at" not in more and not any(is_of(one, failed) for one in jobs):
        newest = next(one for one in ordered if one.status == "SUCCEED")
        assert choice.job.number < newest.number
