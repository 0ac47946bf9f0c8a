"""One look at the site: it must answer 200, and its text must name what should be served."""

from __future__ import annotations

from rollback import web
from rollback.verification.checks import Check

_PAGE_BYTES = 2_000_000
_PLACEHOLDERS = ("{commit}", "{short-commit}")
_HEADERS = {"User-Agent": "rollback-action/1", "Cache-Control": "no-cache", "Accept-Encoding": "gzip, deflate"}


def expected_text(contains: str, commit: str) -> str | None:
    """Return the text to look for, the commit filled in; None where it needs a commit that nobody knows."""
    if not commit and any(placeholder in contains for placeholder in _PLACEHOLDERS):
        return None
    return contains.replace("{commit}", commit).replace("{short-commit}", commit[:7])


def look_at_site(url: str, contains: str, commit: str, seconds: float) -> Check:
    """Look once, in `seconds` at most; `commit` is the one that should be served, empty where unknown."""
    shown, text = web.shown(url), expected_text(contains, commit)
    if text is None:
        why = f"{shown} can't be held against a commit: nothing names the one that should be served"
        return Check(fine=False, line=why)
    try:
        answer = web.get(
            url,
            seconds=seconds,
            headers=_HEADERS,
            most_bytes=_PAGE_BYTES if text else 0,
            enough=lambda body: text in body,
        )
    except web.WebError as error:
        return Check(fine=False, line=f"{shown} {error}")
    place = shown if web.shown(answer.url) == shown else f"{shown}, which leads to {web.shown(answer.url)},"
    if answer.status != 200:  # noqa: PLR2004 - the one status that the contract names
        return Check(fine=False, line=f"{place} answers {answer.status}{_cure(answer.status)}")
    if text not in answer.text:
        return Check(fine=False, line=f"{place} answers 200, but its text does not contain {text!r}")
    return Check(fine=True, line=f"{place} answers 200" + (f" and contains {text!r}" if text else ""))


def _cure(status: int) -> str:
    return " (give user:password@ in verify-url)" if status == 401 else ""  # noqa: PLR2004 - asks for Basic
