"""A change set is ours where all that CloudFormation shows of it is what was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from rollback.stack.changes import ChangeSet
from rollback.stack.ours import same_text, unlike

TOPIC = "arn:aws:sns:us-west-2:123456789012:deployments"
TRIGGER = {"Arn": "arn:aws:cloudwatch:us-west-2:123456789012:alarm:errors", "Type": "AWS::CloudWatch::Alarm"}
ASKED: dict[str, Any] = {
    "Parameters": [
        {"ParameterKey": "Stage", "ParameterValue": "dev"},
        {"ParameterKey": "Password", "UsePreviousValue": True},
    ],
    "Tags": [{"Key": "team", "Value": "shop"}],
    "Capabilities": ["CAPABILITY_IAM"],
    "NotificationARNs": [TOPIC],
    "RollbackConfiguration": {"RollbackTriggers": [TRIGGER]},
}


def shown(**facts: Any) -> ChangeSet:
    as_asked = {
        "parameters": {"Stage": "dev", "Password": "****"},
        "tags": {"team": "shop"},
        "capabilities": ("CAPABILITY_IAM",),
        "notification_arns": (TOPIC,),
        "rollback_configuration": {"RollbackTriggers": [TRIGGER], "MonitoringTimeInMinutes": 0},
    }
    return ChangeSet(**{"name": "ours", "status": "CREATE_COMPLETE", **as_asked, **facts})


def test_a_change_set_that_shows_what_was_asked_for_is_like_it() -> None:
    assert unlike(shown(), "Resources: {}", ASKED, "Resources: {}") == ()


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"parameters": {"Stage": "prod", "Password": "****"}}, "parameter Stage"),
        ({"parameters": {"Stage": "dev"}}, "parameter Password"),
        ({"parameters": {"Stage": "dev", "Password": "****", "More": ""}}, "parameter More"),
        ({"parameters": {}}, "parameter Password, parameter Stage"),
        ({"tags": {}}, "tag team"),
        ({"tags": {"team": "shop", "more": ""}}, "tag more"),
        ({"tags": {"team": "other"}}, "tag team"),
        ({"capabilities": ()}, "capabilities"),
        ({"capabilities": ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM")}, "capabilities"),
        ({"notification_arns": ()}, "notification topics"),
        ({"rollback_configuration": {}}, "rollback configuration"),
    ],
)
def test_whatever_is_not_as_asked_is_named(facts: dict[str, Any], told: str) -> None:
    assert ", ".join(unlike(shown(**facts), "Resources: {}", ASKED, "Resources: {}")) == told


@pytest.mark.parametrize("template", ["", "Resources: {}\n", "Resources: { }", "resources: {}"])
def test_the_template_is_compared_byte_for_byte(template: str) -> None:
    assert unlike(shown(), template, ASKED, "Resources: {}") == ("the template",)


@pytest.mark.parametrize(
    ("told", "recorded", "same"),
    [
        ("Grüß Gott", "Grüß Gott", True),
        ("Gr?? Gott", "Grüß Gott", True),
        ("Gr?? Gott", "Gr?? Gott", True),
        ("?", "🙂", True),
        ("??", "🙂", True),
        ("Grüß Gott", "Gr?? Gott", False),
        ("Gr? Gott", "Grüß Gott", False),
        ("what?", "whatx", False),
        ("Gr?? Gotx", "Grüß Gott", False),
    ],
)
def test_a_question_mark_stands_for_a_character_beyond_ascii_and_for_nothing_else(
    told: str, recorded: str, same: bool
) -> None:
    assert same_text(told, recorded) is same
