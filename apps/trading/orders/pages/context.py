"""What the order pages are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from apps.core.ids import uuid7
from apps.core.keyed_pages import page_of
from apps.core.templatetags.ui import amount, trimmed
from apps.core.view import Choice, Fact, Page, State, Step
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.choices import AT_VENUE, IN_FLIGHT, WITH_TRIGGER, HeldBy, OrderState, Origin
from apps.trading.orders.commissions.queries import sum_of_order
from apps.trading.orders.models import Fill, Order
from apps.trading.orders.pages.forms import AmendForm, is_changeable
from apps.trading.orders.queries import get_order, list_fills, list_orders, names_of, show_orders
from apps.trading.orders.reasons import reason_of, said_of
from apps.trading.orders.shown import NONE, OrderRow, latency_of, places, seen_of, slippage_of, state_of
from kernel.instruments import InstrumentSpec, is_perpetual

PAGE_SIZE = 50
WATCHED_BY = {
    HeldBy.VENUE: "the exchange",
    HeldBy.PLATFORM: "the platform, on checked prices: nothing is at the exchange before",
}
FILTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "": ("All", ()),
    "open": ("Open", (OrderState.HELD.value, OrderState.INTENT.value, *IN_FLIGHT, *AT_VENUE)),
    "filled": ("Filled", (OrderState.FILLED.value,)),
    "cancelled": ("Cancelled", (OrderState.CANCELLED.value,)),
    "refused": ("Refused", (OrderState.REJECTED.value,)),
}


@dataclass(frozen=True, slots=True)
class OrdersPage:
    """The list."""

    note: str
    filters: Sequence[Choice]
    orders: Sequence[OrderRow]
    page: Page


@dataclass(frozen=True, slots=True)
class FillRow:
    """One execution."""

    time: str
    trade_id: str
    price: str
    size: str
    fee: str
    liquidity: str


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One order."""

    id: str
    seen: str
    title: str
    parent_url: str
    mode: str
    state: State
    reason: str
    code: str
    facts: Sequence[Fact]
    steps: Sequence[Step]
    fills: Sequence[FillRow]
    fills_total: str
    base: str
    quote: str
    cancel_url: str
    idempotency_key: str
    can_cancel: bool
    note_url: str
    amend_url: str
    amend: AmendForm | None
    amend_key: str


def orders_page(owner_id: UUID, *, state: str, after: UUID | None, bot_id: UUID | None) -> OrdersPage:
    """Return a page of the list: newest first, older than the order `after`."""
    chosen = state if state in FILTERS else ""
    found = list_orders(owner_id, states=FILTERS[chosen][1], origin_id=bot_id)
    kept = {"bot": str(bot_id)} if bot_id else {}
    base, stays = reverse("orders-list"), {**kept, "state": chosen}
    shown, page = page_of(found, after=after, size=PAGE_SIZE, base=base, words="orders", kept=stays)
    return OrdersPage(
        note="newest first",
        filters=[
            Choice(label, f"{base}?{urlencode({**kept, 'state': key})}", key == chosen)
            for key, (label, _) in FILTERS.items()
        ],
        orders=show_orders(shown),
        page=page,
    )


def order_page(owner_id: UUID, order_id: UUID) -> OrderPage:
    """Return the page of a customer's order, or raise OrderMissing."""
    order = get_order(order_id, owner_id=owner_id)
    spec = get_spec(order.symbol)
    fills = list(list_fills(order.pk))
    return OrderPage(
        id=str(order.pk),
        seen=seen_of(order),
        title=f"{order.side.capitalize()} {trimmed(order.quantity)} {spec.base}, {order.get_kind_display().lower()}",
        parent_url=reverse("orders-list"),
        mode=order.connection.mode,
        state=state_of(order),
        reason=_reason(order),
        code=said_of(order.reject_code, order.reject_message),
        facts=_facts(order, spec),
        steps=_steps(order),
        fills=[_fill_row(fill, spec) for fill in fills],
        fills_total=f"{trimmed(order.filled)} of {trimmed(order.quantity)} {spec.base}",
        base=spec.base,
        quote=spec.quote,
        cancel_url=reverse("orders-cancel", args=[order.pk]),
        idempotency_key=str(uuid7()),
        can_cancel=not order.is_final and order.cancel_requested_at is None,
        note_url=f"{reverse('journal')}?{urlencode({'about': 'order', 'about_id': order.pk})}",
        amend_url=reverse("orders-amend", args=[order.pk]),
        amend=AmendForm.of(order) if is_changeable(order) else None,
        amend_key=str(uuid7()),
    )


