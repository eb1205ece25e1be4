"""The builder's form: a strategy document as fields and rows, and back, with every error at its place."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from django import forms

from apps.trading.strategies.errors import InvalidDocument
from apps.trading.strategies.operations import read_document
from apps.trading.strategies.pages.rules import RuleGroup
from apps.trading.strategies.wording import spelled_out
from kernel.instruments import INTERVALS
from kernel.rules import Problem
from kernel.rules.nodes import plain_text
from kernel.strategy import FixedQuantity, FixedQuote, PercentEquity, StrategyDocument

SMALLEST_OFFERED_MS: Final = INTERVALS["5m"]
SIZINGS: Final = {"percent_equity": "percent", "fixed_quote": "amount", "fixed_quantity": "quantity"}
_GROUP_TITLES: Final = {"entry": "Buy when", "exit": "Sell when"}
_FIELDS: Final = {
    "name": "name",
    "timeframe": "timeframe",
    "sizing": "sizing_amount",
    "stop_loss_percent": "stop_loss_percent",
    "take_profit_percent": "take_profit_percent",
}


def interval_words(name: str) -> str:
    """Return an interval in words ("1h" → "1 hour")."""
    count, word = int(name[:-1]), {"m": "minute", "h": "hour", "d": "day"}[name[-1]]
    return f"{count} {word}{'s' if count > 1 else ''}"


class StrategyForm(forms.Form):
    """What a strategy has besides its conditions. Amounts stay text: the kernel reads and judges them."""

    name = forms.CharField(max_length=120)
    timeframe = forms.ChoiceField(label="Candles")
    sizing_kind = forms.ChoiceField(
        label="A trade buys for",
        choices=[
            ("percent_equity", "a share of the funds, %"),
            ("fixed_quote", "an amount of the quote currency"),
            ("fixed_quantity", "a quantity of the base currency"),
        ],
    )
    sizing_amount = forms.CharField(label="How much", max_length=40)
    stop_loss_percent = forms.CharField(
        label="Stop loss", max_length=40, required=False, help_text="Judged at the close of each candle."
    )
    take_profit_percent = forms.CharField(label="Take profit", max_length=40, required=False)
    more = forms.CharField(
        label="More rules as JSON",
        max_length=40_000,
        required=False,
        help_text="Trailing stop, time stop, buying more, rests, sizes by risk and own indicators. Empty for none.",
    )

    def __init__(self, *args: Any, present: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [name for name, length in INTERVALS.items() if length >= SMALLEST_OFFERED_MS or name == present]
        self.fields["timeframe"].choices = [(name, interval_words(name)) for name in offered]  # type: ignore[attr-defined]


@dataclass(frozen=True)
class DocumentForm:
    """The whole page as typed: fields, and the two groups of conditions."""

    fields: StrategyForm
    entry: RuleGroup
    exit: RuleGroup
    errors: tuple[str, ...] = ()

    @classmethod
    def of(cls, document: StrategyDocument) -> "DocumentForm":
        """Return the page that shows a document."""
        kind, amount = _size_of(document)
        stop, target = document.stop_loss_percent, document.take_profit_percent
        values = {
            "name": document.name,
            "timeframe": document.timeframe,
            "sizing_kind": kind,
            "sizing_amount": plain_text(amount),
            "more": _more_of(document),
            "stop_loss_percent": "" if stop is None else plain_text(stop),
            "take_profit_percent": "" if target is None else plain_text(target),
        }
        return cls(
            StrategyForm(initial=values, present=document.timeframe),
            RuleGroup.of("entry", document.entry),
            RuleGroup.of("exit", document.exit),
        )

    @classmethod
    def read(cls, post: Mapping[str, str], present: str = "") -> "DocumentForm":
        """Return the page as it was typed; `present` is a timeframe that is allowed besides those offered."""
        return cls(StrategyForm(post, present=present), RuleGroup.read("entry", post), RuleGroup.read("exit", post))

    def after(self, action: str) -> "DocumentForm | None":
        """Return the page after a button that changes rows ("add-entry", "remove-exit-2", "json-entry"), else None."""
        verb, _, rest = action.partition("-")
        name, _, place = rest.partition("-")
        if verb not in {"add", "remove", "json"} or name not in _GROUP_TITLES:
            return None
        group = self.group(name)
        if verb == "json":
            changed = self._as_json(name)
        elif verb == "add":
            changed = group.with_row()
        else:
            changed = group.without_row(int(place)) if place.isascii() and place.isdigit() and len(place) < 4 else group
        return self._with(unbound(self.fields), changed)

    def group(self, name: str) -> RuleGroup:
        """Return the conditions called "entry" or "exit"."""
        return self.entry if name == "entry" else self.exit

    def _as_json(self, name: str) -> RuleGroup:
        node, checked = self.group(name).condition()
        if node is None:
            return checked
        return RuleGroup(name, mode="json", text=json.dumps(node, indent=2, ensure_ascii=False))

    def _with(self, fields: StrategyForm, group: RuleGroup) -> "DocumentForm":
        return replace(self, fields=fields, **{group.name: group})  # type: ignore[arg-type]  # the name of a group is a field

    def document(self) -> "tuple[StrategyDocument | None, DocumentForm]":
        """Return the rules, or None and the page with each error where it belongs."""
        fields_good = self.fields.is_valid()
        entry, entry_checked = self.entry.condition()
        leave, exit_checked = self.exit.condition()
        checked = replace(self, entry=entry_checked, exit=exit_checked)
        if not fields_good or entry is None or leave is None:
            return None, checked
        try:
            return read_document(self._data(entry, leave)), checked
        except InvalidDocument as refusal:
            return None, checked.marked(refusal.problems)

    def _data(self, entry: Any, leave: Any) -> dict[str, Any]:
        given = self.fields.cleaned_data
        kind = given["sizing_kind"]
        more = _read_more(given["more"])
        return {
            "version": 1 if more is None else 2,
            "name": given["name"],
            "timeframe": given["timeframe"],
            "entry": entry,
            "exit": leave,
            "sizing": {"kind": kind, SIZINGS[kind]: given["sizing_amount"]},
            "stop_loss_percent": given["stop_loss_percent"] or None,
            "take_profit_percent": given["take_profit_percent"] or None,
            **(more or {}),
        }

    def marked(self, problems: tuple[Problem, ...]) -> "DocumentForm":
        """Return the page with the kernel's problems at their fields, rows and groups."""
        page = self
        for problem in problems:
            top = problem.path.partition(".")[0]
            message = problem.message[:1].upper() + problem.message[1:]
            if top in _GROUP_TITLES:
                inner = Problem(problem.path[len(top) :].lstrip("."), problem.message)
                page = page._with(page.fields, page.group(top).marked(inner))
            elif top not in _FIELDS and page.fields.data.get("more", "").strip():
                page.fields.add_error("more", f"{problem.path}: {problem.message}" if problem.path else message)
            elif top in _FIELDS:
                page.fields.add_error(_FIELDS[top], message)
            else:
                page = replace(page, errors=(*page.errors, message))
        return page

    def sentences(self) -> tuple[str, ...]:
        """Return what is said at the top of the page when something is at fault."""
        groups = [f"{_GROUP_TITLES[group.name]}: {group.error}" for group in (self.entry, self.exit) if group.error]
        faulty = bool(self.fields.errors) or self.entry.has_errors or self.exit.has_errors
        return (*self.errors, *groups, *(["Nothing was saved. See the fields that are marked."] if faulty else []))


