"""Addresses under /api/v1/."""

from django.urls import path

from apps.trading.exchanges.api.views import ConnectionCheck, ConnectionDetail, ConnectionList

urlpatterns = [
    path("connections", ConnectionList.as_view(), name="api-connections"),
    path("connections/<uuid:connection_id>", ConnectionDetail.as_view(), name="api-connection"),
    path("connections/<uuid:connection_id>/check", ConnectionCheck.as_view(), name="api-connection-check"),
]
