"""Addresses of the API."""

from django.urls import path

from apps.platform.audit.api.views import AuditEventsView, SealStateView

urlpatterns = [
    path("audit-events", AuditEventsView.as_view(), name="audit-api-events"),
    path("audit-seals/state", SealStateView.as_view(), name="audit-api-seal-state"),
]
