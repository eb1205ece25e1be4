"""The venues there are, and opening one with a customer's key (only where the ring TRADING is held)."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import PUBLIC, current_tenant_schema, in_schema
from apps.core.sealing import open_field
from apps.trading.exchanges.catalogue.venues import TESTED, get_exchange
from apps.trading.exchanges.choices import ConnectionState, IdStyle, Mode
from apps.trading.exchanges.errors import ConnectionNotActive, NoAccountOffered, VenueRefused, VenueUnavailable
from apps.trading.exchanges.gateways.ccxt_gateway import CcxtGateway
from apps.trading.exchanges.gateways.contract_gateway import CLIENTS, SpotAndContracts, contract_settings
from apps.trading.exchanges.gateways.port import VenuePort
from apps.trading.exchanges.gateways.unified_gateway import UnifiedGateway
from apps.trading.exchanges.models import Connection, Venue
from apps.trading.exchanges.operations.connections import record_balances, record_check
from apps.trading.exchanges.operations.markets import VenueMarketStore
from apps.trading.exchanges.operations.metering import instrument_client
from apps.trading.exchanges.queries import (
    RequestAccount,
    VenueWay,
    get_connection,
    list_account_offers,
    list_orders_at_venue,
    other_hosts,
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
    """Make the venues that are not there yet (the sandbox and the tested exchanges); return how many that were."""
    tested = [
        {"code": name, "title": get_exchange(name).name, "ccxt_id": name, "mode": Mode.LIVE.value} for name in TESTED
    ]
    with in_schema(PUBLIC):
        return sum(Venue.objects.get_or_create(code=row["code"], defaults=row)[1] for row in (*VENUES, *tested))


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
        record_check(actor=system, connection_id=connection_id, error=error.text, problem=error.code.partition(".")[2])
        return
    record_balances(actor=system, connection_id=connection_id, balances=balances, seen_at=now())
    record_check(actor=system, connection_id=connection_id)


def request_check(*, connection_id: UUID, owner_id: UUID) -> None:
    """Have a worker check a customer's connection soon. Raises ConnectionMissing."""
    from apps.trading.exchanges.tasks import check  # the task calls this module

    found = get_connection(connection_id, owner_id=owner_id)
    check.apply_async((current_tenant_schema(), str(found.pk)), queue="trading")


_ports: dict[tuple[str, UUID], tuple[bytes, CcxtGateway]] = {}
_ports_lock = threading.Lock()
BINANCE_PROTOCOL = frozenset({"binance"})
"""Adapters that are spoken to in Binance's words; all others by their unified answers."""
POOL = 64
"""Clients a process keeps; the one used longest ago makes room."""


def open_venue(connection_id: UUID) -> VenuePort:
    """Return the port of an active connection of this tenant; one client for each connection and process is kept.

    Raises ConnectionMissing, ConnectionNotActive, and KeyRingMissing in a process that may not trade.
    """
    connection = _active(connection_id)
    name, sealed = (current_tenant_schema(), connection.pk), bytes(connection.api_key)
    with _ports_lock:
        known = _ports.pop(name, None)
        if known is not None and known[0] == sealed:
            _ports[name] = known  # newest last
            return known[1]
    if known is not None:  # the account was set anew, or has another key
        known[1].close()
    made = connect_gateway(
        connection,
        api_key=open_field(connection, "api_key"),
        api_secret=open_field(connection, "api_secret"),
        passphrase=open_field(connection, "passphrase"),
    )
    made.may_trade = connection.can_trade is not False
    with _ports_lock:
        _ports[name] = (sealed, made)
        ousted = [_ports.pop(next(iter(_ports)))[1] for _ in range(len(_ports) - POOL)]
    for port in ousted:
        port.close()
    return made


def connect_gateway(connection: Connection, *, api_key: str, api_secret: str, passphrase: str = "") -> CcxtGateway:
    """Return a client of a connection's venue whose requests are counted, with the markets that are kept."""
    venue = connection.venue
    settings = venue_settings(venue.code)
    kind = SpotAndContracts if venue.ccxt_id in BINANCE_PROTOCOL else UnifiedGateway
    gateway = kind(
        ccxt_id=venue.ccxt_id, settings=settings, api_key=api_key, api_secret=api_secret, passphrase=passphrase
    )
    tested = TESTED.get(venue.ccxt_id)
    ids = tested.client_ids if tested is not None else None
    others = other_hosts(venue.code)
    gateway.use(
        meter=lambda client: instrument_client(
            client, venue=venue.code, host=host_of(client), key=str(connection.pk), others=others
        ),
        markets=VenueMarketStore(venue),
        ids=None if ids is None else (ids.param, ids.longest),
    )
    if isinstance(gateway, UnifiedGateway):
        style = IdStyle.PLAIN if ids is None else ids.style
        gateway.name_by(style, lambda: list_orders_at_venue(connection.pk))
    return gateway


def host_of(client: Any) -> str:
    """Return the host a client's requests go to, as the breaker names it."""
    found: Any = client.urls.get("api")
    while isinstance(found, dict):
        found = next(iter(found.values()))
    return urlsplit(str(found)).netloc or "main"


def close_venues() -> None:
    """Close this process's clients (tests, and processes that end)."""
    with _ports_lock:
        ports = [port for _, port in _ports.values()]
        _ports.clear()
    for port in ports:
        port.close()


def open_credentials(connection_id: UUID) -> VenueCredentials:
    """Return settings and key of an active connection, for a private stream. Raises as `open_venue` does."""
    connection = _active(connection_id)
    keys = {"apiKey": open_field(connection, "api_key"), "secret": open_field(connection, "api_secret")}
    if connection.passphrase:
        keys["password"] = open_field(connection, "passphrase")
    return VenueCredentials(connection.venue.ccxt_id, {**venue_settings(connection.venue.code), **keys})


def open_contract_credentials(connection_id: UUID) -> VenueCredentials | None:
    """Return settings and key for the private stream of a connection's contracts; None where we know no contracts.

    Raises as `open_venue` does.
    """
    found = open_credentials(connection_id)
    client = CLIENTS.get(found.ccxt_id)
    return None if client is None else VenueCredentials(client, contract_settings(found.settings))


def _active(connection_id: UUID) -> Connection:
    connection = get_connection(connection_id)
    if connection.state != ConnectionState.ACTIVE:
        raise ConnectionNotActive(state=connection.get_state_display().lower())
    return connection
