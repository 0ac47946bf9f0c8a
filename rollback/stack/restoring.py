"""Pure: how a stack at rest is brought back to its snapshot, through a change set that is ours and never blindly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.engine.endings import refused
from rollback.engine.moves import Done, Move, Wait
from rollback.report.commands import aws
from rollback.report.model import Command
from rollback.report.notices import Code, warning
from rollback.report.results import Result
from rollback.report.text import listed
from rollback.stack import guard, tokens
from rollback.stack.evidence import STALE_SECONDS
from rollback.stack.model import CreateChangeSet, DropChangeSet, ExecuteChangeSet, Readopt, RestoreView, Seen
from rollback.stack.states import STATES, State

if TYPE_CHECKING:
    from rollback.stack.changes import Change, ChangeSet
    from rollback.stack.guard import Verdict

MOST_REJECTIONS = 3
"""How often creating or executing the change set may be rejected: the stack may have moved between look and call."""

_ON_THE_WAY = frozenset({"CREATE_PENDING", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"})

MOST_UNSEEN = 10
"""In how many looks in a row a change set that CloudFormation took may stay unseen before another one is made."""

MOST_MADE = 5
"""How many change sets are made: each may be outdated by somebody who moves the stack, or never be shown."""

MAKING_SECONDS = 120.0
"""How long nested change sets are waited for after the root's own is ready."""


def next_move(seen: Seen) -> Move:
    """Return the next move of a restore; the stack is at rest and its snapshot can be used."""
    view = seen.restore
    if view is None:
        raise TypeError("a restore needs a snapshot")
    done = view.change_set is not None and view.change_set.execution_status == "EXECUTE_COMPLETE"
    executed = seen.restore_executed or seen.restored_before or done
    if view.found_empty and view.behind and not executed and not _was_reverted(seen):
        return _out_of_reach(view)
    if view.is_settled or view.found_empty or (executed and not view.differences):
        return _equal(seen, view)
    if seen.restore_executed and seen.at_rest_for < STALE_SECONDS:
        return Wait("AWS to show the restored stack")  # DescribeStacks may still show earlier parameters and tags
    if executed:
        return Done(
            Result.FAILED,
            f"The restore ended in {seen.status}, but the stack still differs from its snapshot in "
            f"{listed(view.differences)}: somebody may have changed it meanwhile.",
            Code.RESTORE_NOT_PROVEN,
            (Command(purpose="Look at the stack's events, then run this job again"),),
        )
    if view.secrets_lost:
        return refused(
            Code.RESTORE_SECRET_LOST,
            "The stack was not restored: the failed deployment dropped the NoEcho parameter(s) "
            f"{listed(view.secrets_lost)}, and CloudFormation tells nobody the earlier value.",
            Command(
                purpose="Deploy the last good template by hand, with the value",
                line=aws(
                    "cloudformation",
                    "deploy",
                    stack_name=seen.name,
                    region=seen.region,
                    template_file="previous-template.yaml",
                    parameter_overrides=tuple(f"{name}=…" for name in view.secrets_lost),
                ),
            ),
        )
    if view.artifacts_gone:
        return refused(
            Code.RESTORE_ARTIFACTS_GONE,
            "The stack was not restored: its earlier template names objects in S3 or images in ECR that are gone: "
            f"{listed(view.artifacts_gone)}.",
            Command(
                purpose="Put them back (bucket versioning keeps objects; build images again), then run this job again"
            ),
        )
    if len(view.rejections) >= MOST_REJECTIONS:
        return _not_ours(seen, view.taken) if view.taken else _not_prepared(view.rejections[-1])
    return _through(view, seen)


def _through(view: RestoreView, seen: Seen) -> Move:
    change_set = view.change_set
    if change_set is None:
        return _prepare(view)
    if view.foreign:
        return _not_ours(seen, change_set.id or change_set.name, view.foreign)
    if change_set.is_empty or change_set.execution_status == "OBSOLETE":
        return DropChangeSet()
    if change_set.status == "FAILED" and view.adopting:
        return Readopt(instead=False)
    if change_set.status == "FAILED" or change_set.execution_status == "EXECUTE_FAILED":
        return _not_prepared(change_set.reason or f"{change_set.status}, {change_set.execution_status}")
    if change_set.is_ready:
        return _executed(change_set, view, seen)
    if change_set.status in _ON_THE_WAY or change_set.execution_status == "EXECUTE_IN_PROGRESS":
        return Wait("our change set")
    return _not_prepared(
        f"its change set is in {change_set.status}, {change_set.execution_status or 'no execution status'}"
        f"{f' ({change_set.reason})' if change_set.reason else ''}, from which it does not come back"
    )


