"""The error that every service of the embedded AWS answers with."""

from __future__ import annotations


class AwsError(Exception):
    """An error answer of an AWS service: its code, its message and the HTTP status it travels with."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
