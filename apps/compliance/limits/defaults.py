"""What a new tenant starts with. Staff change it with four eyes."""

from decimal import Decimal

from apps.compliance.limits.choices import ANY_ASSET, REFERENCE, Tier, Verb, Window

_SINGLE, _DAY, _MONTH = Window.SINGLE, Window.DAY, Window.MONTH
_WORTH: dict[Verb, dict[Tier, dict[Window, str]]] = {
    Verb.WITHDRAW: {
        Tier.UNVERIFIED: {_DAY: "0"},
        Tier.BASIC: {_SINGLE: "500", _DAY: "1000", _MONTH: "10000"},
        Tier.VERIFIED: {_SINGLE: "10000", _DAY: "20000", _MONTH: "200000"},
        Tier.ENHANCED: {_SINGLE: "100000", _DAY: "250000", _MONTH: "2500000"},
    },
    Verb.TRANSFER: {
        Tier.UNVERIFIED: {_SINGLE: "50", _DAY: "100", _MONTH: "500"},
        Tier.BASIC: {_SINGLE: "1000", _DAY: "2000", _MONTH: "20000"},
        Tier.VERIFIED: {_SINGLE: "20000", _DAY: "40000", _MONTH: "400000"},
        Tier.ENHANCED: {_SINGLE: "200000", _DAY: "500000", _MONTH: "5000000"},
    },
}
"""Worth in the reference currency: its own row, and the row for all assets without one."""
LIMITS: list[tuple[Tier, Verb, str, Window, Decimal]] = [
    (tier, verb, asset, window, Decimal(amount))
    for verb, tiers in _WORTH.items()
    for tier, windows in tiers.items()
    for window, amount in windows.items()
    for asset in (REFERENCE, ANY_ASSET)
]
VELOCITY: list[tuple[Tier, Verb, Window, int]] = [
    (tier, verb, Window.DAY, most)
    for tier, verb, most in (
        (Tier.BASIC, Verb.WITHDRAW, 5),
        (Tier.VERIFIED, Verb.WITHDRAW, 10),
        (Tier.ENHANCED, Verb.WITHDRAW, 20),
        (Tier.UNVERIFIED, Verb.TRANSFER, 5),
        (Tier.BASIC, Verb.TRANSFER, 20),
        (Tier.VERIFIED, Verb.TRANSFER, 50),
        (Tier.ENHANCED, Verb.TRANSFER, 100),
    )
]
THRESHOLDS = {
    "USDT": Decimal("5000"),
    "USDC": Decimal("5000"),
    "USD": Decimal("5000"),
    "EUR": Decimal("5000"),
    "BTC": Decimal("0.05"),
    "ETH": Decimal("1.5"),
    "SOL": Decimal("30"),
}
"""Above these staff look first; every other asset is looked at always."""
