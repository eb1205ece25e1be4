"""What a wallet is worth: now, and day by day. Every figure says by which price and as of when; without one, none.

Amounts are balances of the ledger, prices come from `prices`. A value is cut to the decimals of the currency. Totals
sum what has a price and name what has none, so that a missing price is never taken for nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from apps.core.assets import get_asset, list_assets
from apps.core.clock import now
from apps.finance.ledger.choices import AccountKind, Mode
from apps.finance.ledger.queries import Balance, get_balances, list_entries
from apps.finance.wallets.calendar_days import DAY, midnight, today
from apps.finance.wallets.errors_earning import CurrencyUnknown
from apps.finance.wallets.prices import PIVOT, Price, get_price, get_prices
from kernel.money import AssetKind, allocate
from kernel.money.exact import ZERO, add, multiply, subtract, total

HOME = "USD"
SHARE_STEP = Decimal("0.0001")
MOST_DAYS, PAGE = 730, 1000
PLACES = (AccountKind.CUSTOMER, AccountKind.SAVINGS, AccountKind.EARN, AccountKind.STAKE)


@dataclass(frozen=True, slots=True)
class Valued:
    """An amount of an asset and its worth. Without a price both `price` and `value` are None."""

    asset: str
    amount: Decimal
    price: Price | None
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Holding:
    """One account of the wallet: available, saved, earning or staked."""

    kind: str
    subject_id: UUID | None
    held: Decimal
    available: Decimal
    valued: Valued


@dataclass(frozen=True, slots=True)
class Share:
    """One part of the whole: by asset or by place. `share` is of all that has a price (0.25 is 25 %); None without."""

    name: str
    value: Decimal | None
    share: Decimal | None


@dataclass(frozen=True, slots=True)
class WalletValue:
    """A wallet as of `at`. `total` is of all that has a price, None when nothing has; `unpriced` names the rest."""

    currency: str
    mode: str
    at: datetime
    total: Decimal | None
    unpriced: tuple[str, ...]
    holdings: tuple[Holding, ...]
    by_asset: tuple[Share, ...]
    by_place: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class DayValue:
    """A wallet at the end of a day (`at`; of the present day: now), asset by asset."""

    day: date
    at: datetime
    total: Decimal | None
    unpriced: tuple[str, ...]
    parts: tuple[Valued, ...]


def list_currencies() -> list[str]:
    """Return what values can be counted in: currencies, stablecoins and bitcoin."""
    return [asset.code for asset in list_assets() if asset.kind is not AssetKind.CRYPTO or asset.code == "BTC"]


def currency_of(_owner_id: UUID) -> str:
    """Return the currency of a customer: US dollars where their rate is known, else USDT."""
    return HOME if get_price(PIVOT, HOME, now()) is not None else PIVOT


def value_now(owner_id: UUID, currency: str | None = None, mode: Mode = Mode.LIVE) -> WalletValue:
    """Return what a customer's wallet is worth now. Raises CurrencyUnknown."""
    unit, at = _checked(currency, owner_id), now()
    balances = [row for row in get_balances(owner_id, mode=mode) if row.natural and row.kind in PLACES]
    prices = {asset: get_price(asset, unit, at) for asset in sorted({row.asset for row in balances})}
    holdings = tuple(_holding(row, prices[row.asset], unit) for row in balances)
    worths = [row.valued for row in holdings]
    return WalletValue(
        currency=unit,
        mode=mode,
        at=at,
        total=_total(worths),
        unpriced=_unpriced(worths),
        holdings=holdings,
        by_asset=_shares((row.valued.asset, row.valued.value) for row in holdings),
        by_place=_shares((row.kind, row.valued.value) for row in holdings),
    )


