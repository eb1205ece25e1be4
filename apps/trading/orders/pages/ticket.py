"""What the ticket is given: its form on the page of a market, and the check before an order is placed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.core.ids import uuid7
from apps.core.templatetags.ui import amount, trimmed
from apps.core.view import Fact
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.choices import LIMITED, WITH_TRIGGER, HeldBy, Kind, Leg
from apps.trading.orders.models import Order
from apps.trading.orders.operations.previewing import PreviewedCommission, PreviewedOrder
from apps.trading.orders.pages.forms import TicketForm
from apps.trading.orders.shown import places
from apps.trading.positions.queries import list_contracts, list_terms
from kernel.instruments import is_perpetual, market_of, perpetual_of


@dataclass(frozen=True, slots=True)
class Ticket:
    """The form of a new order on one market; of a contract with what was chosen for it on each account.

    `route_url` leads to the form that shares an order out over accounts ("": contracts are not).
    """

    pair: str
    base: str
    quote: str
    url: str
    form: TicketForm
    title: str = "New order"
    terms: Sequence[str] = ()
    route_url: str = ""


@dataclass(frozen=True, slots=True)
class CheckPage:
    """The ticket on a page of its own: with what the order would come to, or with why it is refused."""

    ticket: Ticket
    market_url: str
    refusal: str = ""
    sentence: str = ""
    mode: str = ""
    side: str = ""
    facts: Sequence[Fact] = ()
    values: Sequence[tuple[str, str]] = ()
    idempotency_key: str = ""


def ticket_of(form: TicketForm, symbol: str) -> Ticket:
    """Return the ticket of a market. Raises UnknownSymbol."""
    spec, url = get_spec(symbol), reverse("orders-ticket")
    pair = f"{spec.base}/{spec.quote}"
    if not is_perpetual(symbol):
        route_url = f"{reverse('orders-routes-new')}?symbol={symbol}"
        return Ticket(pair, spec.base, spec.quote, url, form, route_url=route_url)
    return Ticket(f"{pair} perpetual", spec.base, spec.quote, url, form, "New contract order", _terms(form, symbol))


def _terms(form: TicketForm, symbol: str) -> list[str]:
    found = []
    for account in list_contracts(form.owner_id):
        for row in list_terms(account.pk):
            if row.symbol == market_of(symbol):
                mode = "isolated" if row.is_isolated else "cross"
                found.append(f"{account.connection.label}: {row.leverage}× {mode}")
    return found


def tickets(owner_id: UUID, symbol: str) -> list[Ticket]:
    """Return the empty tickets of a market, for its page: of the spot market, and of the contract that follows it.

    None for a customer without an account to trade on.
    """
    found = []
    for name in (symbol, perpetual_of(symbol)):
        first = {"symbol": name, "kind": Kind.LIMIT.value, "time_in_force": "GTC"}
        auto_id = "id_%s" if name == symbol else "id_contract_%s"
        form = TicketForm(owner_id=owner_id, initial=first, auto_id=auto_id)
        if form.fields["connection"].choices:  # type: ignore[attr-defined]
            found.append(ticket_of(form, name))
    return found


def entry_of(group_id: UUID) -> UUID:
    """Return the entry of a bracket."""
    found: UUID = Order.objects.values_list("pk", flat=True).get(group_id=group_id, leg=Leg.ENTRY)
    return found


def ticket_page(form: TicketForm, symbol: str, *, refusal: str = "") -> CheckPage:
    """Return the page of a ticket that is to be filled in, or corrected."""
    return CheckPage(ticket_of(form, symbol), reverse("market", args=[market_of(symbol)]), refusal)


def check_page(form: TicketForm, found: PreviewedOrder) -> CheckPage:
    """Return the page that says what an order would come to, with the button that places it."""
    page = ticket_page(form, found.symbol)
    values = [(name, str(form[name].value() or "")) for name in form.fields]
    return replace(
        page,
        sentence=_sentence(found),
        mode=found.mode,
        side=found.side,
        facts=_facts(form, found),
        values=[(name, "on" if value == "True" else value) for name, value in values if value not in ("", "False")],
        idempotency_key=str(uuid7()),
    )


def _sentence(found: PreviewedOrder) -> str:
    return f"{found.side.capitalize()} {trimmed(found.quantity)} {found.base}, {Kind(found.kind).label.lower()}"


def _facts(form: TicketForm, found: PreviewedOrder) -> list[Fact]:
    digits, given = places(get_spec(found.symbol).tick), form.cleaned_data
    facts = [Fact("Account", found.account)]
    if found.market_price is not None and found.market_at is not None:
        price = f"{amount(found.market_price, digits)} {found.quote} at {found.market_at:%H:%M:%S} UTC"
        facts.append(Fact("Price now", price))
    if found.price is not None:
        label = "Limit" if found.kind in LIMITED else "Worst price"
        facts.append(Fact(label, f"{amount(found.price, digits)} {found.quote} ({found.time_in_force})"))
    if found.kind in WITH_TRIGGER:
        trigger, trail = given.get("stop_price"), given.get("trail_percent")
        text = f"{trimmed(trail)} % from the best price" if trigger is None else amount(trigger, digits)
        facts += [Fact("Trigger", text), Fact("Watched by", _watcher(found.held_by))]
    if found.good_until is not None:
        facts.append(Fact("Ends", f"{found.good_until:%-d %b %H:%M} UTC"))
    facts += _exits(given, digits, found.quote)
    if found.leverage is not None:
        facts += _of_contract(found, digits)
    facts.append(Fact("Reserved until it is over", f"{trimmed(found.reserves)} {found.reserved_asset}"))
    facts.append(Fact("Fee, if it takes", _fee(found)))
    if found.commission is not None:
        facts.append(Fact("Commission", _commission(found.commission)))
    name = "Position by hand now" if found.leverage is None else "Position now"
    facts.append(Fact(name, f"{trimmed(found.position)} {found.base}"))
    return facts


def _of_contract(found: PreviewedOrder, digits: int) -> list[Fact]:
    mode = "isolated margin" if found.is_isolated else "cross margin"
    at = "at no price" if found.liquidation is None else f"at {amount(found.liquidation, digits)} {found.quote}"
    return [
        Fact("Leverage", f"{found.leverage}×, {mode}"),
        Fact("Margin needed", f"{amount(found.margin, 2)} {found.quote}"),
        Fact("Position then liquidated", at),
    ]


def _exits(given: dict[str, Any], digits: int, quote: str) -> list[Fact]:
    facts = []
    for name, label in (("take_profit", "Take profit at"), ("stop_loss", "Stop loss at")):
        if given.get(name) is not None:
            facts.append(Fact(label, f"{amount(given[name], digits)} {quote}, once the entry is filled"))
    if given.get("stop_trail") is not None:
        distance = f"{trimmed(given['stop_trail'])} %, once the entry is filled"
        facts.append(Fact("Stop behind the best price by", distance))
    return facts


def _watcher(held_by: HeldBy) -> str:
    return "the exchange" if held_by is HeldBy.VENUE else "the platform, on checked prices"


def _commission(found: PreviewedCommission) -> str:
    off = f"; {trimmed(found.percent_off)} % off now" if found.percent_off else ""
    rates = f"{trimmed(found.maker * 100)} % if it rests, {trimmed(found.taker * 100)} % if it takes"
    return f"{rates}, in {found.asset} from your wallet{off}"


def _fee(found: PreviewedOrder) -> str:
    if found.taker_fee is None:
        return "not known for this exchange"
    percent = f"{trimmed(found.taker_fee * 100)} % ({found.fee_source})"
    price = found.price if found.price is not None else found.market_price
    if price is None:
        return percent
    worth: Decimal = found.quantity * price * found.taker_fee
    return f"about {amount(worth, 2)} {found.quote}, {percent}"
