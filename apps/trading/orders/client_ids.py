"""Client order ids: made before anything is sent, the same each time, at most 32 letters and digits for every venue.

`b` + the bot's id (25 digits base 36) + its order number (6 digits), or `m` + the order's own id (25 digits).
Algorithms (`a`), copying (`c`), rebalancing (`r`), the risk guard (`g`) and routed orders (`o`) have ids like bots.
`l` + a group's id is a list. `s` + its id is a trade that staff booked: no venue ever sees it.
"""

import re
from uuid import UUID

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
ID_LENGTH, NUMBER_LENGTH = 25, 6
LETTERS = {"bot": "b", "algo": "a", "copy": "c", "rebalance": "r", "guard": "g", "route": "o"}
OURS = re.compile(r"[bacrgo][0-9a-z]{31}|m[0-9a-z]{25}")


def base36(number: int, length: int) -> str:
    """Return a number in base 36 with leading zeros; raises ValueError when it needs more digits."""
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 36)
        digits.append(DIGITS[digit])
    if number:
        raise ValueError(f"the number needs more than {length} digits")
    return "".join(reversed(digits))


def client_id_of_bot(bot_id: UUID, number: int) -> str:
    """Return the client id of a bot's order `number`."""
    return f"b{base36(bot_id.int, ID_LENGTH)}{base36(number, NUMBER_LENGTH)}"


def client_id_of_origin(origin_kind: str, origin_id: UUID, number: int) -> str:
    """Return the client id of order `number` of a bot, algorithm, copying, rebalancing, guard's request or route."""
    return f"{LETTERS[origin_kind]}{base36(origin_id.int, ID_LENGTH)}{base36(number, NUMBER_LENGTH)}"


def list_id_of(group_id: UUID) -> str:
    """Return the id of a group's list at the venue."""
    return f"l{base36(group_id.int, ID_LENGTH)}"


def client_id_of_order(order_id: UUID) -> str:
    """Return the client id of an order by hand."""
    return f"m{base36(order_id.int, ID_LENGTH)}"


def client_id_of_booked(trade_id: UUID) -> str:
    """Return the client id of a trade that staff booked; it has not the form of what we send."""
    return f"s{base36(trade_id.int, ID_LENGTH)}"


def is_ours(client_id: str) -> bool:
    """Whether a client id has the form that only we give."""
    return OURS.fullmatch(client_id) is not None
