"""Events of the platform: tenants, users, credentials."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from kernel.events import DomainEvent, event


@event
@dataclass(frozen=True, kw_only=True)
class TenantProvisioned(DomainEvent):
    """A tenant's schema is whole and its host answers."""

    name: ClassVar[str] = "tenants.tenant_provisioned"
    tenant_id: UUID


@event
@dataclass(frozen=True, kw_only=True)
class UserRegistered(DomainEvent):
    """A person signed up, was invited, or was seeded."""

    name: ClassVar[str] = "users.user_registered"
    user_id: UUID


@event
@dataclass(frozen=True, kw_only=True)
class UserDeactivated(DomainEvent):
    """An account was closed: sessions, tokens and sockets end, bots stop."""

    name: ClassVar[str] = "users.user_deactivated"
    user_id: UUID


@event
@dataclass(frozen=True, kw_only=True)
class CredentialChanged(DomainEvent):
    """A password, second factor, recovery code or API key was added, changed or removed."""

    name: ClassVar[str] = "authentication.credential_changed"
    user_id: UUID
    credential: str


@event
@dataclass(frozen=True, kw_only=True)
class NewDevice(DomainEvent):
    """A full log-in came from a browser that this account had not used before."""

    name: ClassVar[str] = "authentication.new_device"
    user_id: UUID
    device_id: UUID


@event
@dataclass(frozen=True, kw_only=True)
class RoleChanged(DomainEvent):
    """A role was given to a person or taken away."""

    name: ClassVar[str] = "security.role_changed"
    user_id: UUID
    role: str
    granted: bool


@event
@dataclass(frozen=True, kw_only=True)
class ProofFailed(DomainEvent):
    """Something that must hold of the rows of this schema does not. `faults` is how many; the report names them."""

    name: ClassVar[str] = "core.proof_failed"
    report_id: UUID
    faults: int
