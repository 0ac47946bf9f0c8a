"""Pure: releases by their names, and which of them can be gone back to. Each is a snapshot under a name of its own.

A release's name says when it was recorded (UTC), of which commit and by which run, so that a list of keys is enough to
choose by. What its content says counts all the same: nothing is known to be another commit's before it was read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rollback.report.commits import same_commit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rollback.frontend.record import FrontendSnapshot
    from rollback.snapshot.model import Snapshot

CENTURY = "2"
"""What each release's name begins with: nothing that releases share does, so that it is neither listed nor expires."""
SHOWN = 20
"""How many releases are listed, the newest first."""

_TIME = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(
    r"(?P<time>2\d{3}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3])[0-5]\d[0-5]\dZ)"
    r"-(?P<commit>[0-9a-f]{7,64})-(?P<run>\d{1,20})-(?P<attempt>\d{1,9})\.json",
    re.ASCII,
)
_FIRST = "1"
_NO_RUN = "0"
_MOST_TOLD = 10


@dataclass(frozen=True)
class Release:
    """One release, as its key tells: its folder with the slash, when it was recorded, of which commit, by which run."""

    folder: str
    at: datetime
    commit: str
    run_id: str
    attempt: str = _FIRST

    @property
    def name(self) -> str:
        """Return its name in the folder."""
        return f"{self.at.strftime(_TIME)}-{self.commit}-{self.run_id}-{self.attempt}.json"

    @property
    def told(self) -> str:
        """Return it as people are told of it."""
        run = "" if self.run_id == _NO_RUN else f", run {self.run_id} attempt {self.attempt}"
        return f"{self.commit[:7]} of {self.at:%Y-%m-%d %H:%M:%S} UTC{run}"

    def is_of(self, commit: str) -> bool:
        """Return whether it certainly is of the commit."""
        return same_commit(self.commit, commit)


def named(folder: str, snapshot: Snapshot, at: datetime) -> Release:
    """Return the release that a snapshot becomes. A run of no workflow has the number 0."""
    run, attempt = snapshot.run_id, snapshot.run_attempt
    return Release(
        folder,
        at.astimezone(UTC).replace(microsecond=0),
        snapshot.commit.lower(),
        run if run.isascii() and run.isdecimal() else _NO_RUN,
        attempt if attempt.isascii() and attempt.isdecimal() else _FIRST,
    )


def release(key: str) -> Release | None:
    """Return the release that lies under the key; None where it is no release's name."""
    folder, slash, name = key.rpartition("/")
    found = _NAME.fullmatch(name)
    if found is None or not slash:
        return None
    try:
        at = datetime.strptime(found["time"], _TIME).replace(tzinfo=UTC)
    except ValueError:  # there is no 30th of February
        return None
    return Release(f"{folder}/", at, found["commit"], found["run"], found["attempt"])


def newest_first(folder: str, keys: Iterable[str]) -> tuple[Release, ...]:
    """Return the releases among the keys that lie in this very folder, the newest first."""
    found = (one for key in keys if (one := release(key)) and one.folder == folder)
    return tuple(sorted(found, key=lambda one: (one.at, one.name), reverse=True))


@dataclass(frozen=True)
class Ground:
    """What a release is held against: what is to be brought back, and which deployment failed.

    `stacks` are the ids of the stacks by name, None where there is no such stack now; `app_id` is empty where no
    frontend is to be brought back, or its app is not known.
    """

    failed_commit: str = ""
    failed_job_id: str = ""
    region: str = ""
    stacks: Mapping[str, str | None] = field(default_factory=dict)
    app_id: str = ""
    branch: str = ""
    digest: str = ""


def of_failed_commit(one: Release, ground: Ground) -> bool:
    """Return whether the release says by its name that it is of the failed commit."""
    return one.is_of(ground.failed_commit)


def why_not(one: Release, snapshot: Snapshot, digest: str, ground: Ground) -> str:
    """Return why nobody can go back to a release, by what it and the ground say; empty where nothing speaks against it.

    What a name says that its content denies is no release of ours.
    """
    if ground.digest and ground.digest != digest:
        return "it has another digest than snapshot-digest"
    if not same_commit(snapshot.commit, one.commit):
        return f"it says that it is of commit {snapshot.commit or 'none'}: somebody wrote it under this name"
    if one.is_of(ground.failed_commit):
        return "it is of the failed commit"
    if snapshot.region and ground.region and snapshot.region != ground.region:
        return f"it is of region {snapshot.region}"
    recorded = snapshot.frontend
    if recorded and same_commit(recorded.commit, ground.failed_commit):
        return f"the job that was served then ({recorded.job_id}) is of the failed commit"
    return _stacks_lacking(snapshot, ground) or (_why_not_frontend(recorded, ground) if ground.app_id else "")


def _stacks_lacking(snapshot: Snapshot, ground: Ground) -> str:
    for name, stack_id in ground.stacks.items():
        if stack_id is None or snapshot.stack(stack_id):
            continue
        if name in snapshot.absent_stacks:
            return f"stack {name} did not exist then"
        if any(stack.name == name for stack in snapshot.stacks):
            return f"its stack {name} has another id: the stack was deleted and made anew since"
        return f"it does not hold stack {name}"
    return ""


def _why_not_frontend(recorded: FrontendSnapshot | None, ground: Ground) -> str:
    if recorded is None or not recorded.job_id:
        return "it records no frontend"
    if recorded.app_id != ground.app_id or recorded.branch != ground.branch:
        return f"its frontend is app {recorded.app_id}, branch {recorded.branch}"
    if not recorded.job_id.isdecimal():
        return f"its frontend's job {recorded.job_id[:20]!r} is no number"
    if ground.failed_job_id and int(recorded.job_id) >= int(ground.failed_job_id):
        return f"its frontend's job {recorded.job_id} is not older than the failed job {ground.failed_job_id}"
    return ""


def differing_commit(snapshot: Snapshot) -> str:
    """Return the sentence that says that the job being served is of another commit than the run; empty if it isn't."""
    recorded = snapshot.frontend
    if recorded is None or not recorded.commit or same_commit(recorded.commit, snapshot.commit):
        return ""
    return (
        f"the job being served ({recorded.job_id}) is of commit {recorded.commit[:7]}, the run of commit "
        f"{snapshot.commit[:7]}"
    )


def listed(releases: Sequence[Release]) -> str:
    """Return what there is, the newest first, as a refusal lists it."""
    if not releases:
        return "there is none"
    more = f", and {len(releases) - _MOST_TOLD:,} older ones" if len(releases) > _MOST_TOLD else ""
    return "there are " + ", ".join(one.told for one in releases[:_MOST_TOLD]) + more
