"""What the adapter library declares of an exchange, as plain data (the library is loaded here, on use)."""

from typing import Any

from apps.trading.exchanges.choices import Capability

DECLARED: dict[Capability, tuple[str, ...]] = {
    Capability.SPOT: ("spot",),
    Capability.MARGIN: ("margin",),
    Capability.PERPETUAL: ("swap",),
    Capability.FUTURE: ("future",),
    Capability.OPTION: ("option",),
    Capability.MARKET_ORDER: ("createMarketOrder", "createOrder"),
    Capability.LIMIT_ORDER: ("createLimitOrder", "createOrder"),
    Capability.STOP_ORDER: ("createStopOrder", "createTriggerOrder"),
    Capability.TRAILING_ORDER: ("createTrailingPercentOrder", "createTrailingAmountOrder"),
    Capability.POST_ONLY: ("createPostOnlyOrder",),
    Capability.REDUCE_ONLY: ("createReduceOnlyOrder",),
    Capability.BUY_BY_COST: ("createMarketBuyOrderWithCost",),
    Capability.AMEND: ("editOrder",),
    Capability.BATCH_ORDERS: ("createOrders",),
    Capability.CANCEL_ALL: ("cancelAllOrders",),
    Capability.CANCEL_BATCH: ("cancelOrders",),
    Capability.QUERY_ORDER: ("fetchOrder",),
    Capability.OPEN_ORDERS: ("fetchOpenOrders",),
    Capability.OWN_TRADES: ("fetchMyTrades",),
    Capability.BALANCES: ("fetchBalance",),
    Capability.POSITIONS: ("fetchPositions",),
    Capability.LEVERAGE: ("setLeverage",),
    Capability.FUNDING: ("fetchFundingRate", "fetchFundingRates"),
    Capability.FEES: ("fetchTradingFees", "fetchTradingFee"),
    Capability.CANDLES: ("fetchOHLCV",),
    Capability.TRADES: ("fetchTrades",),
    Capability.BOOK: ("fetchOrderBook",),
    Capability.TICKERS: ("fetchTickers", "fetchTicker"),
    Capability.CLOCK: ("fetchTime",),
    Capability.STATUS: ("fetchStatus",),
    Capability.WITHDRAW: ("withdraw",),
    Capability.STREAM_CANDLES: ("watchOHLCV",),
    Capability.STREAM_TRADES: ("watchTrades",),
    Capability.STREAM_BOOK: ("watchOrderBook",),
    Capability.STREAM_TICKER: ("watchTicker", "watchTickers"),
    Capability.STREAM_ORDERS: ("watchOrders",),
    Capability.STREAM_BALANCES: ("watchBalance",),
    Capability.STREAM_FILLS: ("watchMyTrades",),
}


def list_adapters() -> list[str]:
    """Return the ids of all exchanges the library speaks to."""
    import ccxt

    return sorted(ccxt.exchanges)


def declare(ccxt_id: str) -> dict[str, Any]:
    """Return what the library declares of an exchange: {name, home, cost_ms, needs, testnet, can: {capability: how}}.

    `how` is "yes", or "emulated" where the library makes it from other calls; what is not named cannot be done.
    """
    import ccxt
    import ccxt.pro

    client: Any = getattr(ccxt, ccxt_id)()
    streaming: Any = getattr(ccxt.pro, ccxt_id)() if ccxt_id in ccxt.pro.exchanges else client
    can = {}
    for capability, names in DECLARED.items():
        source = streaming.has if capability.value.startswith("stream_") else client.has
        how = [source.get(name) for name in names]
        if any(value is True for value in how):
            can[capability.value] = "yes"
        elif "emulated" in how:
            can[capability.value] = "emulated"
    home = client.urls.get("www") or ""
    return {
        "name": client.name,
        "home": home if isinstance(home, str) else home[0],
        "cost_ms": str(client.rateLimit),
        "needs": sorted(name for name, wanted in client.requiredCredentials.items() if wanted),
        "testnet": "test" in client.urls,
        "can": can,
    }
