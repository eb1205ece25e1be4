"""What the pages of routed orders are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.core.ids import uuid7
from apps.core.keyed_pages import page_of
from apps.core.templatetags.ui import amount, trimmed
from apps.core.view import Fact, Figure, Limit, Page, Stat, State
from apps.trading.exchanges.queries import list_connections
from apps.trading.instruments.queries import get_spec, get_specs
from apps.trading.orders.queries import show_orders
from apps.trading.orders.routing.choices import WHY, PartState, RouteStatus
from apps.trading.orders.routing.models import RoutedOrder
from apps.trading.orders.routing.operations import PlannedPart, RoutePlan
from apps.trading.orders.routing.pages.forms import RouteForm
from apps.trading.orders.routing.parts import RoutedPart, read_parts
from apps.trading.orders.routing.queries import get_route, list_children, list_routes
from apps.trading.orders.shown import NONE, OrderRow, places
from kernel.instruments import InstrumentSpec, Side

PAGE_SIZE = 30
TONES = {
    RouteStatus.WORKING: "wait",
    RouteStatus.ENDING: "wait",
    RouteStatus.DONE: "good",
    RouteStatus.PARTLY: "warn",
    RouteStatus.UNFILLED: "off",
    RouteStatus.REFUSED: "warn",
}
STATES = {
    PartState.NONE: State("off", "No part"),
    PartState.WAITING: State("wait", "On its way"),
    PartState.PLACED: State("good", "Placed"),
    PartState.REFUSED: State("warn", "Refused"),
    PartState.LATE: State("off", "Not placed in time"),
    PartState.DROPPED: State("off", "Cancelled before it was placed"),
}


@dataclass(frozen=True, slots=True)
class RouteRow:
    """A line of the list."""

    url: str
    time: str
    pair: str
    side: str
    size: str
    filled: str
    average: str
    saved: str
    state: State


@dataclass(frozen=True, slots=True)
class RoutesPage:
    """The list."""

    new_url: str
    rows: Sequence[RouteRow]
    page: Page


@dataclass(frozen=True, slots=True)
class CheckedPart:
    """An account in the check: what it gets, and what all on it would come to."""

    account: str
    venue: str
    size: str
    average: str
    worst: str
    fee: str
    net: str
    words: str
    alone: str


@dataclass(frozen=True, slots=True)
class Check:
    """What a routed order would come to; `values` go into the form that places it. `is_possible`: an account gets a
    part."""

    sentence: str
    mode: str
    side: str
    facts: Sequence[Fact]
    rows: Sequence[CheckedPart]
    values: Sequence[tuple[str, str]]
    idempotency_key: str
    is_possible: bool


@dataclass(frozen=True, slots=True)
class RouteFormPage:
    """The form, and the check once it was asked for."""

    action_url: str
    parent_url: str
    errors: Sequence[str]
    form: Any
    check: Check | None


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part of a routed order: one account in one round."""

    round: str
    account: str
    size: str
    average: str
    worst: str
    words: str
    state: State


@dataclass(frozen=True, slots=True)
class RoutePage:
    """One routed order."""

    title: str
    parent_url: str
    mode: str
    state: State
    reason: str
    progress: Limit
    stats: Sequence[Stat]
    facts: Sequence[Fact]
    parts: Sequence[PartRow]
    children: Sequence[OrderRow]
    children_note: str
    match: str
    cancel_url: str
    idempotency_key: str


def routes_page(owner_id: UUID, after: UUID | None) -> RoutesPage:
    """Return a page of the list, newest first, older than `after`."""
    base = reverse("orders-routes")
    shown, page = page_of(list_routes(owner_id), after=after, size=PAGE_SIZE, base=base, words="routed orders")
    specs = get_specs({row.symbol for row in shown})
    return RoutesPage(reverse("orders-routes-new"), [_row(row, specs[row.symbol]) for row in shown], page)


def form_page(form: RouteForm, errors: Sequence[str] = (), plan: RoutePlan | None = None) -> RouteFormPage:
    """Return the page of the form, with a plan as its check."""
    check = None if plan is None else _check(form, plan)
    return RouteFormPage(reverse("orders-routes-new"), reverse("orders-routes"), errors, form, check)


def route_page(owner_id: UUID, route_id: UUID) -> RoutePage:
    """Return the page of one, or raise RouteMissing."""
    row = get_route(route_id, owner_id=owner_id)
    spec, children = get_spec(row.symbol), list_children(row.pk)
    labels = {each.pk: each.label for each in list_connections(owner_id)}
    percent = int(row.filled * 100 / row.quantity)
    return RoutePage(
        title=f"{row.side.capitalize()} {trimmed(row.quantity)} {spec.base} over accounts",
        parent_url=reverse("orders-routes"),
        mode=row.mode,
        state=_state(row),
        reason=WHY[row.why],
        progress=Limit("Filled", trimmed(row.filled), f"{trimmed(row.quantity)} {spec.base}", percent),
        stats=_stats(row, spec),
        facts=_facts(row, spec),
        parts=[_part(part, spec, labels) for part in read_parts(row.parts)],
        children=show_orders(children[::-1]),
        children_note=f"{len(children)} sent, newest first",
        match=f"bot_id={row.pk}",
        cancel_url="" if row.is_over else reverse("orders-route-cancel", args=[row.pk]),
        idempotency_key=str(uuid7()),
    )


