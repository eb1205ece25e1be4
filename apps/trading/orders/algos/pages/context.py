"""What the pages of large orders are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.core.clock import from_ms
from apps.core.ids import uuid7
from apps.core.keyed_pages import page_of
from apps.core.templatetags.ui import amount, trimmed
from apps.core.view import Fact, Figure, Limit, Page, Stat, State
from apps.trading.instruments.queries import get_spec, get_specs
from apps.trading.orders.algos.choices import WHY, AlgoClock, AlgoKind, AlgoStatus, CatchUpRule, RestRule
from apps.trading.orders.algos.market import orders_of
from apps.trading.orders.algos.models import AlgoOrder
from apps.trading.orders.algos.queries import get_algo, list_algos
from apps.trading.orders.algos.shown import AlgoRow, name_of, row_of, seen_of, slippage_of, state_of
from apps.trading.orders.queries import show_orders
from apps.trading.orders.shown import NONE, OrderRow, places
from kernel.instruments import InstrumentSpec

PAGE_SIZE = 30
SHOWN_CHILDREN = 100


@dataclass(frozen=True, slots=True)
class AlgosPage:
    """The list."""

    new_url: str
    rows: Sequence[AlgoRow]
    page: Page


@dataclass(frozen=True, slots=True)
class AlgoFormPage:
    """The form."""

    action_url: str
    parent_url: str
    errors: Sequence[str]
    idempotency_key: str
    form: Any


@dataclass(frozen=True, slots=True)
class AlgoPage:
    """One large order."""

    id: str
    seen: str
    title: str
    parent_url: str
    mode: str
    state: State
    warning: str
    progress: Limit
    stats: Sequence[Stat]
    facts: Sequence[Fact]
    children: Sequence[OrderRow]
    children_note: str
    match: str
    pause_url: str
    resume_url: str
    cancel_url: str
    idempotency_key: str


def algos_page(owner_id: UUID, after: UUID | None) -> AlgosPage:
    """Return a page of the list, newest first, older than `after`."""
    base = reverse("orders-algos")
    shown, page = page_of(list_algos(owner_id), after=after, size=PAGE_SIZE, base=base, words="large orders")
    specs = get_specs({row.symbol for row in shown})
    return AlgosPage(reverse("orders-algos-new"), [row_of(row, specs[row.symbol]) for row in shown], page)


def form_page(form: Any, errors: Sequence[str]) -> AlgoFormPage:
    """Return the page of the form."""
    return AlgoFormPage(reverse("orders-algos-new"), reverse("orders-algos"), errors, str(uuid7()), form)


def algo_page(owner_id: UUID, algo_id: UUID) -> AlgoPage:
    """Return the page of one, or raise AlgoMissing."""
    algo = get_algo(algo_id, owner_id=owner_id)
    spec, children = get_spec(algo.symbol), orders_of(algo)
    percent = int(algo.filled * 100 / algo.quantity)
    can_pause, can_resume = algo.status == AlgoStatus.WORKING, algo.status == AlgoStatus.PAUSED
    return AlgoPage(
        id=str(algo.pk),
        seen=seen_of(algo),
        title=f"{algo.side.capitalize()} {trimmed(algo.quantity)} {spec.base}, {name_of(algo)}",
        parent_url=reverse("orders-algos"),
        mode=algo.connection.mode,
        state=state_of(algo),
        warning=_warning(algo),
        progress=Limit("Filled", trimmed(algo.filled), f"{trimmed(algo.quantity)} {spec.base}", percent),
        stats=_stats(algo, spec),
        facts=_facts(algo, spec),
        children=show_orders(children[-SHOWN_CHILDREN:][::-1]),
        children_note=f"{len(children)} sent, newest first",
        match=f"bot_id={algo.pk}",
        pause_url=reverse("orders-algos-act", args=[algo.pk, "pause"]) if can_pause else "",
        resume_url=reverse("orders-algos-act", args=[algo.pk, "resume"]) if can_resume else "",
        cancel_url="" if algo.is_over else reverse("orders-algos-act", args=[algo.pk, "cancel"]),
        idempotency_key=str(uuid7()),
    )


def _warning(algo: AlgoOrder) -> str:
    """Return why it stands still when no person wanted it, with what the last refusal said."""
    if algo.why == "refused":
        return f"{WHY[algo.why]} The last one said: {algo.last_refusal}"
    if algo.why != "slippage":
        return ""
    if algo.status == AlgoStatus.PAUSED:
        return f"{WHY[algo.why]} Resume it, and the guard measures from the price of that moment."
    return WHY[algo.why]


def _stats(algo: AlgoOrder, spec: InstrumentSpec) -> list[Stat]:
    digits = places(spec.tick)
    stats = [
        Stat(
            "Average price",
            Figure(amount(algo.average_price, digits)),
            f"{amount(algo.arrival_price, digits)} at start",
        ),
        Stat("Slippage, bp", Figure(slippage_of(algo)), definition="How much worse than the price at the start."),
        Stat(
            "Share of the volume",
            Figure(_percent(algo.share_bps)),
            definition="What was filled, of all that traded since the start.",
        ),
    ]
    if algo.schedule_error_bps is not None:
        error = Figure(_percent(algo.schedule_error_bps))
        stats.append(
            Stat(
                "Off the schedule",
                error,
                "at worst",
                "The most by which a part's end missed the schedule, of the size.",
            )
        )
    return stats


def _percent(bps: Decimal | None) -> str:
    return NONE if bps is None else f"{amount(bps / 100, 2)} %"


def _facts(algo: AlgoOrder, spec: InstrumentSpec) -> list[Fact]:
    facts = [
        Fact("Account", algo.connection.label),
        Fact("How", str(AlgoKind(algo.algo).label)),
        Fact("Started", f"{from_ms(algo.start_ms):%-d %b %Y %H:%M} UTC"),
    ]
    if algo.end_ms:
        facts.append(Fact("Ends", f"{from_ms(algo.end_ms):%-d %b %Y %H:%M} UTC"))
    if algo.clock == AlgoClock.MARKET:
        facts.append(Fact("Clock", str(AlgoClock.MARKET.label)))
    if algo.weights:
        facts.append(Fact("Parts", str(len(algo.weights))))
    facts += _bounds(algo, places(spec.tick))
    if algo.weights:
        facts.append(Fact("What was missed", str(CatchUpRule(algo.catch_up).label)))
    return [*facts, Fact("What is left", str(RestRule(algo.rest).label))]


def _bounds(algo: AlgoOrder, digits: int) -> list[Fact]:
    facts = []
    if algo.participation_bps:
        facts.append(Fact("At most of the volume", _percent(Decimal(algo.participation_bps))))
    if algo.guard_bps:
        facts.append(Fact("Stops when worse by", _percent(Decimal(algo.guard_bps))))
        facts.append(Fact("Measured from", amount(algo.guard_price, digits)))
    if algo.limit_price is not None:
        facts.append(Fact("Worst price", amount(algo.limit_price, digits)))
    if algo.display_quantity is not None:
        facts.append(Fact("Shown at a time", trimmed(algo.display_quantity)))
    return facts
