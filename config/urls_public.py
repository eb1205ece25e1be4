"""Addresses on the platform's own host: its console. Tenants' customers have no business here."""

from django.urls import include, path

from apps.platform.tenants.pages.views import landing
from config.admin import console
from config.routes import identity_patterns

urlpatterns = [
    path("", landing, name="landing"),
    path("platform/", console.urls),
    path("", include(identity_patterns())),
]
handler400 = "apps.core.faults.bad_request"
handler403 = "apps.core.faults.forbidden"
handler404 = "apps.core.faults.not_found"
handler500 = "apps.core.faults.server_error"
