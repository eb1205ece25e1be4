"""Splits, dividends and closures: facts that staff enter or import, and the factors that follow from them."""

import csv
import io
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from pathlib import Path

import numpy as np

from apps.core.actors import Actor
from apps.core.operation import operation
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.choices import ActionKind
from apps.trading.market_data.errors import BadAction, BadFile, FileUnusable
from apps.trading.market_data.models import AdjustmentVersion, CorporateAction, MarketClosure
from apps.trading.market_data.operations.store import WRITE
from apps.trading.market_data.queries.adjusted import get_adjustment, list_actions
from apps.trading.market_data.queries.candles import load_bars
from apps.trading.market_data.queries.gaps import forget_closures
from kernel.instruments import INTERVALS
from kernel.quality import CALENDARS

DAY = "1d"
EPOCH = date(1970, 1, 1)
FACTOR = Context(prec=15, rounding=ROUND_HALF_EVEN)
HOLIDAYS = Path(__file__).parent.parent / "holidays.csv"
CLOSURE_HEADER = ["calendar", "day", "title"]
HEADER = ["symbol", "ex_day", "kind", "numerator", "denominator", "amount"]


@operation("market_data.add_action", permission=WRITE, audited=("symbol", "kind"))
def add_action(
    *,
    actor: Actor,
    symbol: str,
    ex_day: date,
    kind: str,
    numerator: int = 1,
    denominator: int = 1,
    amount: Decimal = Decimal(0),
    source: str = "",
    reason: str = "",
) -> CorporateAction:
    """Enter a split ("4 for 1": numerator 4) or a dividend a share, and make the factors anew. Safe to repeat.

    Raises UnknownSymbol and BadAction.
    """
    get_spec(symbol)
    if kind == ActionKind.SPLIT and not (numerator >= 1 and denominator >= 1 and numerator != denominator):
        raise BadAction(field="numerator", reason="A split needs two different whole numbers, such as 4 for 1.")
    if kind == ActionKind.DIVIDEND and not (amount.is_finite() and amount > 0):
        raise BadAction(field="amount", reason="A dividend needs an amount above zero.")
    facts = (
        {"numerator": numerator, "denominator": denominator, "amount": Decimal(0)}
        if kind == ActionKind.SPLIT
        else {"numerator": 1, "denominator": 1, "amount": amount}
    )
    row, _ = CorporateAction.objects.update_or_create(
        symbol=symbol, ex_day=ex_day, kind=ActionKind(kind), defaults={**facts, "source": source[:100]}
    )
    rebuild_adjustment(actor=actor, symbol=symbol, reason=reason or f"{kind} of {ex_day}")
    return row


@operation("market_data.rebuild_adjustment", permission=WRITE, trail=False)
def rebuild_adjustment(*, actor: Actor, symbol: str, reason: str = "") -> AdjustmentVersion | None:
    """Compute the factors of a symbol from its actions; a new version when they differ from the newest. Return it.

    A split of 4 for 1 multiplies what opened before it by 1/4 (volumes by 4); a dividend of A by 1 − A ÷ the close
    before it. Without that close the dividend waits until candles are there.
    """
    steps = _steps(symbol)
    newest = get_adjustment(symbol)
    if (newest is None and not steps) or (newest is not None and newest.steps == steps):
        return newest
    version = 1 if newest is None else newest.version + 1
    return AdjustmentVersion.objects.create(symbol=symbol, version=version, steps=steps, reason=reason[:200])


