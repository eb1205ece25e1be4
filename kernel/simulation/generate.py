"""Made-up candles for benchmarks and tests."""

from typing import Final

import numpy as np

from kernel.instruments import Bars

_FIRST_OPEN_MS: Final = 1_577_836_800_000  # 2020-01-01 UTC
_STEPS: Final = 4


def random_bars(
    seed: int | np.random.Generator,
    count: int,
    interval_ms: int,
    *,
    start_ticks: int = 3_000_000,
    volatility: float = 0.0008,
    first_open_ms: int = _FIRST_OPEN_MS,
) -> Bars:
    """`count` contiguous candles of a geometric random walk whose volatility wanders slowly; equal seeds, equal bars.

    `volatility` is the standard deviation of one bar's log return, `start_ticks` the first open. Each bar is built from
    four inner steps, so highs and lows lie beyond the body; the open is the close before. Volumes are log-normal around
    10 base. The path is bent to end near its start, so that a million bars stay within sensible prices.
    """
    generator = seed if isinstance(seed, np.random.Generator) else np.random.default_rng(seed)
    mood = np.cumsum(generator.standard_normal(count)) / np.sqrt(max(count, 1))
    spread = volatility / np.sqrt(_STEPS) * np.exp(np.clip(mood, -1.5, 1.5))
    steps = generator.standard_normal((count, _STEPS)) * spread[:, None]
    path = np.cumsum(steps.ravel())
    path -= np.linspace(0.0, 1.0, path.size) * (path[-1] if path.size else 0.0) * 0.9
    levels = np.maximum(1, np.rint(start_ticks * np.exp(np.clip(path, -3.0, 3.0)))).astype(np.int64)
    inner = levels.reshape(count, _STEPS)
    close = inner[:, -1]
    opens = np.concatenate(([start_ticks], close[:-1])) if count else close
    return Bars(
        ts=first_open_ms + interval_ms * np.arange(count, dtype=np.int64),
        open=opens,
        high=np.maximum(opens, inner.max(axis=1, initial=1)),
        low=np.minimum(opens, inner.min(axis=1, initial=np.iinfo(np.int64).max)),
        close=close,
        volume=np.rint(np.exp(generator.standard_normal(count)) * 10 * 10**8).astype(np.int64),
    )
