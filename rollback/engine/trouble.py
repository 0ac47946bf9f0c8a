"""What can go wrong at a door to AWS, as the kinds that matter to a rollback: the loop knows what each means."""

from __future__ import annotations


class AwsTrouble(Exception):
    """Something AWS said or did not say. `what` happened, and `cure`, the next step."""

    def __init__(self, what: str, cure: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.cure = cure


class Busy(AwsTrouble):
    """Throttled, or the connection failed: never an error of the rollback, it waits."""


class Throttled(Busy):
    """AWS refused to take the call: it certainly had no effect."""


class Unreadable(AwsTrouble):
    """A 5xx, or an answer that is none: tolerated for a number of looks in a row."""


class Denied(AwsTrouble):
    """The credentials are missing, expired, or lack a permission: no waiting helps."""


class Rejected(AwsTrouble):
    """AWS understood and said no: `code` and `message` are its own words."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation}: {message} ({code})")
        self.operation = operation
        self.code = code
        self.message = message

    def says(self, text: str) -> bool:
        """Return whether AWS's message contains `text`, whatever its case."""
        return text.lower() in self.message.lower()
