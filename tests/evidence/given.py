"""Resources and records, as the evidence's tests give them."""

from __future__ import annotations

from typing import Any

from rollback.evidence.resources import Owned
from rollback.frontend.record import FrontendSnapshot
from rollback.stack.record import ParameterSnapshot, StackSnapshot

ARN = "arn:aws:cloudformation:us-west-2:123456789012:stack/shop/0a1b"
REGION = "us-west-2"


def owned(type_: str, name: str = "shop-Orders-1ABC", logical_id: str = "Orders") -> Owned:
    return Owned("shop", logical_id, name, type_, ARN)


def stack(name: str = "shop", **more: Any) -> StackSnapshot:
    usual = {"id": ARN, "status": "UPDATE_COMPLETE", "template": '{"Resources": {}}'}
    return StackSnapshot.model_validate({"name": name, **usual, **more})


def secret() -> dict[str, ParameterSnapshot]:
    return {"Password": ParameterSnapshot(no_echo=True), "Stage": ParameterSnapshot(value="dev")}


def frontend(**more: Any) -> FrontendSnapshot:
    usual = {"app_id": "d1shop", "branch": "develop", "job_id": "7", "commit": "a" * 40, "job_type": "RELEASE"}
    return FrontendSnapshot.model_validate({**usual, **more})
