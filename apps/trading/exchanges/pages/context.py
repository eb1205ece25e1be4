"""What the page of connections is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from apps.core.clock import now
from apps.core.ids import uuid7
from apps.core.templatetags.ui import age, amount, trimmed
from apps.core.view import Fact, State
from apps.trading.exchanges import queries
from apps.trading.exchanges.choices import ConnectionState, Mode, VenueCondition
from apps.trading.exchanges.models import Connection, VenueState

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
    """A connection. `check_url` is "" while there is no key to check; `no_balances` says why there are none to show."""

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
    detail_url: str = ""
    health: State | None = None
    no_balances: str = "Balances appear after the first answer from the exchange."


@dataclass(frozen=True, slots=True)
class Incident:
    """An exchange of the customer's that does not work as it should."""

    title: str
    sentence: str
    tone: str


@dataclass(frozen=True, slots=True)
class ConnectionsPage:
    """All of it."""

    incidents: Sequence[Incident]
    new_url: str
    catalogue_url: str
    connections: Sequence[ConnectionCard]
    can_connect_sandbox: bool
    connect_url: str
    idempotency_key: str
    start_funds: str


def connections_page(owner_id: UUID) -> ConnectionsPage:
    """Return what the page of a customer shows; revoked connections are not shown."""
    found = [row for row in queries.list_connections(owner_id) if row.state != ConnectionState.REVOKED]
    open_venues = {row.venue.code for row in found}
    health = queries.list_health()
    return ConnectionsPage(
        incidents=incidents(owner_id),
        new_url=reverse("exchanges-new"),
        catalogue_url=reverse("exchange-catalogue"),
        connections=[connection_card(row, health.get(row.venue.code)) for row in found],
        can_connect_sandbox="sandbox" in queries.list_account_offers() and "sandbox" not in open_venues,
        connect_url=reverse("exchanges-connect"),
        idempotency_key=str(uuid7()),
        start_funds=START_FUNDS,
    )


def incidents(owner_id: UUID) -> list[Incident]:
    """Return what a customer should know of the exchanges he is connected to."""
    return [
        Incident(
            row.venue.title,
            f"{row.get_condition_display()} since {row.since:%H:%M} UTC. {row.reason}",
            "danger" if row.condition == VenueCondition.DOWN else "warn",
        )
        for row in queries.list_incidents(owner_id)
    ]


def connection_card(row: Connection, health: VenueState | None) -> ConnectionCard:
    """Return a connection as the list and its own page show it."""
    facts = [Fact("Connected", f"{row.created_at:%-d %b %Y}"), Fact("Last answer", age(row.last_checked_at))]
    if row.key_hint:
        facts.insert(0, Fact("Key", f"…{row.key_hint}{_key_age(row)}"))
    if row.can_trade is not None:
        facts.insert(1, Fact("May", "read and trade" if row.can_trade else "read only"))
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
        check_url=reverse("exchanges-check", args=[row.pk]) if row.state == ConnectionState.ACTIVE else "",
        remove_url=reverse("exchanges-revoke", args=[row.pk]),
        reset_url=reverse("orders-reset-paper", args=[row.pk]) if _can_be_reset(row) else "",
        idempotency_key=str(uuid7()),
        detail_url=reverse("exchanges-detail", args=[row.pk]),
        health=condition_state(health),
        no_balances=NO_BALANCES[row.state == ConnectionState.REFUSED],
    )  # fmt: skip


NO_BALANCES = {
    False: "Balances appear after the first answer from the exchange.",
    True: "There is no key: enter another one on the page of this connection.",
}


def condition_state(health: VenueState | None) -> State:
    """Return the condition of an exchange as a dot and a sentence."""
    if health is None:
        return State("off", "Not looked at yet")
    return in_condition(health.condition, health.reason)


def in_condition(condition: str, reason: str) -> State:
    """Return a condition and its reason as a dot and a sentence."""
    found = VenueCondition(condition)
    return State(TONES[found], f"{found.label}. {reason}" if reason else str(found.label))


TONES = {
    VenueCondition.UNKNOWN: "off",
    VenueCondition.OPERATIONAL: "good",
    VenueCondition.DEGRADED: "warn",
    VenueCondition.DOWN: "danger",
    VenueCondition.MAINTENANCE: "warn",
}


def _key_age(row: Connection) -> str:
    if row.key_since is None or row.mode == Mode.PAPER:
        return ""
    days = (now() - row.key_since).days
    return {0: ", new today", 1: ", 1 day old"}.get(days, f", {days} days old")


def _can_be_reset(row: Connection) -> bool:
    return row.mode == Mode.PAPER and row.state == ConnectionState.ACTIVE


def _shown(value: object, asset: str) -> str:
    return amount(value, 2) if asset == "USDT" else trimmed(value, 8)


def _state(row: Connection) -> State:
    if row.state == ConnectionState.REFUSED:
        return State("danger", "The key was refused")
    if row.state == ConnectionState.OPENING and row.mode == Mode.LIVE:
        return State("warn", row.last_error) if row.last_error else State("wait", "The exchange is asked about the key")
    if row.state == ConnectionState.OPENING:
        if row.last_error:
            return State("warn", "The account could not be opened yet; we keep trying")
        return State("wait", "The exchange is opening the account")
    return State("warn", row.last_error) if row.last_error else State("good", "Connected")
