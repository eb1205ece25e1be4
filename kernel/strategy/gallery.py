"""Further ready strategies, each with when it works, when it fails and where it is from."""

from typing import Any, Final

from kernel.strategy.examples import HALF, SIMPLE, Example, both, constant, example, indicator, price, two

_QUIET: Final = "Fails in sideways markets, where every signal is soon taken back by the next."
_FALLS: Final = "Fails in long falls: what is cheap gets cheaper."
_TRENDS: Final = "Works in markets that go one way for long."
_RANGES: Final = "Works in markets that swing around a level."


def _longer(timeframe: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "on_timeframe", "timeframe": timeframe, "value": value}


def _bands(output: str) -> dict[str, Any]:
    found: dict[str, Any] = indicator("BBANDS", output=output, period=20, deviations="2")
    return found


def _stochastic(output: str) -> dict[str, Any]:
    fast: dict[str, Any] = {"fastk_period": 5}
    slow: dict[str, Any] = {"slowk_period": 3, "slowk_matype": 0, "slowd_period": 3, "slowd_matype": 0}
    found: dict[str, Any] = indicator("STOCH", output=output, **fast, **slow)
    return found


def _channel(output: str) -> dict[str, Any]:
    found: dict[str, Any] = indicator("KC", output=output, period=20, atrperiod=10, nbdev="2")
    return found


def _managed(key: str, title: str, idea: str, story: tuple[str, str, str], **document: Any) -> Example:
    base = {"version": 2, "timeframe": "1h", "sizing": HALF}
    return example(key, title, idea, story, **{**base, **document})


_SMA_5, _SMA_200 = indicator("SMA", period=5), indicator("SMA", period=200)
_FAST, _SLOW = indicator("EMA", period=12), indicator("EMA", period=48)
_RSI = indicator("RSI", period=14)
_SUPERTREND = indicator("SUPERTREND", output="trend", period=10, multiplier="3")
_WIDTH: Final = two("divide", two("subtract", _bands("upper"), _bands("lower")), _bands("middle"))
_NARROW: Final = {
    "kind": "rolling",
    "function": "lowest",
    "value": {"kind": "custom", "name": "width"},
    "bars": 60,
}

