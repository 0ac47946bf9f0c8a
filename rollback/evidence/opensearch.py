"""What protects a search domain. The door to OpenSearch Service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.aws import Aws, speaking_to_aws
from rollback.evidence.protection import Protection

if TYPE_CHECKING:
    from rollback.evidence.resources import Owned


def look_at_domain(aws: Aws, owned: Owned) -> Protection:
    """Look whether the domain is there: its automatic snapshots can't be switched off. Raises AwsTrouble."""
    client = aws.client("opensearch")
    with speaking_to_aws("opensearch", "DescribeDomain"):
        domain = client.describe_domain(DomainName=owned.physical_id)["DomainStatus"]
        version = str(domain["EngineVersion"])
    return Protection((f"{version}: the service takes snapshots by itself and keeps them for 14 days",), recovery=True)
