"""/transfers: money for other customers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import caller
from apps.core.api.writes import IDEMPOTENCY_KEY
from apps.finance.ledger.choices import Mode
from apps.finance.wallets import operations, queries
from apps.finance.wallets.api.earning_caller import body_of, filter_of
from apps.finance.wallets.api.funding_fields import NewTransferFields, Paging, TransferFields, TransferPage
from apps.finance.wallets.api.once import confirmed_once, page_data
from apps.platform.security.operations import Summary
from kernel.money.exact import plain

TAGS = ["transfers"]


class TransferList(APIView):
    """The caller's transfers."""

    @extend_schema(operation_id="list_transfers", tags=TAGS, parameters=[Paging], responses={200: TransferPage})
    def get(self, request: Request) -> Response:
        """Return transfers from and to the caller, newest first."""
        wanted = filter_of(request, Paging)
        found = queries.list_transfers(
            caller(request)[1], mode=Mode(wanted["mode"]), below=wanted.get("below"), limit=wanted["limit"] + 1
        )
        return Response(page_data(found, wanted["limit"], TransferPage))

    @extend_schema(
        operation_id="transfer_to_customer",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=NewTransferFields,
        responses={201: TransferFields},
    )
    def post(self, request: Request) -> HttpResponse:
        """Send money to the customer with an e-mail address; it comes back where there is none.

        Above a worth in 24 hours it takes the second factor: 401 with a challenge, to be confirmed before the same
        request is sent again.
        """
        wanted = body_of(request, NewTransferFields)
        actor, owner_id = caller(request)
        mode = Mode(wanted["mode"])
        needs = operations.needs_second_factor(owner_id, wanted["asset"], wanted["amount"], mode)

        def run() -> Mapping[str, Any]:
            made = operations.transfer_between_customers(
                actor=actor,
                to=wanted["to"],
                asset=wanted["asset"],
                amount=wanted["amount"],
                mode=mode,
                is_confirmed=needs,
            )
            return _transfer(made.pk, owner_id)

        amount = f"{plain(wanted['amount']):f}"
        facts = [("To", wanted["to"]), ("Amount", f"{amount} {wanted['asset']}")]
        return confirmed_once(
            request,
            actor=actor,
            operation="wallets.transfer",
            payload={"to": wanted["to"].lower(), "asset": wanted["asset"], "amount": amount} if needs else None,
            summary=Summary(title=f"Send {amount} {wanted['asset']}", facts=facts),
            run=run,
            status=201,
        )


class TransferDetail(APIView):
    """One transfer of the caller."""

    @extend_schema(operation_id="get_transfer", tags=TAGS, responses={200: TransferFields})
    def get(self, request: Request, transfer_id: UUID) -> Response:
        """Return whether it was delivered."""
        return Response(_transfer(transfer_id, caller(request)[1]))


def _transfer(transfer_id: UUID, owner_id: UUID) -> dict[str, Any]:
    return dict(TransferFields(queries.get_transfer(transfer_id, owner_id=owner_id)).data)
