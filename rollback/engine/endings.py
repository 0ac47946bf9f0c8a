"""Pure: the ways in which any part can end badly, each with its code and the next step."""

from __future__ import annotations

from rollback.engine.moves import Done
from rollback.report.model import Command
from rollback.report.notices import Code
from rollback.report.results import Result


def refused(code: Code, reason: str, *next_steps: Command) -> Done:
    """Return the end of a part that has no safe move."""
    return Done(Result.REFUSED, reason, code, next_steps)


def denied(what: str, cure: str) -> Done:
    """Return the end of a part that AWS does not let us work on."""
    return Done(Result.FAILED, what, Code.ACCESS_DENIED, (Command(purpose=cure),))


def rejected(what: str) -> Done:
    """Return the end of a part that AWS said no to, in a way that looking again does not mend."""
    cure = Command(purpose="Mend what AWS names, then run this job again: it goes on where AWS stands")
    return Done(Result.FAILED, what, Code.AWS_REJECTED, (cure,))


def unreadable(what: str, cure: str) -> Done:
    """Return the end of a part whose state could not be read for too long."""
    purpose = cure or "Look at https://health.aws.amazon.com, then run this job again: it goes on where AWS stands."
    return Done(Result.FAILED, what, Code.AWS_UNREADABLE, (Command(purpose=purpose),))


def beside(label: str, reason: str) -> str:
    """Return the reason for a line that begins with the part's label: its name is not said twice."""
    named = f"{label[:1].upper()}{label[1:]} "
    return f"it {reason.removeprefix(named)}" if reason.startswith(named) else reason