def _size_of(document: StrategyDocument) -> tuple[str, Decimal]:
    """The size as the form's own fields say it; sizes by risk stand under "more"."""
    sizing = document.sizing
    if isinstance(sizing, FixedQuote):
        return sizing.kind, sizing.amount
    if isinstance(sizing, FixedQuantity):
        return sizing.kind, sizing.quantity
    return "percent_equity", sizing.percent if isinstance(sizing, PercentEquity) else Decimal(10)


def _more_of(document: StrategyDocument) -> str:
    """What only documents of version 2 have, as JSON text; empty for version 1."""
    if not document.is_managed:
        return ""
    data = document.model_dump(mode="json")
    own = {"version", "name", "timeframe", "entry", "exit", "stop_loss_percent", "take_profit_percent"}
    if data["sizing"]["kind"] in SIZINGS:
        own.add("sizing")
    return json.dumps({key: value for key, value in data.items() if key not in own and value}, indent=2)


def _read_more(text: str) -> dict[str, Any] | None:
    if not text.strip():
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidDocument((Problem("more", "is not JSON"),)) from None
    if not isinstance(found, dict):
        raise InvalidDocument((Problem("more", "is a JSON object: {…}"),))
    return {**found, "version": 2}


def unbound(form: StrategyForm) -> StrategyForm:
    """Return the form with what was typed, but not judged yet."""
    present = form.data.get("timeframe", "") if form.data.get("timeframe") in INTERVALS else ""
    return StrategyForm(initial={name: form.data.get(name, "") for name in form.fields}, present=present)


def same_meaning(left: StrategyDocument, right: StrategyDocument) -> bool:
    """Return whether two documents are equal once their defaults are written down."""
    return spelled_out(left).digest() == spelled_out(right).digest()
