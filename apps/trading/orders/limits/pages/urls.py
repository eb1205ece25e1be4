"""Address of the page of limits."""

from django.urls import path

from apps.trading.orders.limits.pages import views

urlpatterns = [path("risk/live-limits/", views.limits, name="orders-limits")]
