"""Addresses under /api/v1/."""

from django.urls import path

from apps.trading.exchanges.api.exchanges import ConnectionActivity, ConnectionKey, ExchangeDetail, ExchangeList
from apps.trading.exchanges.api.views import ConnectionCheck, ConnectionDetail, ConnectionList

urlpatterns = [
    path("exchanges", ExchangeList.as_view(), name="api-exchanges"),
    path("exchanges/<slug:ccxt_id>", ExchangeDetail.as_view(), name="api-exchange"),
    path("connections", ConnectionList.as_view(), name="api-connections"),
    path("connections/<uuid:connection_id>", ConnectionDetail.as_view(), name="api-connection"),
    path("connections/<uuid:connection_id>/check", ConnectionCheck.as_view(), name="api-connection-check"),
    path("connections/<uuid:connection_id>/key", ConnectionKey.as_view(), name="api-connection-key"),
    path("connections/<uuid:connection_id>/activity", ConnectionActivity.as_view(), name="api-connection-activity"),
]
