"""The back-test pages. Reading is in the modules beside, writing is operations; each POST ends in a redirect."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.core.actors import Actor
from apps.core.ids import uuid7
from apps.core.view import Fact, Page
from apps.platform.authentication.access import customer_required
from apps.trading.backtests import operations, queries
from apps.trading.backtests.candles import recorded_span
from apps.trading.backtests.choices import OPEN_STATES, RunState
from apps.trading.backtests.models import BacktestRun
from apps.trading.backtests.pages.comparison import comparison_page
from apps.trading.backtests.pages.forms import BacktestForm, chosen_version, first_values, values_of
from apps.trading.backtests.pages.result import result_page, trades_page
from apps.trading.backtests.pages.rows import day, period, rows_of, title
from apps.trading.backtests.pages.shown import BacktestFormPage, BacktestRunPage, BacktestsPage
from apps.trading.backtests.pages.starting import start_once
from apps.trading.backtests.report import file_name, html_of
from apps.trading.instruments.queries import list_instruments
from apps.trading.strategies.queries import Version

PAGE_SIZE = 50
MOST_COMPARED = 6
SENTENCES = {
    RunState.QUEUED: "Waiting for a worker",
    RunState.RUNNING: "Going through the candles",
}


def _owner(request: HttpRequest) -> UUID:
    request.nav_active = "backtests"  # type: ignore[attr-defined]  # read by the frame
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # customer_required lets only people in
    return owner_id


def _page_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 and int(text) > 0 else 1


def _ids(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts[:MOST_COMPARED]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


@customer_required
@require_GET
def backtests(request: HttpRequest) -> HttpResponse:
    """Show the list, newest first."""
    owner_id, number = _owner(request), _page_number(request)
    first = (number - 1) * PAGE_SIZE
    found = list(queries.list_runs(owner_id)[first : first + PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE]
    page = BacktestsPage(
        new_url=reverse("backtests-new"),
        compare_url=reverse("backtests-compare"),
        backtests=rows_of(shown),
        page=Page(
            f"{len(shown)} back-tests",
            f"?page={number - 1}" if number > 1 else "",
            f"?page={number + 1}" if len(found) > PAGE_SIZE else "",
        ),
    )
    return render(request, "trading/backtests/list.html", {"page": page})


@customer_required
@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """Show chosen back-tests (`?run=…&run=…`) side by side."""
    runs = queries.list_chosen_runs(_ids(request.GET.getlist("run")), _owner(request))
    return render(request, "trading/backtests/compare.html", {"page": comparison_page(runs)})


@customer_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Set up a back-test: of a version (`?version=`), or like an earlier one (`?from=`)."""
    owner_id = _owner(request)
    if request.method == "POST":
        return _start(request, owner_id)
    earlier = _ids(request.GET.getlist("from"))
    if earlier:
        run = queries.get_run(earlier[0], owner_id)
        form = BacktestForm(initial=values_of(run), owner_id=owner_id, chosen=run.version)
    else:
        chosen = chosen_version(owner_id, request.GET.get("version", ""))
        form = BacktestForm(initial=_start_values(request, owner_id, chosen), owner_id=owner_id, chosen=chosen)
    return _show(request, form)


def _start_values(request: HttpRequest, owner_id: UUID, chosen: Version | None) -> dict[str, object]:
    symbols = [row.symbol for row in list_instruments()]
    wanted = request.GET.get("symbol", "")
    symbol = wanted if wanted in symbols else next(iter(symbols), "")
    return first_values(owner_id, chosen, symbol)


def _start(request: HttpRequest, owner_id: UUID) -> HttpResponse:
    chosen = chosen_version(owner_id, request.POST.get("version", ""))
    form = BacktestForm(request.POST, owner_id=owner_id, chosen=chosen)
    if not form.is_valid():
        return _show(request, form)
    wanted = form.request()
    made = start_once(
        request,
        form,
        "backtests.start_backtest",
        lambda actor: operations.start_backtest(actor=actor, owner_id=owner_id, request=wanted),
    )
    return _show(request, form) if made is None else redirect("backtests-detail", made)


def _show(request: HttpRequest, form: BacktestForm) -> HttpResponse:
    failed = form.is_bound and not form.is_valid()
    facts = []
    for row in list_instruments()[:20]:
        span = recorded_span(row.symbol)
        facts.append(Fact(f"{row.base}/{row.quote}", f"{day(span[0])} to {day(span[1])}" if span else "nothing yet"))
    page = BacktestFormPage(
        parent_url=reverse("backtests-list"),
        action_url=reverse("backtests-new"),
        errors=[str(text) for text in form.non_field_errors()] if failed else [],
        idempotency_key=uuid7().hex,
        form=form,
        data_facts=facts,
    )
    return render(request, "trading/backtests/form.html", {"page": page}, status=422 if failed else 200)


@customer_required
@require_GET
def backtest(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show a back-test: its result, or how far it is."""
    run = queries.get_run(run_id, _owner(request))
    if run.state == RunState.DONE:
        page = result_page(run, queries.get_outcome(run))
        return render(request, "trading/backtests/result.html", {"page": page})
    return render(request, "trading/backtests/running.html", {"page": _run_page(run)})


@customer_required
@require_GET
def progress(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show how far a back-test is, alone; what is over makes the page load again."""
    run = queries.get_run(run_id, _owner(request))
    response = render(request, "trading/backtests/_progress.html", {"page": _run_page(run)})
    if run.state not in OPEN_STATES:
        response["HX-Refresh"] = "true"
    return response


def _run_page(run: BacktestRun) -> BacktestRunPage:
    address = reverse("backtests-detail", args=[run.pk])
    stopping = run.cancel_requested and run.state == RunState.RUNNING
    return BacktestRunPage(
        title=title(run),
        note=f"{run.interval} candles, {period(run)}",
        parent_url=reverse("backtests-list"),
        cancel_url=f"{address}cancel/",
        idempotency_key=uuid7().hex,
        progress_url=f"{address}progress/",
        percent=100 * run.bars_done // run.bars_total if run.bars_total else 0,
        sentence="Stopping" if stopping else SENTENCES.get(RunState(run.state), ""),
        state=run.state,
        reason=run.error_message,
        code=run.error_code,
        repeat_url=f"{reverse('backtests-new')}?from={run.pk}",
    )


@customer_required
@require_POST
def cancel(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Call a back-test off."""
    operations.cancel_backtest(actor=Actor.of(request.user), owner_id=_owner(request), run_id=run_id)
    messages.success(request, "The back-test is being cancelled.")
    return redirect("backtests-detail", run_id)


@customer_required
@require_GET
def trades(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show all round trips of a back-test."""
    run = queries.get_run(run_id, _owner(request))
    page = trades_page(run, queries.get_outcome(run), _page_number(request))
    return render(request, "trading/backtests/trades.html", {"page": page})


@customer_required
@require_GET
def report(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Send the report of a finished back-test as a file."""
    run = queries.get_run(run_id, _owner(request))
    body = html_of(run, queries.get_outcome(run))
    headers = {
        "Content-Disposition": f'attachment; filename="{file_name(run, "html")}"',
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(body, content_type="text/html; charset=utf-8", headers=headers)
