"""Addresses under /api/v1/."""

from django.urls import include, path

from apps.trading.orders.api.groups import CancelAll, GroupCancel, GroupDetail, GroupList, OrderAmend, OrderBatch
from apps.trading.orders.api.views import AccountReset, ExternalOrderList, OrderCancel, OrderDetail, OrderList

urlpatterns = [
    path("", include("apps.trading.orders.algos.api.urls")),
    path("", include("apps.trading.orders.history.api.urls")),
    path("", include("apps.trading.orders.commissions.api.urls")),
    path("", include("apps.trading.orders.limits.api.urls")),
    path("", include("apps.trading.orders.quality.api.urls")),
    path("", include("apps.trading.orders.routing.api.urls")),
    path("", include("apps.trading.orders.staff_trades.api.urls")),
    path("connections/<uuid:connection_id>/reset", AccountReset.as_view(), name="api-connection-reset"),
    path("orders", OrderList.as_view(), name="api-orders"),
    path("orders/external", ExternalOrderList.as_view(), name="api-orders-external"),
    path("orders/batch", OrderBatch.as_view(), name="api-orders-batch"),
    path("orders/cancel-all", CancelAll.as_view(), name="api-orders-cancel-all"),
    path("orders/groups", GroupList.as_view(), name="api-order-groups"),
    path("orders/groups/<uuid:group_id>", GroupDetail.as_view(), name="api-order-group"),
    path("orders/groups/<uuid:group_id>/cancel", GroupCancel.as_view(), name="api-order-group-cancel"),
    path("orders/<uuid:order_id>/amend", OrderAmend.as_view(), name="api-order-amend"),
    path("orders/<uuid:order_id>", OrderDetail.as_view(), name="api-order"),
    path("orders/<uuid:order_id>/cancel", OrderCancel.as_view(), name="api-order-cancel"),
]
