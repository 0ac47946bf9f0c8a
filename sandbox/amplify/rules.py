"""How long Amplify's steps take, and which of its unsure or awkward behaviours are turned on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox.amplify.job import HEAD


@dataclass
class Timing:
    """Seconds that a job spends in each status; `manual_*` are those of a deployment without a build."""

    created: float = 1.0
    pending: float = 2.0
    provisioning: float = 15.0
    running: float = 162.0
    cancelling: float = 5.0
    manual_pending: float = 1.0
    manual_running: float = 4.0


@dataclass
class Quirks:
    """Behaviours that are only reported from the field, or happen now and then. The defaults are the harsher ones.

    - `retry_of_head`: a RETRY of a HEAD job builds the branch's `tip` [seen], or the `same` commit again.
    - `show_built_commit`: the summary of such a retry names the commit it builds, instead of HEAD.
    - `release_builds_tip`: RELEASE with a commit id shows that id and builds the tip (most reports).
    - `manual_commit`: what a deployment without a build shows as its commit.
    - `omit_job_type`: ListJobs, GetJob and the others leave jobType out, as old answers did [seen].
    - `cancelling_hangs`: a stopped job stays CANCELLING for ever [seen].
    - `newer_skips`: a push that has to wait cancels those that wait already [seen].
    - `listing_delay`: seconds for which ListJobs doesn't show a new job.
    - `listing_order`: newest first is AWS's habit, not its promise.
    - `page_size`: a smaller page than asked for, which AWS may give at any time.
    """

    retry_of_head: Literal["tip", "same"] = "tip"
    show_built_commit: bool = False
    release_builds_tip: bool = True
    manual_commit: str = HEAD
    omit_job_type: bool = False
    cancelling_hangs: bool = False
    newer_skips: bool = False
    listing_delay: float = 0.0
    listing_order: Literal["newest-first", "oldest-first"] = "newest-first"
    page_size: int | None = None
