"""The one typed reader of environment variables."""

import os
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit


class SettingMissing(Exception):
    """A variable that this place needs is not set."""


def text(name: str, default: str | None = None) -> str:
    """Return a variable, its default, or raise SettingMissing."""
    value = os.environ.get(name, "") or default
    if value is None:
        raise SettingMissing(f"Set {name}; see .env.example for what it means.")
    return value


def flag(name: str, default: bool = False) -> bool:
    """Return a variable as yes or no (1, true, yes, on)."""
    value = os.environ.get(name, "")
    return value.lower() in {"1", "true", "yes", "on"} if value else default


def number(name: str, default: int) -> int:
    """Return a variable as a whole number."""
    value = os.environ.get(name, "")
    return int(value) if value else default


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated variable as a list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


@dataclass(frozen=True)
class DatabaseAddress:
    """A PostgreSQL URL in parts, as Django wants them."""

    name: str
    user: str
    password: str
    host: str
    port: str


def database_address(url: str) -> DatabaseAddress:
    """Return the parts of postgresql://user:password@host:port/name (host may be a socket folder, percent-encoded)."""
    parts = urlsplit(url)
    return DatabaseAddress(
        name=unquote(parts.path.lstrip("/")),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        host=unquote(parts.hostname or ""),
        port=str(parts.port or ""),
    )
