"""Addresses of the history."""

from django.urls import path

from apps.trading.orders.history.pages import views

urlpatterns = [
    path("orders/history/", views.history, name="orders-history"),
    path("orders/history/statistics/", views.statistics, name="orders-statistics"),
    path("orders/history.csv", views.export, name="orders-history-csv"),
]
