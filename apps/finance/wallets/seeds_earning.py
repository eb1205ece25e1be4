"""First products and rates of a tenant: drafts everywhere, offered in the demo."""

from datetime import UTC, datetime
from decimal import Decimal

from apps.core.actors import Actor
from apps.core.seeding import SeedTenant, seeds_tenant
from apps.finance.wallets.operations.first_rows import put_first_products, put_first_rates

SYSTEM = Actor.system("seed")
DEMO_TABLE = "demo table"
DEMO_SINCE = datetime(2020, 1, 1, tzinfo=UTC)
DEMO_RATES = {
    ("USDT", "USD"): "1", ("USDC", "USD"): "1", ("DAI", "USD"): "1", ("EUR", "USD"): "1.08", ("EURC", "EUR"): "1",
    ("GBP", "USD"): "1.27", ("USD", "BRL"): "5.4", ("USD", "JPY"): "150", ("USD", "CHF"): "0.88",
    ("AUD", "USD"): "0.66",
    ("USD", "CAD"): "1.36", ("USD", "SEK"): "10.5", ("USD", "NOK"): "10.7", ("USD", "DKK"): "6.9",
    ("USD", "PLN"): "4", ("USD", "MXN"): "18", ("USD", "INR"): "84", ("USD", "KRW"): "1370",
}  # fmt: skip
"""Round figures for the demo, marked as such wherever they are used."""


@seeds_tenant("wallets.earning", order=160)
def first_products(tenant: SeedTenant) -> None:
    """Prepare products where there are none; in the demo offer them, and enter round exchange rates."""
    put_first_products(actor=SYSTEM, offered=tenant.demo, spell=tenant.text)
    if tenant.demo:
        rates = {pair: Decimal(rate) for pair, rate in DEMO_RATES.items()}
        put_first_rates(actor=SYSTEM, rates=rates, as_of=DEMO_SINCE, source=DEMO_TABLE)
