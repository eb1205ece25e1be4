"""/markets/, /markets/<symbol>/ and /arbitrage/."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from apps.platform.authentication.access import customer_required
from apps.trading.market_data.pages.arbitrage import arbitrage_page
from apps.trading.market_data.pages.context import DEFAULT_INTERVAL, symbol_page
from apps.trading.market_data.pages.listing import Asked, markets_page
from kernel.instruments import is_perpetual, market_of


@customer_required
@require_GET
def markets(request: HttpRequest) -> HttpResponse:
    """Show the markets with live prices."""
    request.nav_active = "markets"  # type: ignore[attr-defined]  # read by the shell
    return render(request, "trading/market_data/list.html", {"page": markets_page(Asked.of(request.GET))})


@customer_required
@require_GET
def market(request: HttpRequest, symbol: str) -> HttpResponse:
    """Show one market with its chart; a contract is shown with the market that it follows."""
    if is_perpetual(symbol):
        return redirect("market", symbol=market_of(symbol))
    request.nav_active = "markets"  # type: ignore[attr-defined]  # read by the shell
    user: Any = request.user
    page = symbol_page(symbol, request.GET.get("interval", DEFAULT_INTERVAL), user.pk)
    return render(request, "trading/market_data/symbol.html", {"page": page})


@customer_required
@require_GET
def arbitrage(request: HttpRequest) -> HttpResponse:
    """Show one symbol over all venues, with the pairs that would pay."""
    request.nav_active = "markets"  # type: ignore[attr-defined]  # read by the shell
    symbol = request.GET.get("symbol", "")[:32]
    user: Any = request.user
    return render(request, "trading/market_data/arbitrage.html", {"page": arbitrage_page(symbol, user.pk)})
