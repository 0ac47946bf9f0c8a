"""GitHub's REST API as far as a rollback asks it: a run's jobs, commits by any name, deployments.

`api` is the door, `runs`, `repository` and `deployments` are what lies behind it.
"""

from sandbox.github.api import GitHub

__all__ = ["GitHub"]
