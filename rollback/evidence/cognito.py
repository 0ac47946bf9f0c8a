"""What protects a user pool. The door to Cognito."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.aws import Aws, speaking_to_aws
from rollback.evidence.protection import Protection
from rollback.report.model import Command

if TYPE_CHECKING:
    from rollback.evidence.resources import Owned


def look_at_user_pool(aws: Aws, owned: Owned) -> Protection:
    """Look at the user pool's deletion protection: Cognito keeps no backups. Raises AwsTrouble."""
    client = aws.client("cognito-idp")
    with speaking_to_aws("cognito-idp", "DescribeUserPool"):
        pool = client.describe_user_pool(UserPoolId=owned.physical_id)["UserPool"]
    if pool.get("DeletionProtection") == "ACTIVE":
        return Protection(("deletion protection is on; Cognito keeps no backups",))
    # No command: update-user-pool sets every setting that it is not given back to its default (its documentation).
    cure = Command(purpose=f"Set DeletionProtection: ACTIVE of {owned.logical_id} in the template")
    return Protection(("Cognito keeps no backups",)).with_weakness("deletion protection is off", cure)
