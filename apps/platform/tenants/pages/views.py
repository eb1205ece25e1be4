"""The landing page of the platform's host."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.platform.tenants.queries import get_primary_host, list_active_tenants


def landing(request: HttpRequest) -> HttpResponse:
    """Show which organisations live here (names and hosts only) and the way to the console."""
    port = request.get_host().partition(":")[2]
    tenants = [
        {
            "name": tenant.name,
            "url": f"{request.scheme}://{get_primary_host(tenant.schema)}{':' + port if port else ''}/",
        }
        for tenant in list_active_tenants()
    ]
    return render(request, "platform/tenants/landing.html", {"tenants": tenants})
