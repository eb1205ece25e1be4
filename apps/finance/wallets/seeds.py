"""First policies of a tenant: fees, approvals, and in the demo a bank account."""

from decimal import Decimal
from typing import Any

from apps.core.actors import Actor
from apps.core.seeding import SeedTenant, seeds_tenant
from apps.finance.wallets.choices import ANY_ASSET, Subject
from apps.finance.wallets.operations.policies import put_default_policies
from kernel.addresses import Network, example_address

SYSTEM = Actor.system("seed")
FEES = (
    ("BTC", Network.BITCOIN, "0.0001", "0.0005"),
    ("ETH", Network.ETHEREUM, "0.001", "0.005"),
    ("USDT", Network.ETHEREUM, "4", "10"),
    ("USDC", Network.ETHEREUM, "4", "10"),
    ("DAI", Network.ETHEREUM, "4", "10"),
    ("LINK", Network.ETHEREUM, "0.3", "1"),
    ("UNI", Network.ETHEREUM, "0.5", "1"),
    ("SOL", Network.SOLANA, "0.01", "0.05"),
    ("USDC", Network.SOLANA, "1", "5"),
    ("USDT", Network.SOLANA, "1", "5"),
    ("TRX", Network.TRON, "2", "10"),
    ("USDT", Network.TRON, "1", "5"),
    ("EUR", Network.SEPA, "0.5", "5"),
)
"""Asset, network, fixed fee, the least that is paid out."""
APPROVALS = (
    (Subject.WITHDRAWAL, "0", 0),
    (Subject.WITHDRAWAL, "1000", 1),
    (Subject.WITHDRAWAL, "25000", 2),
    (Subject.DEPOSIT, "0", 0),
    (Subject.DEPOSIT, "1000", 1),
)
"""Above so much worth in USDT, so many people approve."""


@seeds_tenant("wallets.funding", order=155)
def first_policies(tenant: SeedTenant) -> None:
    """Put the default policies where there are none."""
    put_default_policies(actor=SYSTEM, approvals=_approvals(), fees=_fees(), accounts=_accounts(tenant))


def _approvals() -> list[dict[str, Any]]:
    return [
        {"subject": subject, "asset": ANY_ASSET, "above": Decimal(above), "required": required}
        for subject, above, required in APPROVALS
    ]


def _fees() -> list[dict[str, Any]]:
    return [
        {
            "asset_id": asset,
            "network": network.value,
            "fixed": Decimal(fixed),
            "share": Decimal(0),
            "minimum": Decimal(minimum),
        }
        for asset, network, fixed, minimum in FEES
    ]


def _accounts(tenant: SeedTenant) -> list[dict[str, Any]]:
    """Return the demo's account: well formed, and nobody's."""
    if not tenant.demo:
        return []
    iban = example_address(Network.SEPA, tenant.slug)
    return [{"asset_id": "EUR", "holder": tenant.text("Example house"), "iban": iban, "bank": "Example bank"}]