def _executed(change_set: ChangeSet, view: RestoreView, seen: Seen) -> Move:
    """Return the move for a change set that CloudFormation would execute: it is where it is read whole, and allowed."""
    if change_set.unread or (change_set.making and seen.making_for >= MAKING_SECONDS):
        return _unread(change_set)
    if change_set.making:
        return Wait(f"the change sets of the nested stacks {listed(change_set.making)}")
    verdicts = _verdicts(view)
    lost = [verdict for verdict in verdicts if verdict.loss]
    if any(verdict.recreated for verdict in lost) and not (view.adopting or view.not_adopted):
        return Readopt()
    if lost and not seen.allow_destructive:
        return _guarded(seen, verdicts, view.not_adopted)
    rejections = [one.rejection for one in seen.attempts if one.step == tokens.RESTORE and one.rejection]
    if len(rejections) >= MOST_REJECTIONS:
        return _not_prepared(rejections[-1])
    adopted = tuple(verdict.change.logical_id for verdict in verdicts if verdict.adopted)
    return ExecuteChangeSet(len(change_set.changes), adopted)


def _unread(change_set: ChangeSet) -> Done:
    late = tuple(f"{name}: its change set is still being made" for name in change_set.making)
    return refused(
        Code.RESTORE_UNREAD,
        "The stack was not restored: what that would do to its nested stacks can't be read whole: "
        f"{listed((*change_set.unread, *late))}.",
        Command(purpose="Mend what CloudFormation names, or give it more time, then run this job again"),
        Command(purpose="Or restore the nested stacks' templates by hand, and look at each change set first"),
    )


def _prepare(view: RestoreView) -> Move:
    if 0 < view.unseen < MOST_UNSEEN:
        return Wait("CloudFormation to show our change set")
    if view.made >= MOST_MADE:
        return _not_prepared(f"{view.made} change sets were made, and none of them came to be executed.")
    return CreateChangeSet()


def told(view: RestoreView) -> tuple[str, ...]:
    """Return each change of the change set with the guard's verdict: what a restore would do, a line each."""
    return tuple(f"{_change(one.change)}: {_told(one)}" for one in _verdicts(view))


def _verdicts(view: RestoreView) -> tuple[Verdict, ...]:
    """Return the guard's verdicts; where it was not asked, nothing is known of any resource."""
    if view.verdicts is not None:
        return view.verdicts
    return guard.judge(view.change_set.changes, {}, {}) if view.change_set else ()


def _change(change: Change) -> str:
    how = {"True": ", replaced", "Conditional": ", may be replaced", "False": ", in place"}.get(change.replacement, "")
    return f"{change.action} {change.logical_id} ({change.type}{how})"


def _told(verdict: Verdict) -> str:
    if verdict.loss:
        return f"⛔ the guard refuses it ({verdict.loss})"
    why = verdict.goes or verdict.anew
    return f"✅ the guard allows it{why and f' ({why})'}"


def _not_prepared(reason: str) -> Done:
    return Done(
        Result.FAILED,
        f"CloudFormation did not take the restore: {reason}",
        Code.RESTORE_FAILED,
        (Command(purpose="Mend what the reason names, then run this job again"),),
    )


def _not_ours(seen: Seen, change_set: str, differs: tuple[str, ...] = ()) -> Done:
    what = (
        f"is not what was asked for: {listed(differs)} differ from the snapshot's"
        if differs
        else "is there already, and this run did not make it"
    )
    look = aws("cloudformation", "get-template", change_set_name=change_set, stack_name=seen.name, region=seen.region)
    return refused(
        Code.RESTORE_NOT_OURS,
        f"The stack was not restored: change set {change_set} {what}. It was neither executed nor deleted.",
        Command(purpose="See what it would deploy", line=look),
        Command(
            purpose="Find out who made it (CloudTrail: CreateChangeSet) or who changed the snapshot's template in S3,"
            " delete the change set, and run this job again"
        ),
    )


