"""The venues there are, and opening one with a customer's key (only where the ring TRADING is held)."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import PUBLIC, current_tenant_schema, in_schema
from apps.core.sealing import open_field
from apps.trading.exchanges.choices import ConnectionState, Mode
from apps.trading.exchanges.errors import ConnectionNotActive, NoAccountOffered, VenueRefused, VenueUnavailable
from apps.trading.exchanges.gateways.ccxt_gateway import CcxtGateway
from apps.trading.exchanges.gateways.port import VenuePort
from apps.trading.exchanges.models import Connection, Venue
from apps.trading.exchanges.operations.connections import record_balances, record_check
from apps.trading.exchanges.queries import (
    RequestAccount,
    VenueWay,
    get_connection,
    list_account_offers,
    remember_way,
    venue_settings,
    way_to,
)

VENUES = ({"code": "sandbox", "title": "Outcry Sandbox", "ccxt_id": "binance", "mode": Mode.PAPER.value},)


@dataclass(frozen=True, slots=True)
class VenueCredentials:
    """What a private stream needs; the key never shows in a log or a traceback."""

    ccxt_id: str
    settings: dict[str, Any] = field(repr=False)
    """Constructor settings for ccxt or ccxt.pro, apiKey and secret included."""


def seed_venues() -> int:
    """Make the venues that are not there yet; return how many that were."""
    with in_schema(PUBLIC):
        return sum(Venue.objects.get_or_create(code=row["code"], defaults=row)[1] for row in VENUES)


def register_venue(
    code: str,
    settings: Callable[[], dict[str, Any]],
    request_account: RequestAccount | None = None,
    *,
    fee_on_top: Decimal = Decimal(0),
) -> None:
    """Say how this process reaches a venue (ccxt's constructor settings), and how an account is opened there.

    `fee_on_top` is what a purchase costs besides, in quote, as a share of its worth; orders reserve it. Called in
    `ready()` by the app that owns the venue.
    """
    remember_way(code, VenueWay(settings, request_account, fee_on_top))


def request_account(*, actor: Actor, owner_id: UUID, venue: str) -> UUID:
    """Have an account opened at a venue that offers it; return the connection, which becomes active a moment later.

    Raises AlreadyConnected, NotYourConnection, NoAccountOffered.
    """
    opening = way_to(venue).request_account if venue in list_account_offers() else None
    if opening is None:
        raise NoAccountOffered(field="venue", venue=venue)
    return opening(actor=actor, owner_id=owner_id)


def check_connection(*, connection_id: UUID) -> None:
    """Ask the venue for the balances of an active connection and store them, or what was wrong. Trading workers."""
    system = Actor.system("exchanges")
    try:
        balances = open_venue(connection_id).balances()
    except (VenueUnavailable, VenueRefused) as error:
        record_check(actor=system, connection_id=connection_id, error=error.text)
        return
    record_balances(actor=system, connection_id=connection_id, balances=balances, seen_at=now())
    record_check(actor=system, connection_id=connection_id)


def request_check(*, connection_id: UUID, owner_id: UUID) -> None:
    """Have a worker check a customer's connection soon. Raises ConnectionMissing."""
    from apps.trading.exchanges.tasks import check  # the task calls this module

    found = get_connection(connection_id, owner_id=owner_id)
    check.apply_async((current_tenant_schema(), str(found.pk)), queue="trading")


_open = threading.local()


def open_venue(connection_id: UUID) -> VenuePort:
    """Return the port of an active connection of this tenant; one client for each connection and thread is kept.

    Raises ConnectionMissing, ConnectionNotActive, and KeyRingMissing in a process that may not trade.
    """
    connection = _active(connection_id)
    ports: dict[tuple[str, UUID], CcxtGateway] = _open.__dict__.setdefault("ports", {})
    sealed: dict[tuple[str, UUID], bytes] = _open.__dict__.setdefault("sealed", {})
    key = (current_tenant_schema(), connection.pk)
    if key in ports and sealed[key] != bytes(connection.api_key):  # the account was set anew
        ports.pop(key).close()
    if key not in ports:
        sealed[key] = bytes(connection.api_key)
        ports[key] = CcxtGateway(
            ccxt_id=connection.venue.ccxt_id,
            settings=venue_settings(connection.venue.code),
            api_key=open_field(connection, "api_key"),
            api_secret=open_field(connection, "api_secret"),
        )
    return ports[key]


def close_venues() -> None:
    """Close this thread's clients (tests, and processes that end)."""
    for port in _open.__dict__.pop("ports", {}).values():
        port.close()


def open_credentials(connection_id: UUID) -> VenueCredentials:
    """Return settings and key of an active connection, for a private stream. Raises as `open_venue` does."""
    connection = _active(connection_id)
    keys = {"apiKey": open_field(connection, "api_key"), "secret": open_field(connection, "api_secret")}
    return VenueCredentials(connection.venue.ccxt_id, {**venue_settings(connection.venue.code), **keys})


def _active(connection_id: UUID) -> Connection:
    connection = get_connection(connection_id)
    if connection.state != ConnectionState.ACTIVE:
        raise ConnectionNotActive(state=connection.get_state_display().lower())
    return connection
