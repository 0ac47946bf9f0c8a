"""Amplify Hosting: apps, branches, jobs, one job a branch, builds that take their time.

`service` answers the API, `branch` holds the rules of jobs and builds, `answers` writes what the API shows.
"""

from sandbox.amplify.branch import App, Branch
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
]
