"""Our order ids in the forms that exchanges take, and back. Both ways are functions of the id alone.

Ours are a letter that names the kind of origin, its id as 25 digits base 36, and, for origins of many orders (bots,
algorithms …), the number of the order as 6 more. `m` is an order by hand. PLAIN exchanges take them as they are,
PACKED ones get 28 characters that hold all of it. A UUID holds the id of an order by hand (a UUID of version 7, sent as
version 8); the others do not fit into one and are named by a hash (version 5): what one names is found by comparing
with the orders that are open.
"""

import base64
import hashlib
import re
from uuid import UUID, uuid5

from apps.trading.exchanges.choices import IdStyle

OURS = re.compile(r"([a-su-wyz])([0-9a-z]{25})([0-9a-z]{6})?")
"""No letter is `t`, which the adapter takes for a prefix that is there already, or `x`, which marks a hash."""
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
NAMES = UUID("0f5f27f6-6a3b-5c1e-9d0e-8a5d3f4b7c21")
BY_HAND, HASHED = "m", "x"
PACKED_PREFIX = "t-"
"""What the exchange with packed ids puts before the ids of its customers."""
_HAND, _SENT = 0x7, 0x8
_VERSION_AT = 76


def to_venue(style: IdStyle, ours: str) -> str:
    """Return the id under which an order of ours is sent; different ids of ours never become the same."""
    if style is IdStyle.PACKED:
        return _packed(ours)
    if style is IdStyle.UUID:
        return _as_uuid(ours)
    return ours


def from_venue(style: IdStyle, theirs: str) -> str | None:
    """Return our id that an exchange shows as `theirs`, or None when the text alone does not tell (or is not ours)."""
    if style is IdStyle.PACKED:
        return _unpacked(theirs.removeprefix(PACKED_PREFIX))
    if style is IdStyle.UUID:
        return _from_uuid(theirs)
    return theirs


def _packed(ours: str) -> str:
    match = OURS.fullmatch(ours)
    if match is not None:
        kind, origin, number = match.groups()
        value = int(origin, 36)
        if value < 1 << 128:
            return kind + _characters((bool(number) << 160) | (value << 32) | int(number or "0", 36))
    return HASHED + _characters(int.from_bytes(hashlib.sha256(ours.encode()).digest()[:21], "big") >> 6)


def _unpacked(theirs: str) -> str | None:
    if len(theirs) != 28:
        return None
    try:
        whole = int.from_bytes(base64.urlsafe_b64decode("A" + theirs[1:]), "big")
    except ValueError:
        return None
    value, number = (whole >> 32) & ((1 << 128) - 1), whole & 0xFFFFFFFF
    ours = f"{theirs[0]}{_base36(value, 25)}{_base36(number, 6) if whole >> 160 else ''}"
    return ours if OURS.fullmatch(ours) and _packed(ours) == theirs else None


def _characters(value: int) -> str:
    """Return 162 bits as 27 letters, digits, - and _."""
    return base64.urlsafe_b64encode(value.to_bytes(21, "big")).decode()[1:]


def _as_uuid(ours: str) -> str:
    match = OURS.fullmatch(ours)
    value = int(match[2], 36) if match is not None and match[1] == BY_HAND and not match[3] else 0
    if 0 < value < 1 << 128 and UUID(int=value).version == _HAND:
        return str(UUID(int=value ^ ((_HAND ^ _SENT) << _VERSION_AT)))
    return str(uuid5(NAMES, ours))


def _from_uuid(theirs: str) -> str | None:
    try:
        found = UUID(theirs)
    except ValueError:
        return None
    if found.version != _SENT:
        return None
    return f"{BY_HAND}{_base36(found.int ^ ((_HAND ^ _SENT) << _VERSION_AT), 25)}"


def _base36(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 36)
        digits.append(DIGITS[digit])
    return "".join(reversed(digits))
