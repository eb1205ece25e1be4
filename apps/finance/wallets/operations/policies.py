"""Fees, approvals, waiting times and bank accounts: one person proposes, another approves, then they hold."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.core.actors import Actor
from apps.core.approvals import approvable, request_approval, void
from apps.core.assets import get_asset, parse_amount
from apps.core.models import Approval, ApprovalState
from apps.core.operation import operation
from apps.finance.wallets.choices import ANY_ASSET, RULES, RuleName, Subject
from apps.finance.wallets.errors import AddressInvalid, ChangedSinceAsked, NothingToChange, PolicyInvalid
from apps.finance.wallets.models import ApprovalPolicy, PayInAccount, WalletRule, WithdrawalFee
from apps.finance.wallets.models.policies import MOST_APPROVERS
from apps.finance.wallets.operations.depositing import checked_network
from apps.finance.wallets.operations.permissions import APPROVE_POLICIES, PROPOSE_POLICIES, RUN
from apps.finance.wallets.prices import PIVOT
from kernel.addresses import AddressError, Network, check_address
from kernel.money import InvalidAmountError, parse_decimal
from kernel.money.exact import plain

LONGEST_NAME = 80
SHARE_PLACES = 8


@dataclass(frozen=True, slots=True)
class Policy:
    """A table that takes four eyes: the action's name, the model, and the columns that change."""

    action: str
    model: Any
    columns: tuple[str, ...]

    def present(self, target: dict[str, Any]) -> dict[str, str] | None:
        """Return the present values in their one spelling, the row locked; None without a row."""
        row = self.model.objects.select_for_update().filter(**target).first()
        return None if row is None else {column: spelled(getattr(row, column)) for column in self.columns}

    def put(self, target: dict[str, Any], values: dict[str, str]) -> None:
        """Write the values."""
        self.model.objects.update_or_create(**target, defaults=values)


RULE = Policy("wallets.change_rule", WalletRule, ("value",))
APPROVALS = Policy("wallets.change_approvals", ApprovalPolicy, ("required",))
FEE = Policy("wallets.change_fee", WithdrawalFee, ("fixed", "share", "minimum"))
ACCOUNT = Policy("wallets.change_pay_in_account", PayInAccount, ("holder", "iban", "bank"))


def spelled(value: object) -> str:
    """Return the one spelling of a value: numbers without zeros at their end, texts as they are."""
    return f"{plain(value):f}" if isinstance(value, Decimal) else str(value)


@operation("wallets.propose_rule", permission=PROPOSE_POLICIES, audited=("name", "value"))
def propose_rule(*, actor: Actor, name: str, value: int, reason: str) -> Approval:
    """Ask for another number (see RuleName). Raises PolicyInvalid, NothingToChange."""
    spec = RULES.get(name)
    if spec is None or not spec.lowest <= value <= spec.highest:
        bounds = "is not known" if spec is None else f"takes {spec.lowest} to {spec.highest}"
        raise PolicyInvalid(field="value", why=f"This number {bounds}.")
    if not WalletRule.objects.filter(name=name).exists() and value == spec.default:
        raise NothingToChange
    return _ask(RULE, actor, {"name": RuleName(name).value}, {"value": str(value)}, reason)


@operation("wallets.propose_approvals", permission=PROPOSE_POLICIES, audited=("subject", "asset", "above", "required"))
def propose_approvals(
    *, actor: Actor, subject: str, asset: str, above: Decimal, required: int, reason: str
) -> Approval:
    """Ask that movements above an amount take so many approvals (asset `*`: of all assets, `above` in USDT).

    Raises PolicyInvalid, UnknownAsset, NothingToChange.
    """
    if subject not in Subject.values or not 0 <= required <= MOST_APPROVERS:
        raise PolicyInvalid(field="required", why=f"So many people are 0 to {MOST_APPROVERS}.")
    code = asset if asset == ANY_ASSET else get_asset(asset).code
    target = {"subject": str(subject), "asset": code, "above": _not_negative(above, "above", PIVOT)}
    return _ask(APPROVALS, actor, target, {"required": str(required)}, reason)


@operation(
    "wallets.propose_fee", permission=PROPOSE_POLICIES, audited=("asset", "network", "fixed", "share", "minimum")
)
def propose_fee(
    *, actor: Actor, asset: str, network: str, fixed: Decimal, share: Decimal, minimum: Decimal, reason: str
) -> Approval:
    """Ask for another fee of withdrawals: fixed, and a share of the amount (0.001 is 0.1 %); and the least payout.

    Raises UnknownAsset, NetworkUnknown, PolicyInvalid, InvalidAmount, NothingToChange.
    """
    way = checked_network(asset, network)
    values = {
        "fixed": _not_negative(fixed, "fixed", asset),
        "share": _share(share),
        "minimum": spelled(parse_amount(minimum, asset, field="minimum", minor=True)),
    }
    return _ask(FEE, actor, {"asset_id": get_asset(asset).code, "network": way.value}, values, reason)


