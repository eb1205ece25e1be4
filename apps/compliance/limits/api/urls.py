"""Addresses under /api/v1/."""

from django.urls import path

from apps.compliance.limits.api.views import OwnLimits

urlpatterns = [path("account/limits", OwnLimits.as_view(), name="api-account-limits")]
