"""Pure: which values may be secret, and which of them people must be able to read all the same.

Nobody says which variable of a build or of a job is a secret. So all are taken for secrets, but those that would blot
out what the report has to say: ordinary words and numbers, and what the run itself is about.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rollback.report.secret_forms import credentials, inner_secrets, parts, queries
from rollback.report.text import SHORTEST_SECRET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SHORTEST_UNNAMED: Final = 6
"""Characters: a shorter value of a variable whose name speaks of no secret is left alone."""
SHORTEST_WORD: Final = 8
"""The same for a value of letters alone: shorter ones are words more often than not."""
LONGEST_NUMBER: Final = 6
"""Digits: up to here a value is a port, a limit or a time."""

_SECRET_NAME = re.compile(
    r"(?i)token|secret|passw|passphrase|pwd|_pass\b|^pass\b|credential|private|api_?key|access_?key(?!_?id)|auth(?!or)"
    r"|_key\b|_key_|^key\b|webhook|dsn|salt|signature|cert|cookie|session"
)
_PLACES = re.compile(r"(?i)(?:_FILE|_PATH|_DIR|_ARN|_REGION|_NAME|_URI)$|^PWD$|^OLDPWD$")
_WORD = re.compile(r"[A-Za-z]+")
_NUMBER = re.compile(r"[\d.,:_-]+")
_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "socks_proxy"})
_ORDINARY: Final = frozenset(
    re.findall(
        r"[a-z]+",
        """
    true false null none undefined enabled disabled enable disable default auto manual always never strict
    production development staging preview testing test tests qa integration acceptance sandbox localhost local demo
    main master develop trunk release releases hotfix feature canary stable latest current next
    debug info notice warn warning error fatal trace verbose silent message messages reason
    frontend backend website webapp infrastructure deployment deployments pipeline workflow environment application
    function functions service services resource resources database storage monitoring dashboard component components
    amplify cloudformation cloudwatch dynamodb lambda github slack snapshot rollback restore status verify verification
    commit commits branch branches stack stacks update updated updating create created delete deleted redeploy
    redeployed rebuild rebuilt parameter parameters template templates permission permissions credentials credential
    password example anonymous administrator postgres username universal typescript javascript standard standalone
    provider identity security internal external required optional complete completed cancelled failed failure success
    succeed succeeded interrupted progress continue continued unproven skipped planned refused started finished
    """,
    )
)
"""Settings that everybody has, and the report's own words."""


def of_environment(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield what is secret in a process's environment: AWS's keys, the runner's tokens, whatever is named as a secret.

    Any address in it may hold credentials, a proxy's as well as an endpoint's. The inputs have their own rules.
    """
    for name, value in environ.items():
        if name.startswith("INPUT_"):
            continue
        if _says_secret(name):
            yield from may_be_secret(name, value)
        if "://" in value or name.lower() in _PROXIES:
            yield from _hidden(credentials(value if "://" in value else f"http://{value}"))


def of_address(address: str) -> Iterator[str]:
    """Yield what is never shown of an address that was configured: its password and its whole query."""
    _, mark, query = address.partition("?")
    yield from _hidden((*credentials(address), *queries(address), mark + query.partition("#")[0]))


def may_be_secret(name: str, value: str) -> Iterator[str]:
    """Yield what of a variable's value is hidden, unless a fact of the run: see `is_readable`."""
    for part in (*parts(value), *(inner for inner in inner_secrets(value) for inner in parts(inner))):
        if not is_readable(part, said_secret=_says_secret(name)):
            yield part


def is_readable(value: str, *, said_secret: bool) -> bool:
    """Return whether a value must stay readable: hiding it would blot out ordinary words or numbers."""
    if value.lower() in _ORDINARY or len(value) < (SHORTEST_SECRET if said_secret else SHORTEST_UNNAMED):
        return True
    if _NUMBER.fullmatch(value):
        return sum(map(str.isdigit, value)) <= (SHORTEST_SECRET if said_secret else LONGEST_NUMBER)
    if value.startswith("arn:"):  # a name, not a key to anything
        return True
    return not said_secret and _WORD.fullmatch(value) is not None and len(value) < SHORTEST_WORD


def is_word(value: str) -> bool:
    """Return whether a value is hidden only where it stands alone: within a longer word it means something else."""
    return _WORD.fullmatch(value) is not None or value.isdigit()


def is_fact(value: str, facts: Iterable[str]) -> bool:
    """Return whether the report shows the value anyway: a branch's name, a region, a part of the site's address."""
    return any(value in fact for fact in facts)


def _hidden(values: Iterable[str]) -> Iterator[str]:
    return (value for value in values if not is_readable(value, said_secret=True))


def _says_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None and not _PLACES.search(name)
