"""First rows. Each app says what it needs; bootstrap and seed run the steps in order. Every step may run again."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings

from apps.core.errors import Defect


@dataclass
class SeedTenant:
    """A tenant that is being filled: what it is, whether it gets demo people, and what the steps report."""

    id: UUID
    schema: str
    slug: str
    host: str
    demo: bool
    canary: str = ""
    """Text that every free-text field of this tenant carries, so that a leak into another tenant is seen."""
    people: dict[str, Any] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)

    def text(self, words: str) -> str:
        """Return words for a free-text field, with the tenant's canary."""
        return f"{words} {self.canary}".strip()

    def secret(self, name: str, length: int = 20) -> str:
        """Return a secret of the demo that is the same at each start and different on each machine."""
        message = f"{self.slug}|{self.canary}|{name}".encode()
        return hmac.new(settings.MASTER_SECRET.encode(), message, "sha256").hexdigest()[:length]


PublicStep = Callable[[], None]
TenantStep = Callable[[SeedTenant], None]
_public: dict[str, tuple[int, PublicStep]] = {}
_tenant: dict[str, tuple[int, TenantStep]] = {}


def seeds_public(name: str, *, order: int) -> Callable[[PublicStep], PublicStep]:
    """Register a step that runs once in public."""

    def register(step: PublicStep) -> PublicStep:
        _check(name, _public)
        _public[name] = (order, step)
        return step

    return register


def seeds_tenant(name: str, *, order: int) -> Callable[[TenantStep], TenantStep]:
    """Register a step that runs inside each tenant; steps that make people and trades do so only when `demo` is set."""

    def register(step: TenantStep) -> TenantStep:
        _check(name, _tenant)
        _tenant[name] = (order, step)
        return step

    return register


def public_steps() -> list[tuple[str, PublicStep]]:
    """Return the steps of public in order."""
    return [(name, step) for name, (_, step) in sorted(_public.items(), key=lambda item: (item[1][0], item[0]))]


def tenant_steps() -> list[tuple[str, TenantStep]]:
    """Return the steps of a tenant in order."""
    return [(name, step) for name, (_, step) in sorted(_tenant.items(), key=lambda item: (item[1][0], item[0]))]


def _check(name: str, known: dict[str, Any]) -> None:
    if name in known:
        raise Defect(f"Seed step {name} is registered twice.")
