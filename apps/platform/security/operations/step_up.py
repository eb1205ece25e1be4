"""The second proof: one code of the second factor for one exact action, used once, within minutes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import current_schema
from apps.core.operation import operation
from apps.core.second_factor import ExactThing
from apps.platform.authentication.operations import prove_second_factor
from apps.platform.authentication.queries import exists_factor, hash_of_session
from apps.platform.configurations.queries import get_value
from apps.platform.security.errors import StepUpMissing, StepUpNeedsSession, StepUpRequired
from apps.platform.security.models import StepUpGrant


@dataclass(frozen=True, slots=True)
class Summary:
    """What the person reads before confirming: the exact thing, its facts, and where to go on afterwards."""

    title: str
    facts: list[tuple[str, str]] = field(default_factory=list)
    return_url: str = "/"


def payload_digest(*, user_id: UUID, action: str, payload: Mapping[str, Any]) -> str:
    """Return SHA-256 over schema, person, action and exactly the fields that matter (JSON-able, numbers as strings)."""
    canonical = json.dumps(
        [current_schema(), str(user_id), action, dict(payload)], sort_keys=True, separators=(",", ":"), default=str
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def require_recent_2fa(request: HttpRequest, action: str, payload: Mapping[str, Any], *, summary: Summary) -> None:
    """Use up the confirmation of exactly this action, or ask for one.

    Call it in a view, before the operation and outside of a transaction: the request it makes has to stay. Raises
    StepUpRequired (401) with `challenge` (id), `url` (page) and `api_url`; StepUpNeedsSession for an API key. The
    factor must still exist when the confirmation is used.
    """
    user: Any = request.user
    session_hash = hash_of_session(request)
    if session_hash is None:
        raise StepUpNeedsSession
    digest = payload_digest(user_id=user.pk, action=action, payload=payload)
    if exists_factor(user.pk) and _use(user.pk, session_hash, action, digest):
        return
    challenge = _ask(request, session_hash, action, digest, summary)
    raise StepUpRequired(
        challenge=challenge.pk,
        url=f"/step-up/{challenge.pk}/",
        api_url=f"/api/v1/step-ups/{challenge.pk}",
        expires_at=challenge.expires_at.isoformat(),
    )


class CodeAtTheDesk:
    """Core's question "is this code fresh?" for a form that has the code beside the reason: ask, confirm, use up."""

    def prove(self, request: HttpRequest, thing: ExactThing, code: str) -> None:
        """Raise WrongCode, SecondFactorMissing or RateReached, and StepUpNeedsSession for an API key."""
        user: Any = request.user
        session_hash = hash_of_session(request)
        if session_hash is None:
            raise StepUpNeedsSession
        digest = payload_digest(user_id=user.pk, action=thing.action, payload=thing.payload)
        challenge = _ask(request, session_hash, thing.action, digest, Summary(thing.title, thing.facts))
        confirm_step_up(actor=Actor.of(user), request=request, challenge_id=challenge.pk, code=code)
        if not _use(user.pk, session_hash, thing.action, digest):
            raise StepUpMissing


@operation("security.confirm_step_up", permission=None, audited=("challenge_id",))
def confirm_step_up(*, actor: Actor, request: HttpRequest, challenge_id: UUID, code: str) -> StepUpGrant:
    """Grant a challenge of this person and session by a code.

    Raises StepUpMissing, WrongCode, SecondFactorMissing, RateReached. The grant lives as long as its challenge.
    """
    if actor.id is None or actor.scopes is not None:
        raise StepUpNeedsSession
    row = (
        StepUpGrant.objects.select_for_update()
        .filter(
            pk=challenge_id,
            user_id=actor.id,
            session_hash=hash_of_session(request) or "",
            granted_at__isnull=True,
            expires_at__gt=now(),
        )
        .first()
    )
    if row is None:
        raise StepUpMissing
    prove_second_factor(request, code)
    row.granted_at = now()
    row.save(update_fields=["granted_at"])
    return row


def _ask(request: HttpRequest, session_hash: str, action: str, digest: str, summary: Summary) -> StepUpGrant:
    user: Any = request.user
    return StepUpGrant.objects.create(
        user_id=user.pk,
        session_hash=session_hash,
        action=action,
        payload_hash=digest,
        title=summary.title[:200],
        facts=[[label, text] for label, text in summary.facts],
        return_url=_safe(request, summary.return_url),
        **_lifetime(),
    )


def _use(user_id: UUID, session_hash: str, action: str, digest: str) -> bool:
    """Mark one granted confirmation as used; the UPDATE's row lock lets one of many through."""
    present = now()
    candidate = (
        StepUpGrant.objects.filter(
            user_id=user_id,
            session_hash=session_hash,
            action=action,
            payload_hash=digest,
            granted_at__isnull=False,
            used_at__isnull=True,
            expires_at__gt=present,
        )
        .order_by("-id")
        .first()
    )
    if candidate is None:
        return False
    return StepUpGrant.objects.filter(pk=candidate.pk, used_at__isnull=True).update(used_at=present) == 1


def _lifetime() -> dict[str, Any]:
    present = now()
    return {
        "created_at": present,
        "expires_at": present + timedelta(minutes=get_value("security.step_up_minutes")),
    }


def _safe(request: HttpRequest, url: str) -> str:
    return url[:500] if url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}) else "/"
