"""Addresses of the pages."""

from django.urls import path

from apps.trading.portfolios.pages import views

urlpatterns = [
    path("portfolios/", views.overview, name="portfolios"),
    path("portfolios/<uuid:portfolio_id>/", views.portfolio, name="portfolio"),
]
