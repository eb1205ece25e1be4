"""What the page of commissions is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.urls import reverse

from apps.core.ids import parse_uuid
from apps.core.keyed_pages import page_of
from apps.core.templatetags.ui import amount, trimmed
from apps.core.view import Choice, Figure, Page, Stat
from apps.trading.orders.commissions import queries
from apps.trading.orders.commissions.choices import EVERY
from apps.trading.orders.commissions.models import CommissionCharge, CommissionPromotion, CommissionRate
from apps.trading.orders.commissions.queries import InForce

PAGE_SIZE = 50
MODES = {"live": "Live", "paper": "Paper"}
NOTHING = "Nothing is charged now. Fees of the exchange are its own and stand beside each fill."


@dataclass(frozen=True, slots=True)
class RateRow:
    """A line of the table; `mine` is the tier that counts for the reader."""

    market: str
    volume: str
    maker: str
    taker: str
    mine: bool


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """What one fill was charged."""

    time: str
    market: str
    order_url: str
    share: str
    amount: str
    state: str


@dataclass(frozen=True, slots=True)
class CommissionsPage:
    """Rates in force, promotions, sums and charges."""

    modes: Sequence[Choice]
    name: str
    note: str
    stats: Sequence[Stat]
    rates: Sequence[RateRow]
    promotions: Sequence[str]
    charges: Sequence[ChargeRow]
    page: Page


def commissions_page(owner_id: UUID, mode: str, after: str) -> CommissionsPage:
    """Return what a customer pays and paid in live or paper trading."""
    found, base = queries.get_in_force(owner_id, mode), reverse("orders-commissions")
    rows = queries.list_charges(owner_id).filter(mode=mode)
    kept = {"mode": mode}
    shown, page = page_of(rows, after=parse_uuid(after), size=PAGE_SIZE, base=base, words="charges", kept=kept)
    sums = [row for row in queries.sum_charges(owner_id) if row.mode == mode]
    return CommissionsPage(
        modes=[Choice(label, f"{base}?mode={key}", key == mode) for key, label in MODES.items()],
        name="" if found is None else found.terms.schedule.name,
        note=NOTHING if found is None else _note(found),
        stats=[
            *([] if found is None else [Stat("Traded in 30 days, USDT", Figure(amount(found.terms.volume, 2)))]),
            *(Stat(f"Charged, {row.asset}", Figure(trimmed(row.booked)),
                   f"{trimmed(row.due)} due" if row.due else "") for row in sums),
        ],
        rates=[] if found is None else [_rate(row, found) for row in found.rates],
        promotions=[] if found is None else [_promotion(row) for row in found.promotions],
        charges=[_charge(row) for row in shown],
        page=page,
    )  # fmt: skip


def _note(found: InForce) -> str:
    of = "what a fill brings" if found.terms.schedule.charged_in == "received" else "the worth of a fill, in quote"
    return (
        f"Charged per fill as a share of {of}, from your wallet, beside the fee of the exchange. An order keeps the"
        " rates it was placed with."
    )


def _rate(row: CommissionRate, found: InForce) -> RateRow:
    reached = [item for item in found.rates if item.symbol == row.symbol and item.from_volume <= found.terms.volume]
    market = "All markets" if row.symbol == EVERY else row.symbol
    mine = bool(reached) and reached[-1].pk == row.pk
    return RateRow(market, amount(row.from_volume, 0), _percent(row.maker), _percent(row.taker), mine)


def _promotion(row: CommissionPromotion) -> str:
    market = "all markets" if row.symbol == EVERY else row.symbol
    last = row.ends - timedelta(days=1)
    return f"{trimmed(row.percent_off)} % off on {market}, {row.starts:%-d %b %Y} to {last:%-d %b %Y} (UTC)."


def _charge(row: CommissionCharge) -> ChargeRow:
    return ChargeRow(
        time=f"{row.created_at:%-d %b %Y, %H:%M:%S}",
        market=row.fill.symbol,
        order_url=reverse("orders-detail", args=[row.fill.order_id]),
        share=_percent(row.share),
        amount=f"{trimmed(row.amount)} {row.asset}",
        state=str(row.get_state_display()),
    )


def _percent(share: Decimal) -> str:
    return f"{trimmed(share * 100)} %"
