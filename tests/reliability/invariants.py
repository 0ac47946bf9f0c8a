"""What must hold after every run, whatever happened in it."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

from rollback.report.outcome import EXIT_CODES
from rollback.report.outputs import NAMES
from rollback.report.results import Mode, Outcome, Result
from rollback.stack import tokens
from tests.reliability import shop
from tests.reliability.scenarios import FRONTEND_MINUTES, STACK_MINUTES, VERIFY_SECONDS, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox import Sandbox
    from sandbox.amplify import Job
    from tests.reliability.play import Run

# All that a rollback may ever call that changes something; whatever isn't here, and isn't a read, breaks a promise.
WRITES = frozenset({
    "CancelUpdateStack", "ContinueUpdateRollback", "RollbackStack", "CreateChangeSet", "ExecuteChangeSet",
    "DeleteChangeSet", "StartJob", "StopJob", "UpdateApp", "UpdateBranch", "PutObject",
})  # fmt: skip
READS = ("Describe", "Get", "List", "Head", "Scan")
OUR_PREFIX = "rollback-action-"
MODES = {
    Mode.SNAPSHOT: {Outcome.SNAPSHOT_SAVED, Outcome.FAILED},
    Mode.STATUS: {Outcome.STATUS, Outcome.FAILED},
    Mode.ROLLBACK: set(Outcome) - {Outcome.SNAPSHOT_SAVED, Outcome.STATUS},
}


def broken(run: Run, scenario: Scenario, *, alone: bool = True) -> list[str]:
    """Return a sentence for each promise that the run broke; none is how it should be.

    Where it is not `alone`, what others do after its last look may make another redeployment right, and change the end.
    """
    rules: tuple[Callable[[Run, Scenario], Iterator[str]], ...] = (
        _ends_as_the_contract_says,
        _never_breaks_in_itself,
        _shows_no_secret,
        _leaves_its_change_set_behind_only_in_words,
        *((_redeploys_once, _speaks_the_truth) if alone else ()),
    )
    return [sentence for rule in rules for sentence in rule(run, scenario)] + [*world_broken(run.sandbox)]


def world_broken(sandbox: Sandbox) -> Iterator[str]:
    """Yield the promises about AWS that the calls so far broke."""
    for call in sandbox.calls:
        if call.operation not in WRITES and not call.operation.startswith(READS):
            yield f"called {call.operation}"
        if call.operation == "DeleteChangeSet" and not _is_ours(call.params["ChangeSetName"]):
            yield f"deleted the change set {call.params['ChangeSetName']}, which is not ours"
    yield from _jobs_broken(sandbox)
    if len(restores(sandbox)) > 1:
        yield "executed more than one restore"
    for loss in sandbox.cloudformation.losses:
        if tokens.step_of(loss.token):
            yield f"lost the data of {loss.logical_id}"


def _jobs_broken(sandbox: Sandbox) -> Iterator[str]:
    """Yield what is wrong with the jobs that were started, and with those that were stopped."""
    branch = sandbox.amplify.branch(shop.APP, shop.BRANCH)
    ours = redeployments(sandbox)
    for job in ours:
        if job.job_type != "RETRY" or job.retry_of is None:
            yield f"started job {job.id} of type {job.job_type}"
        elif job.retry_of.outcome != "SUCCEED":
            yield f"redeployed job {job.retry_of.id}, which ended {job.retry_of.outcome}"
        if shop.BAD in {job.commit, job.builds}:
            yield f"redeployed the failed commit as job {job.id}"
    for earlier, later in itertools.pairwise(ours):
        if earlier.ends is None or earlier.ends > later.created:
            yield f"started job {later.id} while job {earlier.id} was under way"
    for call in sandbox.calls:
        if call.operation == "StopJob" and branch.jobs[int(call.params["jobId"])].commit != shop.BAD:
            yield f"stopped job {call.params['jobId']}, which is not of the failed commit"


def redeployments(sandbox: Sandbox) -> list[Job]:
    """Return the jobs that were started by the API: ours."""
    return [job for job in sandbox.amplify.branch(shop.APP, shop.BRANCH).jobs.values() if job.by_api]


def _redeploys_once(run: Run, _scenario: Scenario) -> Iterator[str]:
    ours = redeployments(run.sandbox)
    in_vain = sum(job.outcome != "SUCCEED" for job in ours)
    if len(ours) > 1 + in_vain:
        yield f"started {len(ours)} redeployments, of which {in_vain} failed"


def restores(sandbox: Sandbox) -> list[str]:
    """Return the tokens of the restores that CloudFormation executed."""
    stack = sandbox.cloudformation.stack(shop.STACK)
    found = [item.token for item in stack.operations if tokens.step_of(item.token) == tokens.RESTORE]
    return list(found)


def _is_ours(name: str) -> bool:
    return name.rsplit("/", 2)[-2 if "/" in name else 0].startswith(OUR_PREFIX)


def _ends_as_the_contract_says(run: Run, scenario: Scenario) -> Iterator[str]:
    mode = Mode(scenario.inputs.get("mode", "rollback"))
    if tuple(run.outputs) != NAMES:
        yield f"outputs are {tuple(run.outputs)}"
        return
    outcome = Outcome(run.outputs["outcome"])
    if outcome not in MODES[mode]:
        yield f"outcome {outcome} in mode {mode}"
    if run.exit_code != EXIT_CODES[outcome]:
        yield f"exit {run.exit_code} with outcome {outcome}"
    if not run.outputs["reason"]:
        yield "no reason"
    if json.loads(run.outputs["report"])["version"] != 1:
        yield "a report of another version"
    if not run.summary.strip():
        yield "no summary"
    bound = STACK_MINUTES * 60 * 2 + FRONTEND_MINUTES * 60 + VERIFY_SECONDS + 60
    if run.seconds > bound:
        yield f"took {run.seconds:.0f} s, more than {bound:.0f}"


def _never_breaks_in_itself(run: Run, _scenario: Scenario) -> Iterator[str]:
    for word in ("Traceback", "internal-error", "An error in the action itself"):
        if word in run.told:
            yield f"told people: {word}"


def _shows_no_secret(run: Run, _scenario: Scenario) -> Iterator[str]:
    told = "\n".join(line for line in run.told.splitlines() if not line.startswith("::add-mask::"))
    for secret in (*shop.SECRETS, "sandboxwebhooksecret"):
        if secret in told:
            yield f"showed the secret {secret}"


def _speaks_the_truth(run: Run, scenario: Scenario) -> Iterator[str]:
    """Yield where a result says good of what is not."""
    good = {Result.ROLLED_BACK.value, Result.ALREADY_GOOD.value}
    if run.outputs.get("stack-result") in good and not shop.stack_is_good(run.sandbox, scenario.good_template):
        yield f"stack-result {run.outputs['stack-result']}, but the stack is not"
    if run.outputs.get("frontend-result") in good and not shop.site_is_good(run.sandbox):
        yield f"frontend-result {run.outputs['frontend-result']}, but the site is not"


def _leaves_its_change_set_behind_only_in_words(run: Run, _scenario: Scenario) -> Iterator[str]:
    for name, item in run.sandbox.cloudformation.stack(shop.STACK).change_sets.items():
        left = _is_ours(item.name) and item.execution != "EXECUTE_COMPLETE"
        if left and "stays behind" not in run.stdout:
            yield f"left its change set {name} ({item.status}, {item.execution})"
