"""/account/limits/: what the customer may move, what is left, what raises it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.compliance.limits.pages.context import limits_page
from apps.platform.authentication.access import customer_required


@customer_required
@require_GET
def own_limits(request: HttpRequest) -> HttpResponse:
    """Show the customer's own limits."""
    request.nav_active = "limits"  # type: ignore[attr-defined]  # read by the shell
    user: Any = request.user
    return render(request, "compliance/limits/own.html", {"page": limits_page(user.pk)})
