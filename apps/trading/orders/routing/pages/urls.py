"""Addresses of the pages of routed orders."""

from django.urls import path

from apps.trading.orders.routing.pages import views

urlpatterns = [
    path("orders/routes/", views.routes, name="orders-routes"),
    path("orders/routes/new/", views.new, name="orders-routes-new"),
    path("orders/routes/<uuid:route_id>/", views.route, name="orders-route"),
    path("orders/routes/<uuid:route_id>/cancel/", views.cancel, name="orders-route-cancel"),
]
