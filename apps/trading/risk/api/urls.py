"""Addresses under /api/v1/."""

from django.urls import path

from apps.trading.risk.api import views

urlpatterns = [
    path("risk", views.RiskOverview.as_view(), name="api-risk"),
    path("risk/limits", views.RiskLimits.as_view(), name="api-risk-limits"),
    path("risk/profile", views.RiskProfile.as_view(), name="api-risk-profile"),
    path("risk/switches", views.RiskSwitches.as_view(), name="api-risk-switches"),
    path("risk/switches/<uuid:switch_id>/lift", views.RiskSwitchLift.as_view(), name="api-risk-switch-lift"),
    path("risk/resume", views.RiskResume.as_view(), name="api-risk-resume"),
    path("risk/measures", views.RiskMeasures.as_view(), name="api-risk-measures"),
    path("risk/measures/history", views.RiskMeasureHistory.as_view(), name="api-risk-measure-history"),
    path("risk/stress", views.RiskStress.as_view(), name="api-risk-stress"),
    path("risk/size", views.RiskSize.as_view(), name="api-risk-size"),
]
