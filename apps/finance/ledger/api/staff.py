"""What staff may ask for over the API: a reversal, an adjustment. Nothing here books; another person decides."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.api.callers import staff_of
from apps.core.api.writes import IDEMPOTENCY_KEY, write_once
from apps.core.ids import uuid7
from apps.finance.ledger import operations
from apps.finance.ledger.api.serializers import AdjustmentInput, RequestSerializer, ReversalInput
from apps.finance.ledger.errors import StaffOnly

TAGS = ["ledger, staff"]


class AskForReversal(APIView):
    """Asking another person to take a journal back."""

    @extend_schema(
        operation_id="ask_for_reversal",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=ReversalInput,
        responses={202: RequestSerializer},
    )
    def post(self, request: Request, journal_uid: UUID) -> HttpResponse:
        """Put the reversal into the queue of approvals. Staff with a second factor only."""
        actor = staff_of(request, StaffOnly)
        given = ReversalInput(data=request.data)
        given.is_valid(raise_exception=True)

        def run() -> Mapping[str, Any]:
            made = operations.ask_for_reversal(
                actor=actor, journal_uid=journal_uid, reason=given.validated_data["reason"]
            )
            return RequestSerializer(made).data

        return write_once(request, actor=actor, operation="ledger.ask_for_reversal", run=run, status=202)


class AskForAdjustment(APIView):
    """Asking another person to correct a customer's balance at the house's cost."""

    @extend_schema(
        operation_id="ask_for_adjustment",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=AdjustmentInput,
        responses={202: RequestSerializer},
    )
    def post(self, request: Request, account_id: UUID) -> HttpResponse:
        """Put the correction into the queue of approvals. Staff with a second factor only."""
        actor = staff_of(request, StaffOnly)
        given = AdjustmentInput(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data

        def run() -> Mapping[str, Any]:
            made = operations.ask_for_adjustment(
                actor=actor,
                account_id=account_id,
                amount=wanted["amount"],
                key=uuid7().hex,
                reason=wanted["reason"],
            )
            return RequestSerializer(made).data

        return write_once(request, actor=actor, operation="ledger.ask_for_adjustment", run=run, status=202)
