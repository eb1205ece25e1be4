"""/account/limits: the caller's tier, limits and what is left of them."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.compliance.limits import queries
from apps.compliance.limits.api.serializers import OwnLimitsSerializer


class OwnLimits(APIView):
    """The limits of the caller."""

    @extend_schema(operation_id="get_own_limits", tags=["limits"], responses={200: OwnLimitsSerializer})
    def get(self, request: Request) -> Response:
        """Return tier, amount limits and limits of number with what is used and left."""
        user: Any = request.user
        tier = queries.get_tier(user.pk)
        found = {
            "tier": {"number": tier.value, "name": tier.label},
            "amounts": queries.list_limits_of(user.pk),
            "counts": queries.list_counts_of(user.pk),
        }
        return Response(OwnLimitsSerializer(found).data)
