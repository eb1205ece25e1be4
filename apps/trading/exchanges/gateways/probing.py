"""Trying a key: the exchange's clock, what the key may do, and the account. Nothing is changed at the exchange."""

import re
from dataclasses import dataclass
from typing import Any

from apps.core.errors import DomainError
from apps.trading.exchanges.errors import (
    AddressBanned,
    ClockOff,
    ExchangeSilent,
    KeyCannotRead,
    KeyMayWithdraw,
    KeyNotAccepted,
    SecretWrong,
)
from apps.trading.exchanges.gateways.ccxt_gateway import NOT_SENT, CcxtGateway
from apps.trading.exchanges.gateways.outcomes import code_of
from apps.trading.exchanges.gateways.port import Balance
from apps.trading.exchanges.gateways.rights import Rights, read_rights

WRONG_SIGNATURE = re.compile(r"\bsign(ature)?\b|-1022", re.IGNORECASE)
SAID_SIGNATURE = re.compile(r"invalid signature", re.IGNORECASE)
SAID_ADDRESS = re.compile(r"\bip\b[^\"]*\bwhite ?list", re.IGNORECASE)
"""What exchanges say of a signature or an address that the library takes for any mistake."""
BAN = re.compile(r"\bbanned\b|\b418\b", re.IGNORECASE)
NOTED_OFFSET_MS = 1_000
"""A clock that is off by more is worth a word to the customer, although requests carry the exchange's time."""


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """A key that works: its rights, the account's balances, and the exchange's clock minus ours."""

    rights: Rights
    balances: list[Balance]
    clock_offset_ms: int


def probe_key(gateway: CcxtGateway, *, ccxt_id: str, venue: str, address: str) -> KeyFacts:
    """Try the key of a gateway and return what it is good for.

    `venue` is the exchange's title, `address` a sentence about ours, both for the customer. Raises KeyMayWithdraw,
    SecretWrong, KeyNotAccepted, KeyCannotRead (the key is no good) and AddressBanned, ClockOff, ExchangeSilent (try
    again later).
    """
    try:
        gateway.prepare()
        rights = read_rights(gateway.client, ccxt_id)
        if rights.can_withdraw:
            raise KeyMayWithdraw(venue=venue)
        if rights.can_read is False:
            raise KeyCannotRead(venue=venue)
        return KeyFacts(rights, gateway.balances(), gateway.clock_offset_ms)
    except NOT_SENT as error:
        raise ExchangeSilent(error.text) from error
    except (KeyMayWithdraw, KeyCannotRead):
        raise
    except Exception as error:
        raise _explained(error, gateway, venue=venue, address=address) from error


def _explained(error: Exception, gateway: CcxtGateway, *, venue: str, address: str) -> DomainError:
    """Return the sentence for what an exchange answered to a key."""
    import ccxt

    original = error.__cause__ if error.__cause__ is not None else error
    answer, text = gateway.client.last_json_response, str(original)
    code = code_of(answer)
    if isinstance(original, NOT_SENT):
        return ExchangeSilent(original.text)
    if isinstance(original, ccxt.DDoSProtection | ccxt.RateLimitExceeded) and (code == -1003 or BAN.search(text)):
        return AddressBanned(venue=venue, seconds=_seconds(gateway.client.last_response_headers))
    if isinstance(original, ccxt.InvalidNonce) or code == -1021:
        gateway.forget_clock()
        return ClockOff(venue=venue, offset=f"{abs(gateway.clock_offset_ms) / 1_000:.1f}")
    if code == -1022 or (isinstance(original, ccxt.AuthenticationError) and WRONG_SIGNATURE.search(text)):
        return SecretWrong(venue=venue)
    if isinstance(original, ccxt.ExchangeError) and SAID_SIGNATURE.search(text):
        return SecretWrong(venue=venue)
    said = isinstance(original, ccxt.AuthenticationError) or SAID_ADDRESS.search(text)
    if code in (-2014, -2015) or said:
        return KeyNotAccepted(venue=venue, address=address)
    return ExchangeSilent(venue=venue)


def _seconds(headers: Any) -> int:
    told = str((headers or {}).get("Retry-After", (headers or {}).get("retry-after", "")))
    return int(told) if told.isdigit() else 120