def _reason(order: Order) -> str:
    if order.state == OrderState.REJECTED:
        return reason_of(order.reject_code, order.reject_message)
    if order.state in IN_FLIGHT:
        return (
            "The exchange has not answered yet. Nothing is sent again until it is known whether the order arrived;"
            " we ask every few seconds."
        )
    if order.state == OrderState.INTENT and order.reject_message:
        return f"It was not sent yet: {order.reject_message}"
    return ""


def _facts(order: Order, spec: InstrumentSpec) -> list[Fact]:
    names = names_of({order.origin_id})
    by = "You" if order.origin_id is None else names.get(order.origin_id, Origin(order.origin_kind).label)
    limit = "none, at market"
    if order.price is not None:
        limit = f"{_price(order.price, spec)} ({order.time_in_force})"
    return [
        Fact("Placed by", by),
        Fact("Limit", limit),
        *_trigger_facts(order, spec),
        Fact("Wanted", _price(order.wanted_price, spec)),
        Fact("Got", _price(order.average_price, spec)),
        Fact("Slippage, bp", slippage_of(order)),
        Fact("Answer after, ms", latency_of(order)),
        *_commission_facts(order),
        Fact("Order number", str(order.pk)),
        Fact("Client order id", order.client_id),
        Fact("Exchange's id", order.venue_order_id or NONE),
    ]


def _price(price: Decimal | None, spec: InstrumentSpec) -> str:
    return NONE if price is None else f"{amount(price, places(spec.tick))} {spec.quote}"


def _commission_facts(order: Order) -> list[Fact]:
    """Return what the tenant charged for the fills; nothing for an order without terms."""
    charged = sum_of_order(order)
    return (
        [Fact("Commission", ", ".join(f"{trimmed(amount)} {asset}" for asset, amount in charged.items()))]
        if charged
        else []
    )


def _trigger_facts(order: Order, spec: InstrumentSpec) -> list[Fact]:
    """Return what an order waits for, who watches it, and when it ends."""
    facts = []
    if order.kind in WITH_TRIGGER:
        trail = "" if order.trail_percent is None else f"{trimmed(order.trail_percent)} % from the best price"
        facts.append(Fact("Trigger", trail or _price(order.stop_price, spec)))
        if order.extreme_price is not None:
            facts.append(Fact("Best price so far", _price(order.extreme_price, spec)))
        facts.append(Fact("Watched by", WATCHED_BY[HeldBy(order.held_by)]))
        facts.append(Fact("Goes by", _price_it_goes_by(order, spec)))
    if order.triggered_price is not None:
        facts.append(Fact("Set off at", _price(order.triggered_price, spec)))
    if order.good_until is not None:
        facts.append(Fact("Ends", f"{order.good_until:%-d %b %H:%M} UTC"))
    if order.max_slippage_bps is not None:
        facts.append(Fact("At most worse by", f"{amount(Decimal(order.max_slippage_bps) / 100, 2)} %"))
    words = [word for word, is_so in (("post-only", order.post_only), ("reduce-only", order.reduce_only)) if is_so]
    if words:
        facts.append(Fact("Only", ", ".join(words)))
    return facts


def _price_it_goes_by(order: Order, spec: InstrumentSpec) -> str:
    """Say which price sets an order off."""
    if order.held_by == HeldBy.VENUE:
        return "the price at the exchange"
    market = f"the last price of {spec.base}/{spec.quote}"
    return f"{market} at spot, not the contract's own" if is_perpetual(order.symbol) else market


def _steps(order: Order) -> list[Step]:
    """Return the way of an order with the moments it passed."""
    stamps = [
        ("Intent stored", order.created_at, f"client order id {order.client_id}"),
        ("Sent to the exchange", order.sent_at, "" if order.attempts < 2 else f"tried {order.attempts} times"),
        ("Answered", order.answered_at or order.first_fill_at, f"asked {order.checks} times" if order.checks else ""),
        (str(order.get_state_display()) if order.is_final else "Over", order.ended_at, ""),
    ]
    steps, is_now_given = [], False
    for name, moment, text in stamps:
        if moment is not None:
            steps.append(Step("done", name, f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}", text))
        elif order.is_final:
            continue
        else:
            steps.append(Step("later" if is_now_given else "now", name, "", text))
            is_now_given = True
    return steps


def _fill_row(fill: Fill, spec: InstrumentSpec) -> FillRow:
    fee = amount(fill.fee, 2) if fill.fee_asset == spec.quote else f"{trimmed(fill.fee)} {fill.fee_asset}"
    return FillRow(
        time=f"{fill.at:%-d %b %H:%M:%S}",
        trade_id=fill.trade_id,
        price=amount(fill.price, places(spec.tick)),
        size=trimmed(fill.quantity),
        fee=fee,
        liquidity="maker" if fill.is_maker else "taker",
    )
