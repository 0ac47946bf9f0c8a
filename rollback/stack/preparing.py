"""Our change set in AWS: made, looked at by its ARN, held against what was asked for, and dropped."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rollback.engine.trouble import Busy, Denied, Rejected, Throttled, Unreadable
from rollback.stack import failing, ours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from rollback.stack.changes import ChangeSet
    from rollback.stack.client import CloudFormation
    from rollback.stack.model import Stack
    from rollback.stack.tokens import Tokens

_MOST_ASKED = 3
_EXECUTED = frozenset({"EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE"})


class OurChangeSet:
    """The change set of this process on one stack. It is known by the ARN that CreateChangeSet answered, never by name.

    Whatever a killed process left under a name of this run's form is not executed; it is deleted where all that can be
    seen of it is what this run asks for, so that nothing is lost which this run could not make again.
    """

    def __init__(self, door: CloudFormation) -> None:
        self.seen: ChangeSet | None = None
        self.foreign: tuple[str, ...] = ()
        self.made = 0
        self.unseen = 0
        self.rejections: list[str] = []
        self.taken = ""
        self._door = door
        self._arn = ""
        self._asked: Mapping[str, Any] = {}
        self._unanswered = ""
        self._left: list[str] = []
        self._held_against = ""
        self._why = ""
        self._asked_why = 0

    @property
    def arn(self) -> str:
        """Return the ARN of the change set, empty where there is none."""
        return self._arn

    @property
    def left(self) -> tuple[str, ...]:
        """Return a phrase for each change set of ours that is not deleted: its name, and whether it surely exists."""
        return tuple(
            f"{one.rpartition('hangeSet/')[2].partition('/')[0]} stays behind"
            if one.startswith("arn:")
            else f"{one} may stay behind"
            for one in self._left
        )

    def look(self, stack: Stack, asked: Mapping[str, Any], recorded: str) -> ChangeSet | None:
        """Return the change set as it is now, once held against what was asked; None while it is not shown."""
        if not self._arn:
            return None
        self.seen = self._door.change_set(stack.id, self._arn)
        self.unseen = 0 if self.seen else self.unseen + 1
        if self.seen and self.seen.status == "CREATE_COMPLETE" and self._held_against != self._arn:
            self.foreign = self._unlike(self.seen, stack, self._asked or asked, recorded)
            self._held_against = self._arn
        if self.seen and self.seen.status == "FAILED" and not self.seen.is_empty:
            self._why = self._why or self._explained(self.seen)
            self.seen = replace(self.seen, reason=self._why)
        return self.seen

    def _explained(self, failed: ChangeSet) -> str:
        """Return why it failed, in full where CloudFormation tells that within a few looks."""
        self._asked_why += 1
        try:
            return failing.why(self._door, failed)
        except (Busy, Unreadable) as trouble:
            if self._asked_why < _MOST_ASKED:
                raise
            return f"{failed.reason} ({trouble.what})"

    def create(self, stack: Stack, tokens: Tokens, asked: Mapping[str, Any]) -> None:
        """Ask for a new one; under the same name and token where the answer got lost. Raises AwsTrouble."""
        name = self._unanswered or tokens.change_set(secrets.token_hex(8))
        if name not in self._left:
            self._left.append(name)  # before the call: a signal in the middle of it must not make us forget it
        repeated, self._unanswered = bool(self._unanswered), name
        try:
            arn = self._door.create_change_set(stack.id, name, asked)
        except Rejected as rejection:
            self._unanswered = ""
            if repeated and "AlreadyExists" in rejection.code:
                raise Busy(f"our change set {name} was made, but CloudFormation does not say which it is") from None
            self._left.remove(name)
            if "AlreadyExists" in rejection.code:
                self.taken = name
            self.rejections.append(rejection.message)
            raise
        except (Throttled, Denied):
            if not repeated:
                self._left.remove(name)
                self._unanswered = ""
            raise
        self._left[self._left.index(name)] = arn
        self._arn, self._unanswered, self.unseen = arn, "", 0
        self._asked = asked  # the stack may move until the next look, and with it what would be asked then
        self.made += 1

    def drop_unneeded(self, stack: Stack) -> None:
        """Delete it: it is empty, or the stack has moved since. A rejection is remembered, and raised."""
        try:
            self._delete(stack, self._arn)
        except Rejected as rejection:
            self.rejections.append(rejection.message)
            raise

    def drop(self, stack: Stack) -> None:
        """Delete what is ours, unless it is executed, or turned out to be another one. Raises AwsTrouble."""
        executed = self.seen is not None and self.seen.execution_status in _EXECUTED
        for one in [one for one in self._left if not (one == self._arn and (executed or self.foreign))]:
            self._delete(stack, one)

    def left_by_killed(
        self, stack: Stack, runs: Iterable[Tokens], asked: Mapping[str, Any], recorded: str, say: Callable[[str], None]
    ) -> None:
        """Delete what killed processes of `runs` left; `say` what is theirs by name alone. Raises AwsTrouble."""
        own = {self._arn, *self._left}
        for arn, name in self._door.change_sets(stack.id).items():
            if arn in own or name in own or not any(run.named(name) for run in runs):
                continue
            if problem := self._not_left_by_us(arn, stack, asked, recorded):
                say(
                    f"change set {name} has the name of one of ours, but {problem}: it was neither executed nor deleted"
                )
            else:
                self._door.delete_change_set(stack.id, arn)

    def _not_left_by_us(self, arn: str, stack: Stack, asked: Mapping[str, Any], recorded: str) -> str:
        try:
            found = self._door.change_set(stack.id, arn)
            if found is None:
                return ""
            differs = self._unlike(found, stack, asked, recorded, arn)
        except (Rejected, Denied, Unreadable) as trouble:
            return f"it can't be read ({trouble.what})"
        return f"{', '.join(differs)} differ" if differs else ""

    def _unlike(
        self, found: ChangeSet, stack: Stack, asked: Mapping[str, Any], recorded: str, arn: str = ""
    ) -> tuple[str, ...]:
        arn = arn or self._arn
        other = [] if (found.id, found.stack_id) == (arn, stack.id) else ["whose change set it is"]
        return (*other, *ours.unlike(found, self._door.change_set_template(stack.id, arn), asked, recorded))

    def _delete(self, stack: Stack, one: str) -> None:
        self._door.delete_change_set(stack.id, one)
        if one in self._left:
            self._left.remove(one)
        if one == self._arn:
            self._arn, self.seen, self.foreign, self.unseen = "", None, (), 0
            self._why, self._asked_why = "", 0
