"""Sizes of orders by name, with the lot of the instrument."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from apps.trading.instruments.queries import get_spec
from apps.trading.risk.errors import LimitInvalid
from kernel.risk import SizingError, sizing

METHODS: Mapping[str, tuple[Callable[..., Decimal], tuple[str, ...]]] = {
    "fixed": (sizing.size_fixed, ("quantity",)),
    "percent": (sizing.size_percent, ("equity", "percent", "price")),
    "kelly": (sizing.size_kelly, ("equity", "win_rate", "payoff", "cap", "price")),
    "volatility": (sizing.size_volatility, ("equity", "target", "volatility", "price")),
    "atr": (sizing.size_atr, ("equity", "risk_percent", "atr", "multiple")),
}
"""Method → (function, what it needs)."""


def size_order(method: str, symbol: str, given: Mapping[str, Any]) -> Decimal:
    """Return the size of an order in base by a method. Raises LimitInvalid naming what is missing, UnknownSymbol."""
    function, needs = METHODS[method]
    missing = [name for name in needs if given.get(name) is None]
    if missing:
        raise LimitInvalid(field=missing[0], why=f"This method needs {', '.join(missing).replace('_', ' ')}.")
    try:
        return function(**{name: given[name] for name in needs}, lot=get_spec(symbol).lot)
    except SizingError as error:
        raise LimitInvalid(why=f"{str(error).capitalize()}.") from error
