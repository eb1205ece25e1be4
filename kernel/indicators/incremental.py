"""Indicators one bar at a time: O(1) work and bounded memory an update, and a state that JSON can hold.

`update(high, low, close, value)` takes whole numbers (value is the chosen source field) and returns the outputs in the
catalogue's order, or None during warm-up. The floating-point classes repeat TA-Lib's operations in TA-Lib's order, so
their values are those of the batch path but for the last bit of some platforms (see kernel.indicators.batch).
"""

import math
from collections import deque
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar, Final, Protocol

from kernel.indicators.comparison import settle
from kernel.indicators.definitions import Parameters
from kernel.indicators.windowed import Windowed

Outputs = tuple[int | float, ...]

# TA-Lib calls a sum of movements below this zero (TA_EPSILON).
_EPSILON: Final = 1e-14

_settle: Final[Callable[[float, float], float]] = settle.py_func


class Incremental(Protocol):
    """One indicator being followed bar by bar."""

    def update(self, high: int, low: int, close: int, value: int) -> Outputs | None:
        """Take the next closed bar; return the outputs, or None while there is no value yet."""
        ...

    def state(self) -> dict[str, Any]:
        """Everything `from_state` needs, as JSON values."""
        ...


class _Stateful:
    """State as the named attributes; deques become lists."""

    __slots__ = ()
    _kept: ClassVar[tuple[str, ...]] = ()

    def state(self) -> dict[str, Any]:
        """The attributes that change from bar to bar."""
        values = {name: getattr(self, name) for name in self._kept}
        return {name: list(value) if isinstance(value, deque) else value for name, value in values.items()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Set the attributes from what `state()` gave; raises KeyError when one is missing."""
        for name in self._kept:
            value = state[name]
            if isinstance(getattr(self, name), deque):
                value = deque(tuple(item) if isinstance(item, list) else item for item in value)
            setattr(self, name, value)


class Sma(_Stateful):
    """Sum of the last `period` values (the mean is that ÷ period)."""

    __slots__ = ("period", "total", "window")
    _kept = ("total", "window")

    def __init__(self, parameters: Parameters) -> None:
        self.period = int(parameters["period"])
        self.window: deque[int] = deque()
        self.total = 0

    def update(self, high: int, low: int, close: int, value: int) -> Outputs | None:
        """The window's sum."""
        self.window.append(value)
        self.total += value
        if len(self.window) > self.period:
            self.total -= self.window.popleft()
        return (self.total,) if len(self.window) == self.period else None


class Wma(_Stateful):
    """Σ weight × value (the mean is that × 2 ÷ (n(n + 1)))."""

    __slots__ = ("period", "total", "weighted", "window")
    _kept = ("total", "weighted", "window")

    def __init__(self, parameters: Parameters) -> None:
        self.period = int(parameters["period"])
        self.window: deque[int] = deque()
        self.total = 0
        self.weighted = 0

    def update(self, high: int, low: int, close: int, value: int) -> Outputs | None:
        """The window's weighted sum."""
        self.weighted += self.period * value - self.total
        self.total += value
        self.window.append(value)
        if len(self.window) > self.period:
            self.total -= self.window.popleft()
        return (self.weighted,) if len(self.window) == self.period else None


class Ema(_Stateful):
    """Exponential average seeded with the mean of the first `period` values."""

    __slots__ = ("average", "count", "factor", "period", "total")
    _kept = ("average", "count", "total")

    def __init__(self, parameters: Parameters) -> None:
        self.period = int(parameters["period"])
        self.factor = 2.0 / (self.period + 1)
        self.average = 0.0
        self.count = 0
        self.total = 0.0

    def update(self, high: int, low: int, close: int, value: int) -> Outputs | None:
        """The average."""
        return None if (average := self.follow(float(value))) is None else (average,)

    def follow(self, value: float) -> float | None:
        """The same for a value that is already a float (MACD's signal line)."""
        if self.count < self.period:
            self.count += 1
            self.total += value
            if self.count < self.period:
                return None
            self.average = self.total / self.period
            return self.average
        self.average = (value - self.average) * self.factor + self.average
        return self.average


class Rsi(_Stateful):
    """Wilder's relative strength index."""

    __slots__ = ("count", "gain", "loss", "period", "previous")
    _kept = ("count", "gain", "loss", "previous")

    def __init__(self, parameters: Parameters) -> None:
        self.period = int(parameters["period"])
        self.count = 0
        self.gain = 0.0
        self.loss = 0.0
        self.previous = 0.0

    def update(self, high: int, low: int, close: int, value: int) -> Outputs | None:
        """The index, 0 to 100."""
        change = float(value) - self.previous
        self.previous = float(value)
        self.count += 1
        if self.count == 1:
            return None
        settled = self.count > self.period + 1
        if settled:
            self.loss *= self.period - 1
            self.gain *= self.period - 1
        if change < 0:
            self.loss -= change
        else:
            self.gain += change
        if self.count <= self.period:
            return None
        self.loss /= self.period
        self.gain /= self.period
        movement = self.gain + self.loss
        return (100.0 * (self.gain / movement) if movement >= _EPSILON else 0.0,)


class Macd(_Stateful):
    """Two exponential averages that start on the same bar, and the average of their distance."""

    __slots__ = ("fast", "signal", "skip", "slow")

    def __init__(self, parameters: Parameters) -> None:
        fast, slow = int(parameters["fast"]), int(parameters["slow"])
        self.fast = Ema({"period": fast})
        self.slow = Ema({"period": slow})
        self.signal = Ema({"period": int(parameters["signal"])})
        # TA-Lib seeds the fast average with the bars just before the slow one starts.
        self.skip = slow - fast

    def update(self, high: int, low: int, close: int, value: int) -> Outputs | None:
        """MACD line, signal line, histogram."""
        slow = self.slow.follow(float(value))
        if self.skip:
            self.skip -= 1
            return None
        fast = self.fast.follow(float(value))
        if fast is None or slow is None:
            return None
        line = fast - slow
        signal = self.signal.follow(line)
        if signal is None:
            return None
        return _settle(line, value), _settle(signal, value), _settle(line - signal, value)

    def state(self) -> dict[str, Any]:
        """The three averages and the bars the fast one still waits."""
        averages = {"fast": self.fast.state(), "slow": self.slow.state(), "signal": self.signal.state()}
        return {**averages, "skip": self.skip}

    def load(self, state: Mapping[str, Any]) -> None:
        """The reverse of `state`."""
        self.fast.load(state["fast"])
        self.slow.load(state["slow"])
        self.signal.load(state["signal"])
        self.skip = state["skip"]


class _Spread(_Stateful):
    """Window, sum and sum of squares: n²·variance in whole numbers."""

    __slots__ = ("period", "squares", "total", "window")
    _kept = ("squares", "total", "window")

    def __init__(self, parameters: Parameters) -> None:
        self.period = int(parameters["period"])
        self.window: deque[int] = deque()
        self.total = 0
        self.squares = 0

    def deviation(self, value: int) -> float | None:
        """Take the next value; the population standard deviation of the window."""
        self.window.append(value)
        self.total += value
        self.squares += value * value
        if len(self.window) > self.period:
            oldest = self.window.popleft()
            self.total -= oldest
            self.squares -= oldest * oldest
        if len(self.window) < self.period:
            return None
        return math.sqrt(float(self.period * self.squares - self.total * self.total)) / self.period


class Stddev(_Spread):
    """Population standard deviation."""

    __slots__ = ()

    def update(self, high: int, low: int, close: int, value: int) -> Outputs | None:
        """The deviation."""
        return None if (found := self.deviation(value)) is None else (found,)


class Bbands(_Spread):
    """Mean ± k standard deviations; the middle is the window's sum."""

    __slots__ = ("width",)

    def __init__(self, parameters: Parameters) -> None:
        super().__init__(parameters)
        self.width = float(Decimal(parameters["deviations"]))

    def update(self, high: int, low: int, close: int, value: int) -> Outputs | None:
        """Upper band, sum for the middle, lower band."""
        found = self.deviation(value)
        if found is None:
            return None
        middle, half = float(self.total) / self.period, self.width * found
        return middle + half, self.total, middle - half


class Atr(_Stateful):
    """Wilder's average true range."""

    __slots__ = ("average", "count", "period", "previous", "total")
    _kept = ("average", "count", "previous", "total")

    def __init__(self, parameters: Parameters) -> None:
        self.period = int(parameters["period"])
        self.average = 0.0
        self.count = 0
        self.previous = 0
        self.total = 0

    def update(self, high: int, low: int, close: int, value: int) -> Outputs | None:
        """The average range."""
        reach = max(high - low, abs(self.previous - high), abs(self.previous - low))
        self.previous = close
        self.count += 1
        if self.count == 1:
            return None
        if self.count <= self.period + 1:
            self.total += reach
            if self.count <= self.period:
                return None
            self.average = self.total / self.period
            return (self.average,)
        self.average = (self.average * (self.period - 1) + reach) / self.period
        return (self.average,)


class Highest(_Stateful):
    """Maximum of the window, by a queue of falling candidates."""

    __slots__ = ("candidates", "count", "period")
    _kept = ("candidates", "count")
    _sign: ClassVar[int] = 1

    def __init__(self, parameters: Parameters) -> None:
        self.period = int(parameters["period"])
        self.candidates: deque[tuple[int, int]] = deque()
        self.count = 0

    def update(self, high: int, low: int, close: int, value: int) -> Outputs | None:
        """The extreme value."""
        signed = self._sign * value
        while self.candidates and self.candidates[-1][1] <= signed:
            self.candidates.pop()
        self.candidates.append((self.count, signed))
        if self.candidates[0][0] <= self.count - self.period:
            self.candidates.popleft()
        self.count += 1
        return (self._sign * self.candidates[0][1],) if self.count >= self.period else None


class Lowest(Highest):
    """Minimum of the window."""

    __slots__ = ()
    _sign = -1


class _Earlier(_Stateful):
    """Remembers the value `period` bars ago."""

    __slots__ = ("period", "window")
    _kept = ("window",)

    def __init__(self, parameters: Parameters) -> None:
        self.period = int(parameters["period"])
        self.window: deque[int] = deque()

    def exchange(self, value: int) -> int | None:
        """Put the newest value in, take the one `period` bars ago out."""
        self.window.append(value)
        return self.window.popleft() if len(self.window) > self.period else None


class Mom(_Earlier):
    """Change against the value `period` bars ago."""

    __slots__ = ()

    def update(self, high: int, low: int, close: int, value: int) -> Outputs | None:
        """The difference."""
        earlier = self.exchange(value)
        return None if earlier is None else (value - earlier,)


class Roc(_Earlier):
    """Change against the value `period` bars ago in percent."""

    __slots__ = ()

    def update(self, high: int, low: int, close: int, value: int) -> Outputs | None:
        """The percentage."""
        earlier = self.exchange(value)
        if earlier is None:
            return None
        return ((float(value) / float(earlier) - 1.0) * 100.0 if earlier else 0.0,)


_CLASSES: Final[Mapping[str, Callable[[Parameters], Any]]] = {
    "SMA": Sma,
    "EMA": Ema,
    "WMA": Wma,
    "RSI": Rsi,
    "MACD": Macd,
    "BBANDS": Bbands,
    "ATR": Atr,
    "HIGHEST": Highest,
    "LOWEST": Lowest,
    "MAX": Highest,
    "MIN": Lowest,
    "STDDEV": Stddev,
    "ROC": Roc,
    "MOM": Mom,
}


def create(name: str, parameters: Parameters) -> "Incremental | Windowed":
    """A fresh live indicator; raises KeyError for an unknown name."""
    own = _CLASSES.get(name)
    if own is None:
        return Windowed(name, parameters)
    found: Incremental = own(parameters)
    return found


def restore(name: str, parameters: Parameters, state: Mapping[str, Any]) -> "Incremental | Windowed":
    """The indicator as it was when `state()` was taken; raises KeyError for a state of another shape."""
    indicator: Any = create(name, parameters)
    indicator.load(state)
    found: Incremental | Windowed = indicator
    return found


def follow(
    indicator: "Incremental | Windowed", bar: Mapping[str, int], source: str
) -> tuple[int | float | None, ...] | None:
    """Give a live indicator the next closed bar (open, high, low, close, volume by name); its outputs, if any yet."""
    if isinstance(indicator, Windowed):
        return indicator.take(bar, source)
    return indicator.update(bar["high"], bar["low"], bar["close"], bar[source])
