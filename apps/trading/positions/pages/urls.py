"""Addresses of the pages."""

from django.urls import path

from apps.trading.positions.pages import views

ONE = "positions/contracts/<uuid:account_id>"
urlpatterns = [
    path("positions/", views.overview, name="positions"),
    path("positions/correct/", views.correct, name="positions-correct"),
    path("positions/contracts/open/", views.open_contracts, name="contracts-open"),
    path(f"{ONE}/move/", views.move, name="contracts-move"),
    path(f"{ONE}/protect/", views.protect, name="contracts-protect"),
    path(f"{ONE}/terms/", views.choose_terms, name="contracts-terms"),
    path(f"{ONE}/mode/", views.choose_mode, name="contracts-mode"),
    path(f"{ONE}/hedge/", views.hedge, name="contracts-hedge"),
]
