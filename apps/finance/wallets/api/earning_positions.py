"""/yield and /staking: products, positions, what accrued on them."""

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
from apps.finance.wallets import operations, queries_earning
from apps.finance.wallets.api.earning_caller import body_of, filter_of, mode_of
from apps.finance.wallets.api.earning_fields import (
    AccrualFields,
    ModeFilter,
    NewPositionFields,
    ProductFilter,
    StakePositionFields,
    StakingProductFields,
    YieldPositionFields,
    YieldProductFields,
)

YIELD, STAKING = ["yield"], ["staking"]


class YieldProducts(APIView):
    """Yield products that take money."""

    @extend_schema(
        operation_id="list_yield_products",
        tags=YIELD,
        parameters=[ProductFilter],
        responses={200: YieldProductFields(many=True)},
    )
    def get(self, request: Request) -> Response:
        """Return products by asset and name."""
        wanted = filter_of(request, ProductFilter)
        found = queries_earning.list_yield_products(
            asset=wanted.get("asset", ""), mode=Mode(wanted.get("mode", Mode.LIVE))
        )
        return Response(YieldProductFields(found, many=True).data)


class YieldPositions(APIView):
    """The caller's yield positions."""

    @extend_schema(
        operation_id="list_yield_positions",
        tags=YIELD,
        parameters=[ModeFilter],
        responses={200: YieldPositionFields(many=True)},
    )
    def get(self, request: Request) -> Response:
        """Return positions, newest first."""
        wanted = filter_of(request, ModeFilter)
        found = queries_earning.list_yield_positions(caller(request)[1], mode=mode_of(wanted))
        return Response(YieldPositionFields(found, many=True).data)

    @extend_schema(
        operation_id="open_yield_position",
        tags=YIELD,
        parameters=[IDEMPOTENCY_KEY],
        request=NewPositionFields,
        responses={201: YieldPositionFields},
    )
    def post(self, request: Request) -> HttpResponse:
        """Put money into a product; it earns from tomorrow (UTC) on."""
        wanted = body_of(request, NewPositionFields)
        actor, owner_id = caller(request)

        def run() -> Mapping[str, Any]:
            made = operations.open_yield_position(
                actor=actor, product_id=wanted["product_id"], amount=wanted["amount"], mode=Mode(wanted["mode"])
            )
            return _yield(made.pk, owner_id)

        return write_once(request, actor=actor, operation="wallets.open_yield_position", run=run)


class YieldPositionDetail(APIView):
    """One yield position of the caller."""

    @extend_schema(operation_id="get_yield_position", tags=YIELD, responses={200: YieldPositionFields})
    def get(self, request: Request, position_id: UUID) -> Response:
        """Return a position."""
        return Response(_yield(position_id, caller(request)[1]))


class YieldAccruals(APIView):
    """What accrued on a yield position."""

    @extend_schema(operation_id="list_yield_accruals", tags=YIELD, responses={200: AccrualFields(many=True)})
    def get(self, request: Request, position_id: UUID) -> Response:
        """Return the newest hundred days, newest first."""
        found = queries_earning.list_accruals(position_id, owner_id=caller(request)[1])
        return Response(AccrualFields(found, many=True).data)


class YieldRedemption(APIView):
    """Asking a yield position back."""

    @extend_schema(
        operation_id="redeem_yield_position",
        tags=YIELD,
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: YieldPositionFields},
    )
    def post(self, request: Request, position_id: UUID) -> HttpResponse:
        """Have a position paid out, at once or when its lock ends."""
        actor, owner_id = caller(request)
        queries_earning.get_yield_position(position_id, owner_id=owner_id)

        def run() -> Mapping[str, Any]:
            operations.redeem_yield_position(actor=actor, position_id=position_id)
            return _yield(position_id, owner_id)

        return write_once(request, actor=actor, operation="wallets.redeem_yield_position", run=run, status=200)


class StakingProducts(APIView):
    """Staking products that take money."""

    @extend_schema(
        operation_id="list_staking_products",
        tags=STAKING,
        parameters=[ProductFilter],
        responses={200: StakingProductFields(many=True)},
    )
    def get(self, request: Request) -> Response:
        """Return products by asset and name."""
        wanted = filter_of(request, ProductFilter)
        found = queries_earning.list_staking_products(
            asset=wanted.get("asset", ""), mode=Mode(wanted.get("mode", Mode.LIVE))
        )
        return Response(StakingProductFields(found, many=True).data)


class StakePositions(APIView):
    """The caller's staking positions."""

    @extend_schema(
        operation_id="list_staking_positions",
        tags=STAKING,
        parameters=[ModeFilter],
        responses={200: StakePositionFields(many=True)},
    )
    def get(self, request: Request) -> Response:
        """Return positions, newest first."""
        wanted = filter_of(request, ModeFilter)
        found = queries_earning.list_stakes(caller(request)[1], mode=mode_of(wanted))
        return Response(StakePositionFields(found, many=True).data)

    @extend_schema(
        operation_id="open_staking_position",
        tags=STAKING,
        parameters=[IDEMPOTENCY_KEY],
        request=NewPositionFields,
        responses={201: StakePositionFields},
    )
    def post(self, request: Request) -> HttpResponse:
        """Put money into staking; it is bonded at the next midnight (UTC) and the product's bonding days later."""
        wanted = body_of(request, NewPositionFields)
        actor, owner_id = caller(request)

        def run() -> Mapping[str, Any]:
            made = operations.open_stake(
                actor=actor, product_id=wanted["product_id"], amount=wanted["amount"], mode=Mode(wanted["mode"])
            )
            return _stake(made.pk, owner_id)

        return write_once(request, actor=actor, operation="wallets.open_stake", run=run)


class StakePositionDetail(APIView):
    """One staking position of the caller."""

    @extend_schema(operation_id="get_staking_position", tags=STAKING, responses={200: StakePositionFields})
    def get(self, request: Request, position_id: UUID) -> Response:
        """Return a position."""
        return Response(_stake(position_id, caller(request)[1]))


class StakeRewards(APIView):
    """What accrued on a staking position."""

    @extend_schema(operation_id="list_staking_rewards", tags=STAKING, responses={200: AccrualFields(many=True)})
    def get(self, request: Request, position_id: UUID) -> Response:
        """Return the newest hundred days, newest first."""
        found = queries_earning.list_rewards(position_id, owner_id=caller(request)[1])
        return Response(AccrualFields(found, many=True).data)


class StakeUnbonding(APIView):
    """Asking a staking position back."""

    @extend_schema(
        operation_id="unbond_staking_position",
        tags=STAKING,
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: StakePositionFields},
    )
    def post(self, request: Request, position_id: UUID) -> HttpResponse:
        """End the rewards and begin the waiting time."""
        actor, owner_id = caller(request)
        queries_earning.get_stake(position_id, owner_id=owner_id)

        def run() -> Mapping[str, Any]:
            operations.unbond_stake(actor=actor, position_id=position_id)
            return _stake(position_id, owner_id)

        return write_once(request, actor=actor, operation="wallets.unbond_stake", run=run, status=200)


def _yield(position_id: UUID, owner_id: UUID) -> Mapping[str, Any]:
    return YieldPositionFields(queries_earning.get_yield_position(position_id, owner_id=owner_id)).data


def _stake(position_id: UUID, owner_id: UUID) -> Mapping[str, Any]:
    return StakePositionFields(queries_earning.get_stake(position_id, owner_id=owner_id)).data
