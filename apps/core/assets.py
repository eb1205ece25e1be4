"""The registry of assets, and the one way in which amounts come in from outside."""

import hashlib
from collections.abc import Collection
from decimal import Decimal

from apps.core.context import PUBLIC, in_schema
from apps.core.errors import InvalidAmount, UnknownAsset
from apps.core.models import Asset as AssetRow
from apps.core.seeding import seeds_public
from kernel.money import (
    ASSETS,
    Asset,
    AssetKind,
    InvalidAmountError,
    TooFineError,
    TooLargeError,
    parse_decimal,
)
from kernel.money.assets import CODE, INTEGER_DIGITS, MOST_PRECISION
from kernel.money.exact import plain

__all__ = [
    "InvalidAmount",
    "UnknownAsset",
    "code_at_venue",
    "ensure_assets",
    "forget_assets",
    "get_asset",
    "list_assets",
    "parse_amount",
    "parse_amount_beside",
    "seed_assets",
]

UNLISTED = 30_000
"""From this position on: assets that only venues list. They can be counted in, and no list offers them."""
VENUE_DISPLAY_DIGITS = 8
_known: dict[str, Asset] = {}
"""What this process has read. Rows never change (the database refuses it), so only a miss asks again."""


@seeds_public("core.assets", order=10)
def seed_assets() -> None:
    """Add the assets of the kernel's table that are not in the registry yet. Existing rows stay as they are."""
    rows = [
        AssetRow(
            code=asset.code,
            kind=asset.kind.value,
            name=asset.name,
            precision=asset.precision,
            display_digits=asset.display_digits,
            minor_digits=asset.minor_digits,
            chain=asset.chain,
            position=position,
        )
        for position, asset in enumerate(ASSETS.values(), start=1)
    ]
    with in_schema(PUBLIC):
        AssetRow.objects.bulk_create(rows, ignore_conflicts=True)


def get_asset(code: str) -> Asset:
    """Return the asset of a code ("USDT"; upper case, exactly as listed), or raise UnknownAsset.

    Answers from this process's memory; a code that is not there is looked up in the registry.
    """
    found = _known.get(code) if isinstance(code, str) else None
    if found is None and isinstance(code, str) and CODE.fullmatch(code):
        found = _read().get(code)
    if found is None:
        raise UnknownAsset(field="asset", asset=str(code)[:16])
    return found


def list_assets(kind: AssetKind | None = None) -> list[Asset]:
    """Return all assets in the order of lists, or those of one kind. Reads the registry.

    Those that only venues list are left out (`get_asset` knows them).
    """
    rows = AssetRow.objects.filter(position__lt=UNLISTED).order_by("position", "code")
    return [asset for asset in map(_value_of, rows) if kind is None or asset.kind is kind]


def code_at_venue(name: str) -> str:
    """Return the code under which we count what a venue calls `name`: the same where it has the form of a code.

    Venues list names that are no codes of ours ("1INCH", a letter, other scripts): those get a code from their hash.
    """
    if CODE.fullmatch(name):
        return name
    return f"V{hashlib.sha256(name.encode()).hexdigest()[:15].upper()}"


def ensure_assets(names: Collection[str]) -> None:
    """Register what venues call `names` where the registry lacks it: crypto, 18 decimals, in no list.

    Runs in the caller's transaction; nothing is remembered in this process, because that may be rolled back.
    """
    wanted = {code_at_venue(name): name for name in sorted(names)}
    known = set(AssetRow.objects.filter(code__in=wanted).values_list("code", flat=True))
    rows = [
        AssetRow(
            code=code,
            kind=AssetKind.CRYPTO.value,
            name=name[:64],
            precision=MOST_PRECISION,
            display_digits=VENUE_DISPLAY_DIGITS,
            minor_digits=VENUE_DISPLAY_DIGITS,
            position=UNLISTED,
        )
        for code, name in wanted.items()
        if code not in known
    ]
    AssetRow.objects.bulk_create(rows, ignore_conflicts=True)


def forget_assets() -> None:
    """Empty this process's memory of assets."""
    _known.clear()


def _read() -> dict[str, Asset]:
    rows = AssetRow.objects.order_by("position", "code")
    found = {row.code: _value_of(row) for row in rows}
    _known.clear()
    _known.update(found)
    return found


def _value_of(row: AssetRow) -> Asset:
    return Asset(
        code=row.code,
        kind=AssetKind(row.kind),
        name=row.name,
        precision=row.precision,
        display_digits=row.display_digits,
        minor_digits=row.minor_digits,
        chain=row.chain,
    )


def parse_amount(text: object, asset_code: str, *, field: str = "amount", minor: bool = False) -> Decimal:
    """Return an amount of an asset from outside: more than zero, without zeros at its end and without an exponent.

    Takes text in ASCII digits, whole numbers and Decimals; floats have lost digits already and are refused. `minor`
    asks for an amount that a payment can carry instead of one that the ledger can hold. Raises UnknownAsset, or
    InvalidAmount on `field` with a message that says what to write.
    """
    asset = get_asset(asset_code)
    return _parse(text, asset.minor_digits if minor else asset.precision, asset.code, field)


def parse_amount_beside(text: object, asset_code: object, *, minor: bool = False) -> Decimal:
    """Return an amount like `parse_amount`, beside an asset that may be missing or unknown: then 18 decimals bound it.

    For fields of forms and bodies: the field of the asset refuses on its own. Raises InvalidAmount.
    """
    try:
        return parse_amount(text, asset_code if isinstance(asset_code, str) else "", minor=minor)
    except UnknownAsset:
        return _parse(text, MOST_PRECISION, "An amount", "amount")


def _parse(text: object, places: int, who: str, field: str) -> Decimal:
    example = "12.5" if places else "12"
    try:
        number = parse_decimal(text, integer_digits=INTEGER_DIGITS, decimal_places=places)
    except TooFineError:
        most = f"at most {places} decimal{'' if places == 1 else 's'}" if places else "no decimals"
        raise InvalidAmount(f"{who} takes {most}.", field=field, decimals=places) from None
    except TooLargeError:
        raise InvalidAmount(f"Write at most {INTEGER_DIGITS} digits before the point.", field=field) from None
    except InvalidAmountError:
        as_text = isinstance(text, float | bool)
        how = "as text" if as_text else "in digits without spaces or separators"
        raise InvalidAmount(f"Write the amount {how}, for example {example}.", field=field) from None
    if number <= 0:
        raise InvalidAmount("Write an amount of more than zero.", field=field)
    return plain(number)
