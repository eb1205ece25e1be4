"""Address of the page of commissions."""

from django.urls import path

from apps.trading.orders.commissions.pages import views

urlpatterns = [path("orders/commissions/", views.commissions, name="orders-commissions")]
