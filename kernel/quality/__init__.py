"""Data quality: what is wrong with candles, trades and books, wherever they come from."""

from kernel.quality.book import BookMessage, BookReplay, replay
from kernel.quality.candles import RawCandles, check_candles, impossible
from kernel.quality.findings import HELD, Alarm, Findings, Limits, Rule, score
from kernel.quality.sessions import ALWAYS, CALENDARS, FOREX, US_EQUITIES, SessionCalendar, with_closures
from kernel.quality.trades import RawTrades, candles_of, check_trades

__all__ = [
    "ALWAYS",
    "CALENDARS",
    "FOREX",
    "HELD",
    "US_EQUITIES",
    "Alarm",
    "BookMessage",
    "BookReplay",
    "Findings",
    "Limits",
    "RawCandles",
    "RawTrades",
    "Rule",
    "SessionCalendar",
    "candles_of",
    "check_candles",
    "check_trades",
    "impossible",
    "replay",
    "score",
    "with_closures",
]
