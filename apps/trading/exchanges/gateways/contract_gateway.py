"""Perpetual contracts beside the spot market of one account: the instrument decides which client is asked."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from apps.trading.exchanges.gateways.ccxt_gateway import (
    RECEIVE_WINDOW_MS,
    TIMEOUT_MS,
    CallMeter,
    CcxtGateway,
    KeptMarkets,
)
from apps.trading.exchanges.gateways.port import Confirmed, OrderRequest, Outcome, VenueFill, VenueOrder
from kernel.instruments import is_perpetual, perpetual_of

CLIENTS = {"binance": "binanceusdm"}
"""Adapter of the spot market → the adapter of its contracts."""


def contract_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return constructor settings for a client of contracts of ccxt or ccxt.pro: no floats, no resend, no detours."""
    return {
        **settings,
        "number": str,
        "enableRateLimit": False,
        "maxRetriesOnFailure": 0,
        "enableLastJsonResponse": True,
        "options": {
            **settings.get("options", {}),
            "defaultType": "swap",
            "defaultSubType": "linear",
            "fetchMarkets": {"types": ["linear"]},
            "fetchCurrencies": False,
            "fetchOpenOrders": {"warnWithoutSymbol": False},
            "warnOnFetchOpenOrdersWithoutSymbol": False,
            "recvWindow": RECEIVE_WINDOW_MS,
            "adjustForTimeDifference": False,
        },
    }


class ContractGateway(CcxtGateway):
    """Contracts margined in USD of one account. Symbols are ours ("BTCUSDTPERP") on this side, the venue's beyond."""

    def _settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        return contract_settings(settings)

    def _listed(self, markets: Mapping[str, Any]) -> dict[str, str]:
        return {perpetual_of(market["id"]): name for name, market in markets.items() if market["swap"]}

    def submit(self, request: OrderRequest) -> Outcome:
        """Send an order once. See VenuePort."""
        return _ours(super().submit(request))

    def cancel(self, symbol: str, client_id: str) -> Outcome:
        """Cancel an open order. See VenuePort."""
        return _ours(super().cancel(symbol, client_id))

    def query(self, symbol: str, client_id: str) -> VenueOrder | None:
        """Return an order by its client id, or None. See VenuePort."""
        found = super().query(symbol, client_id)
        return None if found is None else _named(found)

    def open_orders(self, symbol: str | None = None) -> list[VenueOrder]:
        """Return open orders, ours and foreign. See VenuePort."""
        return [_named(order) for order in super().open_orders(symbol)]

    def fills(self, symbol: str, since_id: str | None = None) -> list[VenueFill]:
        """Return executions by trade id. See VenuePort."""
        return [replace(fill, symbol=perpetual_of(fill.symbol)) for fill in super().fills(symbol, since_id)]


class SpotAndContracts(CcxtGateway):
    """One account that has both. The client for contracts is made when the first contract is asked about."""

    def __init__(
        self,
        *,
        ccxt_id: str,
        settings: Mapping[str, Any],
        api_key: str,
        api_secret: str,
        passphrase: str = "",
        timeout_ms: int = TIMEOUT_MS,
    ) -> None:
        access: dict[str, Any] = {
            "settings": settings, "api_key": api_key, "api_secret": api_secret, "passphrase": passphrase,
            "timeout_ms": timeout_ms,
        }  # fmt: skip
        super().__init__(ccxt_id=ccxt_id, **access)
        self._access = {"ccxt_id": CLIENTS[ccxt_id], **access}
        self._contracts: ContractGateway | None = None
        self._use: dict[str, Any] = {}

    def use(
        self, *, meter: Callable[[Any], CallMeter], markets: KeptMarkets | None, ids: tuple[str, int] | None = None
    ) -> None:
        """Count, keep and name as told, for both markets (those of contracts are read once for each client)."""
        super().use(meter=meter, markets=markets, ids=ids)
        self._use = {"meter": meter, "markets": None, "ids": ids}

    def submit(self, request: OrderRequest) -> Outcome:
        """Send an order once. See VenuePort."""
        return self._contract_side().submit(request) if is_perpetual(request.symbol) else super().submit(request)

    def cancel(self, symbol: str, client_id: str) -> Outcome:
        """Cancel an open order. See VenuePort."""
        return (
            self._contract_side().cancel(symbol, client_id)
            if is_perpetual(symbol)
            else super().cancel(symbol, client_id)
        )

    def amend(self, symbol: str, client_id: str, quantity: Decimal) -> Outcome:
        """Make an order smaller where it stands; contracts cannot. See VenuePort."""
        assert not is_perpetual(symbol)  # `amending` replaces them
        return super().amend(symbol, client_id, quantity)

    def query(self, symbol: str, client_id: str) -> VenueOrder | None:
        """Return an order by its client id, or None. See VenuePort."""
        return (
            self._contract_side().query(symbol, client_id) if is_perpetual(symbol) else super().query(symbol, client_id)
        )

    def open_orders(self, symbol: str | None = None) -> list[VenueOrder]:
        """Return open orders of the spot market, or of one symbol of either. See VenuePort."""
        if symbol is not None and is_perpetual(symbol):
            return self._contract_side().open_orders(symbol)
        return super().open_orders(symbol)

    def contract_orders(self) -> list[VenueOrder]:
        """Return open orders of all contracts. See VenuePort."""
        return self._contract_side().open_orders()

    def fills(self, symbol: str, since_id: str | None = None) -> list[VenueFill]:
        """Return executions by trade id. See VenuePort."""
        return (
            self._contract_side().fills(symbol, since_id) if is_perpetual(symbol) else super().fills(symbol, since_id)
        )

    def forget_clock(self) -> None:
        """Have the clock measured again before the next request."""
        super().forget_clock()
        if self._contracts is not None:
            self._contracts.forget_clock()

    def close(self) -> None:
        """Give the connections back."""
        super().close()
        if self._contracts is not None:
            self._contracts.close()

    def _contract_side(self) -> ContractGateway:
        with self._turn:
            if self._contracts is None:
                self._contracts = ContractGateway(**self._access)
                if self._use:
                    self._contracts.use(**self._use)
            self._contracts.may_trade = self.may_trade
            return self._contracts


def _ours(outcome: Outcome) -> Outcome:
    if not isinstance(outcome, Confirmed):
        return outcome
    fills = tuple(replace(fill, symbol=perpetual_of(fill.symbol)) for fill in outcome.fills)
    return Confirmed(_named(outcome.order), fills)


def _named(order: VenueOrder) -> VenueOrder:
    return replace(order, symbol=perpetual_of(order.symbol))
