"""The strategy document: what a customer edits, stores and shares."""

import hashlib
import json
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, Union

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from kernel.instruments import INTERVALS
from kernel.rules import Condition, DecimalText, Problem, check, problems_of
from kernel.rules.check import join
from kernel.rules.problems import raw_size_problem
from kernel.strategy.catalogue import MARKET

_LARGEST_AMOUNT = Decimal(10) ** 10


class InvalidDocumentError(ValueError):
    """The data is not a strategy document; `problems` lists every fault by JSON path."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{item.path or 'document'}: {item.message}" for item in problems))
        self.problems = tuple(problems)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FixedQuote(_Part):
    """Spend this amount of quote on every entry (fee not included)."""

    kind: Literal["fixed_quote"]
    amount: DecimalText = Field(gt=0, le=_LARGEST_AMOUNT)


class FixedQuantity(_Part):
    """Buy this quantity of base on every entry."""

    kind: Literal["fixed_quantity"]
    quantity: DecimalText = Field(gt=0, le=_LARGEST_AMOUNT)


class PercentEquity(_Part):
    """Spend this percentage of the equity (cash and position) on every entry, at most 99.5 % of the cash."""

    kind: Literal["percent_equity"]
    percent: DecimalText = Field(gt=0, le=100, decimal_places=4)


Sizing = Annotated[Union[FixedQuote, FixedQuantity, PercentEquity], Field(discriminator="kind")]  # noqa: UP007
Percent = Annotated[DecimalText, Field(gt=0, decimal_places=4)]


class StrategyDocument(_Part):
    """A long-only strategy for one instrument and one position.

    Conditions are looked at when a bar of `timeframe` has closed; the market order that follows fills at the next bar's
    open. `stop_loss_percent` and `take_profit_percent` are looked at then, too: the close against the average entry
    price, at or beyond the given distance. They are not orders resting at the exchange, so a fall inside one bar is
    seen only at its close. Order of precedence while holding: stop loss, take profit, exit condition. While flat, an
    entry is ignored on a bar where the exit condition also holds.
    """

    version: Literal[1] = 1
    name: str = Field(min_length=1, max_length=120)
    timeframe: str = Field(json_schema_extra={"enum": list(INTERVALS)})
    entry: Condition
    exit: Condition
    sizing: Sizing
    stop_loss_percent: Annotated[Percent, Field(lt=100)] | None = None
    take_profit_percent: Annotated[Percent, Field(le=100_000)] | None = None

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

    @model_validator(mode="after")
    def _meaningful(self) -> Self:
        problems = [
            Problem(join(name, problem.path), problem.message)
            for name, condition in (("entry", self.entry), ("exit", self.exit))
            for problem in check(condition, MARKET)
        ]
        if problems:
            raise _located(problems)
        return self

    @property
    def interval_ms(self) -> int:
        """Milliseconds of one bar."""
        return INTERVALS[self.timeframe]

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


def _located(problems: list[Problem]) -> PydanticCustomError:
    words = "; ".join(f"{item.path}: {item.message}" if item.path else item.message for item in problems)
    # The words go in as context because a message template would read braces in them.
    return PydanticCustomError("rule", "{words}", {"words": words, "problems": problems})
