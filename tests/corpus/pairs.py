"""Reads the corpus: pairs of successive versions of a template, each with what a rollback of it must come to.

A pair is a file `FAMILY/NAME.diff`: the whole template, each line marked as in a diff (` ` in both versions, `-` in
the earlier one, `+` in the later one). `@@ nested BUCKET/KEY @@` begins the template of a nested stack, as it lies in
S3. The lines with `# ` at the top are YAML: what happens around the deployment, and what is expected (`Pair`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml
from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterable

CORPUS = Path(__file__).parent
_NESTED = re.compile(r"@@ nested (?P<place>\S+) @@")

Both: TypeAlias = str | list[str]
"""One value in both versions, or a list of the earlier and the later one."""


class Version(BaseModel, frozen=True):
    """One version of a template: its text, and those of its nested stacks by their place in S3."""

    text: str
    nested: Mapping[str, str]


class Pair(BaseModel, frozen=True, extra="forbid"):
    """Two successive versions, what happens around the deployment of the later one, and what is expected.

    `expect` is `restored`, `already-good`, or the code of the notice with which the restore is refused; `why` is the
    contract's reason. Resources are named `Logical`, those of a nested stack `Nested.Logical`.
    """

    name: str
    before: Version
    after: Version
    about: str
    expect: str
    why: str
    # A known defect of the product, for which this is not so yet.
    defect: str = ""
    # What is exactly expected to be named in the refusal, removed again, made anew, and left behind outside.
    refuses: tuple[str, ...] = ()
    goes: tuple[str, ...] = ()
    anew: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    # What people must read, and whether the snapshot itself promises that it can be brought back.
    said: tuple[str, ...] = ()
    ready: bool = True
    # Around the deployment: values, objects in S3, what goes wrong, what users fill and what is gone afterwards.
    parameters: Mapping[str, Both] | None = None
    tags: Mapping[str, Both] | None = None
    ssm: Mapping[str, Both] | None = None
    objects: tuple[str, ...] = ()
    fails: str = ""
    # Resources whose values lie behind an SSM parameter: a restore takes what SSM has by then.
    follow: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the pair's name, as tests show it."""
        return self.name

    @property
    def is_refused(self) -> bool:
        """Whether the restore is to be refused, for the reason that `expect` gives."""
        return self.expect not in {"restored", "already-good"}


def pairs() -> list[Pair]:
    """Return the whole corpus, by name."""
    return [read(path) for path in sorted(CORPUS.glob("*/*.diff"))]


def read(path: Path) -> Pair:
    """Return one pair. Raises ValueError for an unknown member of its head, and for a line without a mark."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    head = [line for line in lines if line.startswith("#")]
    facts: dict[str, Any] = yaml.safe_load("".join(line[2:] or "\n" for line in head))
    body = lines[len(head) :]
    if wrong := [line for line in body if line[0] not in " -+@\n"]:
        raise ValueError(f"{path}: a line without a mark: {wrong[0]!r}")
    name = f"{path.parent.name}/{path.stem}"
    versions = {"before": _version(body, " -"), "after": _version(body, " +")}
    return Pair.model_validate({"name": name, **versions, **facts})


def value(both: Both, *, later: bool) -> str:
    """Return the value of one of the two versions."""
    return both[1 if later else 0] if isinstance(both, list) else both


def _version(body: Iterable[str], marks: str) -> Version:
    texts: dict[str, list[str]] = {"": []}
    place = ""
    for line in body:
        if found := _NESTED.match(line):
            place = found["place"]
            texts[place] = []
        elif line == "\n" or line[0] in marks:
            texts[place].append(line[1:] or "\n")
    joined = {place: "".join(lines).rstrip("\n") + "\n" for place, lines in texts.items() if lines}
    return Version(text=joined.pop(""), nested=joined)
