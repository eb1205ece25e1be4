"""Segregated-witness addresses: bech32 (BIP-173) for version 0, bech32m (BIP-350) for the later ones."""

from collections.abc import Iterable, Sequence
from typing import Final

ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
BECH32, BECH32M = 1, 0x2BC830A3
_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
CHECKSUM, LONGEST = 6, 90
SHORTEST_PROGRAM, LONGEST_PROGRAM, LAST_VERSION = 2, 40, 16
V0_SIZES: Final = (20, 32)


def encode_segwit(prefix: str, version: int, program: bytes) -> str:
    """Return the address of a witness program."""
    data = [version, *_regroup(program, 8, 5, pad=True)]
    constant = BECH32 if version == 0 else BECH32M
    rest = _polymod([*_expanded(prefix), *data, *[0] * CHECKSUM]) ^ constant
    data += [(rest >> 5 * (CHECKSUM - 1 - place)) & 31 for place in range(CHECKSUM)]
    return f"{prefix}1{''.join(ALPHABET[value] for value in data)}"


def decode_segwit(prefix: str, text: str) -> tuple[int, bytes]:
    """Return version and witness program of an address; raises ValueError for anything that is not one."""
    found, data, constant = _decode(text)
    if found != prefix or not data:
        raise ValueError("wrong prefix")
    version, program = data[0], bytes(_regroup(data[1:], 5, 8, pad=False))
    if version > LAST_VERSION or not SHORTEST_PROGRAM <= len(program) <= LONGEST_PROGRAM:
        raise ValueError("wrong version or length")
    if version == 0 and len(program) not in V0_SIZES:
        raise ValueError("wrong length")
    if constant != (BECH32 if version == 0 else BECH32M):
        raise ValueError("wrong checksum for this version")
    return version, program


def _decode(text: str) -> tuple[str, list[int], int]:
    mixed = text != text.lower() and text != text.upper()
    if mixed or not text.isascii() or not text.isprintable() or len(text) > LONGEST:
        raise ValueError("not bech32")
    prefix, separator, letters = text.lower().rpartition("1")
    if not separator or not prefix or len(letters) < CHECKSUM:
        raise ValueError("not bech32")
    if any(letter not in ALPHABET for letter in letters):
        raise ValueError("not bech32")
    data = [ALPHABET.index(letter) for letter in letters]
    constant = _polymod([*_expanded(prefix), *data])
    if constant not in (BECH32, BECH32M):
        raise ValueError("wrong checksum")
    return prefix, data[:-CHECKSUM], constant


def _polymod(values: Iterable[int]) -> int:
    found = 1
    for value in values:
        top = found >> 25
        found = (found & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATORS):
            found ^= generator if (top >> place) & 1 else 0
    return found


def _expanded(prefix: str) -> list[int]:
    return [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]


def _regroup(data: Sequence[int], bits_from: int, bits_to: int, *, pad: bool) -> list[int]:
    """Return the bits of `data` in groups of another size; raises ValueError when padding is not what it must be."""
    gathered, bits, found = 0, 0, []
    for value in data:
        gathered = gathered << bits_from | value
        bits += bits_from
        while bits >= bits_to:
            bits -= bits_to
            found.append(gathered >> bits & (1 << bits_to) - 1)
    rest = gathered << bits_to - bits & (1 << bits_to) - 1
    if pad:
        return [*found, rest] if bits else found
    if bits >= bits_from or rest:
        raise ValueError("wrong padding")
    return found
