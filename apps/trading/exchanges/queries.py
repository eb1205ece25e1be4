"""Reading venues, connections and balances."""

import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.errors import Defect
from apps.trading.exchanges.catalogue.fees import base_taker_fee
from apps.trading.exchanges.catalogue.venues import TESTED, list_exchange_ids
from apps.trading.exchanges.choices import ConnectionState, VenueCondition
from apps.trading.exchanges.errors import ConnectionMissing, VenueUnknown
from apps.trading.exchanges.gateways.ccxt_gateway import client_settings
from apps.trading.exchanges.gateways.dialects import DIALECTS
from apps.trading.exchanges.gateways.order_kinds import AMENDS, LISTS, NATIVE, PLAIN
from apps.trading.exchanges.gateways.port import OrderKind
from apps.trading.exchanges.gateways.unified_gateway import OrderAtVenue
from apps.trading.exchanges.models import (
    Connection,
    ConnectionBalance,
    KeyActivity,
    Venue,
    VenueMaintenance,
    VenueMarkets,
    VenueState,
    VenueStateChange,
)


class RequestAccount(Protocol):
    """A question upward: have an account opened for a customer; returns the connection's id."""

    def __call__(self, *, actor: Actor, owner_id: UUID) -> UUID:
        """Ask for the account, in the caller's transaction. Raises AlreadyConnected."""
        ...


class ListOrdersAtVenue(Protocol):
    """A question upward: which orders of a connection are not over."""

    def __call__(self, connection_id: UUID) -> Sequence[OrderAtVenue]:
        """Return them, those that were never sent too."""
        ...


@dataclass(frozen=True, slots=True)
class VenueWay:
    """How a venue is reached (ccxt's settings), how an account is opened there, if it can be, and what buying costs."""

    settings: Callable[[], dict[str, Any]]
    request_account: RequestAccount | None = None
    fee_on_top: Decimal = Decimal(0)
    """The most that a purchase costs on top in quote, as a share of its worth; 0 where the fee is taken from what is
    received, as most venues do."""
    other_hosts: tuple[str, ...] = ()
    """Hosts that serve the same accounts, asked while the first one fails."""


_venues: dict[str, VenueWay] = {}
REAL = VenueWay(dict)
"""An exchange of the list is reached at its own address."""


@dataclass(frozen=True, slots=True)
class VenueFacts:
    """What a page needs to know of a venue."""

    code: str
    title: str
    mode: str


def list_venues() -> list[VenueFacts]:
    """Return the venues by title."""
    return [VenueFacts(venue.code, venue.title, venue.mode) for venue in Venue.objects.order_by("title")]


def get_connection(connection_id: UUID, *, owner_id: UUID | None = None) -> Connection:
    """Return a connection, or raise ConnectionMissing; with `owner_id` only a connection of that customer."""
    found = Connection.objects.select_related("venue").filter(pk=connection_id)
    if owner_id is not None:
        found = found.filter(owner_id=owner_id)
    connection = found.first()
    if connection is None:
        raise ConnectionMissing
    return connection


def list_connections(owner_id: UUID) -> QuerySet[Connection]:
    """Return a customer's connections, newest first, with venue and balances."""
    return (
        Connection.objects.filter(owner_id=owner_id)
        .select_related("venue")
        .prefetch_related("balances")
        .order_by("-id")
    )


def get_open_connection(owner_id: UUID, venue: str) -> Connection | None:
    """Return the customer's connection to a venue that is not revoked, or None."""
    return (
        Connection.objects.select_related("venue")
        .filter(owner_id=owner_id, venue__code=venue)
        .exclude(state=ConnectionState.REVOKED)
        .first()
    )


def list_active_connections() -> list[Connection]:
    """Return all active connections of this tenant, oldest first: what the account streams follow."""
    return list(Connection.objects.select_related("venue").filter(state=ConnectionState.ACTIVE).order_by("id"))


def list_balances(connection_id: UUID) -> list[ConnectionBalance]:
    """Return the balances last seen on a connection, by asset."""
    return list(ConnectionBalance.objects.filter(connection_id=connection_id).order_by("asset"))


def venue_settings(code: str) -> dict[str, Any]:
    """Return constructor settings for ccxt and ccxt.pro that lead to a venue from here, or raise VenueUnknown."""
    made = client_settings(way_to(code).settings())
    return {**made, "options": {**made["options"], **DIALECTS[code].options}} if code in DIALECTS else made


_list_orders_at_venue: list[ListOrdersAtVenue] = []


def register_orders_at_venue(answer: ListOrdersAtVenue) -> None:
    """Say who knows the orders that are not over (called in `ready()` by the app that owns orders)."""
    _list_orders_at_venue[:] = [answer]


def list_orders_at_venue(connection_id: UUID) -> Sequence[OrderAtVenue]:
    """Return the orders of a connection that are not over, as their owner knows them; none where nobody knows."""
    return _list_orders_at_venue[0](connection_id) if _list_orders_at_venue else ()


