"""Fills call for a review; people are told of states, switches and limits; tenants follow the platform's switch."""

from django.db import transaction

from apps.core import timers
from apps.core.clock import now
from apps.core.desk import PERMISSIONS, Desk
from apps.core.models import OutboxEvent, Timer
from apps.core.outbox import handles
from apps.platform.notifications.operations import notify
from apps.platform.security.queries import list_holders
from apps.platform.tenants.queries import list_active_tenants
from apps.trading.risk import tasks
from apps.trading.risk.choices import RuleName, Scope, State
from apps.trading.risk.gathering import BY_RESULT, limits_of
from apps.trading.risk.models import KillSwitch
from apps.trading.risk.topics import NEARLY, STATE, SWITCH, SWITCH_AT_DESK
from kernel.events.risk import LimitNearlyUsed, PlatformSwitchMoved, RiskStateChanged, SwitchEngaged
from kernel.events.trading import OrderFilled

REVIEW = "risk.review"
MODES = {True: "Live", False: "Paper"}


@handles(OrderFilled, name="risk.review_after_fill")
def review_after_fill(item: OrderFilled, _row: OutboxEvent) -> None:
    """Have a customer with limits of loss reviewed soon; many fills make one review."""
    bot_id = item.origin_id if item.origin_kind == "bot" else None
    if any(limit.rule in BY_RESULT for limits in limits_of(item.owner_id, bot_id) for limit in limits):
        timers.schedule(name=REVIEW, key=str(item.owner_id), due_at=now(), payload={"owner": str(item.owner_id)})


@timers.on_timer(REVIEW)
def start_review(timer: Timer) -> None:
    """Enqueue the review after the timer's commit."""
    tasks.enqueue_review(timer.payload["owner"])


@handles(LimitNearlyUsed, name="risk.tell_nearly_used")
def tell_nearly_used(item: LimitNearlyUsed, _row: OutboxEvent) -> None:
    """Tell the customer, once a day for each limit."""
    part = 100 * item.value / item.limit if item.limit else 100
    params = {
        "rule": f"{RuleName(item.rule).label} {item.target}".strip(),
        "part": f"{part:.0f}",
        "scope": Scope(item.scope).label,
        "mode": MODES[item.is_live].lower(),
        "value": f"{item.value:,.2f}",
        "limit": f"{item.limit:,.2f}",
    }
    key = f"risk:{item.owner_id}:{item.is_live}:{item.scope}:{item.rule}:{item.target}:{item.day}"
    notify(item.owner_id, NEARLY.name, params, dedupe_key=key)


@handles(RiskStateChanged, name="risk.tell_state")
def tell_state(item: RiskStateChanged, row: OutboxEvent) -> None:
    """Tell the customer what may be traded from now on."""
    params = {
        "state": State(item.state).label.lower(),
        "mode": MODES[item.is_live],
        "what": "bot" if item.scope == Scope.BOT else "account",
        "why": f"Reason: {RuleName(item.rule).label.lower()}." if item.rule else "",
    }
    notify(item.owner_id, STATE.name, params, dedupe_key=str(row.uid))


@handles(SwitchEngaged, name="risk.tell_switch")
def tell_switch(item: SwitchEngaged, row: OutboxEvent) -> None:
    """Tell the customer whose switch it is, and the trading desk."""
    switch = KillSwitch.objects.filter(pk=item.switch_id).first()
    if switch is None:
        return
    words = Scope(item.scope).label.lower()
    if switch.owner_id is not None:
        what = "bot" if item.scope == Scope.BOT else "account"
        notify(switch.owner_id, SWITCH.name, {"what": what}, dedupe_key=str(row.uid))
    for person in list_holders(PERMISSIONS[Desk.TRADING]):
        if person != switch.owner_id:
            params = {"what": words, "switch_id": str(item.switch_id)}
            notify(person, SWITCH_AT_DESK.name, params, dedupe_key=str(row.uid))


@handles(PlatformSwitchMoved, name="risk.spread_platform_switch")
def spread_platform_switch(_item: PlatformSwitchMoved, _row: OutboxEvent) -> None:
    """Have every tenant follow the platform's switch, after the commit; the monitor is the net under it."""
    schemas = [tenant.schema for tenant in list_active_tenants()]

    def enqueue() -> None:
        for schema in schemas:
            tasks.follow.delay(schema)

    transaction.on_commit(enqueue, robust=True)
