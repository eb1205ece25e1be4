"""Questions upward: what the market says of symbols right now, and when it was closed. Market data answers them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date

from kernel.rules import Figures

Source = Callable[[Sequence[str]], Mapping[str, Figures]]

ClosedDays = Callable[[str], Collection[date]]

_sources: list[Source] = []
_closures: list[ClosedDays] = []


def fill_market_facts(source: Source) -> None:
    """Say how the figures of symbols (names of kernel.rules.MOMENT) are found; a symbol without any is left out."""
    if source not in _sources:
        _sources.append(source)


def read_facts(symbols: Sequence[str]) -> dict[str, Figures]:
    """Return the figures of symbols; those that nothing is known of are missing."""
    found: dict[str, Figures] = {}
    for source in _sources:
        for symbol, figures in source(symbols).items():
            found[symbol] = {**found.get(symbol, {}), **figures}
    return found


def fill_closed_days(function: ClosedDays) -> None:
    """Say how the days are found on which a market (code of its hours) stays closed besides what its hours know."""
    if function not in _closures:
        _closures.append(function)


def is_closed_on(hours: str, day: date) -> bool:
    """Return whether a market stays closed on a day besides what its hours know."""
    return any(day in function(hours) for function in _closures)
