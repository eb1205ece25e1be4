"""What the tests of the ledger's faces share: books with a known history, and people of staff."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core import approvals
from apps.core.actors import Actor
from apps.core.models import Approval, OutboxEvent
from apps.finance.ledger.choices import AccountKind, HoldPurpose, Mode
from apps.finance.ledger.models import Account, Entry, Hold, Journal, PeriodClose
from apps.finance.ledger.operations import AccountName, NewHold, NewJournal, Posted, open_accounts, post_many
from apps.finance.ledger.operations.patterns import deposit_journal, fee_journals, reward_journals, transfer_journal
from tests.factories.people import make_staff

SYSTEM = Actor.system("tests")
D = Decimal


def name_of(user: Any, asset: str = "USDT", mode: Mode = Mode.LIVE) -> AccountName:
    """The account a customer spends from."""
    return AccountName(AccountKind.CUSTOMER, asset, mode, user.pk)


def account_of(user: Any, asset: str = "USDT", mode: Mode = Mode.LIVE) -> Account:
    """The row of it, made when it is not there."""
    name = name_of(user, asset, mode)
    return Account.objects.get(pk=open_accounts([name])[name])


def post(*journals: NewJournal, holds: tuple[NewHold, ...] = ()) -> Posted:
    """Book journals and holds in one transaction."""
    with transaction.atomic():
        return post_many(actor=SYSTEM, journals=journals, holds=holds)


def deposit(user: Any, amount: str, key: str, asset: str = "USDT", **more: Any) -> Journal:
    """Book a deposit."""
    return booked(post(deposit_journal(key=key, holder_id=user.pk, asset=asset, amount=D(amount), **more)))


def transfer(source: Any, target: Any, amount: str, key: str, **more: Any) -> Journal:
    """Book a transfer of USDT."""
    made = transfer_journal(key=key, from_id=source.pk, to_id=target.pk, asset="USDT", amount=D(amount), **more)
    return booked(post(made))


def fee(user: Any, amount: str, key: str, **more: Any) -> Journal:
    """Book a fee in USDT: two journals, the customer's is returned."""
    return booked(post(*fee_journals(key=key, payer=name_of(user), amount=D(amount), **more)))


def reward(user: Any, amount: str, key: str, asset: str = "USDT", **more: Any) -> None:
    """Book interest."""
    post(*reward_journals(key=key, target=name_of(user, asset), amount=D(amount), **more))


def hold(user: Any, amount: str, key: str, **more: Any) -> UUID:
    """Hold some of a customer's USDT."""
    made = NewHold(key=key, account_id=account_of(user).pk, amount=D(amount), purpose=HoldPurpose.WITHDRAWAL, **more)
    return post(holds=(made,)).holds[0]


def booked(posted: Posted) -> Journal:
    """The first journal of a call."""
    return Journal.objects.get(uid=posted.journals[0])


def at(text: str) -> datetime:
    """A moment in UTC: “2026-03-01” or with a time."""
    return datetime.fromisoformat(text if "T" in text else f"{text}T00:00").replace(tzinfo=UTC)


def person(role: str, name: str = "") -> Any:
    """A member of staff."""
    return make_staff(f"{name or role}@example.test", role=role)


def approve(actor: Any, request: Approval) -> Approval:
    """Say yes."""
    return approvals.decide(actor=Actor.of(actor), approval_id=request.pk, agrees=True)


def picture() -> tuple[Any, ...]:
    """All the ledger holds, to show that a refusal changed nothing."""
    return (
        list(Account.objects.order_by("id").values_list("id", "balance", "held", "version", "state")),
        list(Hold.objects.order_by("id").values_list("id", "remaining", "settled", "released", "state")),
        list(Journal.objects.order_by("id").values_list("key", flat=True)),
        list(Entry.objects.order_by("id").values_list("account_id", "amount", "balance_after")),
        list(PeriodClose.objects.order_by("id").values_list("until", "reopened_at")),
        list(Approval.objects.order_by("id").values_list("id", "state")),
        OutboxEvent.objects.filter(name="ledger.journals_posted").count(),
    )
