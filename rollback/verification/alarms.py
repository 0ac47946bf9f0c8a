"""One look at CloudWatch's alarms: none may ring. The door to CloudWatch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollback.aws import speaking_to_aws
from rollback.engine.trouble import AwsTrouble
from rollback.report.text import listed
from rollback.verification.checks import Check

if TYPE_CHECKING:
    from rollback.aws import Aws

_A_PAGE = 100
"""DescribeAlarms takes and gives so many at a time (its API model)."""
_MOST_SHOWN = 20


def look_at_alarms(wanted: tuple[str, ...], aws: Aws) -> Check:
    """Look once. An item of `wanted` is an alarm's name, or a prefix that ends in `*`."""
    prefixes = tuple(item.removesuffix("*") for item in wanted if item.endswith("*"))
    names = tuple(item for item in wanted if not item.endswith("*"))
    try:
        with speaking_to_aws("cloudwatch", "DescribeAlarms"):
            client = aws.client("cloudwatch")
            by_prefix = {prefix: _states(client, AlarmNamePrefix=prefix) for prefix in prefixes}
            pages = [names[start : start + _A_PAGE] for start in range(0, len(names), _A_PAGE)]
            by_name = [_states(client, AlarmNames=list(page)) for page in pages]
    except AwsTrouble as trouble:
        return Check(fine=False, line=f"the alarms can't be read: {trouble.what} {trouble.cure}".strip())
    states = {name: state for found in (*by_prefix.values(), *by_name) for name, state in found.items()}
    missing = [name for name in names if name not in states]
    missing += [f"{prefix}*" for prefix, found in by_prefix.items() if not found]
    if missing:
        return Check(
            fine=False, line=f"no such alarm: {listed(missing, _MOST_SHOWN)} (check verify-alarms and the region)"
        )
    ringing = sorted(name for name, state in states.items() if state == "ALARM")
    if ringing:
        return Check(fine=False, line=f"in ALARM: {listed(ringing, _MOST_SHOWN)}")
    return Check(fine=True, line=f"not in ALARM: {listed(list(states), _MOST_SHOWN)}")


def _states(client: Any, **which: Any) -> dict[str, str]:
    states: dict[str, str] = {}
    query = {**which, "AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "MaxRecords": _A_PAGE}
    while True:
        answer = client.describe_alarms(**query)
        if not answer.keys() & {"MetricAlarms", "CompositeAlarms"}:
            raise KeyError("MetricAlarms")  # botocore takes half a JSON document for an empty answer
        for alarm in (*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])):
            states[alarm["AlarmName"]] = alarm["StateValue"]
        if not answer.get("NextToken"):
            return states
        query["NextToken"] = answer["NextToken"]
