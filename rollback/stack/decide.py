"""Pure: the next move for a stack. The table in `states` says what a status means; here is what we do about it."""

from __future__ import annotations

from dataclasses import replace

from rollback.engine.endings import refused
from rollback.engine.moves import Done, Move, Wait
from rollback.report.commands import Value, aws
from rollback.report.model import Command, Notice
from rollback.report.notices import Code, warning
from rollback.report.results import Result
from rollback.stack import restoring, tokens
from rollback.stack.model import CancelUpdate, ContinueRollback, RollbackStack, Seen
from rollback.stack.states import STATES, State

MOST_TRIES = 3
"""How often a write that AWS rejects is made before giving up on it."""

PLAIN_CONTINUES = 2
"""How often a failed rollback is continued where there is no skip list; with one it is exactly once, then with it."""


def decide(seen: Seen) -> Move:
    """Return the next move for the stack as it is seen."""
    if seen.status is None:
        return _not_found(seen)
    if not seen.certain:
        return Wait("AWS to show the effect of our last call")
    state = STATES.get(seen.status)
    match state:
        case State.CANCELLABLE:
            return _cancel(seen)
        case State.MOVING:
            return Wait(f"{seen.status} to end", seen.ends_in)
        case State.STUCK:
            return _continue(seen)
        case State.FAILED_IN_PLACE:
            return _roll_back(seen)
        case State.UPDATED | State.FIRST | State.REVERTED:
            return _at_rest(seen, state)
        case _:
            return _no_safe_move(seen, state)


def _cancel(seen: Seen) -> Move:
    if seen.restoring:
        return Wait("the restore that is under way", seen.ends_in)
    refusal = _given_up(seen, tokens.CANCEL)
    if refusal:
        return Done(
            Result.FAILED,
            f"The update could not be cancelled: {refusal}",
            Code.AWS_REJECTED,
            (_status_command(seen), Command(purpose="Cancel it", line=_cli(seen, "cancel-update-stack"))),
        )
    return CancelUpdate()


def _continue(seen: Seen) -> Move:
    refusal = _given_up(seen, tokens.CONTINUE)
    tries = [attempt for attempt in seen.attempts if attempt.step == tokens.CONTINUE and not attempt.unclear]
    ran = sum(not attempt.rejection for attempt in tries)
    plain = 1 if seen.skip else PLAIN_CONTINUES
    if not refusal and ran < plain + bool(seen.skip):
        # An unclear try is repeated under its own number, the same token for a repeated request; any other gets a new
        # one, also where a killed run's rejected tries left gaps: CloudFormation does nothing for a token it knows.
        number = max([len(tries), *(tokens.number_of(attempt.token) for attempt in tries)]) + 1
        return ContinueRollback(number, seen.skip if ran >= plain else ())
    stuck = ", ".join(seen.stuck) or "see the events"
    why = f" CloudFormation: {refusal}" if refusal else ""
    return Done(
        Result.FAILED,
        f"The stack's own rollback fails again and again (stuck: {stuck}).{why}",
        Code.STACK_ROLLBACK_FAILED,
        (
            Command(
                purpose="Mend what the root cause names, then continue the rollback",
                line=_cli(seen, "continue-update-rollback"),
            ),
            Command(
                purpose="Or leave the stuck resources as they are (the same as resources-to-skip) and go on",
                line=_cli(seen, "continue-update-rollback", resources_to_skip=seen.stuck or "…"),
            ),
        ),
    )


def _roll_back(seen: Seen) -> Move:
    rejections = _rejections(seen, tokens.ROLLBACK)
    express = any("express" in rejection.lower() for rejection in rejections)
    refusal = rejections[-1] if express else _given_up(seen, tokens.ROLLBACK)
    if not refusal:
        return RollbackStack()
    if seen.restore and not seen.restore.unusable:
        return restoring.next_move(seen)
    return refused(
        Code.STACK_EXPRESS_MODE if express else Code.AWS_REJECTED,
        f"The failed update can't be rolled back by CloudFormation: {refusal}",
        Command(
            purpose="Deploy the last good template over it",
            line=_cli(seen, "update-stack", template_body="file://…"),
        ),
        Command(purpose="Next time, record a snapshot before deploying (mode: snapshot): it can be restored"),
    )


def _at_rest(seen: Seen, state: State) -> Move:
    if seen.restore_rolled_back:
        return restoring.rolled_back(seen)
    if seen.restore and not seen.restore.unusable:
        return _and_skipped(restoring.next_move(seen), seen)
    if seen.restore and seen.restore.absent and state is not State.REVERTED:
        return _nothing_to_go_back_to(seen, State.FIRST)
    unusable = seen.restore.unusable if seen.restore else ""
    if state is State.REVERTED:
        warnings = [warning(Code.SNAPSHOT_UNUSABLE, unusable)] if unusable else []
        if seen.moved:
            return Done(
                Result.ROLLED_BACK, "CloudFormation reverted the update.", warnings=(*_skipped(seen), *warnings)
            )
        return Done(Result.ALREADY_GOOD, "CloudFormation had already reverted the update.", warnings=tuple(warnings))
    if unusable:
        return refused(
            Code.SNAPSHOT_UNUSABLE,
            f"The stack was not restored: {unusable}",
            Command(
                purpose="Deploy the last good template over it",
                line=_cli(seen, "update-stack", template_body="file://…"),
            ),
        )
    return _nothing_to_go_back_to(seen, state)


