"""The symbols' trading rules: checked here before an order is admitted, published by exchangeInfo.

Every check raises ApiError -1013 `Filter failure: <NAME>` and changes nothing. Amounts are units of
10^-8, prices ticks.
"""

from dataclasses import dataclass
from typing import Any

from apps.trading.sandbox.exchange.amounts import format_units
from apps.trading.sandbox.exchange.errors import filter_failure
from apps.trading.sandbox.exchange.symbols import TICK_UNITS, SymbolSpec
from kernel.matching import Side

Json = dict[str, Any]
AVERAGE_MINUTES = 5
_HUNDREDTHS = 100


@dataclass(frozen=True, kw_only=True)
class OrderCount:
    """Numbers of one account's open orders of one symbol, or of the orders a request would add."""

    orders: int = 0
    algo: int = 0  # stop-loss and take-profit orders
    iceberg: int = 0
    lists: int = 0


def price_ticks(spec: SymbolSpec, units: int) -> int:
    """Ticks of a price or stop price (PRICE_FILTER)."""
    ticks, rest = divmod(units, TICK_UNITS)
    if rest or not ticks or units > spec.max_price:
        raise filter_failure("PRICE_FILTER")
    return ticks


def order_lots(spec: SymbolSpec, units: int, *, market: bool = False) -> int:
    """Lots of a quantity (LOT_SIZE; for market orders MARKET_LOT_SIZE too)."""
    lots, rest = divmod(units, spec.lot_units)
    if rest or not lots or units > spec.max_quantity:
        raise filter_failure("LOT_SIZE")
    if market and units > spec.max_market_quantity:
        raise filter_failure("MARKET_LOT_SIZE")
    return lots


def check_notional(spec: SymbolSpec, units: int) -> None:
    """Quote value of an order (NOTIONAL); market orders count at the average price."""
    if not spec.min_notional <= units <= spec.max_notional:
        raise filter_failure("NOTIONAL")


def check_percent_price(spec: SymbolSpec, ticks: int, average_ticks: int) -> None:
    """A price's distance from the average price (PERCENT_PRICE_BY_SIDE; both sides have the same range here)."""
    least, most = spec.price_multipliers
    if not least * average_ticks <= ticks * _HUNDREDTHS <= most * average_ticks:
        raise filter_failure("PERCENT_PRICE_BY_SIDE")


def check_iceberg(spec: SymbolSpec, lots: int, iceberg_lots: int) -> None:
    """Parts an iceberg order is shown in (ICEBERG_PARTS)."""
    if iceberg_lots and -(-lots // iceberg_lots) > spec.max_iceberg_parts:
        raise filter_failure("ICEBERG_PARTS")


def check_trailing(spec: SymbolSpec, delta: int) -> None:
    """A trailing delta in bips (TRAILING_DELTA; the same range above and below here)."""
    least, most = spec.trailing_bips
    if not least <= delta <= most:
        raise filter_failure("TRAILING_DELTA")


def check_counts(spec: SymbolSpec, standing: OrderCount, adding: OrderCount) -> None:
    """Open orders of the account and symbol together with the new ones (MAX_NUM_*)."""
    for name, total, limit in (
        ("MAX_NUM_ORDERS", standing.orders + adding.orders, spec.max_open_orders),
        ("MAX_NUM_ALGO_ORDERS", standing.algo + adding.algo, spec.max_algo_orders),
        ("MAX_NUM_ICEBERG_ORDERS", standing.iceberg + adding.iceberg, spec.max_iceberg_orders),
        ("MAX_NUM_ORDER_LISTS", standing.lists + adding.lists, spec.max_order_lists),
    ):
        if total > limit:
            raise filter_failure(name)


def check_position(spec: SymbolSpec, side: Side, position_units: int) -> None:
    """What a buy could lead to: base asset free, locked, in open buys and in this order (MAX_POSITION)."""
    if side is Side.BUY and position_units > spec.max_position:
        raise filter_failure("MAX_POSITION")


def check_amends(spec: SymbolSpec, amends: int) -> None:
    """How often one order was amended, this time included (MAX_NUM_ORDER_AMENDS)."""
    if amends > spec.max_amends:
        raise filter_failure("MAX_NUM_ORDER_AMENDS", -2038)


def published(spec: SymbolSpec) -> list[Json]:
    """The `filters` of a symbol in exchangeInfo: exactly what the checks above enforce."""
    step, tick = format_units(spec.lot_units), format_units(TICK_UNITS)
    least_price, most_price = (f"{part // _HUNDREDTHS}.{part % _HUNDREDTHS:02d}" for part in spec.price_multipliers)
    least_bips, most_bips = spec.trailing_bips
    return [
        {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": format_units(spec.max_price), "tickSize": tick},
        {"filterType": "LOT_SIZE", "minQty": step, "maxQty": format_units(spec.max_quantity), "stepSize": step},
        {"filterType": "ICEBERG_PARTS", "limit": spec.max_iceberg_parts},
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": "0.00000000",
            "maxQty": format_units(spec.max_market_quantity),
            "stepSize": "0.00000000",
        },
        {
            "filterType": "TRAILING_DELTA",
            "minTrailingAboveDelta": least_bips,
            "maxTrailingAboveDelta": most_bips,
            "minTrailingBelowDelta": least_bips,
            "maxTrailingBelowDelta": most_bips,
        },
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": most_price,
            "bidMultiplierDown": least_price,
            "askMultiplierUp": most_price,
            "askMultiplierDown": least_price,
            "avgPriceMins": AVERAGE_MINUTES,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": format_units(spec.min_notional),
            "applyMinToMarket": True,
            "maxNotional": format_units(spec.max_notional),
            "applyMaxToMarket": True,
            "avgPriceMins": AVERAGE_MINUTES,
        },
        {"filterType": "MAX_POSITION", "maxPosition": format_units(spec.max_position)},
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": spec.max_open_orders},
        {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": spec.max_order_lists},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": spec.max_algo_orders},
        {"filterType": "MAX_NUM_ICEBERG_ORDERS", "maxNumIcebergOrders": spec.max_iceberg_orders},
        {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": spec.max_amends},
    ]
