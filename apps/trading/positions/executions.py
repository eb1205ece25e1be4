"""Executions of contracts are seen twice: by the order that asked for them, and in the account's list. They are one."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from uuid import UUID

Listener = Callable[[UUID, Sequence[str]], None]
_listeners: list[Listener] = []


def fill_id_of(account_id: UUID, symbol: str, trade_id: str, side: str, at_ms: int) -> UUID:
    """Return the id of an execution, the same from wherever it is seen; it sorts by the venue's time (UUIDv7 form).

    `symbol` is the venue's name ("BTCUSDT"), `side` "buy" or "sell".
    """
    seed = f"{account_id}:{symbol}:{trade_id}:{side}".encode()
    tail = int.from_bytes(sha256(seed).digest()[:10], "big")
    number = (at_ms & (1 << 48) - 1) << 80 | tail
    number = number & ~(0xF << 76) | 7 << 76
    return UUID(int=number & ~(0x3 << 62) | 2 << 62)


def listen(function: Listener) -> None:
    """Have a function told, inside the transaction, which symbols of a connection were executed (orders, at start)."""
    _listeners[:] = [function]


def tell_executions(connection_id: UUID, symbols: Sequence[str]) -> None:
    """Tell who listens."""
    for function in _listeners:
        function(connection_id, symbols)