def _guarded(seen: Seen, verdicts: tuple[Verdict, ...], not_adopted: str) -> Done:
    lost = guard.losses(verdicts)
    anew = [one for one in verdicts if one.loss and one.recreated and one.physical_id]
    adopt = (
        Command(
            purpose=f"Or bring {listed(tuple(one.physical_id for one in anew))} back into the stack first",
            line=aws(
                "cloudformation",
                "create-change-set",
                stack_name=seen.name,
                region=seen.region,
                change_set_name="adopt",
                change_set_type="IMPORT",
                resources_to_import="…",
                template_body="file://…",
            ),
        ),
    )
    refusal = f" CloudFormation does not re-adopt what exists: {not_adopted}" if not_adopted else ""
    return refused(
        Code.RESTORE_DESTRUCTIVE,
        "The stack was not restored: that would delete, replace or make anew resources that hold data: "
        f"{listed(lost)}.{refusal}",
        Command(
            purpose="Save what they hold; if the loss is accepted, run this job again with allow-destructive: true"
        ),
        Command(purpose="Or give them DeletionPolicy: Retain and UpdateReplacePolicy: Retain in the template first"),
        *(adopt if anew else ()),
    )


def _out_of_reach(view: RestoreView) -> Done:
    return refused(
        Code.RESTORE_OUT_OF_REACH,
        "The stack was not restored: its texts equal the snapshot's and CloudFormation finds nothing to change in "
        f"them, but what stands behind them is another thing now: {' '.join(view.behind)}",
        Command(
            purpose="Bring back what stands behind them (aws ssm get-parameter-history has a parameter's earlier "
            "values, a versioned bucket the earlier nested template), then run this job again"
        ),
    )


def _equal(seen: Seen, view: RestoreView) -> Done:
    how = (
        "CloudFormation finds nothing to change"
        if view.found_empty
        else "template, parameters and tags equal the snapshot's"
    )
    secrets = () if _was_reverted(seen) or not view.secrets else (_secrets_kept(view, restored=seen.restore_executed),)
    kept = tuple(warning(Code.RESTORE_KEEPS_VALUES, text) for text in (*secrets, *view.kept))
    if seen.restore_executed:
        return Done(Result.ROLLED_BACK, f"The snapshot was restored: {how}.", warnings=kept)
    if seen.moved:
        return Done(Result.ROLLED_BACK, f"CloudFormation reverted the update; {how}.", warnings=kept)
    return Done(Result.ALREADY_GOOD, f"The stack is as its snapshot recorded it: {how}.", warnings=kept)


def _was_reverted(seen: Seen) -> bool:
    """Return whether CloudFormation itself undid the failed deployment, values that nobody can read included."""
    return STATES.get(seen.status or "") is State.REVERTED


def _secrets_kept(view: RestoreView, *, restored: bool) -> str:
    names = ", ".join(view.secrets)
    if restored:
        return (
            f"NoEcho parameter(s) {names} keep the failed deployment's value: CloudFormation tells nobody the earlier "
            "one."
        )
    return (
        f"NoEcho parameter(s) {names} could not be compared, for CloudFormation tells nobody their values: if the "
        "failed deployment changed them, they are still changed."
    )


def rolled_back(seen: Seen) -> Done:
    """Return the end of a restore that CloudFormation itself rolled back: the failed deployment is still in place."""
    return Done(
        Result.FAILED,
        f"The restore failed and CloudFormation rolled it back ({seen.status}): the failed deployment's "
        "infrastructure is still in place.",
        Code.RESTORE_FAILED,
        (
            Command(
                purpose="See why",
                line=aws(
                    "cloudformation",
                    "describe-stack-events",
                    stack_name=seen.name,
                    region=seen.region,
                    max_items="20",
                ),
            ),
            Command(purpose="Mend what the root cause names, then start a new rollback run"),
        ),
    )


def adopts(token: str) -> bool:
    """Return whether an operation under way is a restore by this action, in whatever run: it is adopted."""
    return tokens.step_of(token) == tokens.RESTORE
