"""Addresses of the pages of large orders."""

from django.urls import path

from apps.trading.orders.algos.pages import views

urlpatterns = [
    path("orders/algos/", views.algos, name="orders-algos"),
    path("orders/algos/new/", views.new, name="orders-algos-new"),
    path("orders/algos/try/", views.try_on_history, name="orders-algos-try"),
    path("orders/algos/<uuid:algo_id>/", views.algo, name="orders-algo"),
    path("orders/algos/<uuid:algo_id>/<slug:action>/", views.act, name="orders-algos-act"),
]
