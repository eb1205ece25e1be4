"""Exchange rates of currencies: entered one by one, or imported from a table."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from io import StringIO
from typing import Any

from apps.core.actors import Actor
from apps.core.assets import get_asset
from apps.core.clock import now
from apps.core.operation import operation
from apps.finance.wallets.errors_earning import FiatRateInvalid, FiatRateThere
from apps.finance.wallets.models import FiatRate
from apps.finance.wallets.operations.permissions_earning import SET_RATES
from kernel.money import AssetKind, InvalidAmountError, parse_decimal

COLUMNS = ("base", "quote", "rate", "as_of")
LONGEST_SOURCE, MOST_ROWS = 60, 10_000


@dataclass(frozen=True, slots=True)
class RateFact:
    """One `base` was worth `rate` of `quote` as of a moment."""

    base: str
    quote: str
    rate: Decimal
    as_of: datetime


@operation("wallets.set_fiat_rate", permission=SET_RATES, audited=("fact", "source"))
def set_fiat_rate(*, actor: Actor, fact: RateFact, source: str = "staff", reason: str) -> FiatRate:
    """Enter a rate; the same again changes nothing. Raises UnknownAsset, FiatRateInvalid, FiatRateThere."""
    return _add(fact, source)[0]


@operation("wallets.import_fiat_rates", permission=SET_RATES, audited=("source",))
def import_fiat_rates(*, actor: Actor, text: str, source: str, reason: str) -> int:
    """Enter the rates of a CSV text (base, quote, rate, as_of in ISO 8601 with a zone), all or none; return how many
    were new. Raises UnknownAsset, FiatRateInvalid, FiatRateThere.
    """
    return sum(is_new for _, is_new in (_add(fact, source) for fact in _facts(text)))


def _facts(text: str) -> Iterable[RateFact]:
    reader = csv.DictReader(StringIO(text))
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise FiatRateInvalid(why=f"The first line is: {','.join(COLUMNS)}.")
    for number, row in enumerate(reader, start=2):
        if number > MOST_ROWS:
            raise FiatRateInvalid(why=f"A table has at most {MOST_ROWS} lines.")
        try:
            yield RateFact(
                base=row["base"], quote=row["quote"], rate=parse_decimal(row["rate"]),
                as_of=datetime.fromisoformat(row["as_of"]),
            )  # fmt: skip
        except (InvalidAmountError, ValueError, TypeError):
            raise FiatRateInvalid(why=f"Line {number} is no rate with a moment.") from None


def _add(fact: RateFact, source: str) -> tuple[FiatRate, bool]:
    base, quote = get_asset(fact.base), get_asset(fact.quote)
    if base.code == quote.code or AssetKind.CRYPTO in (base.kind, quote.kind):
        raise FiatRateInvalid(field="quote", why="A rate is of two currencies or stablecoins.")
    if not 1 <= len(source) <= LONGEST_SOURCE:
        raise FiatRateInvalid(field="source", why=f"A source has 1 to {LONGEST_SOURCE} characters.")
    if fact.as_of.tzinfo is None or fact.as_of > now():
        raise FiatRateInvalid(field="as_of", why="The moment has a time zone and is not in the future.")
    try:
        rate = parse_decimal(fact.rate)
    except InvalidAmountError as error:
        raise FiatRateInvalid(field="rate", why=f"The rate cannot be used: {error}.") from None
    if rate <= 0:
        raise FiatRateInvalid(field="rate", why="A rate is more than zero.")
    named: Any = {"base_id": base.code, "quote_id": quote.code, "as_of": fact.as_of, "source": source}
    row, is_new = FiatRate.objects.get_or_create(**named, defaults={"rate": rate})
    if row.rate != rate:
        raise FiatRateThere(pair=f"{base.code}/{quote.code}")
    return row, is_new
