"""The written form of secrets that we hand out once: API keys and socket tickets."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

WRITTEN = re.compile(r"ck_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class WrittenKey:
    """An API key in parts: `ck_<prefix>_<secret>`."""

    prefix: str
    secret: str

    def __str__(self) -> str:
        return f"ck_{self.prefix}_{self.secret}"

    @classmethod
    def new(cls) -> "WrittenKey":
        """Return a new key with 256 random bits."""
        return cls(secrets.token_hex(6), secrets.token_urlsafe(32))

    @classmethod
    def parse(cls, text: str) -> "WrittenKey | None":
        """Return the key of a text, or None when it has not the form of one."""
        found = WRITTEN.fullmatch(text)
        return cls(found[1], found[2]) if found else None

    def matches(self, secret_hash: str) -> bool:
        """Return whether this is the key of a stored hash, in constant time."""
        return hmac.compare_digest(digest(self.secret), secret_hash)


def digest(secret: str) -> str:
    """Return SHA-256 of a random secret as 64 hex digits (such secrets need no slow hash)."""
    return hashlib.sha256(secret.encode()).hexdigest()
