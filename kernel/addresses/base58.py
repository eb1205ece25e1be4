"""Base58 with and without a checksum, as Bitcoin, TRON and Solana write addresses."""

import hashlib
from typing import Final

ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES: Final = {letter: value for value, letter in enumerate(ALPHABET)}
CHECKSUM: Final = 4


def encode(raw: bytes) -> str:
    """Return bytes in base58; each zero byte at the start is a "1"."""
    number, letters = int.from_bytes(raw), ""
    while number:
        number, rest = divmod(number, 58)
        letters = ALPHABET[rest] + letters
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + letters


def decode(text: str) -> bytes:
    """Return the bytes of a base58 text; raises ValueError for a letter that base58 does not have."""
    number = 0
    for letter in text:
        if letter not in _VALUES:
            raise ValueError("not base58")
        number = number * 58 + _VALUES[letter]
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


def encode_checked(raw: bytes) -> str:
    """Return bytes in base58 with four bytes of double SHA-256 behind them."""
    return encode(raw + _checksum(raw))


def decode_checked(text: str) -> bytes:
    """Return the bytes of a base58check text without the checksum; raises ValueError when it does not fit."""
    raw = decode(text)
    body, given = raw[:-CHECKSUM], raw[-CHECKSUM:]
    if len(raw) <= CHECKSUM or _checksum(body) != given:
        raise ValueError("wrong checksum")
    return body


def _checksum(raw: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:CHECKSUM]
