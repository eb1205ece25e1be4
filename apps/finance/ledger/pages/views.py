"""/wallet/accounts/ and /wallet/statements/: statements, one line, where a balance comes from, files by month."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.finance.ledger.choices import Mode
from apps.finance.ledger.models import Account
from apps.finance.ledger.pages.context import entry_page, explain_page, months_page, statement_page
from apps.finance.ledger.pages.forms import PeriodForm
from apps.finance.ledger.queries import get_account
from apps.finance.ledger.statement_files import csv_of, month_of, pdf_of
from apps.finance.ledger.statements import moved_accounts
from apps.platform.authentication.access import customer_required


def _holder(request: HttpRequest) -> UUID:
    request.nav_active = "wallet"  # type: ignore[attr-defined]  # read by the shell
    holder_id: UUID = request.user.pk  # type: ignore[assignment]  # customer_required lets only people in
    return holder_id


@customer_required
@require_GET
def account(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Show the statement of an own account; `?since=`, `?until=`, `?kind=`, `?below=` narrow it."""
    page = statement_page(_holder(request), account_id, request.GET)
    return render(request, "finance/ledger/statement.html", {"page": page})


@customer_required
@require_GET
def explain(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Show where the balance of an own account comes from."""
    page = explain_page(_holder(request), account_id, request.GET)
    return render(request, "finance/ledger/explain.html", {"page": page})


@customer_required
@require_GET
def entry(request: HttpRequest, account_id: UUID, version: int) -> HttpResponse:
    """Show one line of an own account."""
    page = entry_page(_holder(request), account_id, version)
    return render(request, "finance/ledger/entry.html", {"page": page})


@customer_required
@require_GET
def account_csv(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Send the statement of an own account as CSV."""
    found = get_account(account_id, holder_id=_holder(request))
    return _csv([found], *_period(request), f"statement-{found.asset_id}")


@customer_required
@require_GET
def account_pdf(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Send the statement of an own account as PDF."""
    found = get_account(account_id, holder_id=_holder(request))
    return _pdf(request, [found], *_period(request), f"statement-{found.asset_id}")


@customer_required
@require_GET
def months(request: HttpRequest) -> HttpResponse:
    """Show the months there are statements of."""
    page = months_page(_holder(request), _mode(request))
    return render(request, "finance/ledger/months.html", {"page": page})


@customer_required
@require_GET
def month_csv(request: HttpRequest, month: str) -> HttpResponse:
    """Send a month of all own accounts as CSV."""
    since, until = _month(month)
    return _csv(moved_accounts(_holder(request), mode=_mode(request)), since, until, f"statement-{month}")


@customer_required
@require_GET
def month_pdf(request: HttpRequest, month: str) -> HttpResponse:
    """Send a month of all own accounts as PDF."""
    since, until = _month(month)
    return _pdf(request, moved_accounts(_holder(request), mode=_mode(request)), since, until, f"statement-{month}")


def _mode(request: HttpRequest) -> Mode:
    return Mode.PAPER if request.GET.get("mode") == Mode.PAPER else Mode.LIVE


def _month(text: str) -> tuple[datetime, datetime]:
    found = month_of(text)
    if found is None:
        raise Http404
    return found.since, found.until


def _period(request: HttpRequest) -> tuple[datetime, datetime]:
    return PeriodForm(request.GET or None).period()


def _csv(accounts: Sequence[Account], since: datetime, until: datetime, name: str) -> HttpResponse:
    body = "".join(csv_of(accounts, since=since, until=until))
    return _file(body.encode(), "text/csv; charset=utf-8", f"{name}.csv")


def _pdf(
    request: HttpRequest, accounts: Sequence[Account], since: datetime, until: datetime, name: str
) -> HttpResponse:
    tenant: Any = request.tenant  # type: ignore[attr-defined]  # set by the middleware
    user: Any = request.user
    body = pdf_of(accounts, since=since, until=until, tenant_name=tenant.name, customer=user.get_full_name())
    return _file(body, "application/pdf", f"{name}.pdf")


def _file(body: bytes, content_type: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(body, content_type=content_type, headers=headers)
