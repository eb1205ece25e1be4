"""Signed requests about contracts. Every method changes nothing when it raises ApiError."""

from collections.abc import Mapping
from typing import Any

from apps.trading.sandbox.exchange import errors
from apps.trading.sandbox.exchange.amounts import format_units
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.keys import asking_key
from apps.trading.sandbox.exchange.listen_keys import ListenKeys
from apps.trading.sandbox.exchange.order_params import integer, required
from apps.trading.sandbox.exchange.state import Account
from apps.trading.sandbox.exchange.usdm import payloads
from apps.trading.sandbox.exchange.usdm.admission import (
    admit_leverage,
    choice,
    flag,
    position_side_of,
    symbol_of,
    units_of,
)
from apps.trading.sandbox.exchange.usdm.contracts import (
    MAKER_FEE,
    QUOTE,
    TAKER_FEE,
    largest_notional,
    maintenance_units,
)
from apps.trading.sandbox.exchange.usdm.engine import UsdmEngine
from apps.trading.sandbox.exchange.usdm.margin import available, cross_wallet, order_margin, position_margin
from apps.trading.sandbox.exchange.usdm.state import BOTH, FuturesAccount
from apps.trading.sandbox.exchange.venue import Venue

Params = Mapping[str, str]
Json = dict[str, Any]
DONE = {"code": 200, "msg": "success"}
TRANSFERS = {"MAIN_UMFUTURE": 1, "UMFUTURE_MAIN": -1}


