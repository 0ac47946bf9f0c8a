"""CloudFormation's refusals, in AWS's own words; nearly all of them travel under the code ValidationError."""

from __future__ import annotations

from sandbox.errors import AwsError


def invalid(message: str) -> AwsError:
    """Return CloudFormation's everyday error: code ValidationError, HTTP 400."""
    return AwsError("ValidationError", message)


def no_such_stack(name: str) -> AwsError:
    """Return the answer of the reading operations for a stack that isn't there."""
    return invalid(f"Stack with id {name} does not exist")


def no_such_stack_to_change(name: str) -> AwsError:
    """Return the answer of the changing operations, and of DescribeStackEvents, for a stack that isn't there."""
    return invalid(f"Stack [{name}] does not exist")


def missing_capabilities(names: list[str]) -> AwsError:
    """Return the answer to a request that doesn't acknowledge what the template may do."""
    return AwsError("InsufficientCapabilitiesException", capabilities_reason(names))


def capabilities_reason(names: list[str]) -> str:
    """Return the sentence that AWS uses for missing capabilities, in errors and as a change set's reason."""
    return f"Requires capabilities : [{', '.join(names)}]"


def used_token(token: str) -> AwsError:
    """Return the answer to a token that another kind of operation on the stack already carried."""
    return AwsError(
        "TokenAlreadyExistsException",
        f"The client request token {token} has already been used for this stack. "
        "Retry the request with a different client request token",
    )


def no_such_change_set(name: str) -> AwsError:
    """Return the answer for a change set that isn't there; its HTTP status is 404 by the API model."""
    return AwsError("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)
