"""What may be seen of a stack: every status, and for those that have a choice everything that may decide it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollback.stack import tokens
from rollback.stack.changes import Change, ChangeSet
from rollback.stack.states import STATES
from tests.stack.given import attempt, change, change_set, seen, view

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollback.stack.model import Seen

CHOICES = (
    "UPDATE_IN_PROGRESS",
    "UPDATE_ROLLBACK_FAILED",
    "UPDATE_FAILED",
    "UPDATE_COMPLETE",
    "CREATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
)
STEPS = {
    "UPDATE_IN_PROGRESS": tokens.CANCEL,
    "UPDATE_ROLLBACK_FAILED": tokens.CONTINUE,
    "UPDATE_FAILED": tokens.ROLLBACK,
}
OTHER_STEP = tokens.RESTORE
MANY = tuple(f"s3://artifacts/{number}.zip" for number in range(12))


def cases() -> Iterator[tuple[str, Seen]]:
    """Yield each case with its name."""
    for status in (*STATES, None, "A_NEW_STATUS"):
        yield f"{status}", seen(status)
        yield f"{status}, not yet certain", seen(status, certain=False)
    yield "not there, nobody knows where", seen(None, region="")
    yield "moving, its end known", seen("UPDATE_ROLLBACK_IN_PROGRESS", ends_in=40.0)
    for status in CHOICES:
        for name, facts in (*_facts(), *_tries(status), *_restores()):
            yield f"{status}, {name}", seen(status, **facts)


def _facts() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "nothing moved", {"moved": False}
    yield "a name to quote", {"name": "my shop", "region": "us west"}
    yield "restoring", {"restoring": True}
    yield "restoring, its end known", {"restoring": True, "ends_in": 40.0}
    yield "a restore was rolled back", {"restore_rolled_back": True}
    yield "to skip", {"skip": ("Queue",)}
    yield "skipped", {"skipped": ("Queue", "Api")}
    yield "stuck", {"stuck": ("Queue", "My Api")}


def _tries(status: str) -> Iterator[tuple[str, dict[str, Any]]]:
    step = STEPS.get(status, tokens.RESTORE)
    no, lost = attempt(step, rejection="not now"), attempt(step, unclear="no answer")
    ran, express = attempt(step), attempt(step, rejection="Express mode stacks can't")
    for count in (1, 2, 3):
        yield f"rejected {count}x", {"attempts": (no,) * count}
        yield f"ran {count}x", {"attempts": (ran,) * count}
        yield f"ran {count}x, to skip", {"attempts": (ran,) * count, "skip": ("Queue",)}
        other = attempt(OTHER_STEP if step != OTHER_STEP else tokens.CANCEL, rejection="another step")
        yield f"another step rejected {count}x", {"attempts": (other,) * count}
    yield "unclear", {"attempts": (lost,)}
    yield "ran once, then rejected and unclear", {"attempts": (ran, no, lost), "skip": ("Queue",)}
    yield "rejected in different words", {"attempts": (no, no, attempt(step, rejection="never"))}
    yield "express", {"attempts": (no, express)}
    yield "express, restorable", {"attempts": (express,), "restore": view()}
    yield "express, not restorable", {"attempts": (express,), "restore": view(unusable="it is of another stack.")}
    yield "rejected 3x, stuck", {"attempts": (no,) * 3, "stuck": ("Queue", "Api")}


def _restores() -> Iterator[tuple[str, dict[str, Any]]]:
    empty = {
        "status": "FAILED",
        "execution_status": "UNAVAILABLE",
        "reason": "The submitted information didn't contain changes.",
    }
    views: dict[str, dict[str, Any]] = {
        "unusable": {"unusable": "there is no snapshot at x."},
        "equal": {"differences": ()},
        "equal, values kept": {"differences": (), "kept": ("Password keeps its value.",)},
        "found empty": {"found_empty": True},
        "differs": {},
        "secrets lost": {"secrets_lost": ("Password", "Key")},
        "artifacts gone": {"artifacts_gone": MANY},
        "ten artifacts gone": {"artifacts_gone": MANY[:10]},
        "not taken 2x": {"rejections": ("no", "no")},
        "not taken 3x": {"rejections": ("no", "no", "never")},
    }
    sets: dict[str, ChangeSet] = {
        "empty": change_set(**empty),
        "obsolete": change_set(execution_status="OBSOLETE"),
        "failed": change_set(status="FAILED", execution_status="UNAVAILABLE", reason="Template error"),
        "failed without words": change_set(status="FAILED", execution_status="UNAVAILABLE"),
        "execution failed": change_set(execution_status="EXECUTE_FAILED"),
        "executed": change_set(execution_status="EXECUTE_COMPLETE"),
        "being made": change_set(status="CREATE_IN_PROGRESS", execution_status="UNAVAILABLE"),
        "made, not available": change_set(execution_status="UNAVAILABLE"),
        "ready": change_set(change("Modify", "AWS::SNS::Topic"), change("Add", "AWS::SNS::Topic")),
        "destructive": change_set(_removed("Orders"), _removed("Audit")),
        "made anew": change_set(change("Add")),
        "nested sets in the making": change_set(making=("Network",)),
        "nested sets unread": change_set(unread=("Network: its change set is not found",)),
    }
    for name, facts in views.items():
        for way, how in _ways():
            yield f"snapshot: {name}{way}", {**how, "restore": view(**facts)}
    for count in (2, 3):
        said = [attempt(tokens.RESTORE, rejection=f"no {number}") for number in range(1, count + 1)]
        other = attempt(tokens.CANCEL, rejection="another step")
        yield f"not executed {count}x", {"attempts": tuple(said), "restore": view(change_set=sets["ready"])}
        yield (
            f"not executed {count}x, and another step",
            {"attempts": (*said, other), "restore": view(change_set=sets["ready"])},
        )
    for name, made in sets.items():
        yield f"change set: {name}", {"restore": view(change_set=made)}
        yield f"change set: {name}, destruction allowed", {"restore": view(change_set=made), "allow_destructive": True}


def _ways() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "", {}
    yield ", nothing moved", {"moved": False}
    yield ", executed just now", {"restore_executed": True, "at_rest_for": 59.9}
    yield ", executed a minute ago", {"restore_executed": True, "at_rest_for": 60.0}
    yield ", executed by a run before", {"restored_before": True}


def _removed(name: str) -> Change:
    return Change(action="Remove", logical_id=name, type="AWS::DynamoDB::Table")
