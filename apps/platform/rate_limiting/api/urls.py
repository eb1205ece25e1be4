"""Addresses of the API."""

from django.urls import path

from apps.platform.rate_limiting.api.views import LimitsView

urlpatterns = [path("limits", LimitsView.as_view(), name="rate_limiting-api-limits")]
