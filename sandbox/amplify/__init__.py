"""Amplify Hosting: apps, branches, jobs, one job a branch, builds that take their time.

`service` answers the API, `branch` holds the rules of jobs and builds, `deployments` those without a build, `answers`
writes what the API shows, `artifacts` serves its links.
"""

from sandbox.amplify.branch import App, Branch
from sandbox.amplify.content import zip_of
from sandbox.amplify.job import CLONE_FAILURE, HEAD, NO_DIFFERENCE, Job, JobStatus, JobType
from sandbox.amplify.rules import Quirks, Timing
from sandbox.amplify.service import Amplify

__all__ = [
    "CLONE_FAILURE",
    "HEAD",
    "NO_DIFFERENCE",
    "Amplify",
    "App",
    "Branch",
    "Job",
    "JobStatus",
    "JobType",
    "Quirks",
    "Timing",
    "zip_of",
]
