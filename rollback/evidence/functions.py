"""Where functions log to. The door to Lambda."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.aws import Aws, speaking_to_aws
from rollback.engine.trouble import AwsTrouble

if TYPE_CHECKING:
    from rollback.evidence.resources import Owned

FUNCTION = "AWS::Lambda::Function"


def log_group(aws: Aws, function: Owned) -> str:
    """Return the function's log group: by its LoggingConfig, or, where that can't be read, by its name."""
    by_name = f"/aws/lambda/{function.physical_id}"
    try:
        with speaking_to_aws("lambda", "GetFunctionConfiguration"):
            client = aws.client("lambda")
            answer = client.get_function_configuration(FunctionName=function.physical_id)
            return str((answer.get("LoggingConfig") or {}).get("LogGroup") or by_name)
    except AwsTrouble:
        return by_name
