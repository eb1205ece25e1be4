"""Spikes by robust z-scores: median and MAD of what came before, the series' own and that of other venues."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from kernel.quality.findings import Limits

Prices = NDArray[np.float64]
WINDOW: Final = 288
"""Candles whose usual movement is the measure (a day of 5-minute candles)."""
LEAST: Final = 32
"""With fewer candles before it no candle is judged."""
NEAR: Final = 12
"""Candles just before, among which a candle must stand out as well: a wild hour is not a spike."""
STRIDE: Final = 16
"""The measure is taken anew so often, in candles."""
FLOOR: Final = 1e-5
"""The least spread of usual movements: a tenth of a basis point."""
TO_SIGMA: Final = 1.4826
"""A MAD of normal figures times this is their standard deviation."""
CONFIRMED: Final = 0.5
"""Another venue that moved at least this share of the movement confirms it."""
GIVEN_BACK: Final = 0.6
"""A price that gave back so much of its movement, within the candle or the next one, was a spike."""


def excursions(open_: Prices, high: Prices, low: Prices, close: Prices) -> Prices:
    """Return how far each candle went from the close before it, as a logarithm >= 0; the first from its own open."""
    before = np.concatenate((open_[:1], close[:-1]))
    return np.asarray(np.maximum(np.maximum(np.log(high / before), np.log(before / low)), 0.0))


def robust_z(moves: Prices) -> Prices:
    """Return how many robust deviations each movement lies above the median of the ones before it; 0 for the first.

    The measure is of the past only, so a figure does not change when more candles follow.
    """
    count = len(moves)
    found = np.zeros(count)
    if count <= LEAST:
        return found
    for edge in range(LEAST, min(WINDOW, count), STRIDE):
        found[edge : edge + STRIDE] = _above(moves[edge : edge + STRIDE], moves[None, :edge])[: count - edge]
    if count <= WINDOW:
        return found
    windows = sliding_window_view(moves[:-1], WINDOW)[::STRIDE]
    middle = np.median(windows, axis=1)
    spread = TO_SIGMA * np.median(np.abs(windows - middle[:, None]), axis=1)
    which = (np.arange(WINDOW, count) - WINDOW) // STRIDE
    found[WINDOW:] = (moves[WINDOW:] - middle[which]) / np.maximum(spread[which], FLOOR)
    return found


def _above(moves: Prices, window: Prices) -> Prices:
    middle = float(np.median(window))
    spread = TO_SIGMA * float(np.median(np.abs(window - middle)))
    return np.asarray((moves - middle) / max(spread, FLOOR))


def standing_out(moves: Prices) -> Prices:
    """Return each movement divided by the largest of the NEAR before it; 0 for the first ones."""
    found = np.zeros(len(moves))
    if len(moves) > NEAR:
        largest = sliding_window_view(moves, NEAR)[:-1].max(axis=1)
        found[NEAR:] = moves[NEAR:] / np.maximum(largest, FLOOR)
    return found


def given_back(open_: Prices, high: Prices, low: Prices, close: Prices) -> Prices:
    """Return the share of its largest movement that each candle, or the next, gave back; the newest knows only itself.

    1: back where it was. 0: the price stayed.
    """
    before = np.concatenate((open_[:1], close[:-1]))
    up = np.log(high / before) >= np.log(before / low)
    far = np.where(up, high, low)
    whole = np.log(far / before)
    after = np.concatenate((close[1:], close[-1:]))
    own = np.log(far / close)
    following = np.log(far / after)
    back = np.where(np.abs(following) > np.abs(own), following, own)
    shares = np.divide(back, whole, out=np.zeros(len(whole)), where=np.abs(whole) > FLOOR)
    return np.asarray(np.clip(shares, 0.0, 1.0))


def find_spikes(
    columns: tuple[Prices, Prices, Prices, Prices], limits: Limits, *, others: Sequence[Prices] = ()
) -> NDArray[np.bool_]:
    """Return which candles are spikes; `columns` are open, high, low, close of candles that are possible, in order.

    `others`: movements of the same candles at other venues (as from `excursions`; NaN where that venue has none). A
    movement they share is no spike; one they deny is a spike though the price stays. Without them, a spike is what
    gives its movement back, and among the newest candle's only what is beyond any measure.
    """
    moves = excursions(*columns)
    z, out = robust_z(moves), standing_out(moves)
    candidate = (z > limits.spike_z) & (out > limits.spike_ratio)
    if not bool(candidate.any()):
        return candidate
    back = given_back(*columns) >= GIVEN_BACK
    denied = np.zeros(len(moves), bool)
    for theirs in others:
        shared = np.nan_to_num(theirs) >= CONFIRMED * moves
        candidate &= ~shared
        denied |= ~np.isnan(theirs)
    spikes = candidate & (back | denied)
    lone = z[-1] > limits.lone_spike_z and out[-1] > limits.lone_spike_ratio
    spikes[-1] |= candidate[-1] & lone
    return spikes
