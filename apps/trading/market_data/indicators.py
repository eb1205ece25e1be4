"""Live indicators: `stats.<SYMBOL>.<interval>.<indicator>[.<parameter>…]`, any of the catalogue, on any candles.

Parameters come in the catalogue's order, a decimal point written as "_" (`stats.BTCUSDT.1h.bbands.20.2_5`); those left
out have their defaults. The feed computes what somebody listens to, and nothing else.
"""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.queries import latest_bars
from kernel.indicators import INDICATORS, Definition, ParameterDefinition, Parameters, compute_floats
from kernel.instruments import INTERVALS
from kernel.money import InvalidAmountError, parse_decimal

MOST_BARS = 5_000
DIGITS = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """One indicator on the candles of one symbol."""

    symbol: str
    interval: str
    name: str
    parameters: Parameters


def parse_topic(topic: str) -> Asked | None:
    """Return what a topic asks for, or None when there is no such indicator or a parameter is out of its bounds."""
    kind, symbol, interval, name, *texts = [*topic.split("."), "", "", ""][: max(4, topic.count(".") + 1)]
    definition = INDICATORS.get(name.upper())
    if kind != "stats" or interval not in INTERVALS or definition is None or len(texts) > len(definition.parameters):
        return None
    parameters = _parameters(definition, texts)
    if parameters is None or definition.complaint(parameters) is not None:
        return None
    return Asked(symbol, interval, definition.name, parameters)


def latest_values(asked: Asked) -> dict[str, str]:
    """Return the newest closed candle's open time and each output of the indicator there, as texts.

    Prices are in quote, volumes in base; nothing with too few candles. Raises UnknownSymbol and UnknownInterval.
    """
    definition = INDICATORS[asked.name]
    count = min(MOST_BARS, definition.lookback(asked.parameters) + definition.memory(asked.parameters) + 1)
    bars = latest_bars(asked.symbol, asked.interval, count)
    if len(bars) <= definition.lookback(asked.parameters):
        return {}
    columns = {field: getattr(bars, field) for field in ("open", "high", "low", "close", "volume")}
    found = compute_floats(asked.name, asked.parameters, columns)
    tick = get_spec(asked.symbol).tick
    values = {"ts": str(int(bars.ts[-1]))}
    for output in definition.outputs:
        value = found[output.name][-1]
        if np.isfinite(value):
            exact = Decimal(repr(value.item()))
            values[output.name] = f"{exact if output.unit == 'pure' else exact * tick:.{DIGITS}g}"
    return values


def _parameters(definition: Definition, texts: list[str]) -> Parameters | None:
    parameters = dict(definition.defaults())
    for parameter, text in zip(definition.parameters, texts, strict=False):
        value = _value(parameter, text)
        if value is None or not parameter.minimum <= value <= parameter.maximum:
            return None
        parameters[parameter.name] = value
    return parameters


def _value(parameter: ParameterDefinition, text: str) -> int | Decimal | None:
    try:
        value = parse_decimal(text.replace("_", "."))
    except InvalidAmountError:
        return None
    if parameter.kind != "integer":
        return value
    return int(value) if value == int(value) else None
