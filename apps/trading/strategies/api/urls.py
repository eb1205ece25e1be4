"""Addresses under /api/v1/."""

from django.urls import path

from apps.trading.strategies.api import views

urlpatterns = [
    path("strategies", views.StrategyList.as_view(), name="api-strategies"),
    path("strategies/examples", views.ExampleList.as_view(), name="api-strategy-examples"),
    path("strategies/validate", views.StrategyValidation.as_view(), name="api-strategy-validate"),
    path("strategies/<uuid:strategy_id>", views.StrategyDetail.as_view(), name="api-strategy"),
    path("strategies/<uuid:strategy_id>/archive", views.StrategyArchive.as_view(), name="api-strategy-archive"),
    path("strategies/<uuid:strategy_id>/restore", views.StrategyRestore.as_view(), name="api-strategy-restore"),
    path("strategies/<uuid:strategy_id>/diff", views.VersionDiff.as_view(), name="api-strategy-diff"),
    path("strategies/<uuid:strategy_id>/versions", views.VersionList.as_view(), name="api-strategy-versions"),
    path(
        "strategies/<uuid:strategy_id>/versions/<int:number>",
        views.VersionDetail.as_view(),
        name="api-strategy-version",
    ),
    path("indicators", views.IndicatorCatalogue.as_view(), name="api-indicators"),
]
