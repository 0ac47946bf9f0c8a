"""Pure: what a resource holds, by its type. The tables are in `stateful_types`."""

from __future__ import annotations

from rollback.stack.stateful_types import NOTHING_OF_THEIR_OWN, REMADE, TELLING, USERS_DATA

_REMADE = {type_: what for what, types in REMADE.items() for type_ in types}


def is_stateful(type_: str) -> bool:
    """Return whether deleting or replacing a resource of this type loses something.

    A type that no table has, a custom one (`Custom::`) or a third party's is judged by the end of its name; one that
    AWS does not tell (empty) counts.
    """
    if type_ in USERS_DATA or type_ in _REMADE:
        return True
    return type_ not in NOTHING_OF_THEIR_OWN and (not type_ or bool(TELLING.search(type_)))


def remade(type_: str) -> str:
    """Return what a resource of this type holds where that is no users' data; empty where it is, or may be."""
    return _REMADE.get(type_, "")


HOLDS_DATA = frozenset(
    {
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::EFS::FileSystem",
        "AWS::OpenSearchService::Domain",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::S3::Bucket",
    }
)
"""Those whose content people ask about after a rollback: no restore of a template touches it."""

RETAINED = frozenset({"Retain", "ReplaceAndRetain"})
"""The policy actions that leave a resource alive outside of the stack."""
