"""Secrets at rest. Anyone may seal with the public half of a key; only a process that holds the private half can open.

Sealed form: version byte, length of the key name, key name, ephemeral public key (32), nonce (12), AES-256-GCM text
with tag. The key is HKDF-SHA256 over the X25519 agreement of an ephemeral key with the ring's key; the place where the
value belongs is the associated data, so that a value pasted into another row, field or tenant does not open.
"""

import json
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models

from apps.core.context import current_schema
from apps.core.errors import Defect, KeyRingMissing

VERSION = b"\x01"

if TYPE_CHECKING:
    _Binary = models.BinaryField[Any, Any]
else:
    _Binary = models.BinaryField


class Ring(StrEnum):
    """Which private key opens a value."""

    PERSONAL = "personal"
    """Second-factor seeds and personal fields: web and workers hold it."""
    TRADING = "trading"
    """Keys of exchange accounts: only the trading workers and the account streams hold it."""


class SealBroken(Defect):
    """The value was changed, moved to another place, or sealed with another key."""

    code = "core.seal_broken"
    message = "A stored secret does not belong to this place, or its key is not this one."


@dataclass(frozen=True)
class KeyRing:
    """Public and private halves by ring and key name; the active name is used for sealing."""

    active: dict[str, str]
    public: dict[str, dict[str, bytes]]
    private: dict[str, dict[str, bytes]]

    def without(self, ring: Ring) -> "KeyRing":
        """Return the ring as a process gets it that must not open values of `ring`."""
        return KeyRing(self.active, self.public, {name: keys for name, keys in self.private.items() if name != ring})

    def to_json(self) -> str:
        """Return the ring as text for a file of mode 0600."""
        plain = {"active": self.active, "public": _encoded(self.public), "private": _encoded(self.private)}
        return json.dumps(plain, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "KeyRing":
        """Return the ring of a file's text."""
        plain = json.loads(text)
        return cls(plain["active"], _decoded(plain["public"]), _decoded(plain["private"]))

    @classmethod
    def generate(cls) -> "KeyRing":
        """Return a new ring with one strong key for each purpose."""
        public: dict[str, dict[str, bytes]] = {}
        private: dict[str, dict[str, bytes]] = {}
        for ring in Ring:
            key = X25519PrivateKey.generate()
            private[ring.value] = {"k1": key.private_bytes_raw()}
            public[ring.value] = {"k1": key.public_key().public_bytes_raw()}
        return cls({ring.value: "k1" for ring in Ring}, public, private)


def _encoded(keys: dict[str, dict[str, bytes]]) -> dict[str, dict[str, str]]:
    return {ring: {name: b64encode(raw).decode() for name, raw in named.items()} for ring, named in keys.items()}


def _decoded(keys: dict[str, dict[str, str]]) -> dict[str, dict[str, bytes]]:
    return {ring: {name: b64decode(text) for name, text in named.items()} for ring, named in keys.items()}


@lru_cache(maxsize=4)
def _ring_at(path: str) -> KeyRing:
    file = Path(path)
    if not file.exists():
        raise KeyRingMissing(f"There is no key ring at {path}. Restore it from your backup; sealed values need it.")
    return KeyRing.from_json(file.read_text())


def key_ring() -> KeyRing:
    """Return the key ring of this process."""
    return _ring_at(str(settings.KEY_RING_PATH))


def ensure_key_rings(directory: Path) -> None:
    """Make `keyring.json` (all keys) and `keyring-web.json` (no trading keys), mode 0600, unless they are there."""
    full = directory / "keyring.json"
    if not full.exists():
        _write_private(full, KeyRing.generate().to_json())
    _write_private(directory / "keyring-web.json", KeyRing.from_json(full.read_text()).without(Ring.TRADING).to_json())


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def seal(plain: str, *, ring: Ring, place: str) -> bytes:
    """Return `plain` sealed for `place` (see `place_of`)."""
    keys = key_ring()
    name = keys.active[ring].encode()
    ephemeral = X25519PrivateKey.generate()
    ephemeral_public = ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(keys.public[ring][name.decode()]))
    nonce = os.urandom(12)
    text = AESGCM(_derived(shared, ephemeral_public)).encrypt(nonce, plain.encode(), place.encode())
    return VERSION + bytes([len(name)]) + name + ephemeral_public + nonce + text


def unseal(sealed: bytes, *, ring: Ring, place: str) -> str:
    """Return the plain text of a value sealed for `place`.

    Raises KeyRingMissing when this process holds no private key of the ring, SealBroken when the value does not open.
    """
    keys = key_ring()
    private = keys.private.get(ring)
    if not private:
        raise KeyRingMissing
    if sealed[:1] != VERSION:
        raise SealBroken
    end = 2 + sealed[1]
    name = sealed[2:end].decode()
    if name not in private:
        raise KeyRingMissing(f"The key ring has no key {name}; restore the ring that sealed this value.")
    ephemeral_public, nonce, text = sealed[end : end + 32], sealed[end + 32 : end + 44], sealed[end + 44 :]
    shared = X25519PrivateKey.from_private_bytes(private[name]).exchange(
        X25519PublicKey.from_public_bytes(ephemeral_public)
    )
    try:
        return AESGCM(_derived(shared, ephemeral_public)).decrypt(nonce, text, place.encode()).decode()
    except InvalidTag:
        raise SealBroken from None


def _derived(shared: bytes, ephemeral_public: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=ephemeral_public, info=b"outcry seal").derive(shared)


def place_of(row: models.Model, field: str) -> str:
    """Return where a value belongs: schema, table, key, field."""
    return f"{current_schema()}|{row._meta.db_table}|{row.pk}|{field}"


class SealedField(_Binary):
    """Bytes that only `open_field` turns back into text. Assigning a `str` seals it when the row is saved."""

    def __init__(self, *args: Any, ring: Ring = Ring.PERSONAL, **kwargs: Any) -> None:
        self.ring = ring
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Return the constructor's arguments, the ring among them."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "ring": self.ring}

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Seal a plain text for the place it is saved at."""
        value = getattr(model_instance, self.attname)
        if isinstance(value, str):
            value = seal(value, ring=self.ring, place=place_of(model_instance, self.name))
            setattr(model_instance, self.attname, value)
        return value


def open_field(row: models.Model, field: str) -> str:
    """Return the plain text of a SealedField of a row; an empty value is an empty text."""
    definition = row._meta.get_field(field)
    if not isinstance(definition, SealedField):
        raise Defect(f"{field} is not a sealed field.")
    value = getattr(row, field)
    if isinstance(value, str):
        return value
    return unseal(bytes(value), ring=definition.ring, place=place_of(row, field)) if value else ""
