"""Addresses of the strategy pages."""

from django.urls import path

from apps.trading.strategies.pages import views

urlpatterns = [
    path("strategies/", views.strategies, name="strategies-list"),
    path("strategies/gallery/", views.gallery, name="strategies-gallery"),
    path("strategies/new/", views.new, name="strategies-new"),
    path("strategies/<uuid:strategy_id>/", views.strategy, name="strategies-detail"),
    path("strategies/<uuid:strategy_id>/edit/", views.edit, name="strategies-edit"),
    path("strategies/<uuid:strategy_id>/diff/", views.diff, name="strategies-diff"),
    path("strategies/<uuid:strategy_id>/archive/", views.archive, name="strategies-archive"),
    path("strategies/<uuid:strategy_id>/restore/", views.restore, name="strategies-restore"),
]
