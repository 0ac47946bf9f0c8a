"""The stacks' own alarms that ring. The door to CloudWatch's alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollback.aws import Aws, speaking_to_aws
from rollback.report import links
from rollback.report.model import RingingAlarm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollback.evidence.resources import Owned

ALARMS = frozenset({"AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"})
_A_CALL = 100
"""DescribeAlarms takes so many names (its API model)."""
_MOST = 1_000


def ringing(aws: Aws, owned: Sequence[Owned]) -> tuple[RingingAlarm, ...]:
    """Return those alarms among the resources that are in ALARM. Raises AwsTrouble."""
    stacks = {_name(one.physical_id): one.stack for one in owned if one.type in ALARMS and one.physical_id}
    names, found = list(stacks)[:_MOST], []
    client = aws.client("cloudwatch") if names else None
    for start in range(0, len(names), _A_CALL):
        with speaking_to_aws("cloudwatch", "DescribeAlarms"):
            answer: Any = client.describe_alarms(  # type: ignore[union-attr]
                AlarmNames=names[start : start + _A_CALL],
                AlarmTypes=["MetricAlarm", "CompositeAlarm"],
                StateValue="ALARM",
                MaxRecords=_A_CALL,
            )
            if not answer.keys() & {"MetricAlarms", "CompositeAlarms"}:
                raise KeyError("MetricAlarms")  # botocore takes half a JSON document for an empty answer
            entries = [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
            found += [_alarm(entry, stacks, aws.region) for entry in entries if entry["StateValue"] == "ALARM"]
    return tuple(found)


def _alarm(entry: Any, stacks: dict[str, str], region: str) -> RingingAlarm:
    name = entry["AlarmName"]
    return RingingAlarm(
        name=name,
        stack=stacks.get(name, ""),
        reason=entry.get("StateReason", ""),
        since=entry.get("StateTransitionedTimestamp") or entry.get("StateUpdatedTimestamp"),
        link=links.alarm(region, name),
    )


def _name(physical_id: str) -> str:
    """Return the alarm's name: CloudFormation's id of a composite alarm is its ARN."""
    return physical_id.partition(":alarm:")[2] if physical_id.startswith("arn:") else physical_id
