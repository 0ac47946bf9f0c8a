"""The frontend in a world that moves: pushes, builds that fail, people who stop jobs, lists that are late."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from rollback.frontend.choice import Target
from rollback.frontend.client import Amplify
from rollback.frontend.model import Deployment, Wishes
from rollback.frontend.part import FrontendPart
from rollback.report.results import Result
from sandbox import AwsError, ManualClock
from sandbox.backend import Caller
from tests.reliability import shop
from tests.reliability.moving import MACHINE_SETTINGS, MovingWorld

if TYPE_CHECKING:
    from rollback.engine.moves import Done

THIRD = "7" * 40
DEPLOYED = datetime.fromtimestamp(ManualClock().now() - 7200, UTC)
"""Before any build of the failed commit, and after those of the good one."""

_MOST_WAITING = 2
_GOOD = frozenset({Result.ROLLED_BACK, Result.ALREADY_GOOD})


class MovingFrontend(MovingWorld[FrontendPart]):
    """One branch, and everybody who pushes to it."""

    @initialize(
        status=st.sampled_from(("SUCCEED", "FAILED", "RUNNING", "PENDING")),
        if_needed=st.booleans(),
        page=st.sampled_from((None, 1, 2)),
        order=st.sampled_from(("newest-first", "oldest-first")),
        types=st.booleans(),
        late=st.sampled_from((0.0, 0.0, 3.0, 9.0)),
        known=st.sampled_from(({}, {"failed_job_id": "3"}, {"started_at": DEPLOYED})),
    )
    def deployed_badly(
        self, status: str, page: int | None, order: Any, late: float, known: Any, *, if_needed: bool, types: bool
    ) -> None:
        shop.deployed(self.sandbox)
        shop.bad_frontend(self.sandbox, status)
        quirks = self.sandbox.amplify.quirks
        quirks.page_size, quirks.omit_job_type = page, not types
        quirks.listing_delay = late
        quirks.listing_order = order if page is None else "newest-first"
        self.wishes = Wishes(
            branch=shop.BRANCH,
            region=self.sandbox.region,
            app_id=shop.APP,
            deployment=Deployment(commit=shop.BAD, frontend_result="success", **known),
            if_needed=if_needed,
        )
        self.truth = ""
        self.part = self.new_part()

    def new_part(self) -> FrontendPart:
        return FrontendPart(self.wishes, Amplify(self.aws), self.progress)

    def note_truth(self) -> None:
        self.truth = self.sandbox.amplify.branch(shop.APP, shop.BRANCH).live_commit

    def check_the_end(self, done: Done) -> None:
        late = self.sandbox.amplify.quirks.listing_delay > 0
        if done.result in _GOOD and not late:
            choice = self.acting.choice()
            target = self.acting.target or (choice.job if isinstance(choice, Target) else None)
            assert target, "\n".join(self.log)
            assert self.truth == target.commit != shop.BAD, "\n".join(self.log)

    def calm(self) -> None:
        super().calm()
        self.sandbox.amplify.quirks.listing_delay = 0

    @precondition(
        lambda self: self.part and len(self.sandbox.amplify.branch(shop.APP, shop.BRANCH).queue) < _MOST_WAITING
    )
    @rule(commit=st.sampled_from((THIRD, shop.BAD, shop.GOOD)))
    def somebody_pushes(self, commit: str) -> None:
        self.log.append(f"--- push of {commit[:7]}")
        self.sandbox.amplify.push(shop.APP, shop.BRANCH, commit)

    @precondition(lambda self: self.part)
    @rule()
    def somebody_stops_the_job(self) -> None:
        active = self.sandbox.amplify.branch(shop.APP, shop.BRANCH).active
        if active:
            self.log.append(f"--- somebody stops job {active.id}")
            where = {"appId": shop.APP, "branchName": shop.BRANCH, "jobId": str(active.id)}
            with suppress(AwsError):
                self.sandbox.amplify.handle("StopJob", where, Caller(self.sandbox.region))

    @precondition(lambda self: self.part)
    @rule()
    def the_next_build_fails(self) -> None:
        self.sandbox.amplify.fail_next_build()


TestMovingFrontend = MovingFrontend.TestCase
TestMovingFrontend.settings = MACHINE_SETTINGS


@pytest.mark.parametrize("commit", [THIRD, shop.BAD])
def test_a_build_that_ships_before_we_look_again_is_no_rollback(commit: str) -> None:
    world = MovingFrontend()
    world.deployed_badly("SUCCEED", None, "newest-first", 0.0, {}, if_needed=False, types=True)
    world.look_and_move(2)
    world.somebody_pushes(commit)
    world.time_passes(seconds=90)
    world.look_and_move(1)
    assert world.done
    assert world.done.code == "superseded"
    world.teardown()
