"""What the page is given on which a large order is tried on recorded candles."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from apps.core.clock import from_ms
from apps.core.templatetags.ui import amount, trimmed
from apps.core.view import Fact, Figure, Limit, Stat, State
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.queries import BASE_INTERVAL, get_series
from apps.trading.orders.algos.choices import WHY
from apps.trading.orders.algos.trying import STEP, Trial, TrialFill
from apps.trading.orders.shown import NONE, places

SHOWN_FILLS = 200
USUAL = {"minutes": 60, "slices": 12, "fee": "0.1", "slippage": "2", "clock": "00:00"}


@dataclass(frozen=True, slots=True)
class TrialFillRow:
    """One fill."""

    time: str
    size: str
    price: str
    fee: str
    liquidity: str


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What came of it."""

    state: State
    progress: Limit
    stats: Sequence[Stat]
    facts: Sequence[Fact]
    fills: Sequence[TrialFillRow]
    fills_note: str
    start_url: str


@dataclass(frozen=True, slots=True)
class TrialPage:
    """The form, and the result when there is one."""

    action_url: str
    parent_url: str
    errors: Sequence[str]
    form: Any
    recorded: str
    result: TrialResult | None


def trial_page(form: Any, errors: Sequence[str], symbol: str, found: Trial | None = None) -> TrialPage:
    """Return the page."""
    return TrialPage(
        action_url=reverse("orders-algos-try"),
        parent_url=reverse("orders-algos"),
        errors=errors,
        form=form,
        recorded=_recorded(symbol),
        result=None if found is None else _result(found, form),
    )


def first_values(symbol: str) -> dict[str, Any]:
    """Return what a new form starts with: an hour of the last recorded day."""
    series = get_series(symbol, BASE_INTERVAL) if symbol else None
    day = {} if series is None else {"day": (from_ms(series.last_ts) - timedelta(days=1)).date().isoformat()}
    return {**USUAL, **day, "symbol": symbol}


def _recorded(symbol: str) -> str:
    series = get_series(symbol, BASE_INTERVAL) if symbol else None
    if series is None:
        return "No candles of 5 minutes are recorded for this market."
    first, last = from_ms(series.first_ts), from_ms(series.last_ts + STEP)
    return f"Candles of 5 minutes are recorded from {first:%-d %b %Y %H:%M} to {last:%-d %b %Y %H:%M} UTC."


def _result(found: Trial, form: Any) -> TrialResult:
    spec, wish = get_spec(found.wish.symbol), found.wish
    percent = int(found.filled * 100 / wish.quantity)
    kept = {
        name: value for name, value in form.data.items() if name not in {"day", "clock", "fee", "slippage"} and value
    }
    return TrialResult(
        state=State("good" if found.why == "complete" else "warn", WHY[found.why]),
        progress=Limit("Filled", trimmed(found.filled), f"{trimmed(wish.quantity)} {spec.base}", percent),
        stats=_stats(found, places(spec.tick)),
        facts=_facts(found, spec.quote),
        fills=[_row(fill, places(spec.tick)) for fill in found.fills[:SHOWN_FILLS]],
        fills_note=_note(len(found.fills)),
        start_url=f"{reverse('orders-algos-new')}?{urlencode(kept)}",
    )


def _note(count: int) -> str:
    return f"{count} fills" if count <= SHOWN_FILLS else f"the first {SHOWN_FILLS} of {count} fills"


def _stats(found: Trial, digits: int) -> list[Stat]:
    stats = [
        Stat(
            "Average price",
            Figure(amount(found.average_price, digits)),
            f"{amount(found.arrival_price, digits)} at start",
        ),
        Stat(
            "Slippage, bp", Figure(_bps(found.slippage_bps)), definition="How much worse than the price at the start."
        ),
        Stat(
            "Against the market, bp",
            Figure(_bps(found.against_market_bps)),
            f"{amount(found.market_price, digits)} on average",
            "How much worse than the market's mean price of the whole time, weighted by volume.",
        ),
        Stat(
            "Share of the volume", Figure(_percent(found.share_bps)), definition="What was filled, of all that traded."
        ),
    ]
    if found.tracking is not None:
        error = Figure(_percent(found.tracking.worst_bps))
        note = f"{_percent(found.tracking.mean_bps)} on average"
        stats.append(
            Stat("Off the schedule", error, note, "The most by which a part's end missed the schedule, of the size.")
        )
    return stats


def _facts(found: Trial, quote: str) -> list[Fact]:
    facts = [
        Fact("From", f"{found.start:%-d %b %Y %H:%M} UTC"),
        Fact("To", f"{found.end:%-d %b %Y %H:%M} UTC"),
        Fact("Parts sent", str(found.parts)),
        Fact("Fees", f"{amount(found.fees, 2)} {quote}"),
    ]
    if found.paused_at is not None:
        facts.append(Fact("Stopped", f"{found.paused_at:%-d %b %Y %H:%M} UTC"))
    return facts


def _row(fill: TrialFill, digits: int) -> TrialFillRow:
    return TrialFillRow(
        time=f"{fill.at:%-d %b %H:%M}",
        size=trimmed(fill.quantity),
        price=amount(fill.price, digits),
        fee=amount(fill.fee, 2),
        liquidity="maker" if fill.is_maker else "taker",
    )


def _bps(value: Decimal | None) -> str:
    return NONE if value is None else amount(value, 1)


def _percent(bps: Decimal | None) -> str:
    return NONE if bps is None else f"{amount(bps / 100, 2)} %"
