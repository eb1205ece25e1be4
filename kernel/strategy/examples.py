"""Ready strategies to start from: valid documents that trade on the bundled candles."""

from dataclasses import dataclass
from typing import Any, Final

from kernel.strategy.document import StrategyDocument, parse_document


@dataclass(frozen=True, slots=True)
class Example:
    """A ready document with what it tries to do, when that works and fails, and where the idea is from."""

    key: str
    title: str
    idea: str
    document: StrategyDocument
    works: str
    fails: str
    source: str


def constant(value: str) -> dict[str, Any]:
    """A number."""
    return {"kind": "constant", "value": value}


def price(field: str = "close", shift: int = 0) -> dict[str, Any]:
    """A field of the bar."""
    return {"kind": "price", "field": field, "shift": shift}


def indicator(name: str, *, output: str | None = None, source: str | None = None, shift: int = 0, **params: Any) -> Any:
    """An indicator with its parameters."""
    node = {"kind": "indicator", "name": name, "params": params, "shift": shift}
    return {**node, **({"output": output} if output else {}), **({"source": source} if source else {})}


def two(kind: str, left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """Two sides and what stands between them."""
    return {"kind": kind, "left": left, "right": right}


def both(*conditions: dict[str, Any]) -> dict[str, Any]:
    """Conditions that all hold."""
    return {"kind": "and", "conditions": list(conditions)}


HALF: Final = {"kind": "percent_equity", "percent": "50"}


def example(key: str, title: str, idea: str, story: tuple[str, str, str], **document: Any) -> Example:
    """A ready strategy; `story` says when it works, when it fails, and where it is from."""
    return Example(key, title, idea, parse_document({"version": 1, "name": title, **document}), *story)


_TREND: Final = "Works in markets that go one way for long."
_SIDEWAYS: Final = "Fails in sideways markets, where every signal is soon taken back by the next."


def _moving_average_cross() -> Example:
    fast, slow = indicator("SMA", source="close", period=20), indicator("SMA", source="close", period=50)
    return example(
        "moving_average_cross",
        "Moving-average cross",
        "Buys when the short average overtakes the long one and sells when it falls back. Loses in calm markets.",
        (_TREND, _SIDEWAYS, "R. Donchian's 5- and 20-day averages (1960)."),
        timeframe="1h",
        entry=two("crosses_above", fast, slow),
        exit=two("crosses_below", fast, slow),
        sizing=HALF,
    )


def _rsi_reversion() -> Example:
    rsi = indicator("RSI", source="close", period=14)
    return example(
        "rsi_reversion",
        "RSI reversion",
        "Buys when a fall looks exhausted (RSI back above 30) and sells once the index is past 60 or the loss is 4 %.",
        (
            "Works in markets that swing around a level.",
            "Fails in long falls: what is cheap gets cheaper.",
            "J. W. Wilder, New Concepts in Technical Trading Systems (1978).",
        ),
        timeframe="1h",
        entry=two("crosses_above", rsi, constant("30")),
        exit=two("gt", rsi, constant("60")),
        sizing=HALF,
        stop_loss_percent="4",
    )


def _bollinger_breakout() -> Example:
    upper = indicator("BBANDS", output="upper", source="close", period=20, deviations="2")
    middle = indicator("BBANDS", output="middle", source="close", period=20, deviations="2")
    return example(
        "bollinger_breakout",
        "Bollinger breakout",
        "Buys when the close leaves the upper band, a sign of a strong move, and sells below the middle line.",
        (_TREND, _SIDEWAYS, "J. Bollinger, Bollinger on Bollinger Bands (2001)."),
        timeframe="1h",
        entry=two("crosses_above", price(), upper),
        exit=two("lt", price(), middle),
        sizing=HALF,
        stop_loss_percent="3",
    )


def _macd_cross() -> Example:
    periods = {"fast": 12, "slow": 26, "signal": 9}
    line = indicator("MACD", output="macd", source="close", **periods)
    signal = indicator("MACD", output="signal", source="close", **periods)
    return example(
        "macd_cross",
        "MACD cross",
        "Buys when the MACD line overtakes its signal line and sells when it falls below it again.",
        (_TREND, _SIDEWAYS, "G. Appel (1979)."),
        timeframe="1h",
        entry=two("crosses_above", line, signal),
        exit=two("crosses_below", line, signal),
        sizing=HALF,
    )


def _ema_trend() -> Example:
    fast, slow = indicator("EMA", source="close", period=21), indicator("EMA", source="close", period=55)
    range_share = two("divide", indicator("ATR", period=14), price())
    return example(
        "ema_trend",
        "EMA trend with ATR filter",
        "Buys an up-trend (fast average above the slow one, close above both) only while bars move 0.3 % or more.",
        (_TREND, _SIDEWAYS, "P. Kaufman, Trading Systems and Methods, on trends with a filter of volatility."),
        timeframe="1h",
        entry=both(
            two("gt", fast, slow), two("crosses_above", price(), fast), two("gt", range_share, constant("0.003"))
        ),
        exit=two("lt", price(), slow),
        sizing=HALF,
        stop_loss_percent="5",
        take_profit_percent="10",
    )


def _donchian_breakout() -> Example:
    return example(
        "donchian_breakout",
        "Donchian breakout",
        "Buys above the highest high of the 20 bars before and sells below the lowest low of the 10 bars before.",
        (_TREND, _SIDEWAYS, "R. Donchian's four-week rule (1960s)."),
        timeframe="4h",
        entry=two("gt", price(), indicator("HIGHEST", source="high", shift=1, period=20)),
        exit=two("lt", price(), indicator("LOWEST", source="low", shift=1, period=10)),
        sizing={"kind": "fixed_quote", "amount": "1000"},
    )


def _volume_momentum() -> Example:
    usual = two("multiply", indicator("SMA", source="volume", period=24), constant("1.5"))
    return example(
        "volume_momentum",
        "Momentum on volume",
        "Buys a rise of 1 % over six bars that comes with half as much volume again as usual; sells when it is spent.",
        (
            "Works when news moves the market.",
            "Fails when the volume is a climax, the end of a move.",
            "J. Granville, New Key to Stock Market Profits (1963), on volume before price.",
        ),
        timeframe="1h",
        entry=both(
            two("gt", indicator("ROC", source="close", period=6), constant("1")), two("gt", price("volume"), usual)
        ),
        exit=two("lt", indicator("ROC", source="close", period=6), constant("0")),
        sizing=HALF,
        stop_loss_percent="3",
        take_profit_percent="6",
    )


SIMPLE: Final[tuple[Example, ...]] = (
    _moving_average_cross(),
    _rsi_reversion(),
    _bollinger_breakout(),
    _macd_cross(),
    _ema_trend(),
    _donchian_breakout(),
    _volume_momentum(),
)
"""Seven documents of version 1, simplest first."""
