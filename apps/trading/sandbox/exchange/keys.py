"""API keys: HMAC, RSA and Ed25519 signatures, permissions and address lists."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from enum import Enum
from functools import lru_cache
from ipaddress import ip_address, ip_network

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.state import ApiKey

Verifier = Callable[[bytes, bytes], None]
PERMISSIONS = ("read", "trade", "withdraw")
"""What a key may be given; nothing here can withdraw, the right only shows among those of the key."""
GRANTED_BY_DEFAULT = ("read", "trade")
MIN_RSA_BITS, MAX_RSA_BITS = 2_048, 4_096

asking_key: ContextVar[ApiKey | None] = ContextVar("asking_key", default=None)
"""The key of the signed request being answered."""


class KeyKind(Enum):
    """How requests of a key are signed."""

    HMAC = "HMAC"  # a shared secret, signature in hex
    RSA = "RSA"  # PKCS #1 v1.5 over SHA-256, signature in base64
    ED25519 = "ED25519"  # signature in base64; the only kind that may log a session on


class Access(Enum):
    """What an endpoint asks of a key (the protocol's security types)."""

    NONE = "NONE"  # market data: no key
    STREAM = "USER_STREAM"  # a key, no signature
    READ = "USER_DATA"  # a signed request
    TRADE = "TRADE"  # a signed request of a key that may trade


def check_new_key(kind: str, public_key: str, permissions: Sequence[str], ips: Sequence[str]) -> None:
    """Whether a key with these facts can be added; raises ValueError with a sentence."""
    known = [member.value for member in KeyKind]
    if kind not in known:
        raise ValueError(f"kind must be one of {', '.join(known)}")
    if (kind == KeyKind.HMAC.value) == bool(public_key):
        raise ValueError("RSA and ED25519 keys need a public_key, HMAC keys have none")
    if public_key:
        _verifier(kind, public_key)
    if not permissions or not set(permissions) <= set(PERMISSIONS):
        raise ValueError(f"permissions must be some of {', '.join(PERMISSIONS)}")
    for text in ips:
        ip_network(text, strict=False)


def check_key(key_text: str | None, keys: Mapping[str, ApiKey]) -> ApiKey:
    """The known key; ApiError -2014 or -2015."""
    if not key_text:
        raise ApiError(-2014, "API-key format invalid.", 401)
    key = keys.get(key_text)
    if key is None:
        raise rejected_key()
    return key


def check_permission(key: ApiKey, access: Access, address: str) -> None:
    """Whether the key may be used for this, from this address; ApiError -2015."""
    if access is Access.TRADE and "trade" not in key.permissions:
        raise rejected_key()
    if access is Access.READ and "read" not in key.permissions:
        raise rejected_key()
    if key.ips and not any(_within(address, network) for network in key.ips):
        raise rejected_key()


def check_signature(key: ApiKey, payload: bytes, signature: str | None) -> None:
    """The signature over the raw bytes; ApiError -1102 or -1022. HMAC is case-insensitive, the others are not."""
    if not signature:
        raise ApiError(-1102, "Mandatory parameter 'signature' was not sent, was empty/null, or malformed.")
    if key.kind == KeyKind.HMAC.value:
        expected = hmac.new(key.secret.encode(), payload, hashlib.sha256).hexdigest()
        genuine = hmac.compare_digest(expected.encode(), signature.lower().encode("utf-8", "replace"))
    else:
        genuine = _genuine(key, payload, signature)
    if not genuine:
        raise ApiError(-1022, "Signature for this request is not valid.")


def rejected_key() -> ApiError:
    """The key is unknown, comes from another address, or may not do this."""
    return ApiError(-2015, "Invalid API-key, IP, or permissions for action.", 401)


def _genuine(key: ApiKey, payload: bytes, signature: str) -> bool:
    try:
        raw = base64.b64decode(signature, validate=True)
        _verifier(key.kind, key.secret)(raw, payload)
    except (binascii.Error, InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=4_096)
def _verifier(kind: str, pem: str) -> Verifier:
    """A function that raises InvalidSignature; ValueError when the PEM text holds no key of this kind."""
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError as error:
        raise ValueError("public_key must be a public key in PEM form") from error
    if kind == KeyKind.ED25519.value and isinstance(key, Ed25519PublicKey):
        return key.verify
    if kind == KeyKind.RSA.value and isinstance(key, RSAPublicKey) and MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        return lambda signature, payload: key.verify(signature, payload, PKCS1v15(), SHA256())
    raise ValueError(f"public_key must be an {kind} key (RSA: {MIN_RSA_BITS} to {MAX_RSA_BITS} bits)")


@lru_cache(maxsize=16_384)
def _within(address: str, network: str) -> bool:
    try:
        return ip_address(address) in ip_network(network, strict=False)
    except ValueError:
        return False