def value_series(owner_id: UUID, currency: str | None = None, days: int = 30, mode: Mode = Mode.LIVE) -> list[DayValue]:
    """Return the worth at the end of each of the last `days` days, the present one (until now) last.

    What counts by the end of a day is by the ledger's effective times, priced as of that moment. `days` is cut to
    1 to 730. Raises CurrencyUnknown.
    """
    unit, last = _checked(currency, owner_id), today()
    span = [last - place * DAY for place in range(min(max(days, 1), MOST_DAYS) - 1, -1, -1)]
    moments = [*(midnight(day + DAY) for day in span[:-1]), now()]
    amounts = _amounts(get_balances(owner_id, mode=mode), moments)
    prices = {asset: get_prices(asset, unit, moments) for asset in sorted(amounts)}
    return [
        _day(
            day, moments[place], [_valued(asset, amounts[asset][place], prices[asset][place], unit) for asset in prices]
        )
        for place, day in enumerate(span)
    ]


def _checked(currency: str | None, owner_id: UUID) -> str:
    if currency is None:
        return currency_of(owner_id)
    known = list_currencies()
    if currency not in known:
        raise CurrencyUnknown(field="currency", choices=", ".join(known))
    return currency


def _holding(row: Balance, price: Price | None, unit: str) -> Holding:
    return Holding(row.kind, row.subject_id, row.held, row.available, _valued(row.asset, row.natural, price, unit))


def _valued(asset: str, amount: Decimal, price: Price | None, unit: str) -> Valued:
    if price is None:
        return Valued(asset, amount, None, None)
    return Valued(asset, amount, price, get_asset(unit).round_down(multiply(amount, price.value)))


def _day(day: date, at: datetime, parts: Sequence[Valued]) -> DayValue:
    there = tuple(part for part in parts if part.amount)
    return DayValue(day, at, _total(there), _unpriced(there), there)


def _total(parts: Iterable[Valued]) -> Decimal | None:
    """Return the sum of what has a price: 0 for an empty wallet, None when there is something and nothing has one."""
    found = list(parts)
    known = [part.value for part in found if part.value is not None]
    return total(known) if known or not found else None


def _unpriced(parts: Iterable[Valued]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.asset for part in parts if part.value is None))


def _shares(pairs: Iterable[tuple[str, Decimal | None]]) -> tuple[Share, ...]:
    sums: dict[str, Decimal] = {}
    without: set[str] = set()
    for name, value in pairs:
        sums[name] = add(sums.get(name, ZERO), value or ZERO)
        without |= {name} if value is None else set()
    known = sorted((name for name in sums if sums[name] or name not in without), key=lambda name: (-sums[name], name))
    parts = allocate(Decimal(1), [sums[name] for name in known], SHARE_STEP) if any(sums.values()) else None
    shares = [Share(name, sums[name], parts[place] if parts else None) for place, name in enumerate(known)]
    return (*shares, *(Share(name, None, None) for name in sorted(without - set(known))))


def _amounts(balances: Sequence[Balance], moments: Sequence[datetime]) -> dict[str, list[Decimal]]:
    """Return asset → amount at each moment, back from the present balances by what became effective since."""
    found: dict[str, list[Decimal]] = {}
    for row in balances:
        if row.kind not in PLACES:
            continue
        line = _balance_line(row, moments)
        known = found.get(row.asset)
        found[row.asset] = line if known is None else [add(*pair) for pair in zip(known, line, strict=True)]
    return {asset: line for asset, line in found.items() if any(line)}


def _balance_line(row: Balance, moments: Sequence[datetime]) -> list[Decimal]:
    changes = sorted(_changes_since(row.account_id, moments[0]), reverse=True)
    line, amount, place = [], row.natural, 0
    for at in reversed(moments):
        while place < len(changes) and changes[place][0] > at:
            amount = subtract(amount, changes[place][1])
            place += 1
        line.append(amount)
    return line[::-1]


def _changes_since(account_id: UUID, start: datetime) -> list[tuple[datetime, Decimal]]:
    """Return (effective at, amount) of all entries since a moment."""
    found: list[tuple[datetime, Decimal]] = []
    below: int | None = None
    while True:
        page = list_entries(account_id, since=start, below=below, limit=PAGE)
        found += [(entry.effective_at, entry.amount) for entry in page]
        if len(page) < PAGE:
            return found
        below = page[-1].version
