"""Addresses of large orders under /api/v1/."""

from django.urls import path

from apps.trading.orders.algos.api import views

urlpatterns = [
    path("algo-orders", views.AlgoOrderList.as_view(), name="api-algo-orders"),
    path("algo-orders/trial", views.AlgoOrderTrial.as_view(), name="api-algo-order-trial"),
    path("algo-orders/<uuid:algo_id>", views.AlgoOrderDetail.as_view(), name="api-algo-order"),
    path("algo-orders/<uuid:algo_id>/pause", views.AlgoOrderPause.as_view(), name="api-algo-order-pause"),
    path("algo-orders/<uuid:algo_id>/resume", views.AlgoOrderResume.as_view(), name="api-algo-order-resume"),
    path("algo-orders/<uuid:algo_id>/cancel", views.AlgoOrderCancel.as_view(), name="api-algo-order-cancel"),
]