def _check(form: RouteForm, plan: RoutePlan) -> Check:
    spec, wish = plan.spec, plan.wish
    return Check(
        sentence=f"{wish.side.value.capitalize()} {trimmed(wish.quantity)} {spec.base} over your {wish.mode} accounts",
        mode=wish.mode,
        side=wish.side.value,
        facts=_plan_facts(plan),
        rows=[_checked(row, spec) for row in plan.parts],
        values=form.values(),
        idempotency_key=str(uuid7()),
        is_possible=plan.worst is not None,
    )


def _plan_facts(plan: RoutePlan) -> list[Fact]:
    spec, digits = plan.spec, places(plan.spec.tick)
    verb = "Costs" if plan.wish.side is Side.BUY else "Brings"
    facts = [
        Fact("Would fill now", f"{trimmed(plan.quantity)} of {trimmed(plan.wish.quantity)} {spec.base}"),
        Fact("Mean price", f"{amount(plan.average, digits)} {spec.quote}"),
        Fact("Worst price", f"{amount(plan.worst, digits)} {spec.quote}"),
        Fact("Fees of the exchanges", f"{amount(plan.fee, 2)} {spec.quote}"),
        Fact(f"{verb} after fees", f"{amount(plan.net, 2)} {spec.quote}"),
    ]
    if plan.single is not None and plan.saves is not None:
        name = plan.single.account.connection.label
        facts.append(Fact(f"Better than all on {name}", f"{amount(plan.saves, 2)} {spec.quote}"))
    if plan.terms is not None:
        facts.append(Fact("Commission", f"{trimmed(plan.terms.taker * 100)} % from your wallet"))
    return facts


def _checked(row: PlannedPart, spec: InstrumentSpec) -> CheckedPart:
    part, alone, digits = row.part, row.single, places(spec.tick)
    words = NONE
    if alone.quantity:
        words = f"{amount(alone.net, 2)} {spec.quote}"
        if alone.missing:
            words += f" for {trimmed(alone.quantity)} {spec.base}"
    return CheckedPart(
        account=row.account.connection.label,
        venue=row.account.connection.venue.title,
        size=trimmed(part.quantity) if part.quantity else NONE,
        average=amount(part.average, digits),
        worst=amount(part.worst, digits),
        fee=f"{trimmed(row.fee.taker * 100)} %, {str(row.fee.source.label).lower()}",
        net=amount(part.net, 2) if part.quantity else NONE,
        words=row.words,
        alone=words,
    )


def _state(row: RoutedOrder) -> State:
    return State(TONES[RouteStatus(row.status)], str(RouteStatus(row.status).label))


def _row(row: RoutedOrder, spec: InstrumentSpec) -> RouteRow:
    return RouteRow(
        url=reverse("orders-route", args=[row.pk]),
        time=f"{row.created_at:%-d %b %H:%M}",
        pair=f"{spec.base}/{spec.quote}",
        side=row.side,
        size=trimmed(row.quantity),
        filled=f"{int(row.filled * 100 / row.quantity)} %",
        average=amount(row.average_price, places(spec.tick)),
        saved=amount(row.saved, 2),
        state=_state(row),
    )


def _stats(row: RoutedOrder, spec: InstrumentSpec) -> list[Stat]:
    digits = places(spec.tick)
    paid = ", ".join(f"{trimmed(Decimal(fee))} {asset}" for asset, fee in row.fees.items()) or NONE
    return [
        Stat(
            "Mean price",
            Figure(amount(row.average_price, digits)),
            f"{amount(row.expected_price, digits)} when it was decided",
        ),
        Stat("Fees of the exchanges", Figure(paid)),
        Stat(
            f"Better, {spec.quote}",
            Figure(amount(row.saved, 2)),
            definition=(
                "How much better the fills were, after fees, than the best single account was when it was decided."
                " A dash where a fee was taken in a third asset."
            ),
        ),
    ]


def _facts(row: RoutedOrder, spec: InstrumentSpec) -> list[Fact]:
    digits = places(spec.tick)
    facts = [
        Fact("Placed", f"{row.created_at:%-d %b %Y %H:%M:%S} UTC"),
        Fact("Worst price", f"{amount(row.worst_price, digits)} {spec.quote}"),
        Fact("Rounds", str(row.round)),
    ]
    if row.single_connection is not None and row.single_net is not None:
        words = f"{amount(row.single_net, digits)} {spec.quote} a piece after fees"
        facts.append(Fact(f"All on {row.single_connection.label}", words))
    return facts


def _part(part: RoutedPart, spec: InstrumentSpec, labels: dict[UUID, str]) -> PartRow:
    digits = places(spec.tick)
    return PartRow(
        round=str(part.round),
        account=labels.get(part.connection_id, NONE),
        size=trimmed(part.quantity) if part.quantity else NONE,
        average=amount(part.average, digits),
        worst=amount(part.worst, digits),
        words=part.refusal or part.said,
        state=STATES[part.state],
    )
