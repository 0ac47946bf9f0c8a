"""Whether stacks, frontend and data could be brought back: by values."""

from __future__ import annotations

import pytest

from rollback.evidence import previous, protection
from rollback.evidence.protection import Protection
from rollback.evidence.readiness import Recorded, is_ready, rows
from rollback.frontend.model import Job
from rollback.report.model import Command, Notice, RingingAlarm
from rollback.report.notices import Code, warning
from tests.evidence.given import frontend, owned, secret, stack


def unprotected(text: str) -> Notice:
    return warning(Code.SNAPSHOT_UNPROTECTED, text, Command(purpose="do better"))


def states(recorded: Recorded) -> list[str]:
    return [row.state for row in rows(recorded)]


def test_a_stack_that_nothing_keeps_from_coming_back_is_ready() -> None:
    (row,) = rows(Recorded([stack(role_arn="arn:aws:iam::123456789012:role/deploy")]))
    assert row.state == "ready"
    assert row.said == ("template of 17 bytes", "service role arn:aws:iam::123456789012:role/deploy")


def test_a_value_that_can_not_be_recorded_is_told_and_leaves_it_ready() -> None:
    found = rows(Recorded([stack(parameters=secret())]))
    assert found[0].state == "weak"
    assert "Password (NoEcho)" in found[0].said[-1]
    assert is_ready(found)


@pytest.mark.parametrize(
    "text",
    [
        "The template of stack shop has 60,000 bytes: this file can't restore it.",
        "Stack shop could not be restored from this snapshot: …",
    ],
)
def test_what_was_said_to_be_not_restorable_is_lost(text: str) -> None:
    found = rows(Recorded([stack(), stack("shop-2")], notices=[unprotected(text)]))
    assert [row.state for row in found] == ["lost", "ready"], "a stack whose name begins alike is another one"
    assert found[0].said == (text,)
    assert found[0].cures == (Command(purpose="do better"),)
    assert not is_ready(found)


def test_objects_that_are_gone_from_s3_lose_the_stack() -> None:
    assert states(Recorded([stack()], artifacts_gone={"shop": ("s3://artifacts/api.zip (Api)",)})) == ["lost"]


def test_objects_that_could_not_be_looked_at_are_not_called_there() -> None:
    (row,) = rows(Recorded([stack()], artifacts_gone={"shop": None}))
    assert row.state == "unchecked"


def test_a_stack_that_has_no_record_is_lost() -> None:
    assert states(Recorded(absent=["shop"])) == ["lost"]


@pytest.mark.parametrize(
    ("facts", "said", "state"),
    [
        ({}, "", "ready"),
        ({"job_id": "", "commit": "", "job_type": ""}, "No Amplify job has succeeded on this branch yet.", "lost"),
        ({"commit": ""}, "Job 7, being served, names no commit (HEAD).", "weak"),
        (
            {"commit": "", "job_type": "MANUAL"},
            "Job 7, being served, is a manual (zip) deployment: keep the zip.",
            "lost",
        ),
        ({"commit": "", "job_type": "MANUAL"}, "", "ready"),
    ],
    ids=["a build", "none", "HEAD", "a zip", "a zip that is kept"],
)
def test_the_frontend(facts: dict[str, str], said: str, state: str) -> None:
    notices = [unprotected(said)] if said else []
    assert states(Recorded(frontend=frontend(**facts), notices=notices)) == [state]


def test_a_backend_that_each_build_deploys_is_told_and_one_that_can_not_be_read_is_not_denied() -> None:
    (known,) = rows(Recorded(frontend=frontend(), backend="arn:aws:cloudformation:…:stack/amplify-shop/1"))
    assert "amplify-shop" in known.said[-1]
    (unknown,) = rows(Recorded(frontend=frontend(), backend=None))
    assert unknown.state == "unchecked"


def test_data_is_ready_weak_or_unchecked_and_never_makes_the_answer_no() -> None:
    table = owned("AWS::DynamoDB::Table")
    cure = Command(purpose="Switch it on", line="aws dynamodb …")
    found = [
        protection.row(table, Protection(("recovery is on",), recovery=True)),
        protection.row(table, Protection().with_weakness("recovery is off", cure)),
        protection.row(table, Protection(unread="access denied", cure="Add the permission dynamodb:DescribeTable")),
    ]
    assert [row.state for row in found] == ["ready", "weak", "unchecked"]
    assert found[1].cures == (cure,)
    assert found[2].cures == (Command(purpose="Add the permission dynamodb:DescribeTable"),)
    assert is_ready(found)


def test_a_previous_deployment_that_failed_is_told_by_each_of_its_signs() -> None:
    stacks = [stack(status="UPDATE_ROLLBACK_COMPLETE"), stack("other")]
    said = previous.failures(stacks, Job("9", "FAILED"), [RingingAlarm(name="errors")])
    assert said == [
        "stack shop is in UPDATE_ROLLBACK_COMPLETE",
        "the branch's newest job, 9, ended in FAILED",
        "in ALARM: errors",
    ]
    assert previous.row(said, []).state == "weak"


def test_what_could_not_be_asked_is_not_called_a_success() -> None:
    assert previous.failures([stack()], Job("9", "SUCCEED"), []) == []
    assert previous.row([], []).state == "ready"
    assert previous.row([], ["cloudwatch:DescribeAlarms: access denied"]).state == "unchecked"
