"""Domain events: frozen facts in the past tense, with ids and numbers, a name and a version."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, TypeVar
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class DomainEvent:
    """Base of all events. `name` and `version` are stable; a changed shape is a new version.

    `is_urgent`: delivered before everything that waits.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    is_urgent: ClassVar[bool] = False


E = TypeVar("E", bound="type[DomainEvent]")

CATALOGUE: dict[str, type[DomainEvent]] = {}


def event(cls: E) -> E:
    """Enter an event class into the catalogue; two classes of one name are a defect."""
    if cls.name in CATALOGUE:
        raise ValueError(f"event {cls.name} is declared twice")
    CATALOGUE[cls.name] = cls
    return cls


def to_payload(item: DomainEvent) -> dict[str, Any]:
    """Return the event as JSON-able values: ids, decimals and moments become text."""
    return {key: _plain(value) for key, value in asdict(item).items()}


def from_payload(name: str, payload: dict[str, Any]) -> DomainEvent:
    """Return the event of a stored payload; raises KeyError for a name that is not in the catalogue."""
    cls = CATALOGUE[name]
    return cls(
        **{field.name: _typed(field.type, payload[field.name]) for field in fields(cls) if field.name in payload}
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    return value


def _typed(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    text = kind if isinstance(kind, str) else getattr(kind, "__name__", str(kind))
    if "UUID" in text:
        return UUID(value)
    if "Decimal" in text:
        return Decimal(value)
    if "datetime" in text:
        return datetime.fromisoformat(value)
    return value
