"""Addresses under /api/v1/."""

from django.urls import path

from apps.trading.orders.api.views import AccountReset, ExternalOrderList, OrderCancel, OrderDetail, OrderList

urlpatterns = [
    path("connections/<uuid:connection_id>/reset", AccountReset.as_view(), name="api-connection-reset"),
    path("orders", OrderList.as_view(), name="api-orders"),
    path("orders/external", ExternalOrderList.as_view(), name="api-orders-external"),
    path("orders/<uuid:order_id>", OrderDetail.as_view(), name="api-order"),
    path("orders/<uuid:order_id>/cancel", OrderCancel.as_view(), name="api-order-cancel"),
]
