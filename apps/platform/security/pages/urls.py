"""Addresses of the pages."""

from django.urls import path

from apps.platform.security.pages.views import step_up

urlpatterns = [path("step-up/<uuid:challenge_id>/", step_up, name="security-step-up")]