GALLERY: Final[tuple[Example, ...]] = (
    _managed(
        "trailing_trend",
        "Trend with a trailing stop",
        "Buys when the fast average overtakes the slow one and sells 4 % below the highest close since then.",
        (_TRENDS, _QUIET, "The trailing stop of W. J. O'Neil's and J. Livermore's trend following."),
        entry=two("crosses_above", _FAST, _SLOW),
        exit=two("lt", _FAST, two("multiply", _SLOW, constant("0.97"))),
        trailing_stop_percent="4",
    ),
    _managed(
        "chandelier_breakout",
        "Breakout with a chandelier stop",
        "Buys above the highest high of 20 bars and hangs a stop 3 usual ranges below the highest close.",
        (_TRENDS, _QUIET, "C. LeBeau's chandelier exit, in A. Elder, Come Into My Trading Room (2002)."),
        entry=two("gt", price(), indicator("HIGHEST", source="high", shift=1, period=20)),
        exit=two("lt", price(), indicator("LOWEST", source="low", shift=1, period=40)),
        range_stop={"bars": 22, "multiple": "3", "anchor": "peak"},
    ),
    _managed(
        "turtle",
        "Turtles",
        "Buys a breakout with 1 % of the funds at risk, buys more as it rises, and stops 2 usual ranges below entry.",
        (_TRENDS, _QUIET, "R. Dennis and W. Eckhardt (1983), in C. Faith, Way of the Turtle (2007); long side only."),
        timeframe="4h",
        entry=two("gt", price(), indicator("HIGHEST", source="high", shift=1, period=20)),
        exit=two("lt", price(), indicator("LOWEST", source="low", shift=1, period=10)),
        sizing={"kind": "risked_range", "risk_percent": "1", "bars": 20, "multiple": "2"},
        range_stop={"bars": 20, "multiple": "2", "anchor": "entry"},
        scale_in={"condition": two("gt", price(), price("open")), "entries": 3, "profit_percent": "1"},
    ),
    _managed(
        "short_rsi",
        "RSI of two bars",
        "Buys a sharp dip (RSI of 2 bars below 10) while the price is above its long average.",
        (_RANGES, _FALLS, "L. Connors and C. Alvarez, Short Term Trading Strategies That Work (2008)."),
        entry=both(two("lt", indicator("RSI", period=2), constant("10")), two("gt", price(), _SMA_200)),
        exit=two("gt", price(), _SMA_5),
        max_bars_held=48,
    ),
    _managed(
        "stochastic_turn",
        "Stochastic turn",
        "Buys when the stochastic line turns up out of the lowest quarter; sells near the top.",
        (_RANGES, _FALLS, "G. C. Lane, Lane's Stochastics (1984)."),
        entry=both(
            two("crosses_above", _stochastic("slowk"), _stochastic("slowd")),
            two("lt", _stochastic("slowk"), constant("25")),
        ),
        exit=two("gt", _stochastic("slowk"), constant("80")),
        max_bars_held=36,
        stop_loss_percent="3",
    ),
    _managed(
        "directional_movement",
        "Directional movement",
        "Buys when upward movement overtakes downward movement while a trend is measured; sells when it turns.",
        (_TRENDS, _QUIET, "J. W. Wilder, New Concepts in Technical Trading Systems (1978)."),
        entry=both(
            two("gt", indicator("PLUS_DI", period=14), indicator("MINUS_DI", period=14)),
            two("crosses_above", indicator("ADX", period=14), constant("25")),
        ),
        exit=two("lt", indicator("PLUS_DI", period=14), indicator("MINUS_DI", period=14)),
        cool_down_bars=6,
    ),
    _managed(
        "supertrend",
        "Supertrend",
        "Buys when the supertrend turns up and sells when it turns down.",
        (_TRENDS, _QUIET, "O. Seban's supertrend (2007)."),
        entry=two("crosses_above", _SUPERTREND, constant("0")),
        exit=two("crosses_below", _SUPERTREND, constant("0")),
    ),
    _managed(
        "keltner_breakout",
        "Keltner breakout",
        "Buys a close above the channel of average ranges and sells below its middle.",
        (_TRENDS, _QUIET, "C. W. Keltner, How To Make Money in Commodities (1960), with L. Raschke's average ranges."),
        entry=two("crosses_above", price(), _channel("upper")),
        exit=two("lt", price(), _channel("middle")),
    ),
    _managed(
        "cci_return",
        "Return of the commodity channel index",
        "Buys when the index comes back from below −100 and sells when it is above 100.",
        (_RANGES, _FALLS, "D. Lambert, Commodity Channel Index, Commodities (1980)."),
        entry=two("crosses_above", indicator("CCI", period=20), constant("-100")),
        exit=two("gt", indicator("CCI", period=20), constant("100")),
        stop_loss_percent="4",
    ),
    _managed(
        "dip_in_the_longer_trend",
        "Dip in the longer trend",
        "Buys a dip of the hour (RSI back above 40) while the 4-hour averages point up.",
        (_TRENDS, "Fails at the end of a trend, which looks like one more dip.", "A. Elder's triple screen (1986)."),
        entry=both(
            two("gt", _longer("4h", indicator("EMA", period=10)), _longer("4h", indicator("EMA", period=30))),
            two("crosses_above", _RSI, constant("40")),
        ),
        exit=two("gt", _RSI, constant("65")),
        stop_loss_percent="3",
    ),
    _managed(
        "engulfing_after_a_fall",
        "Engulfing candle after a fall",
        "Buys when, within six bars after a weak market (RSI below 40), a candle engulfs the one before upwards.",
        (_RANGES, _FALLS, "S. Nison, Japanese Candlestick Charting Techniques (1991)."),
        entry={
            "kind": "sequence",
            "conditions": [
                two("lt", _RSI, constant("40")),
                two("gt", indicator("CDLENGULFING"), constant("0")),
            ],
            "bars": 6,
        },
        exit=two("gt", _RSI, constant("60")),
        max_bars_held=48,
    ),
    _managed(
        "london_morning",
        "Morning in London",
        "Buys once a day when the price rises in London's first hours and sells in the evening.",
        ("Works when news of the morning carries the day.", "Fails on days that turn at noon.",
         "Session momentum, as in L. Gao et al., Market intraday momentum, JFE 129 (2018)."),
        entry=both(
            {"kind": "session", "zone": "Europe/London", "days": ["mon", "tue", "wed", "thu", "fri"],
             "start": "08:00", "end": "11:00"},
            two("gt", indicator("ROC", period=3), constant("0.3")),
        ),
        exit={"kind": "session", "zone": "Europe/London", "start": "18:00", "end": "21:00"},
        max_entries_per_day=1,
        stop_loss_percent="2",
    ),
    _managed(
        "averaging_down",
        "Buying dips in parts",
        "Buys a dip with a tenth of the funds, twice more when it gets 2 % cheaper, and sells 1.5 % above the average.",
        (_RANGES, _FALLS + " Each purchase makes the loss larger.", "The safety orders of cost-averaging bots."),
        entry=two("lt", _RSI, constant("35")),
        exit=two("gt", _RSI, constant("75")),
        sizing={"kind": "percent_equity", "percent": "10"},
        take_profit_percent="1.5",
        scale_in={"condition": two("lt", _RSI, constant("45")), "entries": 3, "loss_percent": "2"},
        stop_loss_percent="8",
    ),
    _managed(
        "squeeze",
        "Squeeze",
        "Waits until the Bollinger bands are nearly as narrow as at any time in 60 bars, then buys the break upwards.",
        ("Works when calm markets break out.", "Fails on false breaks, which calm markets make, too.",
         "J. Bollinger, Bollinger on Bollinger Bands (2001), the squeeze."),
        indicators={"width": _WIDTH},
        entry={
            "kind": "sequence",
            "conditions": [
                two("lt", {"kind": "custom", "name": "width"}, two("multiply", _NARROW, constant("1.25"))),
                two("gt", price(), _bands("upper")),
            ],
            "bars": 8,
        },
        exit=two("lt", price(), _bands("middle")),
        exits=[{"condition": two("lt", price(), price("open")), "held_bars": 24, "profit_percent": "2"}],
    ),
    _managed(
        "money_flow",
        "Money flow with a stake by Kelly",
        "Buys when money flows back in (index above 30 again) and stakes half of what Kelly's rule allows.",
        (_RANGES, _FALLS + " The stake is only as good as the win rate that was assumed.",
         "G. Quong and A. Soudack, Technical Analysis of Stocks & Commodities 7 (1989); J. L. Kelly (1956)."),
        entry=two("crosses_above", indicator("MFI", period=14), constant("30")),
        exit=two("gt", indicator("MFI", period=14), constant("70")),
        sizing={"kind": "kelly", "win_rate": "0.55", "payoff": "1.2"},
        max_drawdown_percent="15",
        stop_loss_percent="3",
    ),
)  # fmt: skip
"""Documents of version 2."""
EXAMPLES: Final = (*SIMPLE, *GALLERY)
"""Every ready strategy, simplest first."""
