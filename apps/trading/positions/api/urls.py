"""Addresses under /api/v1/."""

from django.urls import path

from apps.trading.positions.api.views import PositionDetail, PositionList

urlpatterns = [
    path("positions", PositionList.as_view(), name="api-positions"),
    path("positions/<uuid:position_id>", PositionDetail.as_view(), name="api-position"),
]
