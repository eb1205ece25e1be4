"""Addresses of the order pages."""

from django.urls import include, path

from apps.trading.orders.pages import views

urlpatterns = [
    path("", include("apps.trading.orders.algos.pages.urls")),
    path("", include("apps.trading.orders.history.pages.urls")),
    path("", include("apps.trading.orders.commissions.pages.urls")),
    path("", include("apps.trading.orders.limits.pages.urls")),
    path("", include("apps.trading.orders.quality.pages.urls")),
    path("", include("apps.trading.orders.routing.pages.urls")),
    path("exchanges/<uuid:connection_id>/reset/", views.reset_paper, name="orders-reset-paper"),
    path("orders/", views.orders, name="orders-list"),
    path("orders/ticket/", views.ticket, name="orders-ticket"),
    path("positions/contracts/<uuid:position_id>/close/", views.close_contract, name="contracts-close"),
    path("orders/<uuid:order_id>/", views.order, name="orders-detail"),
    path("orders/<uuid:order_id>/amend/", views.amend, name="orders-amend"),
    path("orders/<uuid:order_id>/cancel/", views.cancel, name="orders-cancel"),
]
