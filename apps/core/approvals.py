"""Asking for, giving and refusing approval. The action runs in the transaction of the last yes."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core import audit, permissions
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.errors import Conflict, Defect, NotAllowed, NotFound
from apps.core.models import Approval, ApprovalState, ApprovalVote
from apps.core.second_factor import ExactThing

Action = Callable[[Actor, dict[str, Any]], None]
LIFETIME = timedelta(days=3)


class MakerCannotCheck(NotAllowed):
    """Four eyes are two people."""

    code = "core.maker_cannot_check"
    message = "You asked for this, so somebody else has to approve it."


class ApprovalClosed(Conflict):
    """It is decided, expired or called off."""

    code = "core.approval_closed"
    message = "This request is already {state}."


class ApprovalMissing(NotFound):
    """No such request here."""

    code = "core.approval_missing"
    message = "This request for approval does not exist."


class AlreadyVoted(Conflict):
    """One person, one vote."""

    code = "core.already_voted"
    message = "You have already decided on this request."


@dataclass(frozen=True)
class ApprovableAction:
    """What runs after the last yes, who may say yes, and the words for it."""

    name: str
    permission: str
    title: str
    run: Action


_actions: dict[str, ApprovableAction] = {}


def approvable(name: str, *, permission: str, title: str) -> Callable[[Action], Action]:
    """Register a function as action `name`; checkers need `permission`."""

    def register(function: Action) -> Action:
        if name in _actions:
            raise Defect(f"Approvable action {name} is registered twice.")
        _actions[name] = ApprovableAction(name, permission, title, function)
        return function

    return register


def action_of(approval: Approval) -> ApprovableAction:
    """Return the registered action of a request."""
    return _actions[approval.action]


def list_actions_for(actor: Actor) -> list[str]:
    """Return the names of the actions that the actor may check."""
    return sorted(item.name for item in _actions.values() if permissions.allows(actor, item.permission))


def request_approval(*, actor: Actor, action: str, payload: dict[str, Any], reason: str, required: int = 1) -> Approval:
    """Put an action into the queue for `required` other people to check."""
    if actor.id is None or action not in _actions:
        raise Defect("An approval needs a person and a registered action.")
    approval = Approval.objects.create(
        action=action,
        payload=payload,
        payload_hash=_digest(action, payload),
        reason=reason,
        maker_id=actor.id,
        required=required,
        expires_at=now() + LIFETIME,
    )
    audit.record(
        actor=actor, operation="core.request_approval", subject=approval, reason=reason, data={"action": action}
    )
    return approval


def thing_to_confirm(approval: Approval) -> ExactThing:
    """Return what a checker's fresh code is bound to: this request with exactly this payload."""
    return ExactThing(
        action="core.approve",
        payload={"approval": str(approval.pk), "payload": approval.payload_hash},
        title=action_of(approval).title,
        facts=[
            ("Asked because", approval.reason),
            *((name.replace("_", " ").capitalize(), str(value)) for name, value in approval.payload.items()),
        ],
    )


def decide(*, actor: Actor, approval_id: UUID, agrees: bool, reason: str = "") -> Approval:
    """Vote on a request; the last yes runs the action in this transaction, one no rejects it."""
    with transaction.atomic():
        approval = Approval.objects.select_for_update().filter(pk=approval_id).first()
        if approval is None:
            raise ApprovalMissing
        checker = _checked_checker(approval, actor)
        if approval.votes.filter(checker_id=checker).exists():
            raise AlreadyVoted
        ApprovalVote.objects.create(approval=approval, checker_id=checker, agrees=agrees, reason=reason)
        if not agrees:
            _close(approval, ApprovalState.REJECTED)
        elif approval.votes.filter(agrees=True).count() >= approval.required:
            if approval.payload_hash != _digest(approval.action, approval.payload):
                raise Defect("The payload of an approval is not the one that was checked.")
            action_of(approval).run(actor, approval.payload)
            _close(approval, ApprovalState.EXECUTED)
        audit.record(
            actor=actor,
            operation="core.approve" if agrees else "core.reject",
            subject=approval,
            reason=reason,
            data={"action": approval.action, "state": approval.state},
        )
        return approval


def void(*, actor: Actor, approval_id: UUID, reason: str) -> Approval:
    """Call off a pending request (its maker, or a checker)."""
    with transaction.atomic():
        approval = Approval.objects.select_for_update().filter(pk=approval_id).first()
        if approval is None:
            raise ApprovalMissing
        if approval.state != ApprovalState.PENDING:
            raise ApprovalClosed(state=approval.state)
        if actor.id != approval.maker_id:
            permissions.require(actor, action_of(approval).permission)
        _close(approval, ApprovalState.VOIDED)
        audit.record(actor=actor, operation="core.void_approval", subject=approval, reason=reason)
        return approval


def expire_overdue() -> int:
    """Close pending requests past their time; return how many."""
    return Approval.objects.filter(state=ApprovalState.PENDING, expires_at__lte=now()).update(
        state=ApprovalState.EXPIRED, decided_at=now()
    )


def _checked_checker(approval: Approval, actor: Actor) -> UUID:
    if approval.state != ApprovalState.PENDING:
        raise ApprovalClosed(state=approval.state)
    if approval.expires_at <= now():
        raise ApprovalClosed(state="expired")
    permissions.require(actor, action_of(approval).permission)
    if actor.id is None or actor.id == approval.maker_id:
        raise MakerCannotCheck
    return actor.id


def _close(approval: Approval, state: ApprovalState) -> None:
    approval.state = state
    approval.decided_at = now()
    approval.save(update_fields=["state", "decided_at"])


def _digest(action: str, payload: dict[str, Any]) -> str:
    canonical = json.dumps([action, payload], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
