"""Addresses of the API."""

from django.urls import path

from apps.platform.security.api.views import StepUpView

urlpatterns = [path("step-ups/<uuid:challenge_id>", StepUpView.as_view(), name="security-api-step-up")]