def import_actions(*, actor: Actor, path: Path) -> int:
    """Enter the actions of a CSV file as `import_action_rows`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileUnusable(path=path.name, reason=str(error)[:200]) from error
    return import_action_rows(actor=actor, name=path.name, content=content)


def import_action_rows(*, actor: Actor, name: str, content: bytes) -> int:
    """Enter the actions of a CSV (symbol,ex_day,kind,numerator,denominator,amount); return how many there are.

    Raises BadFile with line and column, and FileUnusable; then none is entered.
    """
    lines = _lines(name, content, HEADER)
    rows = [_action(line, number, name) for number, line in enumerate(lines, start=2)]
    return _enter_all(actor=actor, rows=rows, source=name)


def _lines(name: str, content: bytes, header: list[str]) -> list[list[str]]:
    """Return the lines of a CSV below its header. Raises FileUnusable."""
    try:
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileUnusable(path=name, reason=str(error)[:200]) from error
    if not lines or lines[0] != header:
        raise FileUnusable(path=name, reason=f"the header must be {','.join(header)}")
    return [line for line in lines[1:] if line]


@operation("market_data.import_actions", permission=WRITE, trail=False)
def _enter_all(*, actor: Actor, rows: list[CorporateAction], source: str) -> int:
    for row in rows:
        add_action(
            actor=actor,
            symbol=row.symbol,
            ex_day=row.ex_day,
            kind=row.kind,
            numerator=row.numerator,
            denominator=row.denominator,
            amount=row.amount,
            source=source,
        )
    return len(rows)


@operation("market_data.add_closure", permission=WRITE, audited=("calendar",))
def add_closure(*, actor: Actor, calendar: str, day: date, title: str, reason: str = "") -> MarketClosure:
    """Say that a market stayed closed on a day that its hours do not know. Raises BadAction."""
    if calendar not in CALENDARS:
        raise BadAction(field="calendar", reason=f"There are no hours {calendar}. Choose of {', '.join(CALENDARS)}.")
    forget_closures()
    return MarketClosure.objects.update_or_create(calendar=calendar, day=day, defaults={"title": title[:100]})[0]


@operation("market_data.remove_closure", permission=WRITE, audited=("calendar",))
def remove_closure(*, actor: Actor, closure: MarketClosure, reason: str) -> MarketClosure:
    """Say that a market was open on a day all the same. Safe to repeat."""
    MarketClosure.objects.filter(pk=closure.pk).delete()
    forget_closures()
    return closure


@operation("market_data.import_closures", permission=WRITE, trail=False)
def import_closures(*, actor: Actor, name: str, content: bytes, reason: str = "") -> int:
    """Enter the closed days of a CSV (calendar,day,title); return how many there are.

    Raises BadFile with line and column, FileUnusable and BadAction; then none is entered.
    """
    lines = _lines(name, content, CLOSURE_HEADER)
    for number, line in enumerate(lines, start=2):
        if len(line) != len(CLOSURE_HEADER):
            raise BadFile(path=name, line=number, column="title", reason=f"the line has {len(line)} fields")
        try:
            day = date.fromisoformat(line[1])
        except ValueError as error:
            raise BadFile(path=name, line=number, column="day", reason=f"“{line[1]}” is not one") from error
        add_closure(actor=actor, calendar=line[0], day=day, title=line[2], reason=reason)
    return len(lines)


def seed_closures() -> None:
    """Enter the bundled holidays of calendars that have no closures yet; what staff changed stays as it is."""
    known = set(MarketClosure.objects.values_list("calendar", flat=True).distinct())
    lines = _lines(HOLIDAYS.name, HOLIDAYS.read_bytes(), CLOSURE_HEADER)
    rows = [MarketClosure(calendar=code, day=date.fromisoformat(day), title=title) for code, day, title in lines]
    forget_closures()
    MarketClosure.objects.bulk_create([row for row in rows if row.calendar not in known], ignore_conflicts=True)


def _action(line: list[str], number: int, name: str) -> CorporateAction:
    if len(line) != len(HEADER):
        raise BadFile(
            path=name, line=number, column=HEADER[min(len(line), 5)], reason=f"the line has {len(line)} fields"
        )
    given = dict(zip(HEADER, line, strict=True))
    column = "ex_day"
    try:
        ex_day = date.fromisoformat(given["ex_day"])
        column = "kind"
        kind = ActionKind(given["kind"])
        column = "numerator"
        numerator = int(given["numerator"] or 1)
        column = "denominator"
        denominator = int(given["denominator"] or 1)
        column = "amount"
        amount = Decimal(given["amount"] or 0)
    except (ValueError, InvalidOperation) as error:
        raise BadFile(path=name, line=number, column=column, reason=f"“{given[column]}” is not one") from error
    return CorporateAction(
        symbol=given["symbol"], ex_day=ex_day, kind=kind, numerator=numerator, denominator=denominator, amount=amount
    )


def _steps(symbol: str) -> list[dict[str, object]]:
    """Return the factors of candles before each action's day, each with those of all later actions in it."""
    price = volume = Decimal(1)
    steps: list[dict[str, object]] = []
    tick = get_spec(symbol).tick
    for action in list_actions(symbol).reverse():
        before = (action.ex_day - EPOCH).days * INTERVALS[DAY]
        if action.kind == ActionKind.SPLIT:
            share = FACTOR.divide(Decimal(action.denominator), Decimal(action.numerator))
            volume = FACTOR.divide(volume, share)
        else:
            close = _close_before(symbol, before)
            if close is None or action.amount >= close * tick:
                continue
            share = FACTOR.subtract(Decimal(1), FACTOR.divide(action.amount, close * tick))
        price = FACTOR.multiply(price, share)
        steps.append({"before_ts": before, "price": f"{price:f}", "volume": f"{volume:f}"})
    return steps[::-1]


def _close_before(symbol: str, before: int) -> int | None:
    """Return the raw close, in ticks, of the last day before a moment; None without candles in the two weeks before."""
    bars = load_bars(symbol, DAY, before - 14 * INTERVALS[DAY], before)
    return int(bars.close[np.argmax(bars.ts)]) if len(bars) else None