def _nothing_to_go_back_to(seen: Seen, state: State) -> Done:
    if state is State.FIRST:
        first = seen.restore.unusable if seen.restore and seen.restore.absent else "this was its first deployment."
        text = (
            f"Stack {seen.name} is in {seen.status}, and nothing earlier exists: {first} It stays in place as it was "
            "deployed."
        )
        return Done(
            Result.NOT_NEEDED, text, Code.STACK_FIRST_DEPLOYMENT, warnings=(warning(Code.STACK_FIRST_DEPLOYMENT, text),)
        )
    text = (
        f"Stack {seen.name} is in {seen.status}: CloudFormation keeps no earlier version, so the infrastructure of the "
        "failed deployment stays in place. To bring it back next time, record a snapshot before deploying "
        "(mode: snapshot) and pass it as snapshot."
    )
    by_hand = Command(
        purpose="If the infrastructure itself is at fault, deploy the last good template by hand",
        line=_cli(seen, "update-stack", template_body="file://previous-template.yaml"),
    )
    return Done(
        Result.NOT_NEEDED,
        text,
        Code.STACK_KEEPS_DEPLOYMENT,
        warnings=(warning(Code.STACK_KEEPS_DEPLOYMENT, text, by_hand),),
    )


def _no_safe_move(seen: Seen, state: State | None) -> Done:
    where = f"Stack {seen.name} is in {seen.status}"
    delete = Command(
        purpose="A person may delete it, with everything in it, and deploy again", line=_cli(seen, "delete-stack")
    )
    match state:
        case State.FIRST_CREATION_FAILED:
            return refused(
                Code.STACK_FIRST_CREATION_FAILED,
                f"{where}: its first creation failed, so there is no good state to return to.",
                _status_command(seen),
                delete,
            )
        case State.NEEDS_A_PERSON:
            return refused(
                Code.STACK_NEEDS_A_PERSON,
                f"{where}: an import or a delete failed, and no move is safe without a person.",
                Command(purpose="See what failed", line=_cli(seen, "describe-stack-events", max_items="20")),
            )
        case State.DELETING:
            return refused(
                Code.STACK_BEING_DELETED,
                f"{where}: nothing can be rolled back in it.",
                Command(purpose="Deploy it again"),
            )
        case State.IN_REVIEW:
            return refused(
                Code.STACK_IN_REVIEW,
                f"{where}: it has a change set that nobody executed, and nothing was ever deployed.",
                Command(purpose="See its change sets", line=_cli(seen, "list-change-sets")),
            )
        case _:
            return refused(
                Code.STACK_STATUS_UNKNOWN,
                f"{where}: a status that this version does not know, so it does not touch the stack.",
                _status_command(seen),
            )


def timed_out(seen: Seen | None, name: str, region: str, waiting_for: str) -> Done:
    """Return how a stack ends when the waiting does: AWS goes on."""
    status = (seen and seen.status) or "an unknown status"
    known = seen or Seen(name=name, status=None, region=region)
    return Done(
        Result.TIMED_OUT,
        f"Stack {name} is still in {status}: stack-timeout ended the waiting for {waiting_for}, not AWS's work.",
        Code.STACK_TIMED_OUT,
        (
            _status_command(known),
            Command(
                purpose="When it has come to rest, run this job again: it goes on from there (or raise stack-timeout)"
            ),
        ),
    )


def _not_found(seen: Seen) -> Done:
    return refused(
        Code.STACK_NOT_FOUND,
        f"Stack {seen.name} does not exist in {seen.region or 'this region'}.",
        Command(
            purpose="Check stack-name and aws-region; the region's stacks are",
            line=aws("cloudformation", "list-stacks", region=seen.region, query="StackSummaries[].StackName"),
        ),
    )


def _and_skipped(move: Move, seen: Seen) -> Move:
    """Return the move; where it is the end, with what was skipped: no restore of a template touches that."""
    return replace(move, warnings=(*_skipped(seen), *move.warnings)) if isinstance(move, Done) else move


def _skipped(seen: Seen) -> tuple[Notice, ...]:
    if not seen.skipped:
        return ()
    text = (
        f"The rollback of stack {seen.name} skipped {', '.join(seen.skipped)}: CloudFormation takes them for rolled "
        "back, but they are as the failed deployment left them."
    )
    return (
        warning(
            Code.STACK_RESOURCES_SKIPPED,
            text,
            Command(purpose=f"Bring {', '.join(seen.skipped)} in line with the template by hand"),
        ),
    )


def _rejections(seen: Seen, step: str) -> list[str]:
    return [attempt.rejection for attempt in seen.attempts if attempt.step == step and attempt.rejection]


def _given_up(seen: Seen, step: str) -> str:
    """Return why a step isn't tried again: AWS said no too often. Else empty."""
    rejections = _rejections(seen, step)
    return rejections[-1] if len(rejections) >= MOST_TRIES else ""


def _status_command(seen: Seen) -> Command:
    return Command(purpose="See where it stands", line=_cli(seen, "describe-stacks"))


def _cli(seen: Seen, command: str, **options: Value) -> str:
    return aws("cloudformation", command, stack_name=seen.name, region=seen.region, **options)
