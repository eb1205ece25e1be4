"""What the page of connections is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from apps.core.ids import uuid7
from apps.core.templatetags.ui import age, amount, trimmed
from apps.core.view import Fact, State
from apps.trading.exchanges import queries
from apps.trading.exchanges.choices import ConnectionState, Mode
from apps.trading.exchanges.models import Connection

START_FUNDS = "50,000.00 USDT"


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """An asset on an account."""

    asset: str
    free: str
    locked: str
    total: str


@dataclass(frozen=True, slots=True)
class ConnectionCard:
    """A connection."""

    name: str
    kind: str
    mode: str
    state: State
    facts: Sequence[Fact]
    balances: Sequence[BalanceRow]
    check_url: str
    remove_url: str
    reset_url: str
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class ConnectionsPage:
    """All of it."""

    connections: Sequence[ConnectionCard]
    can_connect_sandbox: bool
    connect_url: str
    idempotency_key: str
    start_funds: str


def connections_page(owner_id: UUID) -> ConnectionsPage:
    """Return what the page of a customer shows; revoked connections are not shown."""
    found = [row for row in queries.list_connections(owner_id) if row.state != ConnectionState.REVOKED]
    open_venues = {row.venue.code for row in found}
    return ConnectionsPage(
        connections=[_card(row) for row in found],
        can_connect_sandbox="sandbox" in queries.list_account_offers() and "sandbox" not in open_venues,
        connect_url=reverse("exchanges-connect"),
        idempotency_key=str(uuid7()),
        start_funds=START_FUNDS,
    )


def _card(row: Connection) -> ConnectionCard:
    facts = [Fact("Connected", f"{row.created_at:%-d %b %Y}"), Fact("Last answer", age(row.last_checked_at))]
    if row.key_hint:
        facts.insert(0, Fact("Key", f"…{row.key_hint}"))
    if row.last_error:
        facts.append(Fact("Last problem", row.last_error))
    return ConnectionCard(
        name=row.label,
        kind=row.venue.title,
        mode=row.mode,
        state=_state(row),
        facts=facts,
        balances=[
            BalanceRow(item.asset, _shown(item.free, item.asset), _shown(item.locked, item.asset),
                       _shown(item.free + item.locked, item.asset))
            for item in sorted(row.balances.all(), key=lambda item: item.asset)
        ],
        check_url=reverse("exchanges-check", args=[row.pk]),
        remove_url=reverse("exchanges-revoke", args=[row.pk]),
        reset_url=reverse("orders-reset-paper", args=[row.pk]) if _can_be_reset(row) else "",
        idempotency_key=str(uuid7()),
    )  # fmt: skip


def _can_be_reset(row: Connection) -> bool:
    return row.mode == Mode.PAPER and row.state == ConnectionState.ACTIVE


def _shown(value: object, asset: str) -> str:
    return amount(value, 2) if asset == "USDT" else trimmed(value, 8)


def _state(row: Connection) -> State:
    if row.state == ConnectionState.OPENING:
        if row.last_error:
            return State("warn", "The account could not be opened yet; we keep trying")
        return State("wait", "The exchange is opening the account")
    return State("warn", row.last_error) if row.last_error else State("good", "Connected")
