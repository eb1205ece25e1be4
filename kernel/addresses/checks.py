"""Whether a text is an address of a network, in its one spelling; and addresses made of a seed, for the sandbox."""

import hashlib
import re
from collections.abc import Callable
from typing import Final

from kernel.addresses import base58, bech32
from kernel.addresses.keccak import keccak_256
from kernel.addresses.networks import Network

LONGEST: Final = 100
_HEX: Final = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)
_BANS: Final = {
    country: re.compile(form)
    for form, countries in {
        "[0-9]{11}": "NO",
        "[0-9]{12}": "BE",
        "[0-9]{14}": "DK FI",
        "[0-9]{15}": "SI",
        "[0-9]{16}": "AT EE LT",
        "[0-9]{17}": "HR",
        "[0-9]{18}": "DE ME RS VA",
        "[0-9]{20}": "CZ ES SE SK",
        "[0-9]{21}": "PT",
        "[0-9]{22}": "IS",
        "[0-9]{24}": "HU PL",
        "[0-9]{3}[A-Z0-9]{13}": "LU",
        "[0-9]{3}[A-Z0-9]{10}[0-9]{2}": "MK",
        "[0-9]{5}[A-Z0-9]{12}": "CH LI",
        "[0-9]{7}[A-Z0-9]{16}": "GR",
        "[0-9]{8}[A-Z0-9]{12}": "AD",
        "[0-9]{8}[A-Z0-9]{16}": "AL CY",
        "[0-9]{10}[A-Z0-9]{11}[0-9]{2}": "FR MC",
        "[A-Z][0-9]{10}[A-Z0-9]{12}": "IT SM",
        "[A-Z]{4}[0-9]{6}[A-Z0-9]{8}": "BG",
        "[A-Z]{4}[0-9]{5}[A-Z0-9]{18}": "MT",
        "[A-Z]{4}[0-9]{10}": "NL",
        "[A-Z]{4}[0-9]{14}": "GB IE",
        "[A-Z]{4}[A-Z0-9]{13}": "LV",
        "[A-Z]{4}[A-Z0-9]{15}": "GI",
        "[A-Z]{4}[A-Z0-9]{16}": "RO",
        "[A-Z0-9]{20}": "MD",
    }.items()
    for country in countries.split()
}
"""The account number inside an IBAN, by country of the payment area (SWIFT's IBAN registry, ISO 13616).

Needed beside the check digits: these find a wrong digit, but not every digit typed as a letter.
"""
_P2PKH, _P2SH, _TRON = b"\x00", b"\x05", b"\x41"
_HASH, _KEY = 20, 32
_TAPROOT = 1


class AddressError(ValueError):
    """The text is no address of the network; the message says what is wrong with it."""


def check_address(network: Network, text: str) -> str:
    """Return an address in its one spelling.

    BTC bech32 in small letters, Ethereum with the capitals of its checksum, an IBAN without blanks. Raises
    AddressError. That an address is well formed does not say that anybody holds its key.
    """
    stripped = text.strip()
    if not stripped or len(stripped) > LONGEST:
        raise AddressError("An address is 1 to 100 characters long.")
    return _CHECKS[network](stripped)


def example_address(network: Network, seed: str) -> str:
    """Return a well-formed address made of `seed`; nobody holds its key, so only a simulation may use it."""
    raw = hashlib.sha256(f"{network}:{seed}".encode()).digest()
    if network is Network.BITCOIN:
        return bech32.encode_segwit("bc", 0, raw[:_HASH])
    if network is Network.ETHEREUM:
        return _with_checksum(raw[:_HASH].hex())
    if network is Network.SOLANA:
        return base58.encode(raw)
    if network is Network.TRON:
        return base58.encode_checked(_TRON + raw[:_HASH])
    digits = f"{int.from_bytes(raw) % 10**18:018d}"
    return f"DE{98 - _of_97(f'{digits}DE00'):02d}{digits}"


def groups_of_four(address: str) -> list[str]:
    """Return an address in groups of four characters, as pages show it."""
    return [address[start : start + 4] for start in range(0, len(address), 4)]


def _bitcoin(text: str) -> str:
    if text[:3].lower() == "bc1":
        try:
            version, program = bech32.decode_segwit("bc", text)
        except ValueError:
            raise AddressError("This is no Bitcoin address: its checksum or length is wrong.") from None
        if version > _TAPROOT or (version == _TAPROOT and len(program) != _KEY):
            raise AddressError("This kind of Bitcoin address is not in use yet; coins sent to it could be lost.")
        return text.lower()
    if len(_checked(text, (_P2PKH, _P2SH), "Bitcoin")) != _HASH + 1:
        raise AddressError("This is no Bitcoin address: its length is wrong.")
    return text


def _tron(text: str) -> str:
    if len(_checked(text, (_TRON,), "TRON")) != _HASH + 1:
        raise AddressError("This is no TRON address: its length is wrong.")
    return text


def _checked(text: str, versions: tuple[bytes, ...], name: str) -> bytes:
    try:
        raw = base58.decode_checked(text)
    except ValueError:
        raise AddressError(f"This is no {name} address: its checksum is wrong.") from None
    if raw[:1] not in versions:
        raise AddressError(f"This address belongs to another network than {name}.")
    return raw


def _ethereum(text: str) -> str:
    if not _HEX.fullmatch(text):
        raise AddressError("An Ethereum address is 0x and 40 hexadecimal digits.")
    digits = text[2:]
    spelled = _with_checksum(digits.lower())
    if digits not in (digits.lower(), digits.upper()) and text != spelled:
        raise AddressError("The capital letters of this Ethereum address do not fit its checksum (EIP-55).")
    return spelled


def _with_checksum(digits: str) -> str:
    """Return an Ethereum address with the capital letters of EIP-55."""
    marks = keccak_256(digits.encode()).hex()
    return "0x" + "".join(
        letter.upper() if mark >= "8" else letter for letter, mark in zip(digits, marks[: len(digits)], strict=True)
    )


def _solana(text: str) -> str:
    try:
        raw = base58.decode(text)
    except ValueError:
        raise AddressError("A Solana address has letters and digits of base58 only.") from None
    if len(raw) != _KEY:
        raise AddressError("A Solana address stands for 32 bytes; this one does not.")
    return text


def _iban(text: str) -> str:
    spelled = "".join(text.split()).upper()
    if not _IBAN.fullmatch(spelled):
        raise AddressError("An IBAN is a country's two letters, two digits, and 11 to 30 letters or digits.")
    number = _BANS.get(spelled[:2])
    if number is None:
        raise AddressError(f"{spelled[:2]} is no country of the SEPA payment area.")
    if not number.fullmatch(spelled[4:]):
        raise AddressError(f"An IBAN of {spelled[:2]} has another length or other letters than this one.")
    if _of_97(spelled[4:] + spelled[:4]) != 1:
        raise AddressError("The check digits of this IBAN are wrong.")
    return spelled


def _of_97(text: str) -> int:
    return int("".join(str(int(letter, 36)) for letter in text)) % 97


_CHECKS: Final[dict[Network, Callable[[str], str]]] = {
    Network.BITCOIN: _bitcoin,
    Network.ETHEREUM: _ethereum,
    Network.SOLANA: _solana,
    Network.TRON: _tron,
    Network.SEPA: _iban,
}
