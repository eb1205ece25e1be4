"""/wallet-analytics: what the wallet is worth, now and day by day."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import caller
from apps.finance.ledger.choices import Mode
from apps.finance.wallets.api.earning_caller import filter_of
from apps.finance.wallets.api.earning_fields import AnalyticsFields, AnalyticsFilter
from apps.finance.wallets.valuation import value_now, value_series


class WalletAnalytics(APIView):
    """The worth of the caller's wallet."""

    @extend_schema(
        operation_id="get_wallet_analytics",
        tags=["wallets"],
        parameters=[AnalyticsFilter],
        responses={200: AnalyticsFields},
    )
    def get(self, request: Request) -> Response:
        """Return worth and allocation now and the worth at the end of each day, each figure with its price."""
        wanted = filter_of(request, AnalyticsFilter)
        owner_id, mode = caller(request)[1], Mode(wanted.get("mode", Mode.LIVE))
        present = value_now(owner_id, wanted.get("currency"), mode)
        days = value_series(owner_id, present.currency, wanted["days"], mode)
        return Response(AnalyticsFields({"now": present, "days": days}).data)
