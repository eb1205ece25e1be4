"""Endpoints on the caller itself: who am I, sessions, API keys, second factor, socket tickets."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.actors import Actor
from apps.platform.authentication.api.serializers import (
    ApiKeyInput,
    ApiKeySerializer,
    CodeInput,
    CountSerializer,
    FactorSerializer,
    MeSerializer,
    NewApiKeySerializer,
    SessionSerializer,
    TicketSerializer,
)
from apps.platform.authentication.errors import KeysCannotDoThis, SecondFactorStale
from apps.platform.authentication.models import ApiKey
from apps.platform.authentication.operations import (
    create_api_key,
    prove_second_factor,
    revoke_api_key,
    revoke_others,
    revoke_session,
)
from apps.platform.authentication.queries import (
    exists_factor,
    exists_fresh_proof,
    get_factor,
    list_api_keys,
    list_sessions,
    session_of,
)
from apps.platform.authentication.sockets import PREFIX, TICKET_SECONDS, issue_ticket
from apps.platform.rate_limiting.choices import TOKENS
from apps.platform.rate_limiting.operations import take

PROBLEM = OpenApiResponse(description="application/problem+json")
PROBLEMS = {401: PROBLEM, 403: PROBLEM, 422: PROBLEM, 429: PROBLEM, 503: PROBLEM}


class MeView(APIView):
    """The caller."""

    @extend_schema(operation_id="me", responses={200: MeSerializer, 401: PROBLEM})
    def get(self, request: Request) -> Response:
        """Return who the credential belongs to; pages ask here why a socket was refused."""
        user: Any = request.user
        actor: Actor = request.actor  # type: ignore[attr-defined]
        facts = {
            "id": user.pk,
            "email": user.email,
            "display_name": user.get_full_name(),
            "is_staff": user.is_staff,
            "is_verified": user.is_verified(),
            "has_second_factor": exists_factor(user.pk),
            "credential": "session" if actor.scopes is None else "api_key",
            "scopes": None if actor.scopes is None else sorted(actor.scopes),
        }
        return Response(MeSerializer(facts).data)


class SessionsView(APIView):
    """The caller's sessions."""

    @extend_schema(operation_id="sessions_list", responses={200: SessionSerializer(many=True), **PROBLEMS})
    def get(self, request: Request) -> Response:
        """Return all open sessions, the newest use first."""
        current = _session_key(request)
        return Response(SessionSerializer(list_sessions(_person(request), current), many=True).data)


class SessionView(APIView):
    """One session."""

    @extend_schema(operation_id="sessions_revoke", request=None, responses={204: None, 404: PROBLEM, **PROBLEMS})
    def delete(self, request: Request, session_id: str) -> Response:
        """End it."""
        _person(request)
        revoke_session(actor=_actor(request), session_id=session_id)
        return Response(status=204)


class OtherSessionsView(APIView):
    """All sessions but the caller's."""

    @extend_schema(operation_id="sessions_revoke_others", request=None, responses={200: CountSerializer, **PROBLEMS})
    def post(self, request: Request) -> Response:
        """End them; return how many."""
        _person(request)
        return Response({"count": revoke_others(actor=_actor(request), keep=_session_key(request))})


class ApiKeysView(APIView):
    """The caller's API keys."""

    @extend_schema(operation_id="api_keys_list", responses={200: ApiKeySerializer(many=True), **PROBLEMS})
    def get(self, request: Request) -> Response:
        """Return all keys that are not revoked, newest first (at most 50 are in use)."""
        return Response([_key(key) for key in list_api_keys(_person(request))[:200]])

    @extend_schema(
        operation_id="api_keys_create", request=ApiKeyInput, responses={201: NewApiKeySerializer, **PROBLEMS}
    )
    def post(self, request: Request) -> Response:
        """Make a key; its text is in this reply and nowhere else. With a second factor, prove it first (two-factor)."""
        owner_id = _person(request)
        wanted = ApiKeyInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        if exists_factor(owner_id) and not exists_fresh_proof(request):
            raise SecondFactorStale
        made = create_api_key(actor=_actor(request), **wanted.validated_data)
        return Response({**_key(made.row), "key": made.text}, status=201)


class ApiKeyView(APIView):
    """One API key."""

    @extend_schema(operation_id="api_keys_revoke", request=None, responses={204: None, 404: PROBLEM, **PROBLEMS})
    def delete(self, request: Request, key_id: UUID) -> Response:
        """Revoke it."""
        _person(request)
        revoke_api_key(actor=_actor(request), key_id=key_id)
        return Response(status=204)


class TwoFactorView(APIView):
    """The caller's second factor. It is enrolled and removed at /api/v1/auth/app/v1/account/authenticators."""

    @extend_schema(operation_id="two_factor_state", responses={200: FactorSerializer, **PROBLEMS})
    def get(self, request: Request) -> Response:
        """Return whether it is on."""
        return Response(FactorSerializer(get_factor(_person(request))).data)

    @extend_schema(operation_id="two_factor_prove", request=CodeInput, responses={204: None, **PROBLEMS})
    def post(self, request: Request) -> Response:
        """Prove it in this session by a code; the code is used up."""
        _person(request)
        wanted = CodeInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        prove_second_factor(request, wanted.validated_data["code"])
        return Response(status=204)


class SocketTicketsView(APIView):
    """Tickets for the live socket."""

    @extend_schema(operation_id="socket_tickets_create", request=None, responses={201: TicketSerializer, **PROBLEMS})
    def post(self, request: Request) -> Response:
        """Make a ticket that opens one socket on this host within 30 s."""
        user: Any = request.user
        take(TOKENS, str(user.pk))
        key_id = request.auth.pk if isinstance(request.auth, ApiKey) else None
        ticket = issue_ticket(user_id=user.pk, session_key=_session_key(request) or None, key_id=key_id)
        return Response(
            {"ticket": ticket, "subprotocol": f"{PREFIX}{ticket}", "expires_in": TICKET_SECONDS}, status=201
        )


def _actor(request: Request) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _person(request: Request) -> UUID:
    """Return the caller's id; keys of programs have no business with credentials."""
    actor = _actor(request)
    if actor.scopes is not None or actor.id is None:
        raise KeysCannotDoThis
    return actor.id


def _session_key(request: Request) -> str:
    session = session_of(request)
    return (session.session_key or "") if session is not None else ""


def _key(key: ApiKey) -> dict[str, Any]:
    return dict(ApiKeySerializer(key).data)
