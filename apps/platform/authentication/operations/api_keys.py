"""Making and revoking keys for programs."""

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from apps.core import outbox
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.errors import LimitReached
from apps.core.operation import operation
from apps.core.permissions import allows, declare, declared
from apps.platform.authentication.choices import NEVER_IN_SCOPE, Credential
from apps.platform.authentication.errors import BadNetwork, BadScope, KeyMissing, KeysCannotDoThis
from apps.platform.authentication.keys import WrittenKey, digest
from apps.platform.authentication.models import ApiKey
from apps.platform.rate_limiting.choices import TOKENS
from apps.platform.rate_limiting.operations import take
from kernel.events.platform import CredentialChanged

MANAGE_OWN = declare("authentication.manage_own", "Manage own password, second factor, sessions and API keys")
MOST_KEYS = 50
LONGEST_DAYS = 365


@dataclass(frozen=True, slots=True)
class NewKey:
    """The row, and the text that is shown this once."""

    row: ApiKey
    text: str


@operation("authentication.create_api_key", permission=MANAGE_OWN, audited=("scopes", "expires_days"))
def create_api_key(
    *, actor: Actor, name: str, scopes: list[str], expires_days: int, cidrs: list[str] | None = None
) -> NewKey:
    """Make a key for the actor with scopes (names of permissions the actor has) for 1 to 365 days.

    `cidrs` are networks it may be used from (empty: anywhere). Raises BadScope, BadNetwork, LimitReached.
    """
    owner_id = _person(actor)
    take(TOKENS, str(owner_id))
    if not 1 <= expires_days <= LONGEST_DAYS:
        raise BadScope("A key lives 1 to 365 days.", field="expires_days")
    if ApiKey.objects.filter(owner_id=owner_id, revoked_at__isnull=True, expires_at__gt=now()).count() >= MOST_KEYS:
        raise LimitReached(f"At most {MOST_KEYS} keys can be in use. Revoke one first.")
    written = WrittenKey.new()
    present = now()
    row = ApiKey.objects.create(
        owner_id=owner_id,
        name=name,
        prefix=written.prefix,
        secret_hash=digest(written.secret),
        scopes=_checked_scopes(actor, scopes),
        cidrs=[_network(cidr) for cidr in cidrs or []],
        created_at=present,
        expires_at=present + timedelta(days=expires_days),
    )
    outbox.publish(CredentialChanged(user_id=owner_id, credential=Credential.API_KEY_CREATED), actor=actor)
    return NewKey(row, str(written))


@operation("authentication.revoke_api_key", permission=MANAGE_OWN, audited=("key_id",))
def revoke_api_key(*, actor: Actor, key_id: UUID) -> ApiKey:
    """End one of the actor's own keys, from the next request on; repeating it changes nothing. Raises KeyMissing."""
    owner_id = _person(actor)
    row = ApiKey.objects.select_for_update().filter(pk=key_id, owner_id=owner_id).first()
    if row is None:
        raise KeyMissing
    if row.revoked_at is None:
        row.revoked_at = now()
        row.save(update_fields=["revoked_at"])
        outbox.publish(CredentialChanged(user_id=owner_id, credential=Credential.API_KEY_REVOKED), actor=actor)
    return row


def scopes_for(actor: Actor) -> dict[str, str]:
    """Return the scopes the actor can give to a key, with their words."""
    return {
        name: words
        for name, words in sorted(declared().items())
        if not name.startswith(NEVER_IN_SCOPE) and allows(actor, name)
    }


def _person(actor: Actor) -> UUID:
    if actor.id is None or actor.scopes is not None:
        raise KeysCannotDoThis
    return actor.id


def _checked_scopes(actor: Actor, scopes: list[str]) -> list[str]:
    known = scopes_for(actor)
    for scope in scopes:
        if scope not in known:
            raise BadScope(field="scopes", scope=scope)
    return sorted(set(scopes))


def _network(cidr: str) -> str:
    try:
        return str(ipaddress.ip_network(cidr.strip(), strict=False))
    except ValueError:
        raise BadNetwork(field="cidrs", cidr=cidr) from None
