"""Steps over the last bars of any number, and the choice between two numbers."""

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from kernel.strategy.program import Columns, LiveBar, Registers, Step


@dataclass(frozen=True, slots=True)
class RollingStep(Step):
    """`sum`, `highest` or `lowest` of a register over the last bars; a missing value inside makes it missing.

    Both forms add oldest first, so that floats give the same bits; whole numbers are exact.
    """

    operands = ("value",)
    function: str
    value: int
    bars: int
    exact: bool

    def history(self, columns: Columns, registers: Registers) -> Any:
        values = registers[self.value]
        out = np.zeros(len(values), values.dtype) if self.exact else np.full(len(values), np.nan)
        if len(values) < self.bars:
            return out.astype(object) if self.exact and self.function == "sum" else out
        windows = sliding_window_view(values, self.bars)
        if self.function != "sum":
            out[self.bars - 1 :] = windows.max(axis=1) if self.function == "highest" else windows.min(axis=1)
            return out
        if self.exact:
            out = out.astype(object)
            windows = sliding_window_view(values.astype(object), self.bars)
        total = windows[:, 0].copy()
        for place in range(1, self.bars):
            total = total + windows[:, place]
        out[self.bars - 1 :] = total
        return out if not self.exact else _narrowed(out)

    def start(self) -> Any:
        return deque()

    def live(self, bar: LiveBar, registers: Registers, state: Any) -> Any:
        state.append(registers[self.value])
        if len(state) > self.bars:
            state.popleft()
        if len(state) < self.bars or None in state:
            return None
        if self.function != "sum":
            return max(state) if self.function == "highest" else min(state)
        total = state[0]
        # Not sum(): its compensation would give other bits than plain addition.
        for place in range(1, self.bars):
            total = total + state[place]
        return total

    def load(self, saved: Any) -> Any:
        return deque(saved)


def _narrowed(values: Any) -> Any:
    """Python integers as int64 where they fit."""
    if not len(values) or max(abs(int(values.max())), abs(int(values.min()))) < 2**62:
        return values.astype(np.int64)
    return values


@dataclass(frozen=True, slots=True)
class PickStep(Step):
    """The smaller or larger of two floats; a missing register (-1) stands for the constant beside it."""

    operands = ("left", "right")
    kind: str
    left: int
    left_constant: float
    right: int
    right_constant: float

    def history(self, columns: Columns, registers: Registers) -> Any:
        left = registers[self.left] if self.left >= 0 else self.left_constant
        right = registers[self.right] if self.right >= 0 else self.right_constant
        return np.minimum(left, right) if self.kind == "lower_of" else np.maximum(left, right)

    def live(self, bar: LiveBar, registers: Registers, state: Any) -> Any:
        left = registers[self.left] if self.left >= 0 else self.left_constant
        right = registers[self.right] if self.right >= 0 else self.right_constant
        if left is None or right is None:
            return None
        return min(left, right) if self.kind == "lower_of" else max(left, right)


@dataclass(frozen=True, slots=True)
class RangeStep(Step):
    """The sum of the last `bars` true ranges in whole ticks, exactly."""

    bars: int

    def history(self, columns: Columns, registers: Registers) -> Any:
        high, low = columns["high"], columns["low"]
        ranges = high - low
        before = columns["close"][:-1]
        ranges[1:] = np.maximum(high[1:], before) - np.minimum(low[1:], before)
        sums = np.cumsum(ranges)
        sums[self.bars :] = sums[self.bars :] - sums[: -self.bars] if len(sums) > self.bars else sums[self.bars :]
        return sums

    def start(self) -> Any:
        return [None, deque()]

    def live(self, bar: LiveBar, registers: Registers, state: Any) -> Any:
        before, ranges = state
        high, low = bar["high"], bar["low"]
        ranges.append(high - low if before is None else max(high, before) - min(low, before))
        state[0] = bar["close"]
        if len(ranges) > self.bars:
            ranges.popleft()
        return sum(ranges)

    def save(self, state: Any) -> Any:
        return [state[0], list(state[1])]

    def load(self, saved: Any) -> Any:
        return [saved[0], deque(saved[1])]
