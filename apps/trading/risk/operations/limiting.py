"""Changing limits: tighter at once; looser after a day for customers, after a second person for staff."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model

from apps.core import timers
from apps.core.actors import Actor
from apps.core.approvals import approvable, request_approval
from apps.core.clock import now
from apps.core.models import Approval, Timer
from apps.core.operation import operation
from apps.trading.risk.choices import LOOSENING_DELAY, PROFILES, Profile, RuleName, Scope
from apps.trading.risk.errors import (
    ChangedSinceAsked,
    HeldByStaff,
    LimitInvalid,
    LimitMissing,
    NothingToChange,
    SubjectMissing,
)
from apps.trading.risk.live import announce
from apps.trading.risk.models import CorrelationGroup, PlatformRiskLimit, RiskLimit
from apps.trading.risk.operations.directory import owner_of_bot
from apps.trading.risk.operations.permissions import (
    APPROVE,
    APPROVE_PLATFORM,
    CLAIM,
    HALT,
    HALT_PLATFORM,
    MANAGE_OWN,
)
from kernel.money.exact import plain
from kernel.risk import LEAST, TARGETED, Rule

LOOSEN, LOOSEN_PLATFORM = "risk.loosen_limit", "risk.loosen_platform_limit"
TIMER = "risk.loosen"
MOST = Decimal(10) ** 15
WHOLE = frozenset({Rule.OPEN_POSITIONS, Rule.SYMBOL_POSITIONS, Rule.OPEN_ORDERS, Rule.ORDER_RATE})


@operation("risk.set_own_limit", permission=MANAGE_OWN, audited=("scope", "subject_id", "rule", "target", "value"))
def set_own_limit(
    *, actor: Actor, scope: str, rule: str, value: Decimal | None, target: str = "", subject_id: UUID | None = None
) -> RiskLimit:
    """Set a limit of one's own account or bot (None: no limit). Tighter holds at once, looser after 24 hours.

    Raises LimitInvalid, SubjectMissing, NothingToChange, HeldByStaff (staff set it: only tighter).
    """
    assert actor.id is not None  # a permission of a person
    subject = checked_own_subject(actor, scope, subject_id)
    value = checked_value(rule, target, value)
    row = _locked_row(scope, subject, actor.id, rule, target)
    if is_tighter(rule, row.value, value):
        return _put(row, value, by_staff=row.by_staff)
    if row.value == value:
        if row.next_at is None:
            raise NothingToChange
        return _forget_change(row)
    if row.by_staff:
        raise HeldByStaff
    row.next_value, row.next_at = value, now() + LOOSENING_DELAY
    row.save(update_fields=["next_value", "next_at"])
    timers.schedule(name=TIMER, key=str(row.pk), due_at=row.next_at, payload={"limit": str(row.pk)})
    return row


@operation("risk.apply_profile", permission=MANAGE_OWN, audited=("profile",))
def apply_profile(*, actor: Actor, profile: str) -> list[RiskLimit]:
    """Take over the limits of a ready profile for one's own account; each as `set_own_limit` would."""
    if profile not in PROFILES:
        raise LimitInvalid(field="profile", why="This profile does not exist.")
    changed = []
    for rule, value in PROFILES[Profile(profile)].items():
        try:
            changed.append(set_own_limit(actor=actor, scope=Scope.CUSTOMER.value, rule=rule.value, value=value))
        except (NothingToChange, HeldByStaff):
            continue
    return changed


@operation("risk.set_limit", permission=HALT, audited=("scope", "subject_id", "rule", "target", "value"))
def set_limit(
    *,
    actor: Actor,
    scope: str,
    rule: str,
    value: Decimal | None,
    reason: str,
    target: str = "",
    subject_id: UUID | None = None,
) -> RiskLimit | Approval:
    """Set a limit of a bot, a customer or each customer of the tenant. Tighter holds at once; looser waits for a
    second person and returns the Approval. Raises LimitInvalid, SubjectMissing, NothingToChange."""
    subject, owner = checked_subject(scope, subject_id)
    value = checked_value(rule, target, value)
    row = _locked_row(scope, subject, owner, rule, target)
    if row.value == value:
        raise NothingToChange
    if is_tighter(rule, row.value, value):
        return _put(row, value, by_staff=True)
    payload = {"limit": str(row.pk), "what": str(row), "value": spelled(value), "expected": spelled(row.value)}
    return request_approval(actor=actor, action=LOOSEN, payload=payload, reason=reason)


