"""Several venues as one market, in exact Decimals: best prices, an index, what a round over two venues brings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

ZERO, ONE, TWO, HUNDRED = Decimal(0), Decimal(1), Decimal(2), Decimal(100)
MOST_APART: Final = Decimal("0.05")
"""A venue whose mid is farther than this from the median of all is left out of the index."""
_CONTEXT: Final = Context(prec=28, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class VenueTop:
    """A venue's best prices and sizes in quote and base; `volume` of the last day in base weighs the index."""

    venue: str
    bid: Decimal
    ask: Decimal
    bid_size: Decimal = ZERO
    ask_size: Decimal = ZERO
    volume: Decimal = ZERO

    @property
    def mid(self) -> Decimal:
        """The middle of bid and ask."""
        return _CONTEXT.divide(self.bid + self.ask, TWO)


@dataclass(frozen=True, slots=True)
class Consolidated:
    """The best bid and the best ask over all venues, the index price, and how many venues it rests on."""

    bid: Decimal
    bid_venue: str
    ask: Decimal
    ask_venue: str
    index: Decimal
    venues: int


@dataclass(frozen=True, slots=True)
class Arbitrage:
    """Buying at one venue and selling at another at once; `size` is what both best levels hold."""

    buy_venue: str
    sell_venue: str
    buy_price: Decimal
    sell_price: Decimal
    size: Decimal
    gross_percent: Decimal
    net_percent: Decimal


def index_price(tops: Sequence[VenueTop]) -> tuple[Decimal, int]:
    """Return the mids weighted by volume, outliers left out, and how many venues count.

    As exchanges build index prices (Binance, BitMEX): a venue more than 5 % from the median does not count; without any
    volume all weigh the same. Raises ValueError without venues.
    """
    if not tops:
        raise ValueError("an index needs a venue")
    mids = sorted(top.mid for top in tops)
    half = len(mids) // 2
    median = mids[half] if len(mids) % 2 else _CONTEXT.divide(mids[half - 1] + mids[half], TWO)
    counted = [top for top in tops if abs(top.mid - median) <= median * MOST_APART] or list(tops)
    weights = [top.volume for top in counted]
    if not any(weights):
        weights = [ONE] * len(counted)
    total = sum((top.mid * weight for top, weight in zip(counted, weights, strict=True)), ZERO)
    return _CONTEXT.divide(total, sum(weights, ZERO)), len(counted)


def consolidate(tops: Sequence[VenueTop]) -> Consolidated | None:
    """Return many venues as one, or None without any; equal prices go to the larger size, then to the name."""
    if not tops:
        return None
    bid = max(tops, key=lambda top: (top.bid, top.bid_size, top.venue))
    ask = min(tops, key=lambda top: (top.ask, -top.ask_size, top.venue))
    index, count = index_price(tops)
    return Consolidated(bid.bid, bid.venue, ask.ask, ask.venue, index, count)


def arbitrage(tops: Sequence[VenueTop], fees: Mapping[str, Decimal]) -> list[Arbitrage]:
    """Return every ordered pair of venues, the best after fees first.

    `fees` are takers' shares of the worth by venue (0.001 = 0.1 %); a venue without one pays nothing. Cost = ask × (1 +
    fee), gain = bid × (1 − fee), net = gain ÷ cost − 1.
    """
    found = []
    for buy in tops:
        for sell in tops:
            if buy.venue == sell.venue or buy.ask <= 0:
                continue
            found.append(one_round(buy, sell, fees.get(buy.venue, ZERO), fees.get(sell.venue, ZERO)))
    return sorted(found, key=lambda row: (-row.net_percent, row.buy_venue, row.sell_venue))


def one_round(buy: VenueTop, sell: VenueTop, buy_fee: Decimal, sell_fee: Decimal) -> Arbitrage:
    """Return what buying at the ask of one venue and selling at the bid of another brings; fees are takers' shares."""
    return Arbitrage(
        buy_venue=buy.venue,
        sell_venue=sell.venue,
        buy_price=buy.ask,
        sell_price=sell.bid,
        size=min(buy.ask_size, sell.bid_size),
        gross_percent=_percent(sell.bid, buy.ask),
        net_percent=_percent(sell.bid * (ONE - sell_fee), buy.ask * (ONE + buy_fee)),
    )


def _percent(gain: Decimal, cost: Decimal) -> Decimal:
    return ((_CONTEXT.divide(gain, cost) - ONE) * HUNDRED).quantize(Decimal("0.00000001"), context=_CONTEXT)
