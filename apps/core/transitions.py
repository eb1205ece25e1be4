"""Changing a state: compare-and-set on the state the caller saw, along a table that the database enforces too."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import pgtrigger
from django.db import models

from apps.core import audit
from apps.core.actors import Actor
from apps.core.errors import Conflict, StateChanged
from apps.core.triggers import state_machine

M = TypeVar("M", bound=models.Model)


class MoveNotAllowed(Conflict):
    """The state table has no such move."""

    code = "core.move_not_allowed"
    message = "“{event}” is not possible while this is {state}."


@dataclass(frozen=True)
class StateTable:
    """Moves of one state field: event → {from: to}."""

    field: str
    moves: Mapping[str, Mapping[str, str]]

    def target(self, event: str, state: str) -> str:
        """Return where `event` leads from `state`, or raise MoveNotAllowed."""
        try:
            return self.moves[event][state]
        except KeyError:
            raise MoveNotAllowed(event=event.replace("_", " "), state=state) from None

    def trigger(self, name: str) -> pgtrigger.Trigger:
        """Return the database trigger that allows the same moves and no other."""
        return state_machine(name, self.field, [pair for moves in self.moves.values() for pair in moves.items()])


def transition(
    row: M, event: str, *, table: StateTable, expected: str, actor: Actor, trail: bool = False, **changes: Any
) -> M:
    """Move `row` from the state the caller saw by `event`, setting `changes` in the same UPDATE; return the row, fresh.

    Raises MoveNotAllowed when the table has no such move and StateChanged when somebody else was first. Being in the
    target state already, after the same event from the expected state, is StateChanged too: the caller decides whether
    that is success. With `trail`, an audit row names the move.
    """
    target = table.target(event, expected)
    updated = (
        type(row)
        ._default_manager.filter(pk=row.pk, **{table.field: expected})
        .update(**{table.field: target}, **changes)
    )
    row.refresh_from_db()
    if not updated:
        raise StateChanged(expected=expected, actual=getattr(row, table.field))
    if trail:
        audit.record(
            actor=actor,
            operation=f"{row._meta.app_label}.{event}",
            subject=row,
            data={"from": expected, "to": target},
        )
    return row