def list_account_offers() -> list[str]:
    """Return the codes of venues where a customer can have an account opened (without a key of his own)."""
    return sorted(code for code, way in _venues.items() if way.request_account is not None)


def way_to(code: str) -> VenueWay:
    """Return how a venue is reached, or raise VenueUnknown."""
    if code not in _venues:
        if code not in list_exchange_ids():
            raise VenueUnknown(venue=code)
        return REAL
    return _venues[code]


def other_hosts(code: str) -> tuple[str, ...]:
    """Return the hosts that serve a venue's accounts beside its main one. Raises VenueUnknown."""
    way = way_to(code)
    if way is not REAL:
        return way.other_hosts  # never the real exchange's, whatever its protocol
    return TESTED[code].other_hosts if code in TESTED else ()


def fee_on_top(code: str) -> Decimal:
    """Return the share of its worth that a purchase at a venue may cost besides, in quote. Raises VenueUnknown."""
    return way_to(code).fee_on_top


def has_kind(ccxt_id: str, kind: OrderKind) -> bool:
    """Return whether a venue watches orders of a kind itself."""
    return kind in NATIVE.get(ccxt_id, PLAIN)


def has_pairs(ccxt_id: str) -> bool:
    """Return whether a venue takes two exits as one list, of which one cancels the other."""
    return ccxt_id in LISTS


def has_amend(ccxt_id: str) -> bool:
    """Return whether a venue makes a resting order smaller without its losing its place."""
    return ccxt_id in AMENDS


def remember_way(code: str, way: VenueWay) -> None:
    """Keep how a venue is reached (called through `operations.register_venue`); a second, different one is a defect."""
    if _venues.get(code, way) != way:
        raise Defect(f"The venue {code} is registered twice.")
    _venues[code] = way


def get_venue(code: str) -> Venue:
    """Return a venue, or raise VenueUnknown."""
    found = Venue.objects.filter(code=code).first()
    if found is None:
        raise VenueUnknown(venue=code)
    return found


def address_in_words() -> str:
    """Return the sentence that says from which addresses our requests come (setting EGRESS_ADDRESSES)."""
    addresses = list(getattr(settings, "EGRESS_ADDRESSES", ()))
    if not addresses:
        return "Our requests come from the public address of this server; its operator knows it."
    return f"Our requests come from {', '.join(addresses)}."


def list_activity(connection_id: UUID, limit: int = 50) -> list[KeyActivity]:
    """Return what happened to a connection's key, newest first."""
    return list(KeyActivity.objects.filter(connection_id=connection_id).order_by("-id")[:limit])


def get_health(venue: str) -> VenueState | None:
    """Return how an exchange was at the last look, or None when it was never looked at."""
    return VenueState.objects.filter(venue__code=venue).select_related("venue").first()


def list_health() -> dict[str, VenueState]:
    """Return how every exchange was at the last look, by code."""
    return {row.venue.code: row for row in VenueState.objects.select_related("venue")}


def list_changes(venue: str, limit: int = 20) -> list[VenueStateChange]:
    """Return when the condition of an exchange changed, newest first."""
    return list(VenueStateChange.objects.filter(venue__code=venue).order_by("-began_at", "-id")[:limit])


def list_incidents(owner_id: UUID) -> list[VenueState]:
    """Return the exchanges a customer is connected to that do not work as they should."""
    codes = (
        Connection.objects.filter(owner_id=owner_id, state__in=[ConnectionState.ACTIVE, ConnectionState.OPENING])
        .values_list("venue__code", flat=True)
        .distinct()
    )
    wrong = [VenueCondition.DEGRADED, VenueCondition.DOWN, VenueCondition.MAINTENANCE]
    return list(
        VenueState.objects.filter(venue__code__in=list(codes), condition__in=wrong)
        .select_related("venue")
        .order_by("venue__title")
    )


def list_maintenance(venue: str) -> list[VenueMaintenance]:
    """Return the maintenance windows of an exchange that run or are to come, soonest first."""
    return list(
        VenueMaintenance.objects.filter(venue__code=venue, ends_at__gt=now(), cancelled_at__isnull=True).order_by(
            "begins_at"
        )
    )


def list_market_versions(venue: str, limit: int = 5) -> list[VenueMarkets]:
    """Return the newest versions of an exchange's markets and filters, newest first, without their contents."""
    return list(VenueMarkets.objects.filter(venue__code=venue).defer("payload").order_by("-version")[:limit])


def published_taker_fee(venue: str, pair: str) -> Decimal | None:
    """Return the taker fee that an exchange publishes for a pair ("BTC/USDT") as a share; None where it is not known.

    What its markets said at the last reading comes first, then its first tier. Raises VenueUnknown.
    """
    row = get_venue(venue)
    newest = VenueMarkets.objects.filter(venue=row).order_by("-version").first()
    if newest is not None:
        market = json.loads(zlib.decompress(bytes(newest.payload))).get(pair) or {}
        if market.get("taker") is not None:
            return Decimal(str(market["taker"]))
    return base_taker_fee(row.ccxt_id)
