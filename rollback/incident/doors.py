"""The doors to AWS that all parts of a run share: each is opened once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rollback.aws import Aws
from rollback.frontend.client import Amplify
from rollback.report.redactor import Redactor
from rollback.snapshot.store import SnapshotStore
from rollback.stack.client import CloudFormation
from rollback.stack.emptiness import Emptiness
from rollback.stack.images import Images
from rollback.stack.trial import Trials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollback.engine.clock import Clock


class Doors:
    """CloudFormation, what resources hold, Amplify and the snapshots' place; `redactor` learns what they bring."""

    def __init__(self, region: str, environ: Mapping[str, str], clock: Clock, redactor: Redactor | None = None) -> None:
        self.redactor = redactor or Redactor()
        self.aws = Aws(region)
        self.cloudformation = CloudFormation(self.aws)
        self.emptiness = Emptiness(self.aws)
        self.trials = Trials(self.aws, clock)
        self.images = Images(self.aws)
        self.amplify = Amplify(self.aws, self.redactor.learn_variables)
        self.store = SnapshotStore(self.aws, Path(environ.get("GITHUB_WORKSPACE") or Path.cwd()))
