"""What money is counted in: the assets, how fine the ledger, payments and pages write them, and amounts of them."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from kernel.money import exact
from kernel.money.parsing import InvalidAmountError, parse_decimal

MOST_PRECISION: Final = 18
INTEGER_DIGITS: Final = 20
CODE: Final = re.compile(r"[A-Z][A-Z0-9]{1,15}", re.ASCII)
"""Upper-case letters and digits, 2 to 16, a letter first."""
_MINUS, _NO_BREAK = "\u2212", "\u00a0"


class AssetKind(StrEnum):
    """What stands behind an asset."""

    FIAT = "fiat"  # money of a state
    CRYPTO = "crypto"  # native to a block chain or a token without a promise of value
    STABLECOIN = "stablecoin"  # a token that promises the value of a fiat currency


class MixedAssetsError(TypeError):
    """Amounts of two assets met in one sum or comparison."""


@dataclass(frozen=True, slots=True)
class Asset:
    """An asset and its grids.

    `precision` is how many decimals the ledger may hold, `minor_digits` how many a payment to the outside can carry
    and `display_digits` how many a page shows. `chain` is the block chain an asset is native to; empty for fiat and
    for tokens that live on several. Raises ValueError when the figures contradict each other.
    """

    code: str
    kind: AssetKind
    name: str
    precision: int
    display_digits: int
    minor_digits: int
    chain: str = ""

    def __post_init__(self) -> None:
        if not CODE.fullmatch(self.code):
            raise ValueError("a code is 2 to 16 upper-case letters and digits, a letter first")
        if not 0 <= self.precision <= MOST_PRECISION:
            raise ValueError(f"precision is between 0 and {MOST_PRECISION}")
        if not (0 <= self.minor_digits <= self.precision and 0 <= self.display_digits <= self.precision):
            raise ValueError("payments and pages are not finer than the ledger")

    @property
    def quantum(self) -> Decimal:
        """The smallest amount of the ledger: 10^-precision."""
        return Decimal((0, (1,), -self.precision))

    @property
    def minor_unit(self) -> Decimal:
        """The smallest amount of a payment to the outside: 10^-minor_digits."""
        return Decimal((0, (1,), -self.minor_digits))

    def round_down(self, amount: Decimal) -> Decimal:
        """Return `amount` cut towards zero to the ledger's precision; raises InvalidAmountError if it is not finite."""
        return exact.cut(_finite(amount), self.quantum)

    def check(self, amount: Decimal) -> Decimal:
        """Return `amount` (of either sign) if the ledger can hold it.

        Raises TooFineError when it is finer than `precision`, TooLargeError from 10^20 on, and InvalidAmountError,
        the base of both, when it is not a finite Decimal.
        """
        return parse_decimal(_finite(amount), integer_digits=INTEGER_DIGITS, decimal_places=self.precision)

    def format(self, amount: Decimal, *, unit: bool = True) -> str:
        """Return the amount as pages write it: "−1,234.50 USD", or without the code.

        Cut towards zero to `display_digits`, so that a page never promises more than there is. Raises
        InvalidAmountError if it is not finite.
        """
        shown = exact.cut(_finite(amount), Decimal((0, (1,), -self.display_digits)))
        text = f"{_MINUS if shown < 0 else ''}{shown.copy_abs():,f}"
        return f"{text}{_NO_BREAK}{self.code}" if unit else text


@dataclass(frozen=True, slots=True)
class Amount:
    """A finite Decimal of one asset, given by its code. Sums and comparisons take the same asset only.

    Raises InvalidAmountError for anything but a finite Decimal, MixedAssetsError where two assets meet.
    """

    value: Decimal
    asset: str

    def __post_init__(self) -> None:
        _finite(self.value)

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(exact.add(self.value, self._same(other)), self.asset)

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(exact.subtract(self.value, self._same(other)), self.asset)

    def __neg__(self) -> "Amount":
        return Amount(exact.negate(self.value), self.asset)

    def __lt__(self, other: "Amount") -> bool:
        return self.value < self._same(other)

    def __le__(self, other: "Amount") -> bool:
        return self.value <= self._same(other)

    def __gt__(self, other: "Amount") -> bool:
        return self.value > self._same(other)

    def __ge__(self, other: "Amount") -> bool:
        return self.value >= self._same(other)

    def __bool__(self) -> bool:
        return bool(self.value)

    def _same(self, other: object) -> Decimal:
        if not isinstance(other, Amount):
            raise MixedAssetsError("an amount meets amounts only")
        if other.asset != self.asset:
            raise MixedAssetsError(f"{self.asset} and {other.asset} are different assets")
        return other.value