@operation("wallets.propose_pay_in_account", permission=PROPOSE_POLICIES, audited=("asset",))
def propose_pay_in_account(*, actor: Actor, asset: str, holder: str, iban: str, bank: str, reason: str) -> Approval:
    """Ask that customers send a currency to another bank account of the house.

    Raises UnknownAsset, NetworkUnknown, AddressInvalid, PolicyInvalid, NothingToChange.
    """
    way = checked_network(asset, Network.SEPA.value)
    names = {"holder": " ".join(holder.split()), "bank": " ".join(bank.split())}
    for field, name in names.items():
        if not 1 <= len(name) <= LONGEST_NAME:
            raise PolicyInvalid(field=field, why=f"Write 1 to {LONGEST_NAME} characters.")
    try:
        number = check_address(way, iban)
    except AddressError as error:
        raise AddressInvalid(field="iban", why=str(error)) from None
    return _ask(ACCOUNT, actor, {"asset_id": get_asset(asset).code}, {**names, "iban": number}, reason)


@operation("wallets.put_default_policies", permission=RUN)
def put_default_policies(
    *, actor: Actor, approvals: list[dict[str, Any]], fees: list[dict[str, Any]], accounts: list[dict[str, Any]]
) -> bool:
    """Fill the tables of a tenant that has none of these rows yet; return whether it did."""
    numbers = [WalletRule(name=name, value=spec.default) for name, spec in RULES.items()]
    WalletRule.objects.bulk_create(numbers, ignore_conflicts=True)
    if ApprovalPolicy.objects.exists() or WithdrawalFee.objects.exists():
        return False
    ApprovalPolicy.objects.bulk_create([ApprovalPolicy(**row) for row in approvals])
    WithdrawalFee.objects.bulk_create([WithdrawalFee(**row) for row in fees])
    PayInAccount.objects.bulk_create([PayInAccount(**row) for row in accounts])
    return True


@approvable(RULE.action, permission=APPROVE_POLICIES, title="Change a waiting time or threshold of wallets")
def run_rule(_actor: Actor, payload: dict[str, Any]) -> None:
    """Put the approved number."""
    _take_effect(RULE, payload)


@approvable(APPROVALS.action, permission=APPROVE_POLICIES, title="Change how many approve withdrawals or deposits")
def run_approvals(_actor: Actor, payload: dict[str, Any]) -> None:
    """Put the approved number of people."""
    _take_effect(APPROVALS, payload)


@approvable(FEE.action, permission=APPROVE_POLICIES, title="Change a fee of withdrawals")
def run_fee(_actor: Actor, payload: dict[str, Any]) -> None:
    """Put the approved fee."""
    _take_effect(FEE, payload)


@approvable(ACCOUNT.action, permission=APPROVE_POLICIES, title="Change the bank account customers pay in to")
def run_account(_actor: Actor, payload: dict[str, Any]) -> None:
    """Put the approved bank account."""
    _take_effect(ACCOUNT, payload)


def _not_negative(amount: Decimal, field: str, asset: str) -> str:
    try:
        found = get_asset(asset).check(amount)
    except InvalidAmountError as error:
        raise PolicyInvalid(field=field, why=f"The amount cannot be accepted: {error}.") from None
    if found < 0:
        raise PolicyInvalid(field=field, why="This is zero or more.")
    return spelled(found)


def _share(share: Decimal) -> str:
    try:
        found = parse_decimal(share, decimal_places=SHARE_PLACES)
    except InvalidAmountError as error:
        raise PolicyInvalid(field="share", why=f"The share cannot be accepted: {error}.") from None
    if not 0 <= found < 1:
        raise PolicyInvalid(field="share", why="A share is from 0 to less than 1; 0.001 is 0.1 %.")
    return spelled(found)


def _ask(policy: Policy, actor: Actor, target: dict[str, Any], values: dict[str, str], reason: str) -> Approval:
    """Ask a second person; a newer request about the same row calls the older one off."""
    present = policy.present(target)
    if present == values:
        raise NothingToChange
    older = Approval.objects.filter(action=policy.action, state=ApprovalState.PENDING, payload__target=target)
    for approval_id in older.values_list("pk", flat=True):
        void(actor=Actor.system("wallets"), approval_id=approval_id, reason="a newer request replaced it")
    payload = {"target": target, "values": values, "expected": present}
    return request_approval(actor=actor, action=policy.action, payload=payload, reason=reason)


def _take_effect(policy: Policy, payload: dict[str, Any]) -> None:
    if policy.present(payload["target"]) != payload["expected"]:
        raise ChangedSinceAsked
    policy.put(payload["target"], payload["values"])
