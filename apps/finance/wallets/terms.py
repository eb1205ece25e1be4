"""What holds today: numbers, fees, how many must approve, and what an amount is worth in USDT."""

from decimal import ROUND_UP, Context, Decimal

from django.db import models
from django.db.models import Max

from apps.core.assets import get_asset
from apps.core.clock import now
from apps.finance.wallets.choices import ANY_ASSET, RULES, RuleName, Subject
from apps.finance.wallets.errors import FeeMissing, PayoutTooSmall
from apps.finance.wallets.models import ApprovalPolicy, WalletRule, WithdrawalFee
from apps.finance.wallets.prices import PIVOT, get_price
from kernel.money.exact import add, multiply, plain, subtract

_UP = Context(prec=400, rounding=ROUND_UP)
WITHOUT_POLICY = 1


def get_rule(name: RuleName) -> int:
    """Return the number in force."""
    row = WalletRule.objects.filter(name=name).first()
    return RULES[name].default if row is None else row.value


def worth_of(asset: str, amount: Decimal) -> Decimal | None:
    """Return what an amount is worth in USDT now, None without a price."""
    price = get_price(asset, PIVOT, now())
    return None if price is None else multiply(amount, price.value)


def fee_of(asset: str, network: str, amount: Decimal) -> Decimal:
    """Return the fee that is kept of a withdrawal, rounded up to what a payment can carry.

    Raises FeeMissing, and PayoutTooSmall (field amount) when less than the minimum would arrive.
    """
    row = WithdrawalFee.objects.filter(asset_id=asset, network=network).first()
    if row is None:
        raise FeeMissing(asset=asset)
    raw = add(row.fixed, multiply(amount, row.share))
    fee = plain(raw.quantize(get_asset(asset).minor_unit, context=_UP))
    if subtract(amount, fee) < row.minimum:
        raise PayoutTooSmall(field="amount", asset=asset, fee=f"{fee:f}", minimum=f"{plain(row.minimum):f}")
    return fee


def required_approvers(subject: Subject, asset: str, amount: Decimal) -> int:
    """Return how many people have to approve a movement; with no row below the amount, the strictest reading.

    Rows of the asset count alone; else those of `*`, by worth. Without a price the most of all rows, at least one.
    """
    rows = ApprovalPolicy.objects.filter(subject=subject)
    own = rows.filter(asset=asset)
    if own.exists():
        return _highest_below(own, amount)
    pooled, worth = rows.filter(asset=ANY_ASSET), worth_of(asset, amount)
    if worth is None:
        most: int | None = pooled.aggregate(most=Max("required"))["most"]
        return max(most or 0, WITHOUT_POLICY)
    return _highest_below(pooled, worth)


def _highest_below(rows: "models.QuerySet[ApprovalPolicy]", amount: Decimal) -> int:
    found = rows.filter(above__lt=amount).order_by("-above").first()
    return WITHOUT_POLICY if found is None else found.required
