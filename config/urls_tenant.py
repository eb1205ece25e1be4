"""Addresses on a tenant's host: customer pages, back office, API."""

from django.urls import include, path

from config.admin import back_office
from config.routes import api_patterns, page_patterns

urlpatterns = [
    path("admin/", back_office.urls),
    path("api/v1/", include(api_patterns())),
    path("", include(page_patterns())),
]
handler400 = "apps.core.faults.bad_request"
handler403 = "apps.core.faults.forbidden"
handler404 = "apps.core.faults.not_found"
handler500 = "apps.core.faults.server_error"
