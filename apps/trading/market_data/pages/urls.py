"""Addresses of the pages."""

from django.urls import path

from apps.trading.market_data.pages import views

urlpatterns = [
    path("markets/", views.markets, name="markets"),
    path("markets/<str:symbol>/", views.market, name="market"),
    path("arbitrage/", views.arbitrage, name="arbitrage"),
]
