"""Money for the tasks: a journal that is not sealed, a hold that ends soon, payouts and transfers on their way."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core import timers
from apps.core.actors import Actor
from apps.core.clock import now, travel
from apps.core.sealing import open_field
from apps.finance.ledger.choices import AccountKind, Book, HoldPurpose, JournalKind, Mode
from apps.finance.ledger.operations import AccountName, Leg, NewHold, NewJournal, open_accounts, post_many
from apps.finance.wallets import operations as wallets
from apps.finance.wallets.choices_earning import Every
from apps.finance.wallets.models import ProviderCall
from apps.finance.wallets.operations.saving import CONTRIBUTE
from apps.platform.notifications.models import OutgoingMail
from kernel.addresses import Network, example_address

SOON, LONG_AGO = timedelta(minutes=1), timedelta(days=2)


def leave_money(owner_id: UUID, amount: str, key: str) -> None:
    """Post `amount` USDT to a customer of the present schema, and hold all of it for a minute."""
    mine = AccountName(AccountKind.CUSTOMER, "USDT", holder_id=owner_id)
    bank = AccountName(AccountKind.CUSTODY, "USDT")
    ids = open_accounts([mine, bank])
    legs = (Leg(ids[bank], -Decimal(amount)), Leg(ids[mine], Decimal(amount)))
    journal = NewJournal(key=f"{key}/journal", book=Book.WALLET, kind=JournalKind.TRANSFER, legs=legs)
    hold = NewHold(
        key=f"{key}/hold",
        account_id=ids[mine],
        amount=Decimal(amount),
        purpose=HoldPurpose.WITHDRAWAL,
        expires_at=now() + SOON,
    )
    with transaction.atomic():
        post_many(actor=Actor.system("tests"), journals=(journal,), holds=(hold,))


def leave_custody(guest: Any, recipient: Any, seed: str) -> dict[str, list[Any]]:
    """Leave something for every task of wallets, in play money; return the arguments that name it, by task."""
    actor = Actor.of(guest)
    wallets.reset_paper_funds(actor=actor)
    waiting = wallets.ask_deposit_address(actor=actor, asset="USDT", network="tron", mode=Mode.PAPER)
    sent, unsent = (_payout(actor, f"{seed}-{number}") for number in range(2))
    wallets.send_call(call_id=sent)
    held = wallets.transfer_between_customers(
        actor=actor, to=recipient.email, asset="USDT", amount=Decimal(5), mode=Mode.PAPER
    )
    _goal_without_a_timer(actor)
    return {
        "wallets.pay": [str(unsent)],
        "wallets.settle": [str(sent)],
        "wallets.open_place": [str(waiting.pk)],
        "wallets.deliver": [str(held.pk)],
        "wallets.watch": ["sandbox"],
        "wallets.rearm_earning": [],
    }


def pay_in(person: Any, staff: Any, amount: str) -> None:
    """Have a bank transfer of a customer announced and confirmed: the wallet's page is told."""
    made = wallets.announce_deposit(actor=Actor.of(person), asset="EUR", amount=Decimal(amount))
    wallets.confirm_deposit(actor=Actor.of(staff), deposit_id=made.pk, received=Decimal(amount), reason="seen")


def _payout(actor: Actor, seed: str) -> UUID:
    """Return the intent of a payout of play money to an address that was proved days ago."""
    with travel(-LONG_AGO):
        address = example_address(Network.TRON, seed)
        entry = wallets.add_address(actor=actor, asset="USDT", network="tron", address=address, label="my own")
        wallets.prove_address(actor=actor, entry_id=entry.pk, code=_mailed_code())
    row = wallets.request_withdrawal(actor=actor, entry_id=entry.pk, amount=Decimal(20), mode=Mode.PAPER)
    wallets.confirm_withdrawal(actor=actor, withdrawal_id=row.pk)
    wallets.advance_withdrawal(actor=Actor.system("tests"), withdrawal_id=row.pk)
    return ProviderCall.objects.get(withdrawal_id=row.pk).pk


def _mailed_code() -> str:
    newest = OutgoingMail.objects.order_by("-id").first()
    assert newest is not None
    found = re.search(r"enter this code: (\w+)", open_field(newest, "text"))
    assert found is not None
    return found[1]


def _goal_without_a_timer(actor: Actor) -> None:
    """Make a goal that was due yesterday and whose timer is lost: what the net is for."""
    with travel(-LONG_AGO):
        schedule = wallets.Schedule(Decimal(1), Every.DAY)
        plan = wallets.GoalPlan(name="A goal", target=Decimal(9), schedule=schedule)
        goal = wallets.create_goal(actor=actor, asset="USDT", plan=plan, mode=Mode.PAPER)
    assert timers.cancel(name=CONTRIBUTE, key=f"{goal.pk}:{goal.next_due_on}")
