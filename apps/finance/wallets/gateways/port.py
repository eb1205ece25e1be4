"""What every custody provider can do, in our words. Amounts are Decimals of the asset, moments aware UTC datetimes."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from apps.core.errors import Unavailable
from kernel.addresses import Network


class CustodyUnavailable(Unavailable):
    """The provider did not answer, or said that it cannot now. Nothing can be concluded."""

    code = "wallets.custody_unavailable"
    message = "The provider does not answer at the moment. Nothing is lost; it is asked again."


class PayoutStatus(StrEnum):
    """Where a payout stands at the provider."""

    ACCEPTED = "accepted"
    """Taken; not sent out."""
    SENT = "sent"
    """Sent out, with a transaction."""
    CONFIRMED = "confirmed"
    """Proven by the network: it will not come back."""
    REFUSED = "refused"
    """Proven: nothing left, and nothing will."""


class IncomingStatus(StrEnum):
    """Where a payment to one of our addresses stands."""

    SEEN = "seen"
    """In no block: never yet, or no longer."""
    MINED = "mined"
    """In a block."""
    DROPPED = "dropped"
    """Gone for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutRequest:
    """A payout to make. The provider must not take it after `valid_until`, however late it arrives."""

    client_id: str
    network: Network
    asset: str
    address: str
    amount: Decimal
    valid_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutView:
    """A payout as the provider shows it. `code` says why it was refused; `network_fee` is what the network took."""

    client_id: str
    status: PayoutStatus
    txid: str = ""
    network_fee: Decimal | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider answered: it has the payout, and this is how it stands."""

    view: PayoutView


@dataclass(frozen=True, slots=True)
class Refused:
    """Proven: the provider did not take it, nothing left, and nothing will."""

    code: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may or may not have been taken. Ask by client id; never send again."""

    reason: str


Outcome = Accepted | Refused | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One output of a transaction to one of our addresses; `confirmations` counts its own block as the first."""

    network: Network
    asset: str
    address: str
    amount: Decimal
    txid: str
    vout: int
    status: IncomingStatus
    confirmations: int


@dataclass(frozen=True, slots=True)
class IncomingPage:
    """Payments, oldest change first, and the cursor to go on from."""

    items: tuple[Incoming, ...]
    cursor: str


class CustodyProvider(Protocol):
    """Somebody who holds money for us. Any call may raise CustodyUnavailable, except `submit_withdrawal`."""

    name: str

    def new_address(self, network: Network, asset: str, client_id: str) -> str:
        """Return an address of ours; the same client id gives the same address for ever."""
        ...

    def validate_address(self, network: Network, address: str) -> bool:
        """Return whether the provider would pay to the address."""
        ...

    def submit_withdrawal(self, request: PayoutRequest) -> Outcome:
        """Hand a payout over, once. The same client id never pays twice. Raises nothing: no answer is Unknown."""
        ...

    def get_withdrawal(self, client_id: str) -> PayoutView | None:
        """Return how a payout stands, or None when the provider has none of this client id."""
        ...

    def list_deposits(self, since: str) -> IncomingPage:
        """Return payments that changed after the cursor ("": from the beginning).

        What is not final at a cursor is repeated until it is: more confirmations, another block, gone for good.
        """
        ...
