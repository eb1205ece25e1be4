"""/orders/history/: the list with its filter, its sums, and the whole of it as CSV."""

from collections.abc import AsyncIterator, Iterator
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.core.context import current_schema, in_tenant_thread
from apps.core.ids import parse_uuid
from apps.platform.authentication.access import customer_required
from apps.trading.orders.history.export import chunks
from apps.trading.orders.history.pages.context import history_page, statistics_page
from apps.trading.orders.history.pages.forms import HistoryForm


def _owner(request: HttpRequest) -> UUID:
    request.nav_active = "orders"  # type: ignore[attr-defined]  # read by the shell
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # customer_required lets only people in
    return owner_id


@customer_required
@require_GET
def history(request: HttpRequest) -> HttpResponse:
    """Show the list; `?after=` goes on."""
    after = parse_uuid(request.GET.get("after", ""))
    page = history_page(_owner(request), request.GET.dict(), after)
    return render(request, "trading/orders/history.html", {"page": page})


@customer_required
@require_GET
def statistics(request: HttpRequest) -> HttpResponse:
    """Show the sums of the same filter."""
    page = statistics_page(_owner(request), request.GET.dict())
    return render(request, "trading/orders/statistics.html", {"page": page})


@customer_required
@require_GET
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Send the orders of a filter as CSV, read as they are sent."""
    owner_id = _owner(request)
    wanted = HistoryForm(request.GET.dict(), owner_id=owner_id).wanted()
    response = StreamingHttpResponse(
        _stream(current_schema(), chunks(owner_id, wanted)), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="orders.csv"'
    response["X-Accel-Buffering"] = "no"
    return response


async def _stream(schema: str, parts: Iterator[str]) -> AsyncIterator[bytes]:
    """Yield the file part by part, long after the request left its tenant: each is read in a thread that enters it."""

    def read() -> str | None:
        return next(parts, None)

    while (part := await in_tenant_thread(schema, read)()) is not None:
        yield part.encode()
