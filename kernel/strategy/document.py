"""The strategy document: what a customer edits, stores and shares."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self, Union

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from kernel.instruments import INTERVALS
from kernel.rules import Catalogue, Condition, DecimalText, Number, Problem, check, problems_of
from kernel.rules.check import join
from kernel.rules.nodes import Node
from kernel.rules.problems import raw_size_problem
from kernel.strategy.catalogue import market_of
from kernel.strategy.management import Bars, ExitRule, Kelly, RangeStop, RiskedRange, ScaleIn
from kernel.strategy.parts import Part, Percent

_LARGEST_AMOUNT = Decimal(10) ** 10
IndicatorName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class InvalidDocumentError(ValueError):
    """The data is not a strategy document; `problems` lists every fault by JSON path."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{item.path or 'document'}: {item.message}" for item in problems))
        self.problems = tuple(problems)


class FixedQuote(Part):
    """Spend this amount of quote on every entry (fee not included)."""

    kind: Literal["fixed_quote"]
    amount: DecimalText = Field(gt=0, le=_LARGEST_AMOUNT)


class FixedQuantity(Part):
    """Buy this quantity of base on every entry."""

    kind: Literal["fixed_quantity"]
    quantity: DecimalText = Field(gt=0, le=_LARGEST_AMOUNT)


class PercentEquity(Part):
    """Spend this percentage of the equity (cash and position) on every entry, at most 99.5 % of the cash."""

    kind: Literal["percent_equity"]
    percent: DecimalText = Field(gt=0, le=100, decimal_places=4)


Sizing = Annotated[
    Union[FixedQuote, FixedQuantity, PercentEquity, RiskedRange, Kelly],  # noqa: UP007
    Field(discriminator="kind"),
]
_MANAGED: Final = (
    "indicators", "trailing_stop_percent", "range_stop", "max_bars_held", "exits", "scale_in", "cool_down_bars",
    "max_entries_per_day", "max_drawdown_percent",
)  # fmt: skip
"""What a document of version 2 may have."""
_LATER: Final = {
    "symbols": "a document is about one market; several are not possible yet",
    "universe": "a document is about one market; several are not possible yet",
    "scale_out": "selling a part of the position is not possible yet; an exit sells all of it",
    "short": "selling what one does not have is not possible yet; a document buys first",
}


