"""Paying, settling, watching deposits, delivering. Each can run twice, at once, or die half-way."""

import logging
from uuid import UUID

from celery import shared_task

from apps.core import work
from apps.core.context import current_schema
from apps.core.errors import Unavailable
from apps.core.tasks import tenant_task
from apps.finance.wallets import operations, work_lists
from apps.finance.wallets.choices import WORK, CallState
from apps.finance.wallets.operations.permissions import SYSTEM

logger = logging.getLogger("outcry.wallets")


@tenant_task("wallets.pay")
def pay(call_id: str) -> None:
    """Send a payout, once."""
    operations.send_call(call_id=UUID(call_id))


@tenant_task("wallets.settle")
def settle(call_id: str) -> None:
    """Ask what became of a payout."""
    operations.settle_call(call_id=UUID(call_id))


@tenant_task("wallets.open_place")
def open_place(place_id: str) -> None:
    """Have a provider make an address; the sweep asks again when it does not answer."""
    try:
        operations.open_deposit_address(place_id=UUID(place_id))
    except Unavailable:
        logger.info("no address yet", extra={"place": place_id})


@tenant_task("wallets.deliver")
def deliver(transfer_id: str) -> None:
    """Deliver a transfer, or give it back."""
    operations.deliver_transfer(actor=SYSTEM, transfer_id=UUID(transfer_id))


@tenant_task("wallets.watch")
def watch(provider: str) -> None:
    """Book what a provider has seen."""
    operations.poll_deposits(provider=provider)


@shared_task(name="wallets.sweep_custody")  # type: ignore[untyped-decorator]  # celery ships no types
def sweep_custody() -> None:
    """Every few seconds: the net under the nudges, in tenants with something to watch or on its way."""
    work.sweep(WORK, nudge_due)


def nudge_due() -> None:
    """Enqueue what is due in this schema."""
    schema = current_schema()
    for call in work_lists.list_calls_to_check():
        task = pay if call.state == CallState.INTENT else settle
        task.delay(schema, str(call.pk))
    for place_id in work_lists.list_places_to_open():
        open_place.delay(schema, str(place_id))
    for transfer_id in work_lists.list_transfers_to_deliver():
        deliver.delay(schema, str(transfer_id))
    for provider in work_lists.list_providers_to_watch():
        watch.delay(schema, provider)
    for withdrawal_id in work_lists.list_decided_elsewhere():
        operations.advance_withdrawal(actor=SYSTEM, withdrawal_id=withdrawal_id)
