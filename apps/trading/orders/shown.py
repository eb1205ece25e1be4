"""An order in words and figures, the same on pages and on the live topic."""

from dataclasses import dataclass
from decimal import Context, Decimal

from django.urls import reverse

from apps.core.templatetags.ui import amount, trimmed
from apps.core.view import Figure, State, result
from apps.trading.orders.choices import OrderState, Origin
from apps.trading.orders.models import Order
from apps.trading.orders.reasons import reason_of
from kernel.instruments import InstrumentSpec, Side

NONE = "–"
EXACT = Context(prec=60)
TONES = {
    OrderState.HELD: "wait",
    OrderState.INTENT: "wait",
    OrderState.SENT: "wait",
    OrderState.UNKNOWN: "warn",
    OrderState.OPEN: "wait",
    OrderState.PARTLY_FILLED: "wait",
    OrderState.CANCELLING: "wait",
    OrderState.FILLED: "good",
    OrderState.CANCELLED: "off",
    OrderState.REJECTED: "warn",
}


@dataclass(frozen=True, slots=True)
class OrderRow:
    """A line of the table of orders."""

    id: str
    url: str
    time: str
    bot: str
    bot_url: str
    pair: str
    side: str
    kind: str
    size: str
    wanted: str
    got: str
    filled: str
    slippage: str
    latency: str
    fee: str
    result: Figure | None
    state: State


def row_of(order: Order, spec: InstrumentSpec, bot: str = "") -> OrderRow:
    """Return the row of an order; `spec` is that of its market, `bot` the name of its bot."""
    digits = places(spec.tick)
    by_bot = order.origin_kind == Origin.BOT and order.origin_id is not None
    return OrderRow(
        id=str(order.pk),
        url=reverse("orders-detail", args=[order.pk]),
        time=f"{order.created_at:%-d %b %H:%M:%S}",
        bot=bot,
        bot_url=f"/bots/{order.origin_id}/" if by_bot else "",
        pair=f"{spec.base}/{spec.quote}",
        side=order.side,
        kind=str(order.get_kind_display()).lower(),
        size=trimmed(order.quantity),
        wanted=amount(order.wanted_price, digits),
        got=amount(order.average_price, digits),
        filled=f"{EXACT.divide(order.filled * 100, order.quantity).quantize(Decimal(1)):f} %",
        slippage=slippage_of(order),
        latency=latency_of(order),
        fee=fee_of(order, spec),
        result=None if order.realised is None else result(order.realised),
        state=state_of(order),
    )


def state_of(order: Order) -> State:
    """Return the state in words, with the plain reason when it was refused."""
    sentence = str(order.get_state_display())
    if order.state == OrderState.REJECTED and order.reject_message:
        sentence = f"{sentence}: {reason_of(order.reject_code, order.reject_message).split('. ')[0]}"[:90].rstrip(".")
    elif order.state == OrderState.CANCELLED and order.filled:
        sentence = f"{sentence}, {trimmed(order.filled)} filled"
    return State(TONES[OrderState(order.state)], sentence)


def seen_of(order: Order) -> str:
    """Return a text that differs when what the page of an order shows has changed."""
    amounts = (order.filled, order.quantity, order.price, order.stop_price, order.average_price, order.triggered_price)
    words = "|".join("" if amount is None else trimmed(amount) for amount in amounts)
    return f"{order.state}|{words}|{order.cancel_requested_at is not None}|{order.reject_message}"


def slippage_of(order: Order) -> str:
    """Return how much worse the fills were than the price wanted, in basis points of it (minus: better)."""
    if not order.wanted_price or order.average_price is None:
        return NONE
    worse = order.average_price - order.wanted_price
    if order.side == Side.SELL:
        worse = -worse
    return amount(EXACT.divide(worse * 10_000, order.wanted_price), 1)


def latency_of(order: Order) -> str:
    """Return the milliseconds from the claim to the venue's answer."""
    if order.sent_at is None or order.answered_at is None:
        return NONE
    return f"{(order.answered_at - order.sent_at).total_seconds() * 1000:,.0f}"


def fee_of(order: Order, spec: InstrumentSpec) -> str:
    """Return the fees by asset; the asset is named when it is not the quote."""
    if not order.fees:
        return NONE if not order.filled else "0.00"
    parts = [
        amount(Decimal(paid), 2) if asset == spec.quote else f"{trimmed(Decimal(paid))} {asset}"
        for asset, paid in order.fees.items()
    ]
    return ", ".join(parts)


def places(step: Decimal) -> int:
    """Return the digits after the point of a step."""
    exponent = step.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