class StrategyDocument(Part):
    """A long-only strategy for one instrument and one position.

    Conditions are looked at when a bar of `timeframe` has closed; the market order that follows fills at the next bar's
    open. `stop_loss_percent` and `take_profit_percent` are looked at then, too: the close against the average entry
    price, at or beyond the given distance. They are not orders resting at the exchange, so a fall inside one bar is
    seen only at its close. Order of precedence while holding: stop loss, take profit, exit condition. While flat, an
    entry is ignored on a bar where the exit condition also holds.

    Version 2 adds what is below `take_profit_percent` and the sizes by risk and by Kelly's rule; a document of version
    1 means what it always meant and keeps its digest. Precedence there: stop loss, range stop, trailing stop, time
    stop, take profit, exit condition, exit rules in their order, scale-in.
    """

    version: Literal[1, 2] = 1
    name: str = Field(min_length=1, max_length=120)
    timeframe: str = Field(json_schema_extra={"enum": list(INTERVALS)})
    entry: Condition
    exit: Condition
    sizing: Sizing
    stop_loss_percent: Annotated[Percent, Field(lt=100)] | None = None
    take_profit_percent: Annotated[Percent, Field(le=100_000)] | None = None
    indicators: Mapping[IndicatorName, Number] = Field(default_factory=dict, max_length=16)
    trailing_stop_percent: Annotated[Percent, Field(lt=100)] | None = None
    range_stop: RangeStop | None = None
    max_bars_held: Bars | None = None
    exits: tuple[ExitRule, ...] = Field(default=(), max_length=4)
    scale_in: ScaleIn | None = None
    cool_down_bars: Bars | None = None
    max_entries_per_day: int | None = Field(default=None, strict=True, ge=1, le=1_000)
    max_drawdown_percent: Annotated[Percent, Field(lt=100)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _possible(cls, data: Any) -> Any:
        found = [Problem(key, words) for key, words in _LATER.items() if isinstance(data, dict) and key in data]
        if found:
            raise _located(found)
        return data

    @field_validator("timeframe")
    @classmethod
    def _known_timeframe(cls, value: str) -> str:
        if value not in INTERVALS:
            raise ValueError(f"unknown timeframe {value!r}; known: {', '.join(INTERVALS)}")
        return value

    @field_validator("entry", "exit", mode="before")
    @classmethod
    def _bounded(cls, value: Any) -> Any:
        problem = raw_size_problem(value)
        if problem:
            raise _located([problem])
        return value

    @field_validator("indicators", "exits", "scale_in", mode="before")
    @classmethod
    def _bounded_parts(cls, value: Any) -> Any:
        found = [Problem(join(path, item.path), item.message) for path, part in _trees(value)
                 if (item := raw_size_problem(part))]  # fmt: skip
        if found:
            raise _located(found)
        return value

    @model_validator(mode="after")
    def _meaningful(self) -> Self:
        problems = [*self._of_another_version()]
        named = market_of(self.interval_ms)
        for name, number in self.indicators.items():
            problems.extend(_below(f"indicators.{name}", check(number, named)))
        if not problems:
            for path, condition in self.conditions().items():
                problems.extend(_below(path, check(condition, self.catalogue())))
        if problems:
            raise _located(problems)
        return self

    def _of_another_version(self) -> Iterator[Problem]:
        if self.version == 1:
            given = [name for name in _MANAGED if getattr(self, name)]
            if isinstance(self.sizing, RiskedRange | Kelly):
                given.append("sizing")
            yield from (Problem(name, "needs `version` 2") for name in given)

    def catalogue(self) -> Catalogue:
        """What the document's expressions may name: its bars' fields, every indicator, its own indicators."""
        return market_of(self.interval_ms, self.indicators)

    def conditions(self) -> dict[str, Node]:
        """Every condition by its JSON path: entry, exit, the exit rules, then the scale-in."""
        found: dict[str, Node] = {"entry": self.entry, "exit": self.exit}
        found.update({f"exits[{place}].condition": rule.condition for place, rule in enumerate(self.exits)})
        if self.scale_in is not None:
            found["scale_in.condition"] = self.scale_in.condition
        return found

    def range_lengths(self) -> tuple[int, ...]:
        """The bars over which mean true ranges are needed, shortest first."""
        stop = () if self.range_stop is None else (self.range_stop.bars,)
        size = (self.sizing.bars,) if isinstance(self.sizing, RiskedRange) else ()
        return tuple(sorted({*stop, *size}))

    @property
    def interval_ms(self) -> int:
        """Milliseconds of one bar."""
        return INTERVALS[self.timeframe]

    @model_serializer(mode="wrap")
    def _without_later_parts(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = dump(self)
        return {key: value for key, value in data.items() if self.version > 1 or key not in _MANAGED}

    @property
    def is_managed(self) -> bool:
        """Whether it is of version 2, whose decisions need a memory of the position and the account."""
        return self.version > 1

    def canonical_json(self) -> str:
        """The document with defaults filled in, keys sorted and decimals in their shortest form."""
        data = self.model_dump(mode="json")
        return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def digest(self) -> str:
        """SHA-256 of the canonical JSON in hexadecimal: equal documents, and only those, have equal digests."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()


def parse_document(data: object) -> StrategyDocument:
    """The document in decoded JSON. Raises InvalidDocumentError with every problem by its JSON path."""
    try:
        return StrategyDocument.model_validate(data)
    except ValidationError as error:
        problems: list[Problem] = []
        for details in error.errors(include_url=False):
            found = details.get("ctx", {}).get("problems")
            if found is None:
                problems.extend(problems_of([details], data))
            else:
                prefix = str(details["loc"][0]) if details["loc"] else ""
                problems.extend(Problem(join(prefix, item.path), item.message) for item in found)
        raise InvalidDocumentError(problems) from None


def _below(path: str, problems: list[Problem]) -> Iterator[Problem]:
    return (Problem(join(path, item.path), item.message) for item in problems)


def _trees(value: Any) -> Iterator[tuple[str, Any]]:
    """Every expression in `indicators`, `exits` or `scale_in` as it came, with its path from there."""
    if isinstance(value, list | tuple):
        for place, rule in enumerate(value[:64]):
            if isinstance(rule, dict):
                yield f"[{place}].condition", rule.get("condition")
    elif isinstance(value, dict) and "condition" in value:
        yield "condition", value["condition"]
    elif isinstance(value, dict):
        yield from ((str(name), tree) for name, tree in list(value.items())[:64])


def _located(problems: list[Problem]) -> PydanticCustomError:
    words = "; ".join(f"{item.path}: {item.message}" if item.path else item.message for item in problems)
    # The words go in as context because a message template would read braces in them.
    return PydanticCustomError("rule", "{words}", {"words": words, "problems": problems})
