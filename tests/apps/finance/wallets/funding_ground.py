"""What the tests of deposits, withdrawals and transfers share: policies, funds, proved addresses."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from apps.compliance.limits.choices import Tier, TierBasis, Window
from apps.compliance.limits.models import LimitRow, ScreeningThreshold
from apps.compliance.limits.operations import set_tier
from apps.core.actors import Actor
from apps.core.clock import travel
from apps.core.context import in_schema
from apps.core.sealing import open_field
from apps.core.timers import fire_due
from apps.finance.ledger.choices import Mode
from apps.finance.ledger.models import Account, Hold, Journal
from apps.finance.ledger.operations import post_many
from apps.finance.ledger.operations.patterns import deposit_journal
from apps.finance.wallets import operations as wallets
from apps.finance.wallets.models import AddressEntry, ApprovalPolicy, ProviderCall, Withdrawal, WithdrawalFee
from apps.platform.notifications.models import OutgoingMail
from apps.platform.tenants.queries import get_tenant
from kernel.addresses import Network, example_address

D = Decimal
SYSTEM = Actor.system("tests")
HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)


def allow(*, limit: str = "1000000", screen_above: str = "1000000") -> None:
    """Put limits of tier 2, a fee of 1 USDT and 0.0001 BTC, and no approvals at all."""
    for verb in ("withdraw", "transfer"):
        for asset in ("USDT", "BTC", "EUR", "TRX"):
            LimitRow.objects.create(tier=2, verb=verb, asset=asset, window=Window.DAY, amount=D(limit))
    for asset in ("USDT", "BTC", "EUR", "TRX"):
        ScreeningThreshold.objects.create(asset=asset, amount=D(screen_above))
    for asset, network, fixed in (
        ("USDT", "ethereum", "1"), ("USDT", "tron", "1"), ("BTC", "bitcoin", "0.0001"), ("EUR", "sepa", "0.5"),
    ):  # fmt: skip
        WithdrawalFee.objects.create(asset_id=asset, network=network, fixed=D(fixed), share=D(0), minimum=D("0.001"))
    for subject in ("withdrawal", "deposit"):
        for asset in ("USDT", "BTC", "EUR", "TRX"):
            ApprovalPolicy.objects.create(subject=subject, asset=asset, above=D(0), required=0)


def require_approvers(many: int, *, above: str = "0", asset: str = "USDT", subject: str = "withdrawal") -> None:
    """Put a policy, past the four eyes."""
    ApprovalPolicy.objects.update_or_create(subject=subject, asset=asset, above=D(above), defaults={"required": many})


def verify(user: Any, tier: int = 2) -> None:
    """Give a customer a tier."""
    set_tier(actor=SYSTEM, owner_id=user.pk, tier=Tier(tier), basis=TierBasis.EVIDENCE, reason="test")


_numbers = iter(range(10**9))


def fund(user: Any, amount: str, *, asset: str = "USDT", mode: Mode = Mode.LIVE) -> None:
    """Put money into a wallet, past the deposits."""
    with transaction.atomic():
        journal = deposit_journal(
            key=f"test:{user.pk}:{next(_numbers)}", holder_id=user.pk, asset=asset, amount=D(amount), mode=mode
        )
        post_many(actor=SYSTEM, journals=[journal])


def mailed_code(user: Any) -> str:
    """Return the code of the newest mail to a person."""
    for mail in OutgoingMail.objects.order_by("-id"):
        found = re.search(r"enter this code: (\w+)", open_field(mail, "text"))
        if found and open_field(mail, "recipient") == user.email:
            return found[1]
    raise AssertionError("no code was mailed")


def prove(user: Any, *, asset: str = "USDT", network: str = "ethereum", seed: str = "x") -> AddressEntry:
    """Add an address to a person's book and prove it now."""
    actor = Actor.of(user)
    address = example_address(Network(network), seed)
    with transaction.atomic():
        # With the commit the mail is handed over and its text is gone.
        entry = wallets.add_address(actor=actor, asset=asset, network=network, address=address, label="my own")
        return wallets.prove_address(actor=actor, entry_id=entry.pk, code=mailed_code(user))


def usable(user: Any, **more: Any) -> AddressEntry:
    """Return an address that was proved so long ago that money leaves to it."""
    with travel(-30 * DAY):
        return prove(user, **more)


def ready(user: Any, amount: str = "100", **more: Any) -> AddressEntry:
    """Allow everything, verify, fund, and return a usable address."""
    allow()
    verify(user)
    fund(user, amount, asset=more.get("asset", "USDT"))
    return usable(user, **more)


def confirmed(user: Any, entry: AddressEntry, amount: str = "50", mode: Mode = Mode.LIVE) -> Withdrawal:
    """Ask for a withdrawal and confirm it, as the faces do after the second factor."""
    actor = Actor.of(user)
    row = wallets.request_withdrawal(actor=actor, entry_id=entry.pk, amount=D(amount), mode=mode)
    return wallets.confirm_withdrawal(actor=actor, withdrawal_id=row.pk)


def advance(row: Withdrawal) -> Withdrawal:
    """Have the product look at a withdrawal now."""
    return wallets.advance_withdrawal(actor=SYSTEM, withdrawal_id=row.pk)


def send(row: Withdrawal) -> Withdrawal:
    """Send the open attempt of a withdrawal."""
    wallets.send_call(call_id=ProviderCall.objects.get(withdrawal=row, state="intent").pk)
    row.refresh_from_db()
    return row


def settle(row: Withdrawal) -> Withdrawal:
    """Ask the provider about the newest attempt of a withdrawal."""
    wallets.settle_call(call_id=ProviderCall.objects.filter(withdrawal=row).latest("attempt").pk)
    row.refresh_from_db()
    return row


def standing(user: Any, asset: str = "USDT", mode: Mode = Mode.LIVE) -> tuple[Decimal, Decimal]:
    """Return balance and held of a customer's wallet."""
    row = Account.objects.filter(holder_id=user.pk, kind="customer", asset_id=asset, mode=mode).first()
    return (D(0), D(0)) if row is None else (row.natural, row.held)


def books() -> tuple[int, int, Decimal]:
    """Return what must not change by a refusal: journals, holds, and all that is held."""
    return Journal.objects.count(), Hold.objects.count(), sum((row.held for row in Account.objects.all()), D(0))


def states() -> list[str]:
    """Return the states of all withdrawals, oldest first."""
    return list(Withdrawal.objects.order_by("id").values_list("state", flat=True))


def fire() -> int:
    """Run what is due."""
    return fire_due()


def alpha() -> str:
    """Return tenant A's schema."""
    return get_tenant("alpha").schema


def at_once(many: int, work: Callable[[int], Any]) -> tuple[list[Any], list[BaseException]]:
    """Run `work(number)` in threads with connections of their own, all released together; return results and errors."""
    gate, results, raised = threading.Barrier(many), [], []

    def run(number: int) -> None:
        try:
            with in_schema(alpha()):
                connection.ensure_connection()
                gate.wait(60)
                results.append(work(number))
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return results, raised
