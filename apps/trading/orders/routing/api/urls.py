"""Addresses of routed orders under /api/v1/."""

from django.urls import path

from apps.trading.orders.routing.api import views

urlpatterns = [
    path("routed-orders", views.RoutedOrderList.as_view(), name="api-routed-orders"),
    path("routed-orders/preview", views.RoutedOrderPreview.as_view(), name="api-routed-orders-preview"),
    path("routed-orders/<uuid:route_id>", views.RoutedOrderDetail.as_view(), name="api-routed-order"),
    path("routed-orders/<uuid:route_id>/cancel", views.RoutedOrderCancel.as_view(), name="api-routed-order-cancel"),
]
