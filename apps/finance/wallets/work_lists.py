"""What the product itself has to do next at the providers: for the sweep, not for people."""

from uuid import UUID

from apps.core.clock import now
from apps.core.models import Approval, ApprovalState
from apps.finance.wallets.choices import ON_ITS_WAY, CallState, PlaceState, TransferState, WithdrawalState
from apps.finance.wallets.models import DepositAddress, ProviderCall, Transfer, Withdrawal

MOST_AT_ONCE = 200


def list_calls_to_check() -> list[ProviderCall]:
    """Return payouts that have to be sent or asked about now."""
    open_ones = ProviderCall.objects.exclude(state__in=[CallState.PAID, CallState.REFUSED])
    return list(open_ones.filter(check_at__lte=now()).order_by("check_at")[:MOST_AT_ONCE])


def list_places_to_open() -> list[UUID]:
    """Return addresses that the provider has not given yet."""
    rows = DepositAddress.objects.filter(state=PlaceState.ASKED).order_by("id")
    return list(rows.values_list("pk", flat=True)[:MOST_AT_ONCE])


def list_transfers_to_deliver() -> list[UUID]:
    """Return transfers that are held."""
    rows = Transfer.objects.filter(state=TransferState.HELD).order_by("id")
    return list(rows.values_list("pk", flat=True)[:MOST_AT_ONCE])


def list_providers_to_watch() -> list[str]:
    """Return the providers that have given out addresses."""
    return list(DepositAddress.objects.order_by("provider").values_list("provider", flat=True).distinct())


def list_decided_elsewhere() -> list[UUID]:
    """Return withdrawals whose request for approval ended without them: refused elsewhere, expired, called off."""
    waiting = Withdrawal.objects.filter(state=WithdrawalState.APPROVAL)
    ended = Approval.objects.exclude(state=ApprovalState.PENDING)
    rows = waiting.filter(approval_id__isnull=False).values_list("approval_id", "pk")
    by_approval = {approval_id: pk for approval_id, pk in rows[:MOST_AT_ONCE] if approval_id is not None}
    return [by_approval[pk] for pk in ended.filter(pk__in=list(by_approval)).values_list("pk", flat=True)]


def exists_custody_work() -> bool:
    """Return whether this tenant has addresses to watch, or something on its way."""
    return (
        DepositAddress.objects.exists()
        or Withdrawal.objects.filter(state__in=[WithdrawalState.APPROVAL, *ON_ITS_WAY]).exists()
        or Transfer.objects.filter(state=TransferState.HELD).exists()
    )
