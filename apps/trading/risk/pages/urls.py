"""Addresses of the pages."""

from django.urls import path

from apps.trading.risk.pages import views

urlpatterns = [
    path("risk/", views.overview, name="risk"),
    path("risk/limit/", views.limit, name="risk-limit"),
    path("risk/profile/", views.profile, name="risk-profile"),
    path("risk/engage/", views.engage, name="risk-engage"),
    path("risk/switches/<uuid:switch_id>/lift/", views.lift, name="risk-lift"),
    path("risk/resume/", views.resume, name="risk-resume"),
]
