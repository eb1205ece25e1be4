"""/wallet/: the overview, activity, one movement as a receipt."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from apps.finance.ledger.choices import Mode
from apps.finance.wallets.pages.activity import activity_page, receipt_page
from apps.finance.wallets.pages.overview import overview_page
from apps.finance.wallets.pages.request_parts import mode_of, owner_of, show
from apps.platform.authentication.access import customer_required


@customer_required
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Show the wallet; `?days=` is the length of the curve, `?mode=` changes between real and play money."""
    owner_id, mode, days = owner_of(request), mode_of(request), request.GET.get("days", "")
    page = overview_page(owner_id, mode, int(days) if days in ("30", "90", "365") else 0)
    return show(request, "overview", page, mode=mode, tab="overview")


@customer_required
@require_GET
def activity(request: HttpRequest) -> HttpResponse:
    """Show what moved; `?asset=`, `?kind=`, `?since=`, `?until=` narrow it."""
    owner_id, mode = owner_of(request), mode_of(request)
    return show(request, "activity", activity_page(owner_id, mode, request.GET), mode=mode, tab="activity")


@customer_required
@require_GET
def receipt(request: HttpRequest, account_id: UUID, version: int) -> HttpResponse:
    """Show one movement, ready to print."""
    page = receipt_page(owner_of(request), account_id, version)
    return show(request, "receipt", page, mode=Mode(page.mode), tab="activity")
