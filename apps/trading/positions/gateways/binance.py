"""USD-margined contracts of Binance and of our sandbox exchange, through the connection's own ccxt client."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from apps.trading.positions.errors import ContractsAway
from apps.trading.positions.gateways.port import (
    ContractFill,
    Executed,
    IncomeRow,
    NoAnswer,
    Outcome,
    Refused,
    ShownAccount,
    ShownContract,
    ShownTerms,
)

R = TypeVar("R")
ASSET = "USDT"
PAGE = 1_000
_SIDES = {"BOTH": "", "LONG": "long", "SHORT": "short"}
_STEPS, _TIERS = "contract_steps", "contract_tiers"  # kept on the client, beside ccxt's own options
_SAME_MODE, _SAME_SIDES = -4046, -4059
_SAID = re.compile(r'"msg" *: *"([^"]+)"')


class BinanceContracts:
    """The port over a ccxt client of Binance; the client counts its requests itself."""

    def __init__(self, client: Any) -> None:
        import ccxt  # imported on use, as everywhere: web processes never need it

        self._client = client
        self._errors = ccxt

    def show(self) -> ShownAccount:
        """Return wallet, margin and positions."""
        account = self._read(self._client.fapiPrivateV2GetAccount, {})
        risks = self._read(self._client.fapiPrivateV2GetPositionRisk, {})
        is_hedged = self._read(self._client.fapiPrivateGetPositionSideDual, {})["dualSidePosition"]
        found = {(row["symbol"], row["positionSide"]): row for row in account["positions"]}
        tiers = self._tiers()
        return ShownAccount(
            asset=ASSET,
            is_hedged=str(is_hedged).lower() == "true",
            wallet=Decimal(account["totalWalletBalance"]),
            cross_wallet=Decimal(account["totalCrossWalletBalance"]),
            balance=Decimal(account["totalMarginBalance"]),
            unrealised=Decimal(account["totalUnrealizedProfit"]),
            initial=Decimal(account["totalInitialMargin"]),
            maintenance=Decimal(account["totalMaintMargin"]),
            available=Decimal(account["availableBalance"]),
            positions=tuple(
                _contract(row, found[row["symbol"], row["positionSide"]])
                for row in risks
                if Decimal(row["positionAmt"]) and (row["symbol"], row["positionSide"]) in found
            ),
            steps=self._steps(),
            terms={
                row["symbol"]: ShownTerms(
                    int(row["leverage"]), row["marginType"].lower() == "isolated", tiers.get(row["symbol"], ())
                )
                for row in risks
            },
        )

    def income(self, since_ms: int) -> list[IncomeRow]:
        """Return changes of the wallet from a time on, oldest first (a page at most; the next read goes on)."""
        rows = self._read(self._client.fapiPrivateGetIncome, {"startTime": max(1, since_ms), "limit": PAGE})
        return [
            IncomeRow(
                reference=str(row["tranId"]),
                kind=row["incomeType"],
                symbol=row["symbol"],
                amount=Decimal(row["income"]),
                at_ms=int(row["time"]),
            )
            for row in rows
            if row["asset"] == ASSET
        ]

    def fills(self, symbol: str, since_ms: int) -> list[ContractFill]:
        """Return executions of a contract from a time on, oldest first."""
        rows = self._read(
            self._client.fapiPrivateGetUserTrades, {"symbol": symbol, "startTime": max(1, since_ms), "limit": PAGE}
        )
        found = [
            ContractFill(
                id=int(row["id"]),
                symbol=symbol,
                base=symbol.removesuffix(ASSET),
                quote=ASSET,
                position_side=_SIDES[row["positionSide"]],
                side=row["side"].lower(),
                quantity=Decimal(row["qty"]),
                price=Decimal(row["price"]),
                fee=Decimal(row["commission"]),
                fee_asset=row["commissionAsset"],
                at_ms=int(row["time"]),
            )
            for row in rows
        ]
        return sorted(found, key=lambda each: each.id)

    def set_mode(self, symbol: str, is_isolated: bool) -> Outcome:
        """Choose isolated or cross margin of a contract; choosing what holds already is done."""
        params = {"symbol": symbol, "marginType": "ISOLATED" if is_isolated else "CROSSED"}
        found = self._send(self._client.fapiPrivatePostMarginType, params, _chosen)
        return _chosen({}) if isinstance(found, Refused) and str(_SAME_MODE) in found.words else found

    def set_hedged(self, is_hedged: bool) -> Outcome:
        """Choose hedge mode or one-way mode of the account; choosing what holds already is done."""
        params = {"type": "swap", "subType": "linear"}
        found = self._send(lambda more: self._client.set_position_mode(is_hedged, None, more), params, _chosen)
        if not isinstance(found, Refused):
            return found
        said = _SAID.search(found.words)
        return _chosen({}) if str(_SAME_SIDES) in found.words else Refused(said[1] if said else found.words)

    def set_leverage(self, symbol: str, leverage: int) -> Outcome:
        """Choose the leverage of a contract."""
        params = {"symbol": symbol, "leverage": leverage}
        return self._send(self._client.fapiPrivatePostLeverage, params, _chosen)

    def transfer(self, amount: Decimal) -> Outcome:
        """Move an amount in from the spot wallet (negative: back to it), once."""
        way = "MAIN_UMFUTURE" if amount > 0 else "UMFUTURE_MAIN"
        params = {"type": way, "asset": ASSET, "amount": f"{abs(amount):f}"}
        return self._send(
            self._client.sapiPostAssetTransfer, params, lambda _: Executed(filled=abs(amount), price=Decimal(1))
        )

    def _steps(self) -> dict[str, Decimal]:
        kept: dict[str, Decimal] | None = self._client.options.get(_STEPS)
        if kept is None:
            info = self._read(self._client.fapiPublicGetExchangeInfo, {})
            kept = {
                row["symbol"]: Decimal(each["stepSize"])
                for row in info["symbols"]
                for each in row["filters"]
                if each["filterType"] == "LOT_SIZE"
            }
            self._client.options[_STEPS] = kept
        return kept

    def _tiers(self) -> dict[str, tuple[tuple[str, int, str], ...]]:
        kept: dict[str, tuple[tuple[str, int, str], ...]] | None = self._client.options.get(_TIERS)
        if kept is None:
            found = self._read(self._client.fapiPrivateGetLeverageBracket, {})
            kept = {
                row["symbol"]: tuple(
                    (str(each["notionalCap"]), int(each["initialLeverage"]), str(each["maintMarginRatio"]))
                    for each in sorted(row["brackets"], key=lambda each: int(each["bracket"]))
                )
                for row in found
            }
            self._client.options[_TIERS] = kept
        return kept

    def _read(self, call: Callable[[dict[str, Any]], R], params: dict[str, Any]) -> R:
        try:
            return call(params)
        except (self._errors.BaseError, OSError) as error:
            raise ContractsAway(reason=_words(error)) from error

    def _send(
        self, call: Callable[[dict[str, Any]], Any], params: dict[str, Any], read: Callable[[Any], Outcome]
    ) -> Outcome:
        try:
            return read(call(params))
        except (self._errors.OperationFailed, self._errors.DuplicateOrderId, OSError) as error:
            return NoAnswer(_words(error))
        except self._errors.BaseError as error:
            return Refused(_words(error))


def _contract(risk: dict[str, Any], row: dict[str, Any]) -> ShownContract:
    liquidation = Decimal(risk["liquidationPrice"])
    return ShownContract(
        symbol=risk["symbol"],
        position_side=_SIDES[risk["positionSide"]],
        quantity=Decimal(risk["positionAmt"]),
        entry=Decimal(risk["entryPrice"]),
        mark=Decimal(risk["markPrice"]),
        liquidation=liquidation if liquidation > 0 else None,
        leverage=int(risk["leverage"]),
        is_isolated=risk["marginType"].lower() == "isolated",
        isolated_wallet=Decimal(risk["isolatedWallet"]),
        unrealised=Decimal(risk["unRealizedProfit"]),
        initial=Decimal(row["initialMargin"]),
        maintenance=Decimal(row["maintMargin"]),
    )


def _chosen(_row: Any) -> Outcome:
    return Executed(filled=Decimal(0), price=Decimal(0))


def _words(error: BaseException) -> str:
    return str(error)[:200]
