"""A large order in words and figures, the same on pages and on the live topic."""

from dataclasses import dataclass

from django.urls import reverse

from apps.core.templatetags.ui import amount, trimmed
from apps.core.view import State
from apps.trading.orders.algos.choices import WHY, AlgoKind, AlgoStatus
from apps.trading.orders.algos.models import AlgoOrder
from apps.trading.orders.shown import NONE, places
from kernel.execution import slippage_bps
from kernel.instruments import InstrumentSpec, Side

TONES = {AlgoStatus.WORKING: "good", AlgoStatus.PAUSED: "warn", AlgoStatus.ENDING: "wait", AlgoStatus.DONE: "off"}


@dataclass(frozen=True, slots=True)
class AlgoRow:
    """A line of the list."""

    id: str
    url: str
    time: str
    title: str
    pair: str
    side: str
    size: str
    filled: str
    average: str
    slippage: str
    state: State


def name_of(algo: AlgoOrder) -> str:
    """Return the short name of an algorithm's kind."""
    return str(AlgoKind(algo.algo).label).partition(":")[0]


def state_of(algo: AlgoOrder) -> State:
    """Return the state in words, with its reason."""
    words = str(AlgoStatus(algo.status).label)
    if algo.why:
        words = f"{words}: {WHY[algo.why].rstrip('.').lower()}"
    return State(TONES[AlgoStatus(algo.status)], words)


def row_of(algo: AlgoOrder, spec: InstrumentSpec) -> AlgoRow:
    """Return the row of a large order; `spec` is that of its market."""
    return AlgoRow(
        id=str(algo.pk),
        url=reverse("orders-algo", args=[algo.pk]),
        time=f"{algo.created_at:%-d %b %H:%M}",
        title=name_of(algo),
        pair=f"{spec.base}/{spec.quote}",
        side=algo.side,
        size=trimmed(algo.quantity),
        filled=f"{int(algo.filled * 100 / algo.quantity)} %",
        average=amount(algo.average_price, places(spec.tick)),
        slippage=slippage_of(algo),
        state=state_of(algo),
    )


def slippage_of(algo: AlgoOrder) -> str:
    """Return how much worse than at its start it traded, in basis points (minus: better)."""
    if not algo.arrival_price or algo.average_price is None:
        return NONE
    return amount(slippage_bps(Side(algo.side), algo.arrival_price, algo.average_price), 1)


def seen_of(algo: AlgoOrder) -> str:
    """Return a text that differs when what the page of a large order shows has changed."""
    facts = (algo.status, algo.why, trimmed(algo.filled), algo.next_number, algo.last_refusal)
    return "|".join(str(fact) for fact in facts)
