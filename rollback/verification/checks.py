"""What a look at one thing says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One look at one thing: whether it is fine, and the line that says so."""

    fine: bool
    line: str

    @property
    def verdict(self) -> str:
        """Return the line with its verdict before it, as people and the report read it."""
        return f"{'passed' if self.fine else 'failed'}: {self.line}"
