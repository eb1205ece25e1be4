"""/markets/ and /markets/<symbol>/."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.platform.authentication.access import customer_required
from apps.trading.market_data.pages.context import DEFAULT_INTERVAL, markets_page, symbol_page


@customer_required
@require_GET
def markets(request: HttpRequest) -> HttpResponse:
    """Show the markets with live prices."""
    request.nav_active = "markets"  # type: ignore[attr-defined]  # read by the shell
    query = request.GET.get("q", "").replace("\x00", "").strip()
    return render(request, "trading/market_data/list.html", {"page": markets_page(query)})


@customer_required
@require_GET
def market(request: HttpRequest, symbol: str) -> HttpResponse:
    """Show one market with its chart."""
    request.nav_active = "markets"  # type: ignore[attr-defined]  # read by the shell
    user: Any = request.user
    page = symbol_page(symbol, request.GET.get("interval", DEFAULT_INTERVAL), user.pk)
    return render(request, "trading/market_data/symbol.html", {"page": page})
