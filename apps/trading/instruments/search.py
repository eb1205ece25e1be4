"""Finding an instrument by what somebody types: exact, prefix, alias, words of the name, and near misses.

Trigrams are counted in Python, so no extension of the database is needed. Pure: it ranks the rows it is given.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NEAR = 0.34
"""Least likeness (Dice over trigrams) of a near miss."""
LEAST_FOR_NEAR = 3
KEEP = re.compile(r"[^A-Z0-9]")


@dataclass(frozen=True, slots=True)
class Entry:
    """What of an instrument is searched."""

    symbol: str
    name: str
    base: str
    quote: str
    asset_class: str
    aliases: Sequence[str] = ()


def plain(text: str) -> str:
    """Return what somebody typed in capitals and without signs: "btc/usdt" is BTCUSDT."""
    return KEEP.sub("", text.upper())


def ranked(text: str, entries: Iterable[Entry], limit: int) -> list[str]:
    """Return symbols that match, best first; equal ones by symbol. An empty text matches nothing."""
    typed, words = plain(text), text.upper().split()
    if not typed:
        return []
    grams = _trigrams(typed) if len(typed) >= LEAST_FOR_NEAR else frozenset()
    scored = [(score, entry.symbol) for entry in entries if (score := _score(typed, words, grams, entry)) > 0]
    scored.sort(key=lambda pair: (-pair[0], pair[1]))
    return [symbol for _, symbol in scored[:limit]]


def _score(typed: str, words: Sequence[str], grams: frozenset[str], entry: Entry) -> int:
    aliases = [plain(alias) for alias in entry.aliases]
    name = entry.name.upper().split()
    steps = (
        (1_000, typed == entry.symbol),
        (950, typed in aliases),
        (900, typed == entry.base),
        (800 - min(len(entry.symbol) - len(typed), 99), entry.symbol.startswith(typed)),
        (700, any(alias.startswith(typed) for alias in aliases)),
        (650, bool(words) and all(any(part.startswith(word) for part in name) for word in words)),
        (500, typed in entry.symbol or typed == entry.quote),
    )
    sure = next((score for score, fits in steps if fits), 0)
    if sure or not grams:
        return sure
    likeness = max(_likeness(grams, other) for other in (entry.symbol, *aliases, *name) if other)
    return round(likeness * 400) if likeness >= NEAR else 0


def _trigrams(text: str) -> frozenset[str]:
    padded = f"  {text} "
    return frozenset(padded[at : at + 3] for at in range(len(padded) - 2))


def _likeness(grams: frozenset[str], other: str) -> float:
    theirs = _trigrams(other)
    return 2 * len(grams & theirs) / (len(grams) + len(theirs))
