"""The numbers of a document that are worth trying with other values, with ranges to start from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from kernel.indicators import INDICATORS

_EXITS: Final = {
    "stop_loss_percent": "Stop loss, %",
    "take_profit_percent": "Take profit, %",
    "trailing_stop_percent": "Trailing stop, %",
}
_WINDOWS: Final = {"all": (1, 2_000), "any": (1, 2_000), "rolling": (2, 500), "sequence": (1, 500)}
"""Parts over a number of bars, and how many they take."""


@dataclass(frozen=True, slots=True)
class Tunable:
    """A number of the document: one name, every place that holds it, its value, and a range around that."""

    name: str
    title: str
    paths: tuple[str, ...]
    value: Decimal
    low: Decimal
    high: Decimal
    step: Decimal


def tunables(data: Mapping[str, Any]) -> list[Tunable]:
    """The numbers of a document's JSON in the order they are read: parameters, levels, windows, stops.

    The same indicator in several places (entry and exit, say) is one indicator: its parameters change together.
    """
    found: dict[tuple[Any, ...], tuple[str, Decimal, list[str]]] = {}
    for node, place in _roots(data):
        for key, title, value, path in _numbers(node, place):
            found.setdefault(key, (title, value, []))[2].append(path)
    for name, title in _EXITS.items():
        if data.get(name) is not None:
            found[(name,)] = (title, Decimal(data[name]), [name])
    names: dict[str, int] = {}
    made = []
    for key, (title, value, paths) in found.items():
        base = str(key[0])
        names[base] = names.get(base, 0) + 1
        name = base if names[base] == 1 else f"{base}_{names[base]}"
        low, high, step = _range(key, value)
        made.append(Tunable(name, title, tuple(paths), value, low, high, step))
    return made


def _roots(data: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Every rule and named number of a document with its path."""
    yield data["entry"], "entry"
    yield data["exit"], "exit"
    for name, node in data.get("indicators", {}).items():
        yield node, f"indicators.{name}"
    for place, part in enumerate(data.get("exits", ())):
        yield part["condition"], f"exits[{place}].condition"
    if data.get("scale_in"):
        yield data["scale_in"]["condition"], "scale_in.condition"


def _numbers(node: Mapping[str, Any], path: str) -> Iterator[tuple[tuple[Any, ...], str, Decimal, str]]:
    """(key, title, value, path) of each number below a node; equal keys are one number."""
    kind = node["kind"]
    if kind == "constant":
        yield (f"level_{_side(path)}", path), "Level", Decimal(node["value"]), f"{path}.value"
    if kind == "indicator":
        same = (
            node["name"],
            node.get("source"),
            tuple(sorted((key, str(item)) for key, item in node["params"].items())),
        )
        for key, value in node["params"].items():
            title = f"{node['name']} {key} ({value})"
            yield (f"{node['name'].lower()}_{key}", key, same), title, Decimal(value), f"{path}.params.{key}"
    if kind in _WINDOWS:
        yield (f"window_{_side(path)}", path, kind, "bars"), "Bars", Decimal(node["bars"]), f"{path}.bars"
    for part, place in _inside(node, path):
        yield from _numbers(part, place)


def _inside(node: Mapping[str, Any], path: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The nodes right below a node, with their paths."""
    for name, part in node.items():
        if isinstance(part, Mapping) and "kind" in part:
            yield part, f"{path}.{name}"
        elif isinstance(part, Sequence) and not isinstance(part, str):
            yield from (
                (inner, f"{path}.{name}[{place}]") for place, inner in enumerate(part) if isinstance(inner, Mapping)
            )


def _side(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def _range(key: tuple[Any, ...], value: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """Five values from half to one and a half times the number, within what the indicator takes."""
    definition = next((item for name, item in INDICATORS.items() if len(key) == 3 and name == key[2][0]), None)
    parameter = next((item for item in definition.parameters if item.name == key[1]), None) if definition else None
    whole = str(key[0]).startswith("window") or (parameter is not None and parameter.kind == "integer")
    step = abs(value) / 4
    step = Decimal(max(1, round(step))) if whole else (step.quantize(Decimal("0.0001")) or Decimal(1))
    low, high = value - 2 * step, value + 2 * step
    least: Decimal | None = None
    most: Decimal | None = None
    if parameter is not None:
        least, most = Decimal(parameter.minimum), Decimal(parameter.maximum)
    elif whole:
        least, most = map(Decimal, _WINDOWS[key[2]])
    if str(key[0]) in _EXITS:
        least = step
    while least is not None and low < least:
        low += step
    while most is not None and high > most:
        high -= step
    return low, max(low, high), step