@operation("risk.set_platform_limit", permission=HALT_PLATFORM, audited=("rule", "target", "value"))
def set_platform_limit(
    *, actor: Actor, rule: str, value: Decimal | None, reason: str, target: str = ""
) -> PlatformRiskLimit | Approval:
    """Set a limit for each customer of every tenant, in the public schema. Raises as `set_limit`."""
    value = checked_value(rule, target, value)
    made, _ = PlatformRiskLimit.objects.get_or_create(rule=rule, target=target, defaults={"changed_at": now()})
    row = PlatformRiskLimit.objects.select_for_update().get(pk=made.pk)
    if row.value == value:
        raise NothingToChange
    if is_tighter(rule, row.value, value):
        return _put_platform(row, value)
    payload = {"limit": str(row.pk), "what": str(row), "value": spelled(value), "expected": spelled(row.value)}
    return request_approval(actor=actor, action=LOOSEN_PLATFORM, payload=payload, reason=reason)


@operation("risk.set_group", permission=HALT, audited=("name", "symbols"))
def set_group(*, actor: Actor, name: str, symbols: list[str], reason: str) -> CorrelationGroup:
    """Put symbols into a group that limits may speak of; a symbol can only be added. Raises LimitInvalid."""
    clean = sorted({symbol.strip().upper() for symbol in symbols if symbol.strip()})
    if not name or len(name) > 32 or not clean:
        raise LimitInvalid(field="name", why="A group has a name of up to 32 letters and at least one symbol.")
    row, _ = CorrelationGroup.objects.get_or_create(name=name)
    missing = set(row.symbols) - set(clean)
    if missing:
        raise LimitInvalid(
            field="symbols", why=f"Taking symbols out of a group loosens its limits: keep {', '.join(sorted(missing))}."
        )
    row.symbols = clean
    row.save(update_fields=["symbols"])
    return row


@approvable(LOOSEN, permission=APPROVE, title="Loosen a risk limit")
def run_loosen(_actor: Actor, payload: dict[str, Any]) -> None:
    """Put the approved limit."""
    row = RiskLimit.objects.select_for_update().get(pk=payload["limit"])
    if spelled(row.value) != payload["expected"]:
        raise ChangedSinceAsked
    value = read(payload["value"])
    _put(row, value, by_staff=value is not None)


@approvable(LOOSEN_PLATFORM, permission=APPROVE_PLATFORM, title="Loosen a risk limit of the platform")
def run_loosen_platform(_actor: Actor, payload: dict[str, Any]) -> None:
    """Put the approved limit."""
    row = PlatformRiskLimit.objects.select_for_update().get(pk=payload["limit"])
    if spelled(row.value) != payload["expected"]:
        raise ChangedSinceAsked
    _put_platform(row, read(payload["value"]))


@timers.on_timer(TIMER)
def loosen(timer: Timer) -> None:
    """Let a customer's looser limit take effect."""
    take_effect(actor=Actor.system("risk"), limit_id=UUID(timer.payload["limit"]))


@operation("risk.take_effect", permission=CLAIM, audited=("limit_id",))
def take_effect(*, actor: Actor, limit_id: UUID) -> RiskLimit:
    """Put the value that waited, if it still waits and is due."""
    row = RiskLimit.objects.select_for_update(of=("self",)).filter(pk=limit_id).first()
    if row is None:
        raise LimitMissing
    if row.next_at is None or row.next_at > now():
        return row
    row.value, row.by_staff, row.changed_at = row.next_value, False, now()
    row.next_value = row.next_at = None  # its timer is firing now: nothing is to be called off
    row.save(update_fields=["value", "by_staff", "changed_at", "next_value", "next_at"])
    if row.owner_id is not None:
        announce(row.owner_id)
    return row


