"""What a run can be asked to do, a mode a file; `rollback` is the story."""

from rollback.report.results import Outcome

Ending = tuple[Outcome | None, str]
"""How a mode ends: the outcome, or None where the parts' results give it; and the reason, empty where they do."""
