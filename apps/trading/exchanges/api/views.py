"""/connections: list, open at the sandbox, read, check, revoke."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import caller, owner_of
from apps.core.api.writes import IDEMPOTENCY_KEY, write_once
from apps.trading.exchanges import operations, queries
from apps.trading.exchanges.api.serializers import (
    ConnectionIdSerializer,
    ConnectionSerializer,
    NewConnectionSerializer,
)
from apps.trading.exchanges.choices import ConnectionState
from apps.trading.exchanges.models import Connection


class ConnectionList(ListAPIView[Connection]):
    """The caller's connections."""

    serializer_class = ConnectionSerializer

    def get_queryset(self) -> QuerySet[Connection]:
        """Return the caller's connections."""
        if getattr(self, "swagger_fake_view", False):
            return Connection.objects.none()
        return queries.list_connections(owner_of(self.request))

    @extend_schema(operation_id="list_connections", tags=["exchanges"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return connections, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="open_connection",
        tags=["exchanges"],
        parameters=[IDEMPOTENCY_KEY],
        request=NewConnectionSerializer,
        responses={202: ConnectionIdSerializer},
    )
    def post(self, request: Request) -> HttpResponse:
        """Connect an exchange with a key, or have a paper account opened; `opening` until the exchange confirmed it."""
        given = NewConnectionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        actor, owner_id = caller(request)

        def run() -> dict[str, Any]:
            facts = given.validated_data
            if not facts["api_key"]:
                made = operations.request_account(actor=actor, owner_id=owner_id, venue=facts["venue"])
                return {"id": str(made), "state": ConnectionState.OPENING.value}
            key = operations.NewKey(facts["api_key"], facts["secret"], facts["passphrase"])
            row = operations.submit_key(
                actor=actor, owner_id=owner_id, venue=facts["venue"], label=facts["label"], key=key
            )
            return {"id": str(row.pk), "state": row.state}

        return write_once(request, actor=actor, operation="exchanges.request_account", run=run, status=202)


class ConnectionDetail(APIView):
    """One connection of the caller."""

    @extend_schema(operation_id="get_connection", tags=["exchanges"], responses={200: ConnectionSerializer})
    def get(self, request: Request, connection_id: UUID) -> Response:
        """Return a connection with the balances last seen."""
        found = queries.get_connection(connection_id, owner_id=owner_of(request))
        return Response(ConnectionSerializer(found).data)

    @extend_schema(operation_id="revoke_connection", tags=["exchanges"], responses={204: None})
    def delete(self, request: Request, connection_id: UUID) -> Response:
        """Close a connection and destroy its key; bots on it stop. Closing twice is the same as once."""
        actor, owner_id = caller(request)
        found = queries.get_connection(connection_id, owner_id=owner_id)
        operations.revoke_connection(actor=actor, connection_id=found.pk, reason="by its owner")
        return Response(status=204)


class ConnectionCheck(APIView):
    """Asking the exchange again."""

    @extend_schema(operation_id="check_connection", tags=["exchanges"], request=None, responses={202: None})
    def post(self, request: Request, connection_id: UUID) -> Response:
        """Have the balances read again soon."""
        operations.request_check(connection_id=connection_id, owner_id=owner_of(request))
        return Response(status=202)
