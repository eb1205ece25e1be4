"""The instruments that the bundled candles and the sandbox exchange know."""

from dataclasses import asdict, dataclass
from decimal import Decimal

from apps.core.actors import Actor
from apps.core.context import PUBLIC, in_schema
from apps.core.operation import operation
from apps.trading.instruments.choices import AssetClass
from apps.trading.instruments.models import Instrument, InstrumentAlias
from apps.trading.instruments.operations.permissions import MANAGE
from kernel.instruments import perpetual_of


@dataclass(frozen=True)
class _Listing:
    symbol: str
    base: str
    name: str
    lot: Decimal
    max_quantity: Decimal
    quote: str = "USDT"
    tick: Decimal = Decimal("0.01")
    min_notional: Decimal = Decimal(5)
    asset_class: str = AssetClass.CRYPTO.value
    market: str = ""


# The sandbox exchange enforces the same figures; the contract tests compare them with its exchangeInfo.
LISTINGS = (
    _Listing("BTCUSDT", "BTC", "Bitcoin", Decimal("0.00001"), Decimal(9_000)),
    _Listing("ETHUSDT", "ETH", "Ether", Decimal("0.0001"), Decimal(9_000)),
    _Listing("SOLUSDT", "SOL", "Solana", Decimal("0.001"), Decimal(90_000)),
)

CONTRACTS = tuple(
    _Listing(
        perpetual_of(f"{base}USDT"), base, f"{name} perpetual", Decimal("0.001"), Decimal(most),
        asset_class=AssetClass.PERPETUAL.value, market="sandbox",
    )
    for base, name, most in (("BTC", "Bitcoin", 1_000), ("ETH", "Ether", 10_000), ("SOL", "Solana", 1_000_000))
)  # fmt: skip


@operation("instruments.seed_instruments", permission=MANAGE, trail=False)
def _seed(*, actor: Actor) -> int:
    made = 0
    for listing in (*LISTINGS, *CONTRACTS):
        facts = asdict(listing)
        symbol = facts.pop("symbol")
        row, is_new = Instrument.objects.get_or_create(symbol=symbol, defaults={**facts, "min_quantity": listing.lot})
        name = f"{listing.base}/{listing.quote}"
        if listing.asset_class == AssetClass.PERPETUAL:
            name = f"{name}:{listing.quote}"
        InstrumentAlias.objects.get_or_create(alias=name, source="", defaults={"instrument": row})
        made += is_new
    return made


def seed_instruments() -> int:
    """Make the instruments that are not there yet and return how many that were. Existing rows stay as they are."""
    with in_schema(PUBLIC):
        return _seed(actor=Actor.system("seed"))
