"""The host name decides the tenant, nothing else."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from apps.core.context import PUBLIC, in_schema
from apps.platform.tenants.queries import get_tenant_by_host


class TenantByHost:
    """Enters the schema of the request's host for the rest of the request; an unknown host is 404."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        host = request.get_host().rsplit(":", 1)[0].lower()
        if host in (settings.PLATFORM_HOST, settings.PLATFORM_HOST.partition(".")[2]):
            request.tenant = None  # type: ignore[attr-defined]
            request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
            with in_schema(PUBLIC):
                return self.get_response(request)
        tenant = get_tenant_by_host(host)
        if tenant is None:
            return HttpResponse(render_to_string("404.html", {"title": "No such address"}), status=404)
        if tenant.is_suspended:
            return HttpResponse(render_to_string("403.html", {"title": "This organisation is suspended"}), status=403)
        request.tenant = tenant  # type: ignore[attr-defined]
        with in_schema(tenant.schema):
            return self.get_response(request)
