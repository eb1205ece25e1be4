"""The landing page of the platform's host."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.platform.tenants.queries import get_primary_host, list_active_tenants


def landing(request: HttpRequest) -> HttpResponse:
    """Show which organisations live here (names and hosts only) and the way to the console."""
    port = request.get_host().partition(":")[2]
    suffix = f":{port}" if port else ""
    tenants = [
        {"name": tenant.name, "url": f"{request.scheme}://{get_primary_host(tenant.schema)}{suffix}/"}
        for tenant in list_active_tenants()
    ]
    console_url = f"{request.scheme}://{settings.PLATFORM_HOST}{suffix}/platform/"
    context = {"tenants": tenants, "console_url": console_url, "tenant_name": "Outcry", "home_url": "/"}
    return render(request, "platform/tenants/landing.html", context)
