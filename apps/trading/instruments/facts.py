"""A question upward: what the market says of symbols right now. Market data lies above and answers it."""

from collections.abc import Callable, Mapping, Sequence

from kernel.rules import Figures

Source = Callable[[Sequence[str]], Mapping[str, Figures]]

_sources: list[Source] = []


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
