"""/deposits: addresses to pay to, bank transfers to announce, what came in."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import caller
from apps.core.api.writes import IDEMPOTENCY_KEY, write_once
from apps.finance.ledger.choices import Mode
from apps.finance.wallets import operations, queries
from apps.finance.wallets.api.earning_caller import body_of, filter_of
from apps.finance.wallets.api.funding_fields import (
    AccountFilter,
    DepositFields,
    DepositPage,
    ModeOf,
    NewDepositFields,
    NewPlaceFields,
    Paging,
    PayInAccountFields,
    PlaceFields,
    SimulatedFields,
    SimulationFields,
)
from apps.finance.wallets.api.once import page_data
from apps.finance.wallets.errors import NotByBank

TAGS = ["deposits"]


class DepositList(APIView):
    """The caller's deposits."""

    @extend_schema(operation_id="list_deposits", tags=TAGS, parameters=[Paging], responses={200: DepositPage})
    def get(self, request: Request) -> Response:
        """Return deposits, newest first."""
        wanted = filter_of(request, Paging)
        found = queries.list_deposits(
            caller(request)[1], mode=Mode(wanted["mode"]), below=wanted.get("below"), limit=wanted["limit"] + 1
        )
        return Response(page_data(found, wanted["limit"], DepositPage))

    @extend_schema(
        operation_id="announce_deposit",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=NewDepositFields,
        responses={201: DepositFields},
    )
    def post(self, request: Request) -> HttpResponse:
        """Say that a bank transfer is on its way; write the `reference` into its text."""
        wanted = body_of(request, NewDepositFields)
        actor, owner_id = caller(request)

        def run() -> Mapping[str, Any]:
            made = operations.announce_deposit(actor=actor, asset=wanted["asset"], amount=wanted["amount"])
            return _deposit(made.pk, owner_id)

        return write_once(request, actor=actor, operation="wallets.announce_deposit", run=run)


class DepositDetail(APIView):
    """One deposit of the caller."""

    @extend_schema(operation_id="get_deposit", tags=TAGS, responses={200: DepositFields})
    def get(self, request: Request, deposit_id: UUID) -> Response:
        """Return how far a deposit is."""
        return Response(_deposit(deposit_id, caller(request)[1]))


class DepositTakeBack(APIView):
    """Taking an announcement back."""

    @extend_schema(
        operation_id="take_back_deposit",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: DepositFields},
    )
    def post(self, request: Request, deposit_id: UUID) -> HttpResponse:
        """Take an announced bank transfer back that nobody has confirmed."""
        actor, owner_id = caller(request)

        def run() -> Mapping[str, Any]:
            operations.take_back_deposit(actor=actor, deposit_id=deposit_id)
            return _deposit(deposit_id, owner_id)

        return write_once(request, actor=actor, operation="wallets.take_back_deposit", run=run, status=200)


class PlaceList(APIView):
    """The caller's addresses to pay to."""

    @extend_schema(
        operation_id="list_deposit_addresses",
        tags=TAGS,
        parameters=[ModeOf],
        responses={200: PlaceFields(many=True)},
    )
    def get(self, request: Request) -> Response:
        """Return addresses by asset and network."""
        wanted = filter_of(request, ModeOf)
        found = queries.list_deposit_addresses(caller(request)[1], mode=Mode(wanted["mode"]))
        return Response(PlaceFields(found, many=True).data)

    @extend_schema(
        operation_id="ask_deposit_address",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=NewPlaceFields,
        responses={202: PlaceFields},
    )
    def post(self, request: Request) -> HttpResponse:
        """Ask for an address; it is empty until the provider has answered. The same again is the same address."""
        wanted = body_of(request, NewPlaceFields)
        actor, _ = caller(request)

        def run() -> Mapping[str, Any]:
            made = operations.ask_deposit_address(
                actor=actor, asset=wanted["asset"], network=wanted["network"], mode=Mode(wanted["mode"])
            )
            shaped: Mapping[str, Any] = PlaceFields(queries.place_view(made)).data
            return shaped

        return write_once(request, actor=actor, operation="wallets.ask_deposit_address", run=run, status=202)


class Simulation(APIView):
    """Payments of the sandbox."""

    @extend_schema(
        operation_id="simulate_deposit",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=SimulationFields,
        responses={201: SimulatedFields},
    )
    def post(self, request: Request) -> HttpResponse:
        """Have the sandbox's chain pay to one of the caller's addresses of the sandbox; no real money exists there."""
        wanted = body_of(request, SimulationFields)
        actor, _ = caller(request)

        def run() -> Mapping[str, Any]:
            txid, vout = operations.simulate_deposit(
                actor=actor, place_id=wanted["address_id"], amount=wanted["amount"]
            )
            return {"txid": txid, "vout": vout}

        return write_once(request, actor=actor, operation="wallets.simulate_deposit", run=run)


class PayInAccount(APIView):
    """Where bank transfers go."""

    @extend_schema(
        operation_id="get_pay_in_account", tags=TAGS, parameters=[AccountFilter], responses={200: PayInAccountFields}
    )
    def get(self, request: Request) -> Response:
        """Return the house's bank account for a currency; 422 where there is none."""
        asset = filter_of(request, AccountFilter)["asset"]
        found = queries.get_pay_in_account(asset)
        if found is None:
            raise NotByBank(field="asset", asset=asset)
        return Response(PayInAccountFields(found).data)


def _deposit(deposit_id: UUID, owner_id: UUID) -> dict[str, Any]:
    return dict(DepositFields(queries.get_deposit(deposit_id, owner_id=owner_id)).data)
