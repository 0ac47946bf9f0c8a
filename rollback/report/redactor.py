"""The one redactor of a run: it learns secrets as they become known, and every channel asks it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import BaseModel

from rollback.report import secret_shapes, secret_values
from rollback.report.encodings import layers
from rollback.report.model import FailedJob
from rollback.report.secret_forms import Form, forms, parts
from rollback.report.text import HIDDEN, LONGEST_TEXT, SHORTEST_SECRET, AnyRecord, clean, map_texts, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Known = dict[str, tuple[Form, ...]]
"""The forms to look for, by their first characters."""

_FACTS = frozenset(
    {
        *("repository", "workflow", "run_id", "run_url", "branch", "commit", "commit_url", "environment", "region"),
        *("snapshot", "name", "app_id", "app_name", "id", "status", "status_before", "type", "url", "link"),
        *("resource", "resource_type", "code", "rule"),
    }
)
"""The fields of a report that hold names and addresses, and no words of anybody's."""
_LOOKED_THROUGH = 100_000
"""Characters: more than any text keeps, so that no secret is cut where it would be seen."""
_NAME = re.compile(r"\S{1,1000}")


class Redactor:
    """Replaces secrets by `***`, in whatever escapes and in base64 too; it learns them as they become known.

    `learn` takes what is certainly secret, from four characters on. `learn_variables` takes what may be: see
    `secret_values` for what stays readable of it, and `keep` for the facts that the report shows anyway. What is secret
    by its form, such as a signed address, goes even where nothing is known.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._certain: dict[str, None] = {}
        self._possible: dict[str, None] = {}
        self._facts: dict[str, None] = {}
        self._forms: Known | None = {}
        self.learn(*secrets)

    def learn(self, *secrets: str) -> list[str]:
        """Hide these from now on; return the parts that are new: each secret and each of its lines."""
        new = [part for secret in secrets for part in parts(secret) if part not in self._certain]
        if new:
            self._certain.update(dict.fromkeys(new))
            self._forms = None
        return new

    def learn_variables(self, variables: Mapping[str, str] | None) -> None:
        """Hide the values of environment variables from now on, as far as they may be secret."""
        found = [part for name, value in (variables or {}).items() for part in secret_values.may_be_secret(name, value)]
        self._learn_possible(found)

    def learn_environment(self, environ: Mapping[str, str]) -> None:
        """Hide what is secret in the process's own environment."""
        self._learn_possible(secret_values.of_environment(environ))

    def learn_address(self, address: str) -> None:
        """Hide the password of an address and its query."""
        self._learn_possible(secret_values.of_address(address))

    def keep(self, *facts: str) -> None:
        """Leave readable what the report is about, even where a variable has the same value."""
        new = [fact for fact in facts if fact and fact not in self._facts]
        if new:
            self._facts.update(dict.fromkeys(new))
            self._forms = None

    def __call__(self, text: str) -> str:
        """Return the text without the secrets."""
        pieces, done = [], -1
        for start, end in sorted(self._spans(text)):
            if start > done:
                pieces += [text[max(done, 0) : start], HIDDEN]
            done = max(done, end)
        return "".join([*pieces, text[done:]]) if pieces else text

    def redact_report(self, report: AnyRecord) -> AnyRecord:
        """Return the report (or a part of it), every free text cleaned, redacted, and then cut to `LONGEST_TEXT`."""
        self.keep(*_facts(report))
        return map_texts(report, lambda text: shorten(self.thoroughly(text[:_LOOKED_THROUGH]), LONGEST_TEXT))

    def thoroughly(self, text: str) -> str:
        """Return the text cleaned and without secrets: looked for both before and after, since either may hide one."""
        return self(clean(self(text)))

    def _learn_possible(self, found: Iterable[str]) -> None:
        new = [part for part in found if part not in self._possible]
        if new:
            self._possible.update(dict.fromkeys(new))
            self._forms = None

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where something secret stands, in the text as it is and under each layer of escapes."""
        known = self._known()
        yield from _found(text, known)
        for way in layers(text):
            for start, end in _found(way[-1].text, known):
                for layer in reversed(way):
                    start, end = layer.start(start), layer.end(end)  # noqa: PLW2901 - the same place, one layer out
                yield start, end

    def _known(self) -> Known:
        if self._forms is None:
            # In a variable first: another thread may ask meanwhile.
            possible = [part for part in tuple(self._possible) if not secret_values.is_fact(part, tuple(self._facts))]
            looked_for = [form for secret in tuple(self._certain) for form in forms(secret)]
            looked_for += [form for part in possible for form in forms(part, as_word=secret_values.is_word(part))]
            known: dict[str, tuple[Form, ...]] = {}
            for form in dict.fromkeys(looked_for):
                beginning = form.needle[:SHORTEST_SECRET]
                known[beginning] = (*known.get(beginning, ()), form)
            self._forms = known
            return known
        return self._forms


def _found(text: str, known: Known) -> Iterator[tuple[int, int]]:
    done: dict[Form, int] = {}
    for start in range(len(text) - SHORTEST_SECRET + 1 if known else 0):
        for form in known.get(text[start : start + SHORTEST_SECRET], ()):
            if done.get(form, 0) <= start and text.startswith(form.needle, start):
                end = done[form] = start + _length_in_common(text, start, form)
                if not form.as_word or _stands_alone(text, start, end):
                    yield start, end
    yield from secret_shapes.spans(text)


def _length_in_common(text: str, start: int, form: Form) -> int:
    """Return how far the text goes on as the secret does: it may have been cut."""
    low, high, whole = len(form.needle), len(form.whole), form.whole
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if text.startswith(whole[:middle], start) else (low, middle - 1)
    return low


def _stands_alone(text: str, start: int, end: int) -> bool:
    return not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())


def _facts(value: object) -> Iterator[str]:
    if isinstance(value, FailedJob):  # named by whoever writes the workflow
        return
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            held = getattr(value, name)
            if name in _FACTS and isinstance(held, str):
                yield from [held] if _NAME.fullmatch(held) else []
            else:
                yield from _facts(held)
    elif isinstance(value, tuple):
        for item in value:
            yield from _facts(item)
