"""Addresses of execution quality."""

from django.urls import path

from apps.trading.orders.quality.pages import views

urlpatterns = [path("orders/quality/", views.quality, name="orders-quality")]
