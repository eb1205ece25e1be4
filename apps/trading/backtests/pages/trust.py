"""The honesty box: what a result stands on, and what it leaves out."""

from decimal import Decimal
from typing import Final

from apps.core.clock import from_ms
from apps.core.templatetags.ui import amount, trimmed
from apps.core.view import Attention
from apps.trading.backtests.models import BacktestRun
from apps.trading.backtests.outcome import StoredOutcome
from apps.trading.backtests.pages.rows import day
from apps.trading.backtests.pages.shown import Trust

FEW_TRADES: Final = 30
SHORT_DAYS: Final = 90
REFUSALS: Final = {
    "LOT_SIZE": "the quantity was outside the exchange’s limits",
    "NOTIONAL": "the order was worth less than the exchange takes",
    "INSUFFICIENT_CASH": "the cash did not pay for it",
}


def trust_of(run: BacktestRun, stored: StoredOutcome) -> Trust:
    """Return the box of a finished run; the verdict is a rule over period, trades and gaps, not an opinion."""
    trades = len(stored.trades)
    days = (run.end - run.start).days
    gaps = stored.facts["missing"] * 100 > stored.facts["bars"]
    thin = trades < FEW_TRADES or days < SHORT_DAYS or gaps
    points = [
        _trades_point(trades),
        _period_point(stored, days),
        _costs_point(run, stored),
        *_adjustment_points(run),
        _plain("clock", "Fills.", "Decided on closed candles, filled whole at the next open; stops judged at closes."),
        _warn("error", "Not modelled.", "Order queue, partial fills, effect of own orders on the price, outages, tax."),
        _warn("warn", "Nothing was held back.", "Rules chosen on the same candles look better than they will be."),
        *_signal_points(stored),
    ]
    return Trust("Thin" if thin else "Fair", "warn" if thin else "accent", points)


def _trades_point(trades: int) -> Attention:
    if trades < FEW_TRADES:
        return _warn("warn", f"Only {trades} trades.", "Too few to tell a good rule from a lucky one.")
    return _plain("check-circle", f"{trades:,} trades.", "Enough for an average to mean something.")


def _period_point(stored: StoredOutcome, days: int) -> Attention:
    facts = stored.facts
    missing = f"{facts['missing']:,} missing" if facts["missing"] else "none missing"
    words = (
        f"{facts['bars']:,} candles, {day(from_ms(facts['first_ts']))} to {day(from_ms(facts['last_ts']))}, {missing}."
    )
    if facts["first_decision_bar"] > 0:
        words += f" The first {facts['first_decision_bar']:,} only warmed the indicators up."
    if days < SHORT_DAYS or facts["missing"] * 100 > facts["bars"]:
        return _warn("warn", "Short period." if days < SHORT_DAYS else "Gaps.", words)
    return _plain("check-circle", "Period.", words)


def _adjustment_points(run: BacktestRun) -> list[Attention]:
    if run.adjustment is None:
        return []
    if run.adjustment == 0:
        return [_plain("check-circle", "Nothing to adjust.", f"No split or dividend of {run.symbol} is known.")]
    words = f"Candles are as they are after splits and dividends (version {run.adjustment} of the factors)."
    return [_plain("check-circle", "Adjusted.", words)]


def _costs_point(run: BacktestRun, stored: StoredOutcome) -> Attention:
    fee, slippage = trimmed(run.taker_fee * 100), trimmed(run.slippage_bps)
    paid = f"{amount(stored.figure('fees'))} {stored.spec.quote}"
    if run.taker_fee == 0 and run.slippage_bps == 0:
        return _warn("receipt", "No costs.", "Neither fee nor slippage was taken off. Real trading has both.")
    return _plain("receipt", "Costs in.", f"Fee {fee} % and slippage {slippage} bp a side; {paid} of fees.")


def _signal_points(stored: StoredOutcome) -> list[Attention]:
    points = []
    for name, count in stored.facts["refused"].items():
        if count:
            why = REFUSALS.get(name, name)
            points.append(_warn("warn", f"{count:,} signals became no order:", f"{why}."))
    if stored.facts["unpaid"]:
        points.append(
            _warn("warn", f"{stored.facts['unpaid']:,} purchases failed:", "the next open was beyond the cash.")
        )
    if stored.facts["open_lots"]:
        total = Decimal(stored.facts["final_equity"])
        words = f"It is valued at the last close in {amount(total)} {stored.spec.quote}, not sold."
        points.append(_plain("info", "A position was open at the end.", words))
    return points


def _plain(icon: str, title: str, text: str) -> Attention:
    return Attention("plain", icon, title, text, "", "")


def _warn(icon: str, title: str, text: str) -> Attention:
    return Attention("warn", icon, title, text, "", "")
