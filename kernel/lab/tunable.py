"""The numbers of a document that are worth trying with other values, with ranges to start from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from kernel.indicators import INDICATORS

_EXITS: Final = {"stop_loss_percent": "Stop loss, %", "take_profit_percent": "Take profit, %"}


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
    for side in ("entry", "exit"):
        for key, title, value, path in _numbers(data[side], side):
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


def _numbers(node: Mapping[str, Any], path: str) -> Iterator[tuple[tuple[Any, ...], str, Decimal, str]]:
    """(key, title, value, path) of each number below a node; equal keys are one number."""
    kind = node["kind"]
    if kind == "constant":
        yield (f"level_{path.split('.', maxsplit=1)[0]}", path), "Level", Decimal(node["value"]), f"{path}.value"
    if kind == "indicator":
        same = (
            node["name"],
            node.get("source"),
            tuple(sorted((key, str(item)) for key, item in node["params"].items())),
        )
        for key, value in node["params"].items():
            title = f"{node['name']} {key} ({value})"
            yield (f"{node['name'].lower()}_{key}", key, same), title, Decimal(value), f"{path}.params.{key}"
    if kind in {"all", "any"}:
        yield (f"window_{path.split('.', maxsplit=1)[0]}", path), "Bars", Decimal(node["bars"]), f"{path}.bars"
    for name in ("left", "right", "condition"):
        if name in node:
            yield from _numbers(node[name], f"{path}.{name}")
    for place, part in enumerate(node.get("conditions", ())):
        yield from _numbers(part, f"{path}.conditions[{place}]")


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
        least, most = Decimal(1), Decimal(2_000)
    if str(key[0]) in _EXITS:
        least = step
    while least is not None and low < least:
        low += step
    while most is not None and high > most:
        high -= step
    return low, max(low, high), step
