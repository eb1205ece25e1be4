"""/wallets: balances, the statement, the lock, play money."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import caller
from apps.core.api.writes import IDEMPOTENCY_KEY, write_once
from apps.finance.ledger.choices import Mode
from apps.finance.wallets import operations, queries
from apps.finance.wallets.activity import list_activity
from apps.finance.wallets.api.earning_caller import body_of, filter_of
from apps.finance.wallets.api.funding_fields import (
    ActivityFilter,
    ActivityPageFields,
    LockFields,
    ModeOf,
    NewLockFields,
    PaperFields,
    WalletFields,
)
from apps.finance.wallets.api.once import confirmed_once
from apps.platform.security.operations import Summary

TAGS = ["wallets"]


class WalletList(APIView):
    """The caller's wallets."""

    @extend_schema(
        operation_id="list_wallets", tags=TAGS, parameters=[ModeOf], responses={200: WalletFields(many=True)}
    )
    def get(self, request: Request) -> Response:
        """Return what the caller has, by asset."""
        wanted = filter_of(request, ModeOf)
        found = queries.list_wallets(caller(request)[1], mode=Mode(wanted["mode"]))
        return Response(WalletFields(found, many=True).data)


class WalletActivity(APIView):
    """The caller's statement."""

    @extend_schema(
        operation_id="list_wallet_activity",
        tags=TAGS,
        parameters=[ActivityFilter],
        responses={200: ActivityPageFields},
    )
    def get(self, request: Request) -> Response:
        """Return movements, newest first, of one asset or all."""
        wanted = filter_of(request, ActivityFilter)
        found = list_activity(
            caller(request)[1],
            mode=Mode(wanted["mode"]),
            asset=wanted.get("asset", ""),
            cursor=wanted.get("cursor", ""),
            limit=wanted["limit"],
        )
        return Response(ActivityPageFields(found).data)


class WalletLock(APIView):
    """The caller's lock."""

    @extend_schema(operation_id="get_wallet_lock", tags=TAGS, responses={200: LockFields})
    def get(self, request: Request) -> Response:
        """Return the lock, and what else payouts wait for."""
        return Response(_lock(request))

    @extend_schema(
        operation_id="set_wallet_lock",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=NewLockFields,
        responses={200: LockFields},
    )
    def post(self, request: Request) -> HttpResponse:
        """Lock longer, at once; or shorter and not at all, after the present days and with the second factor."""
        days = body_of(request, NewLockFields)["days"]
        actor, owner_id = caller(request)
        present = queries.get_lock(owner_id).days

        def run() -> Mapping[str, Any]:
            operations.set_lock(actor=actor, days=days)
            return _lock(request)

        return confirmed_once(
            request,
            actor=actor,
            operation="wallets.set_lock",
            payload={"days": days} if days < present else None,
            summary=Summary(
                title=f"Lower the lock of your wallet to {days} days" if days else "Lift the lock of your wallet",
                facts=[("Now", f"{present} days"), ("Then", f"{days} days"), ("After", f"{present} days")],
            ),
            run=run,
        )


class PaperReset(APIView):
    """The caller's play money."""

    @extend_schema(
        operation_id="reset_paper_funds",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: PaperFields},
    )
    def post(self, request: Request) -> HttpResponse:
        """Set what is free of it to the standard amount, at most once a minute."""
        actor, owner_id = caller(request)

        def run() -> Mapping[str, Any]:
            operations.reset_paper_funds(actor=actor)
            shaped: Mapping[str, Any] = PaperFields({"wallets": queries.list_wallets(owner_id, mode=Mode.PAPER)}).data
            return shaped

        return write_once(request, actor=actor, operation="wallets.reset_paper_funds", run=run, status=200)


def _lock(request: Request) -> dict[str, Any]:
    owner_id = caller(request)[1]
    lock = queries.get_lock(owner_id)
    facts = {
        "days": lock.days,
        "next_days": lock.next_days,
        "next_from": lock.next_from,
        "opens_at": lock.opens_at,
        "waits": queries.list_waits_of(owner_id),
    }
    return dict(LockFields(facts).data)