def _finite(amount: object) -> Decimal:
    if not isinstance(amount, Decimal):
        raise InvalidAmountError("an amount is a Decimal")
    if not amount.is_finite():
        raise InvalidAmountError("not a finite number")
    return amount


def _crypto(code: str, name: str, native: int, shown: int, chain: str = "") -> Asset:
    # Venues book fees to 8 decimals even where the chain has fewer, and a ledger column ends at 18.
    native = min(native, MOST_PRECISION)
    return Asset(code, AssetKind.CRYPTO, name, max(native, 8), shown, native, chain)


def _stable(code: str, name: str, native: int) -> Asset:
    return Asset(code, AssetKind.STABLECOIN, name, max(native, 8), 2, native)


def _fiat(code: str, name: str, minor: int = 2) -> Asset:
    # Six decimals let interest and shares of fees build up before a payment; minor units are those of ISO 4217.
    return Asset(code, AssetKind.FIAT, name, 6, minor, minor)


_LISTED: Final = (
    _crypto("BTC", "Bitcoin", 8, 8, "bitcoin"),
    _crypto("ETH", "Ether", 18, 8, "ethereum"),
    _crypto("SOL", "Solana", 9, 6, "solana"),
    _crypto("BNB", "BNB", 18, 6, "bnb-smart-chain"),
    _crypto("XRP", "XRP", 6, 6, "xrp-ledger"),
    _crypto("ADA", "Cardano", 6, 6, "cardano"),
    _crypto("DOGE", "Dogecoin", 8, 4, "dogecoin"),
    _crypto("TRX", "TRON", 6, 4, "tron"),
    _crypto("DOT", "Polkadot", 10, 6, "polkadot"),
    _crypto("AVAX", "Avalanche", 18, 6, "avalanche"),
    _crypto("LTC", "Litecoin", 8, 8, "litecoin"),
    _crypto("BCH", "Bitcoin Cash", 8, 8, "bitcoin-cash"),
    _crypto("LINK", "Chainlink", 18, 6, "ethereum"),
    _crypto("XLM", "Stellar Lumens", 7, 4, "stellar"),
    _crypto("ATOM", "Cosmos Hub", 6, 6, "cosmos"),
    _crypto("POL", "Polygon", 18, 6, "polygon"),
    _crypto("UNI", "Uniswap", 18, 6, "ethereum"),
    _crypto("NEAR", "NEAR Protocol", 24, 6, "near"),
    _crypto("ETC", "Ethereum Classic", 18, 6, "ethereum-classic"),
    _crypto("XMR", "Monero", 12, 8, "monero"),
    _stable("USDT", "Tether USD", 6),
    _stable("USDC", "USD Coin", 6),
    _stable("DAI", "Dai", 18),
    _stable("FDUSD", "First Digital USD", 18),
    _stable("PYUSD", "PayPal USD", 6),
    _stable("EURC", "Euro Coin", 6),
    _fiat("EUR", "Euro"),
    _fiat("USD", "US dollar"),
    _fiat("BRL", "Brazilian real"),
    _fiat("GBP", "Pound sterling"),
    _fiat("JPY", "Japanese yen", 0),
    _fiat("CHF", "Swiss franc"),
    _fiat("AUD", "Australian dollar"),
    _fiat("CAD", "Canadian dollar"),
    _fiat("SEK", "Swedish krona"),
    _fiat("NOK", "Norwegian krone"),
    _fiat("DKK", "Danish krone"),
    _fiat("PLN", "Polish zloty"),
    _fiat("MXN", "Mexican peso"),
    _fiat("INR", "Indian rupee"),
    _fiat("KRW", "South Korean won", 0),
)
ASSETS: Final[dict[str, Asset]] = {asset.code: asset for asset in _LISTED}
"""Code → asset, in the order in which lists show them: the first rows of the registry."""
