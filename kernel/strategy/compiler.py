"""A compiled strategy: signals over history at once, or live bar by bar, from one program."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kernel.indicators import INDICATORS
from kernel.instruments import Bars, InstrumentSpec
from kernel.rules import Catalogue, Custom, HigherCondition, HigherNumber, Indicator, meaning
from kernel.rules.check import parameters_of, ratio_of
from kernel.rules.nodes import Node
from kernel.strategy.builder import Builder, last_uses
from kernel.strategy.catalogue import MARKET
from kernel.strategy.document import StrategyDocument
from kernel.strategy.memory import Memory
from kernel.strategy.program import Step

_STATE_VERSION: Final = 1


class StateMismatchError(ValueError):
    """A saved live state belongs to another document, tick or version of the program."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What the conditions say at the close of one bar; `ready` is False during warm-up, and all are False then.

    `more` are the exit rules' conditions and then the scale-in's; `ranges` the sums of true ranges in ticks, by their
    number of bars.
    """

    ready: bool
    entry: bool
    exit: bool
    more: tuple[bool, ...] = ()
    ranges: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class HistorySignals:
    """bool[n] each: what the conditions say at the close of each bar, False during warm-up.

    `more` and `ranges` (int64[n], meaningless during warm-up) as in Signals.
    """

    entry: NDArray[np.bool_]
    exit: NDArray[np.bool_]
    more: tuple[NDArray[np.bool_], ...] = ()
    ranges: Mapping[int, NDArray[np.int64]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class CompiledStrategy:
    """A document turned into steps.

    `warm_up` bars give no signal (indicators have no value yet). `memory` bars of history before the first decision
    make every value independent of where that history began (to 1e-9); a bot should start from that many.
    """

    document: StrategyDocument
    digest: str
    tick: Decimal | None
    steps: tuple[Step, ...]
    entry_register: int
    exit_register: int
    warm_up: int
    memory: int
    more_registers: tuple[int, ...] = ()
    range_registers: tuple[tuple[int, int], ...] = ()

    def history(self, bars: Bars) -> HistorySignals:
        """Entry and exit at each bar of `bars`, all at once."""
        columns = {name: getattr(bars, name) for name in ("ts", *MARKET.fields)}
        registers: list[Any] = [None] * len(self.steps)
        ranges = tuple(register for _, register in self.range_registers)
        kept = (self.entry_register, self.exit_register, *self.more_registers, *ranges)
        done = last_uses(list(self.steps), kept)
        for index, step in enumerate(self.steps):
            registers[index] = step.history(columns, registers)
            for register in done[index]:
                registers[register] = None
        return HistorySignals(
            self._after_warm_up(registers[self.entry_register]),
            self._after_warm_up(registers[self.exit_register]),
            tuple(self._after_warm_up(registers[register]) for register in self.more_registers),
            {bars: registers[register] for bars, register in self.range_registers},
        )

    def _after_warm_up(self, signal: NDArray[np.bool_]) -> NDArray[np.bool_]:
        masked = signal.copy()
        masked[: self.warm_up] = False
        masked.flags.writeable = False
        return masked

    def live(self, state: Mapping[str, Any] | None = None) -> "LiveStrategy":
        """Follow the market from its first bar, or go on from a state saved by `LiveStrategy.state`.

        Raises StateMismatchError when the state is not one of this document and tick.
        """
        return LiveStrategy(self, state)


class LiveStrategy:
    """The conditions followed bar by bar; the same signals as `CompiledStrategy.history` of the same bars."""

    __slots__ = ("_bars", "_states", "_strategy", "_ts", "memory")

    def __init__(self, strategy: CompiledStrategy, state: Mapping[str, Any] | None) -> None:
        self._strategy = strategy
        self._bars = 0
        self._ts: int | None = None
        self.memory: Memory | None = Memory() if strategy.document.is_managed else None
        """What the decision remembers of position and account (documents of version 2)."""
        self._states: list[Any] = [step.start() for step in strategy.steps]
        if state is not None:
            self._load(state)

    @property
    def bars(self) -> int:
        """How many bars it has seen."""
        return self._bars

    @property
    def last_ts(self) -> int | None:
        """Open time of the last bar it has seen, in Unix milliseconds."""
        return self._ts

    def update(
        self,
        ts: int,
        open: int,
        high: int,
        low: int,
        close: int,
        volume: int,
    ) -> Signals:
        """Take the next closed bar (integers as in Bars). Raises ValueError when `ts` does not rise."""
        if self._ts is not None and ts <= self._ts:
            raise ValueError(f"bar {ts} does not come after bar {self._ts}")
        self._ts = ts
        self._bars += 1
        bar = {"ts": ts, "open": open, "high": high, "low": low, "close": close, "volume": volume}
        registers: list[Any] = []
        for step, state in zip(self._strategy.steps, self._states, strict=True):
            registers.append(step.live(bar, registers, state))
        if self._bars <= self._strategy.warm_up:
            return Signals(False, False, False, (False,) * len(self._strategy.more_registers))
        strategy = self._strategy
        return Signals(
            True,
            registers[strategy.entry_register],
            registers[strategy.exit_register],
            tuple(bool(registers[register]) for register in strategy.more_registers),
            {bars: registers[register] for bars, register in strategy.range_registers},
        )

    def state(self) -> dict[str, Any]:
        """Everything needed to go on after this bar, as JSON values."""
        steps = self._strategy.steps
        return {
            **self._identity(),
            "bars": self._bars,
            "ts": self._ts,
            "steps": [step.save(state) for step, state in zip(steps, self._states, strict=True)],
            **({} if self.memory is None else {"memory": asdict(self.memory)}),
        }

    def _identity(self) -> dict[str, Any]:
        tick = self._strategy.tick
        return {
            "version": _STATE_VERSION,
            "document": self._strategy.digest,
            "tick": None if tick is None else str(tick.normalize()),
        }

    def _load(self, state: Mapping[str, Any]) -> None:
        for key, value in self._identity().items():
            if state.get(key) != value:
                raise StateMismatchError(f"the saved state has another {key}")
        self._bars, self._ts = state["bars"], state["ts"]
        if self.memory is not None:
            self.memory = Memory(**state["memory"])
        saved = zip(self._strategy.steps, state["steps"], strict=True)
        self._states = [None if item is None else step.load(item) for step, item in saved]


def compile_strategy(document: StrategyDocument, spec: InstrumentSpec | None = None) -> CompiledStrategy:
    """Compile a document, for one instrument when `spec` is given.

    Without `spec` only documents that name no absolute price compile; others raise TickNeededError. Nothing is compiled
    to machine code here: steps are shared kernels.
    """
    catalogue = document.catalogue()
    builder = Builder(None if spec is None else spec.tick, catalogue)
    entry, exit_ = builder.condition(document.entry), builder.condition(document.exit)
    more = [node for path, node in document.conditions().items() if path not in ("entry", "exit")]
    conditions = (document.entry, document.exit, *more)
    more_registers = tuple(builder.condition(node) for node in more)
    lengths = document.range_lengths()
    ranges = tuple((bars, builder.true_range_sum(bars)) for bars in lengths)
    return CompiledStrategy(
        document=document,
        digest=document.digest(),
        tick=builder.tick,
        steps=tuple(builder.steps),
        entry_register=entry,
        exit_register=exit_,
        warm_up=max(*(meaning(node, catalogue).lookback for node in conditions), *lengths, 0),
        memory=max(*(_memory(node, catalogue) for node in conditions), *lengths, 0),
        more_registers=more_registers,
        range_registers=ranges,
    )


def _memory(node: Node, catalogue: Catalogue) -> int:
    """The look-back with every indicator's warm-up replaced by its memory."""
    own = meaning(node, catalogue).lookback
    if isinstance(node, Indicator):
        definition = INDICATORS[node.name]
        return definition.memory(parameters_of(node, definition)) + node.shift
    if isinstance(node, Custom):
        return _memory(catalogue.custom[node.name], catalogue) + node.shift
    below = [child for _, child in node.children()]
    if not below:
        return own
    longest = max(_memory(child, catalogue) for child in below)
    if isinstance(node, HigherNumber | HigherCondition):
        return (longest + 3) * ratio_of(node.timeframe, catalogue)
    return own - max(meaning(child, catalogue).lookback for child in below) + longest