class UsdmAccounts:
    """An account's wallet, positions, settings and income."""

    def __init__(self, venue: Venue, listen_keys: ListenKeys) -> None:
        self._venue = venue
        self._listen_keys = listen_keys

    @property
    def _usdm(self) -> UsdmEngine:
        return self._venue.engine.usdm

    def of(self, account: Account) -> FuturesAccount:
        """The account's contracts: empty before its first transfer."""
        return self._usdm.state.accounts.get(account.id) or FuturesAccount(account.id)

    def submit(self, account: Account, kind: str, **more: Any) -> Any:
        """Journal and apply a command."""
        return self._venue.submit({"k": kind, "t": self._venue.clock.now_ms(), "account": account.id, **more})

    # ---- wallet

    def transfer(self, account: Account, params: Params) -> Json:
        """Between the spot wallet and the one of contracts."""
        sign = TRANSFERS[choice(params, "type", tuple(TRANSFERS))]
        if required(params, "asset") != QUOTE:
            raise ApiError(-5011, "Asset is not supported.")
        amount, futures = units_of(params, "amount"), self.of(account)
        if not amount:
            raise ApiError(-4008, "Amount must be positive.")
        free = account.free.get(QUOTE, 0) if sign > 0 else self._withdrawable(futures)
        if amount > free:
            raise ApiError(-5013, "Asset transfer failed: insufficient balance")
        self.submit(account, "um_transfer", amount=sign * amount)
        return {"tranId": self.of(account).income[-1].id}

    def _withdrawable(self, account: FuturesAccount) -> int:
        return max(0, min(available(account, self._usdm.price_of), cross_wallet(account)))

    def balance(self, account: Account, _params: Params) -> list[Json]:
        """The wallet (balance, v2 and v3)."""
        futures = self.of(account)
        sums = self._sums(futures)
        return [
            {
                "accountAlias": f"sandbox{account.id}",
                "asset": QUOTE,
                "balance": format_units(futures.wallet),
                "crossWalletBalance": format_units(cross_wallet(futures)),
                "crossUnPnl": format_units(sums["totalCrossUnPnl"]),
                "availableBalance": format_units(sums["availableBalance"]),
                "maxWithdrawAmount": format_units(sums["maxWithdrawAmount"]),
                "marginAvailable": True,
                "updateTime": futures.updated,
            }
        ]

    def account(self, account: Account, _params: Params) -> Json:
        """Wallet, margin and positions (account, v2 and v3)."""
        futures = self.of(account)
        sums = self._sums(futures)
        asset = {
            "asset": QUOTE,
            "marginAvailable": True,
            "updateTime": futures.updated,
            "walletBalance": format_units(futures.wallet),
            "unrealizedProfit": format_units(sums["totalUnrealizedProfit"]),
            "marginBalance": format_units(sums["totalMarginBalance"]),
            "maintMargin": format_units(sums["totalMaintMargin"]),
            "initialMargin": format_units(sums["totalInitialMargin"]),
            "positionInitialMargin": format_units(sums["totalPositionInitialMargin"]),
            "openOrderInitialMargin": format_units(sums["totalOpenOrderInitialMargin"]),
            "crossWalletBalance": format_units(sums["totalCrossWalletBalance"]),
            "crossUnPnl": format_units(sums["totalCrossUnPnl"]),
            "availableBalance": format_units(sums["availableBalance"]),
            "maxWithdrawAmount": format_units(sums["maxWithdrawAmount"]),
        }
        return (
            {"feeTier": 0, "canTrade": True, "canDeposit": True, "canWithdraw": False, "multiAssetsMargin": False}
            | {"updateTime": futures.updated}
            | payloads.sums_view(sums)
            | {
                "assets": [asset],
                "positions": [
                    payloads.account_position(futures, symbol, side, self._usdm.price_of)
                    for symbol in self._usdm.markets
                    for side in futures.sides()
                ],
            }
        )

    def _sums(self, account: FuturesAccount) -> dict[str, int]:
        price_of = self._usdm.price_of
        rows = account.open_holdings()
        risks = [
            (each.profit(price_of(symbol)), position_margin(account, symbol, each, price_of(symbol)), symbol, each)
            for symbol, _, each in rows
        ]
        orders = list(account.open_orders.values())
        for_orders = sum(
            order_margin(account, symbol, orders, price_of) for symbol in sorted({each.symbol for each in orders})
        )
        profit, initial = sum(row[0] for row in risks), sum(row[1] for row in risks)
        cross_profit = sum(row[0] for row in risks if not account.setting(row[2]).is_isolated)
        maintenance = sum(maintenance_units(symbol, abs(each.value(price_of(symbol)))) for _, _, symbol, each in risks)
        return {
            "totalInitialMargin": initial + for_orders,
            "totalMaintMargin": maintenance,
            "totalWalletBalance": account.wallet,
            "totalUnrealizedProfit": profit,
            "totalMarginBalance": account.wallet + profit,
            "totalPositionInitialMargin": initial,
            "totalOpenOrderInitialMargin": for_orders,
            "totalCrossWalletBalance": cross_wallet(account),
            "totalCrossUnPnl": cross_profit,
            "availableBalance": max(0, available(account, price_of)),
            "maxWithdrawAmount": self._withdrawable(account),
        }

    def income(self, account: Account, params: Params) -> list[Json]:
        """Changes of the wallet by kind, symbol and time."""
        kind, symbol = params.get("incomeType", ""), params.get("symbol", "")
        start, end = integer(params, "startTime") or 0, integer(params, "endTime") or 1 << 62
        found = [
            row
            for row in self.of(account).income
            if kind in ("", row.kind) and symbol in ("", row.symbol) and start <= row.time <= end
        ]
        limit = min(integer(params, "limit") or 100, 1_000)
        page = found[:limit] if params.get("startTime") else found[-limit:]
        return [payloads.income_view(row) for row in page]

    # ---- positions and settings

    def position_risk(self, account: Account, params: Params) -> list[Json]:
        """Every contract's position (v2)."""
        futures = self.of(account)
        symbols = [symbol_of(self._usdm, params)] if params.get("symbol") else list(self._usdm.markets)
        sides = (BOTH, *futures.sides()) if futures.is_hedged else futures.sides()
        return [payloads.risk_view(futures, symbol, side, self._usdm.price_of) for symbol in symbols for side in sides]

    def open_position_risk(self, account: Account, params: Params) -> list[Json]:
        """Positions that are not flat (v3)."""
        futures = self.of(account)
        only = symbol_of(self._usdm, params) if params.get("symbol") else ""
        return [
            payloads.risk_view(futures, symbol, side, self._usdm.price_of)
            for symbol, side, _ in futures.open_holdings()
            if only in ("", symbol)
        ]

    def brackets(self, _account: Account, params: Params) -> Any:
        """Tiers of one or all contracts."""
        if params.get("symbol"):
            return [payloads.bracket_rows(symbol_of(self._usdm, params))]
        return [payloads.bracket_rows(name) for name in self._usdm.markets]

    def symbol_config(self, account: Account, params: Params) -> list[Json]:
        """What the account chose for each contract."""
        futures = self.of(account)
        symbols = [symbol_of(self._usdm, params)] if params.get("symbol") else list(self._usdm.markets)
        return [
            {
                "symbol": name,
                "marginType": "ISOLATED" if futures.setting(name).is_isolated else "CROSSED",
                "isAutoAddMargin": False,
                "leverage": futures.setting(name).leverage,
                "maxNotionalValue": str(largest_notional(name, futures.setting(name).leverage) // 10**8),
            }
            for name in symbols
        ]

    def account_config(self, account: Account, _params: Params) -> Json:
        """What the account chose as a whole."""
        return {
            "feeTier": 0,
            "canTrade": True,
            "canDeposit": True,
            "canWithdraw": False,
            "dualSidePosition": self.of(account).is_hedged,
            "updateTime": self.of(account).updated,
            "multiAssetsMargin": False,
            "tradeGroupId": -1,
        }

    def commission_rate(self, _account: Account, params: Params) -> Json:
        """Fee rates of a contract."""
        rates = {"makerCommissionRate": format_units(MAKER_FEE), "takerCommissionRate": format_units(TAKER_FEE)}
        return {"symbol": symbol_of(self._usdm, params)} | rates

    def set_leverage(self, account: Account, params: Params) -> Json:
        """Choose the leverage of a contract."""
        record = admit_leverage(self._usdm, self.of(account), params, self._venue.clock.now_ms())
        self._venue.submit(record)
        most = largest_notional(record["s"], record["leverage"]) // 10**8
        return {"leverage": record["leverage"], "maxNotionalValue": str(most), "symbol": record["s"]}

    def set_margin_type(self, account: Account, params: Params) -> Json:
        """Choose isolated or cross margin; not with a position or open orders."""
        symbol, wanted = symbol_of(self._usdm, params), choice(params, "marginType", ("ISOLATED", "CROSSED"))
        futures = self.of(account)
        if futures.setting(symbol).is_isolated == (wanted == "ISOLATED"):
            raise ApiError(-4046, "No need to change margin type.")
        standing = {each.symbol for each in futures.open_orders.values()}
        if symbol in standing | {each.symbol for each in futures.waiting.values()}:
            raise ApiError(-4047, "Margin type cannot be changed if there exists open orders.")
        if any(name == symbol for name, _, _ in futures.open_holdings()):
            raise ApiError(-4048, "Margin type cannot be changed if there exists position.")
        self.submit(account, "um_type", s=symbol, isolated=wanted == "ISOLATED")
        return DONE

    def dual(self, account: Account, _params: Params) -> Json:
        """Whether the account is in hedge mode."""
        return {"dualSidePosition": self.of(account).is_hedged}

    def set_dual(self, account: Account, params: Params) -> Json:
        """Choose one-way or hedge mode; not with positions or open orders."""
        required(params, "dualSidePosition")
        futures, wanted = self.of(account), flag(params, "dualSidePosition")
        if futures.is_hedged == wanted:
            raise ApiError(-4059, "No need to change position side.")
        if futures.open_orders or futures.waiting:
            raise ApiError(-4067, "Position side cannot be changed if there exists open orders.")
        if futures.open_holdings():
            raise ApiError(-4068, "Position side cannot be changed if there exists position.")
        self.submit(account, "um_dual", dual=wanted)
        return DONE

    def multi_assets(self, _account: Account, _params: Params) -> Json:
        """Only USDT is margin here."""
        return {"multiAssetsMargin": False}

    def move_margin(self, account: Account, params: Params) -> Json:
        """Add to (type 1) or take from (type 2) an isolated position's wallet."""
        symbol, futures = symbol_of(self._usdm, params), self.of(account)
        side, amount, kind = position_side_of(futures, params), units_of(params, "amount"), integer(params, "type")
        held = futures.holding(symbol, side)
        if kind not in (1, 2):
            raise errors.missing_parameter("type")
        if not futures.setting(symbol).is_isolated or not held.lots:
            raise ApiError(-4046 if held.lots else -4042, "Add margin only support for isolated position.")
        price = self._usdm.price_of(symbol)
        least = position_margin(futures, symbol, held, price) - min(0, held.profit(price))
        if kind == 1 and amount > available(futures, self._usdm.price_of):
            raise ApiError(-2019, "Margin is insufficient.")
        if kind == 2 and held.isolated - amount < least:
            raise ApiError(-4051, "Isolated balance insufficient.")
        signed = amount if kind == 1 else -amount
        self.submit(account, "um_margin", s=symbol, ps=side, amount=signed, why="MARGIN_TRANSFER")
        return {
            "amount": format_units(amount),
            "code": 200,
            "msg": "Successfully modify position margin.",
            "type": kind,
        }

    # ---- stream

    def open_stream(self, account: Account, _params: Params) -> Json:
        """A listen key, new or prolonged."""
        key = asking_key.get()
        assert key is not None
        return {"listenKey": self._listen_keys.open(account.id, key.key, self._venue.clock.now_ms())}

    def prolong_stream(self, account: Account, params: Params) -> Json:
        """Keep the account's listen key for another hour."""
        return self.open_stream(account, params)

    def close_stream(self, account: Account, params: Params) -> Json:
        """End the account's listen key."""
        text = self.open_stream(account, params)["listenKey"]
        self._listen_keys.close(account.id, text, self._venue.clock.now_ms())
        return {}
