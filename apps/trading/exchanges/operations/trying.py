"""Trying a key that waits, at the exchange, outside any transaction. Only where the ring TRADING is held."""

from uuid import UUID

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.sealing import open_field
from apps.trading.exchanges.choices import ConnectionState
from apps.trading.exchanges.errors import (
    AddressBanned,
    ClockOff,
    ExchangeSilent,
    KeyCannotRead,
    KeyMayWithdraw,
    KeyNotAccepted,
    SecretWrong,
)
from apps.trading.exchanges.gateways.probing import NOTED_OFFSET_MS, KeyFacts, probe_key
from apps.trading.exchanges.models import Connection
from apps.trading.exchanges.operations.connections import record_balances
from apps.trading.exchanges.operations.keys import NewKey, TriedKey, accept_key, postpone_key, refuse_key
from apps.trading.exchanges.operations.venues import connect_gateway
from apps.trading.exchanges.queries import address_in_words, get_connection

SYSTEM = Actor.system("exchanges")
NO_GOOD = (KeyMayWithdraw, SecretWrong, KeyNotAccepted, KeyCannotRead)
LATER = (AddressBanned, ClockOff, ExchangeSilent)


def try_key(*, connection_id: UUID) -> Connection:
    """Ask the exchange about the key that waits at a connection, and accept it, destroy it, or try again later.

    A connection without a waiting key stays as it is. Raises ConnectionMissing.
    """
    connection = get_connection(connection_id)
    sealed = bytes(connection.next_key)
    if not sealed or connection.state not in (ConnectionState.OPENING, ConnectionState.ACTIVE):
        return connection
    names = ("next_key", "next_secret", "next_passphrase")
    key = NewKey(*(open_field(connection, name) for name in names))
    gateway = connect_gateway(connection, api_key=key.api_key, api_secret=key.secret, passphrase=key.passphrase)
    title = connection.venue.title
    try:
        facts = probe_key(gateway, ccxt_id=connection.venue.ccxt_id, venue=title, address=address_in_words())
    except NO_GOOD as error:
        problem = error.code.partition(".")[2]
        return refuse_key(
            actor=SYSTEM, connection_id=connection_id, problem=problem, reason=error.text, sealed=sealed
        )  # fmt: skip
    except LATER as error:
        problem = error.code.partition(".")[2]
        postpone_key(actor=SYSTEM, connection_id=connection_id, problem=problem, reason=error.text)
        return get_connection(connection_id)
    finally:
        gateway.close()
    tried = TriedKey(facts.rights.can_trade, facts.rights.is_ip_bound, _word(connection, facts))
    accepted = accept_key(actor=SYSTEM, connection_id=connection_id, key=key, tried=tried, sealed=sealed)
    record_balances(actor=SYSTEM, connection_id=connection_id, balances=facts.balances, seen_at=now())
    return accepted


def _word(connection: Connection, facts: KeyFacts) -> str:
    """Return what the owner should know of a key that was accepted."""
    words = []
    if facts.rights.can_trade is False:
        words.append("It can only read: balances are shown, orders are refused.")
    if facts.rights.can_withdraw is None:
        words.append("The exchange does not tell what this key may do: make sure there that withdrawals are off.")
    if facts.rights.is_ip_bound is False:
        words.append(f"It is good from any address; bind it to ours. {address_in_words()}")
    if abs(facts.clock_offset_ms) > NOTED_OFFSET_MS:
        seconds = abs(facts.clock_offset_ms) / 1_000
        words.append(f"Our clock and the exchange's differ by {seconds:.1f} s; requests carry the exchange's time.")
    return " ".join(words)