def is_tighter(rule: str, before: Decimal | None, after: Decimal | None) -> bool:
    """Whether a limit lets less through than the one before; None is no limit at all."""
    if after is None or before == after:
        return False
    if before is None:
        return True
    return after > before if Rule(rule) in LEAST else after < before


def checked_value(rule: str, target: str, value: Decimal | None) -> Decimal | None:
    """Return a limit's value in its one spelling, or raise LimitInvalid."""
    if rule not in RuleName.values:
        raise LimitInvalid(field="rule", why="This rule does not exist.")
    _check_target(Rule(rule), target)
    if value is None:
        return None
    if not value.is_finite() or not 0 <= value <= MOST:
        raise LimitInvalid(field="value", why="A limit is a number of zero or more.")
    if Rule(rule) in WHOLE and value != value.to_integral_value():
        raise LimitInvalid(field="value", why="This limit is a whole number.")
    if Rule(rule) in (Rule.FREE_MARGIN, Rule.DRAWDOWN) and value > 100:
        raise LimitInvalid(field="value", why="A percentage is 0 to 100.")
    return plain(value.quantize(Decimal("1e-8")))


def _check_target(rule: Rule, target: str) -> None:
    if rule is Rule.GROUP_EXPOSURE:
        if not CorrelationGroup.objects.filter(name=target).exists():
            raise LimitInvalid(field="target", why="Name a group of symbols that exists.")
    elif target and rule not in TARGETED:
        raise LimitInvalid(field="target", why="This rule speaks of all symbols: leave the symbol empty.")


def checked_own_subject(actor: Actor, scope: str, subject_id: UUID | None) -> UUID:
    """Return the account or bot of the actor that a change is about. Raises SubjectMissing."""
    if scope == Scope.CUSTOMER and subject_id in (None, actor.id):
        assert actor.id is not None
        return actor.id
    if scope == Scope.BOT and subject_id is not None and owner_of_bot(subject_id) == actor.id:
        return subject_id
    raise SubjectMissing


def checked_subject(scope: str, subject_id: UUID | None) -> tuple[UUID | None, UUID | None]:
    """Return (subject, owner) of a scope of the tenant. Raises SubjectMissing."""
    if scope == Scope.TENANT:
        return None, None
    if scope == Scope.BOT and subject_id is not None:
        return subject_id, owner_of_bot(subject_id)
    if scope == Scope.CUSTOMER and subject_id is not None and get_user_model().objects.filter(pk=subject_id).exists():
        return subject_id, subject_id
    raise SubjectMissing


def spelled(value: Decimal | None) -> str:
    """Return a limit in its one spelling, "none" for none."""
    return "none" if value is None else f"{plain(value):f}"


def read(text: str) -> Decimal | None:
    """Return what `spelled` wrote."""
    return None if text == "none" else Decimal(text)


def _locked_row(scope: str, subject: UUID | None, owner: UUID | None, rule: str, target: str) -> RiskLimit:
    key = {"scope": scope, "subject_id": subject, "rule": rule, "target": target}
    RiskLimit.objects.bulk_create([RiskLimit(owner_id=owner, changed_at=now(), **key)], ignore_conflicts=True)
    return RiskLimit.objects.select_for_update(of=("self",)).get(**key)


def _put(row: RiskLimit, value: Decimal | None, *, by_staff: bool) -> RiskLimit:
    row.value, row.by_staff, row.changed_at = value, by_staff, now()
    _forget_change(row)
    row.save(update_fields=["value", "by_staff", "changed_at"])
    if row.owner_id is not None:
        announce(row.owner_id)
    return row


def _forget_change(row: RiskLimit) -> RiskLimit:
    row.next_value = row.next_at = None
    row.save(update_fields=["next_value", "next_at"])
    timers.cancel(name=TIMER, key=str(row.pk))
    return row


def _put_platform(row: PlatformRiskLimit, value: Decimal | None) -> PlatformRiskLimit:
    row.value, row.changed_at = value, now()
    row.save(update_fields=["value", "changed_at"])
    return row
