"""What templates are given: plain, finished values. A template never queries and never calculates.

The component templates name these shapes at their top. Builders (`level`, `result`, `share`) write numbers the
one way the product writes them: true minus, thousands, sign where a figure is a judgement.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from apps.core.templatetags.ui import amount, direction, percent, signed, signed_percent, trimmed


@dataclass(frozen=True, slots=True)
class Figure:
    """A number ready to show; `tone` is up, down, zero or plain (plain for levels such as a price)."""

    text: str
    tone: str = "plain"
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Stat:
    """A figure under its name, with a note and a definition that may be empty."""

    label: str
    figure: Figure
    note: str = ""
    definition: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """A state in words with a dot: tone is up, down, warn, danger, accent or plain."""

    tone: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A label with a text or a figure."""

    label: str
    text: str = ""
    figure: Figure | None = None


@dataclass(frozen=True, slots=True)
class PricedRow:
    """A market in a list with its newest price; `places` are the digits of the price after the point."""

    symbol: str
    pair: str
    name: str
    url: str
    price: str
    places: int
    change: Figure


@dataclass(frozen=True, slots=True)
class Choice:
    """A link of a segmented control."""

    label: str
    url: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class LegendItem:
    """A line of a chart in words; kind is own, benchmark or band."""

    kind: str
    label: str
    figure: Figure | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """Lines over time; data = {times: [s], series: [{label, kind, values}], unit, places, unseen_from}."""

    id: str
    data: dict[str, Any]
    summary: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A candle chart; `marks` = [{ts, side, text}], `lines` = [{price, label, tone}], `to` = last open time in ms."""

    symbol: str
    interval: str
    limit: int
    places: int
    summary: str
    live: bool = False
    quiet: bool = False
    to: int | None = None
    marks: Sequence[dict[str, Any]] = field(default_factory=list)
    lines: Sequence[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a list; state is done, now or later."""

    state: str
    name: str
    time: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """A bar of a limit: used of allowed."""

    label: str
    used: str
    of: str
    percent: int
    after_percent: int | None = None
    over: bool = False


@dataclass(frozen=True, slots=True)
class Attention:
    """Something that needs the reader; tone is warn, danger or plain."""

    tone: str
    icon: str
    title: str
    text: str
    url: str
    action: str


@dataclass(frozen=True, slots=True)
class Page:
    """Where a list goes on."""

    summary: str
    previous_url: str = ""
    next_url: str = ""


def level(value: Decimal | int | str | None, digits: int = 2) -> Figure:
    """Return a figure that carries no judgement: a price, a size, a balance."""
    return Figure(amount(value, digits), "plain", "" if value is None else str(value))


def quantity(value: Decimal | int | str | None, most: int = 8) -> Figure:
    """Return a quantity without trailing zeros."""
    return Figure(trimmed(value, most), "plain", "" if value is None else str(value))


def result(value: Decimal | int | str | None, digits: int = 2) -> Figure:
    """Return a result: sign, arrow and colour by direction."""
    return Figure(signed(value, digits), _tone(value), "" if value is None else str(value))


def share(value: Decimal | int | str | None, digits: int = 2) -> Figure:
    """Return a result in percent."""
    return Figure(signed_percent(value, digits), _tone(value), "" if value is None else str(value))


def portion(value: Decimal | int | str | None, digits: int = 1) -> Figure:
    """Return a percentage that carries no judgement."""
    return Figure(percent(value, digits), "plain", "" if value is None else str(value))


def _tone(value: Any) -> str:
    found = direction(value)
    return "zero" if found == "flat" else found
