"""Strategies in words, and what changed between two versions."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.trading.strategies.managing import management_words, risk_words
from kernel.indicators import INDICATORS
from kernel.rules import Group, describe
from kernel.rules.nodes import Node, plain_text
from kernel.strategy import FixedQuantity, FixedQuote, PercentEquity, StrategyDocument, parse_document

_NO_LIMIT = "none"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two versions: what, how it was, how it is (either may be empty)."""

    part: str
    before: str
    after: str


def spelled_out(document: StrategyDocument) -> StrategyDocument:
    """Return the same rules with every default written down and groups of one opened: equal meaning, equal text."""
    data = document.model_dump(mode="json")
    spelled = {"entry": _spelled(data["entry"]), "exit": _spelled(data["exit"])}
    if document.is_managed:
        spelled["indicators"] = {name: _spelled(tree) for name, tree in data["indicators"].items()}
        spelled["exits"] = [_with_spelled_condition(rule) for rule in data["exits"]]
        spelled["scale_in"] = _with_spelled_condition(data["scale_in"])
    return parse_document({**data, **spelled})


def _with_spelled_condition(part: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if part is None else {**part, "condition": _spelled(part["condition"])}


def _spelled(node: Any) -> Any:
    if isinstance(node, list):
        return [_spelled(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node["kind"] == "indicator":
        return _spelled_indicator(node)
    if node["kind"] in {"and", "or"} and len(node["conditions"]) == 1:
        return _spelled(node["conditions"][0])
    return {
        key: _spelled(value) if key in {"left", "right", "condition", "conditions", "value"} else value
        for key, value in node.items()
    }


def _spelled_indicator(node: dict[str, Any]) -> dict[str, Any]:
    definition = INDICATORS[node["name"]]
    outputs = [output.name for output in definition.outputs]
    params = {
        item.name: node["params"].get(item.name, plain_text(Decimal(item.default))) for item in definition.parameters
    }
    output = (node["output"] or outputs[0]) if len(outputs) > 1 else None
    return {**node, "params": params, "output": output}


def lines_of(condition: Node) -> list[str]:
    """Return a condition as lines: the parts of a group, or the one sentence."""
    return [describe(part) for part in condition.conditions] if isinstance(condition, Group) else [describe(condition)]


def joined_by(condition: Node) -> str:
    """Return how the lines of a condition are joined: "all hold" or "any holds"."""
    return "any holds" if isinstance(condition, Group) and condition.kind == "or" else "all hold"


def sizing_words(document: StrategyDocument) -> str:
    """Return how much one entry buys."""
    sizing = document.sizing
    if isinstance(sizing, FixedQuote):
        return f"{plain_text(sizing.amount)} of the quote currency"
    if isinstance(sizing, FixedQuantity):
        return f"{plain_text(sizing.quantity)} of the base currency"
    if isinstance(sizing, PercentEquity):
        return f"{plain_text(sizing.percent)} % of the funds"
    return risk_words(sizing)


def stop_words(document: StrategyDocument) -> str:
    """Return the stop loss in words."""
    return (
        _NO_LIMIT if document.stop_loss_percent is None else f"{plain_text(document.stop_loss_percent)} % below entry"
    )


def target_words(document: StrategyDocument) -> str:
    """Return the take profit in words."""
    return (
        _NO_LIMIT
        if document.take_profit_percent is None
        else f"{plain_text(document.take_profit_percent)} % above entry"
    )


def sentence(document: StrategyDocument) -> str:
    """Return the whole strategy as a few sentences."""
    whole = spelled_out(document)
    words = [
        f"On closed {whole.timeframe} candles: buy for {sizing_words(whole)} when {describe(whole.entry)}.",
        f"Sell when {describe(whole.exit)}.",
    ]
    if whole.stop_loss_percent is not None:
        words.append(f"Sell at a close {plain_text(whole.stop_loss_percent)} % or more below the entry price.")
    if whole.take_profit_percent is not None:
        words.append(f"Sell at a close {plain_text(whole.take_profit_percent)} % or more above the entry price.")
    return " ".join([*words, *management_words(whole)])


def changes(before: StrategyDocument, after: StrategyDocument) -> list[Change]:
    """Return what is different in `after`, part by part; empty when both mean the same."""
    old, new = spelled_out(before), spelled_out(after)
    pairs = [
        ("Name", old.name, new.name),
        ("Candles", old.timeframe, new.timeframe),
        *_condition_changes("Buy when", old.entry, new.entry),
        *_condition_changes("Sell when", old.exit, new.exit),
        ("Size of a trade", sizing_words(old), sizing_words(new)),
        ("Stop loss", stop_words(old), stop_words(new)),
        ("Take profit", target_words(old), target_words(new)),
        *_management_changes(management_words(old), management_words(new)),
    ]
    return [Change(*pair) for pair in pairs if pair[1] != pair[2]]


def summary(before: StrategyDocument | None, after: StrategyDocument) -> str:
    """Return what a version changed, in one line."""
    if before is None:
        return "First saved version"
    found = changes(before, after)
    if not found:
        return "Written differently, same meaning"
    first = found[0]
    words = f"{first.part}: {first.after}" if first.after else f"{first.part}: without “{first.before}”"
    return words if len(found) == 1 else f"{words}, and {len(found) - 1} more"


def _management_changes(old: list[str], new: list[str]) -> list[tuple[str, str, str]]:
    gone, come = [line for line in old if line not in new], [line for line in new if line not in old]
    return [("Position", _at(gone, place), _at(come, place)) for place in range(max(len(gone), len(come)))]


def _condition_changes(part: str, old: Node, new: Node) -> list[tuple[str, str, str]]:
    gone = [line for line in lines_of(old) if line not in lines_of(new)]
    come = [line for line in lines_of(new) if line not in lines_of(old)]
    found = [(part, _at(gone, place), _at(come, place)) for place in range(max(len(gone), len(come)))]
    if found or old == new:
        return found
    if joined_by(old) != joined_by(new):
        return [(part, joined_by(old), joined_by(new))]
    return [(part, describe(old), describe(new))]


def _at(lines: list[str], place: int) -> str:
    return lines[place] if place < len(lines) else ""
