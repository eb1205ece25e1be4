"""The sandbox: a custody provider in the tenant's own database, for play money and for development.

It behaves like one far away: it answers by client id, takes a payout once, mines blocks, loses answers on order. Each
look at its deposits or payouts mines a block on every chain; `advance` mines more.
"""

import hashlib
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Max, Q

from apps.core.clock import now
from apps.finance.wallets.choices import SANDBOX
from apps.finance.wallets.gateways.port import (
    Accepted,
    CustodyUnavailable,
    Incoming,
    IncomingPage,
    IncomingStatus,
    Outcome,
    PayoutRequest,
    PayoutStatus,
    PayoutView,
    Refused,
    Unknown,
)
from apps.finance.wallets.models import (
    SimulatedAddress,
    SimulatedChain,
    SimulatedFault,
    SimulatedIncoming,
    SimulatedPayout,
)
from apps.finance.wallets.models.simulated import FaultKind, IncomingState
from kernel.addresses import AddressError, Network, check_address, example_address

FINAL = 100
"""After so many confirmations nothing changes any more."""
DELAY = 3
NETWORK_FEE = Decimal(0)
_SHOWN = {
    IncomingState.FLOATING: IncomingStatus.SEEN,
    IncomingState.MINED: IncomingStatus.MINED,
    IncomingState.DROPPED: IncomingStatus.DROPPED,
}


class SandboxCustody:
    """The port's side: what the product calls."""

    name = SANDBOX

    def new_address(self, network: Network, asset: str, client_id: str) -> str:
        """Return the address of a client id. Raises CustodyUnavailable."""
        self._maybe_down()
        address = example_address(network, client_id)
        row, _ = SimulatedAddress.objects.get_or_create(
            client_id=client_id, defaults={"network": network.value, "address": address}
        )
        return row.address

    def validate_address(self, network: Network, address: str) -> bool:
        """Return whether the address is well formed. Raises CustodyUnavailable."""
        self._maybe_down()
        try:
            check_address(network, address)
        except AddressError:
            return False
        return True

    def submit_withdrawal(self, request: PayoutRequest) -> Outcome:
        """Take a payout, once."""
        fault = _use_fault(
            FaultKind.REFUSE, FaultKind.TIMEOUT_AFTER, FaultKind.TIMEOUT_BEFORE, FaultKind.DELAY, FaultKind.LATE_REFUSAL
        )
        if fault == FaultKind.TIMEOUT_BEFORE:
            return Unknown("no answer")
        if fault == FaultKind.REFUSE or now() > request.valid_until:
            return Refused("sandbox.refused" if fault else "sandbox.too_late")
        code = "sandbox.late_refusal" if fault == FaultKind.LATE_REFUSAL else ""
        height = _height(request.network)
        sent_at = height + DELAY if fault == FaultKind.DELAY else height
        try:
            with transaction.atomic():
                row = SimulatedPayout.objects.create(
                    client_id=request.client_id,
                    network=request.network.value,
                    asset=request.asset,
                    address=request.address,
                    amount=request.amount,
                    code=code,
                    sent_at=sent_at,
                )
        except IntegrityError:
            row = SimulatedPayout.objects.get(client_id=request.client_id)
        return Unknown("no answer") if fault == FaultKind.TIMEOUT_AFTER else Accepted(_payout_view(row))

    def get_withdrawal(self, client_id: str) -> PayoutView | None:
        """Return how a payout stands. Raises CustodyUnavailable."""
        self._maybe_down()
        row = SimulatedPayout.objects.filter(client_id=client_id).first()
        if row is None:
            return None
        advance(Network(row.network))
        return _payout_view(row)

    def list_deposits(self, since: str) -> IncomingPage:
        """Return payments that changed after the cursor, and those that are not final. Raises CustodyUnavailable."""
        self._maybe_down()
        seen = int(since) if since.isdigit() else 0
        heights = {row.network: row.height for row in SimulatedChain.objects.all()}
        for network in heights:
            heights[network] = advance(Network(network))
        wanted = Q(changed__gt=seen) | Q(state=IncomingState.FLOATING)
        for network, height in heights.items():
            wanted |= Q(network=network, state=IncomingState.MINED, mined_at__gt=height - FINAL)
        rows = list(SimulatedIncoming.objects.filter(wanted).order_by("changed", "id"))
        cursor = max([seen, *(row.changed for row in rows)])
        return IncomingPage(tuple(_incoming_view(row, heights) for row in rows), str(cursor))

    def _maybe_down(self) -> None:
        if _use_fault(FaultKind.DOWN):
            raise CustodyUnavailable


