"""Who does something. A value without a foreign key, so that a record outlives the account it names."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID


class ActorKind(StrEnum):
    """What kind of actor it is."""

    CUSTOMER = "customer"
    """A customer of the tenant."""
    STAFF = "staff"
    """Staff of the tenant, in the back office or on the customer's pages."""
    PLATFORM = "platform"
    """Staff of the platform, in the public schema."""
    API_KEY = "api_key"
    """A program with a key of a customer: it has the customer's id and the key's scopes."""
    SYSTEM = "system"
    """The product itself: relay, timer, bot, feed."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Kind, id and a label that contains no personal data."""

    kind: ActorKind
    id: UUID | None
    label: str
    scopes: frozenset[str] | None = None
    """None: all that the person may do; a set: only these permissions (API keys)."""

    @classmethod
    def system(cls, label: str) -> "Actor":
        """Return the actor of a part of the product, such as `system("relay")`."""
        return cls(ActorKind.SYSTEM, None, label)

    @classmethod
    def of(cls, user: Any) -> "Actor":
        """Return the actor of a signed-in user of this schema."""
        kind = ActorKind.STAFF if user.is_staff else ActorKind.CUSTOMER
        return cls(kind, user.pk, str(user.pk))

    @property
    def is_system(self) -> bool:
        """Whether the product itself acts."""
        return self.kind is ActorKind.SYSTEM