def advance(network: Network, blocks: int = 1) -> int:
    """Mine blocks; what floats goes into the first of them. Returns the new height."""
    with transaction.atomic():
        first = _height(network) + 1
        SimulatedChain.objects.filter(network=network.value).update(height=F("height") + blocks)
        floating = SimulatedIncoming.objects.filter(network=network.value, state=IncomingState.FLOATING)
        floating.update(state=IncomingState.MINED, mined_at=first, changed=_next_change())
    return first + blocks - 1


def pay_in(*, network: Network, asset: str, address: str, amount: Decimal, seed: str) -> tuple[str, int]:
    """Send coins to an address of the sandbox; `seed` makes the transaction. Returns transaction and output number."""
    _height(network)
    txid = hashlib.sha256(f"in:{network}:{address}:{seed}".encode()).hexdigest()
    SimulatedIncoming.objects.get_or_create(
        network=network.value,
        txid=txid,
        vout=0,
        defaults={"asset": asset, "address": address, "amount": amount, "changed": _next_change()},
    )
    return txid, 0


def reorganise(network: Network, txid: str, *, drop: bool = False) -> None:
    """Take a transaction out of its block: back to floating, or gone for good."""
    state = IncomingState.DROPPED if drop else IncomingState.FLOATING
    rows = SimulatedIncoming.objects.filter(network=network.value, txid=txid)
    rows.update(state=state, mined_at=None, changed=_next_change())


def order_fault(kind: FaultKind) -> None:
    """Have the sandbox do something wrong, once."""
    SimulatedFault.objects.create(kind=kind)


def _use_fault(*kinds: FaultKind) -> FaultKind | None:
    with transaction.atomic():
        rows = SimulatedFault.objects.select_for_update(skip_locked=True).filter(kind__in=kinds)
        found = rows.order_by("id").first()
        if found is None:
            return None
        found.delete()
        return FaultKind(found.kind)


def _height(network: Network) -> int:
    row, _ = SimulatedChain.objects.get_or_create(network=network.value)
    return row.height


def _next_change() -> int:
    newest: Any = SimulatedIncoming.objects.aggregate(newest=Max("changed"))["newest"]
    return int(newest or 0) + 1


def _payout_view(row: SimulatedPayout) -> PayoutView:
    height = _height(Network(row.network))
    if height < row.sent_at:
        return PayoutView(client_id=row.client_id, status=PayoutStatus.ACCEPTED)
    if row.code:
        status = PayoutStatus.REFUSED if height > row.sent_at else PayoutStatus.ACCEPTED
        return PayoutView(client_id=row.client_id, status=status, code=row.code if height > row.sent_at else "")
    status = PayoutStatus.CONFIRMED if height > row.sent_at else PayoutStatus.SENT
    txid = hashlib.sha256(f"out:{row.network}:{row.client_id}".encode()).hexdigest()
    return PayoutView(client_id=row.client_id, status=status, txid=txid, network_fee=NETWORK_FEE)


def _incoming_view(row: SimulatedIncoming, heights: dict[str, int]) -> Incoming:
    confirmations = 0 if row.mined_at is None else heights[row.network] - row.mined_at + 1
    return Incoming(
        network=Network(row.network),
        asset=row.asset,
        address=row.address,
        amount=row.amount,
        txid=row.txid,
        vout=row.vout,
        status=_SHOWN[IncomingState(row.state)],
        confirmations=confirmations,
    )
