"""Two pages of the finance desk: the trial balance, and the export for accounting."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django import forms
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import current_schema, in_tenant_thread
from apps.core.errors import DomainError
from apps.core.forms import AssetFormField
from apps.core.permissions import allows
from apps.finance.ledger import operations
from apps.finance.ledger.choices import AccountKind, Book, Mode
from apps.finance.ledger.exports import OWN_BOOKS, Export, ExportFormat, Wanted, list_names
from apps.finance.ledger.operations.exporting import EXPORT, MAP
from apps.finance.ledger.queries import TrialRow, closed_until, trial_balance
from kernel.money.exact import plain, total


@dataclass(frozen=True, slots=True)
class Line:
    """Sums of a kind of account."""

    kind: str
    accounts: int
    debit: str
    credit: str
    balance: str


@dataclass(frozen=True, slots=True)
class Table:
    """One book in one mode and asset. `difference` is what debits and credits differ by: 0, or the books are wrong."""

    title: str
    lines: Sequence[Line]
    debit: str
    credit: str
    difference: str
    is_even: bool


class AsOfForm(forms.Form):
    """Of which day."""

    at = forms.DateField(label="At the end of", required=False, widget=UnfoldAdminDateWidget())

    def clean_at(self) -> date | None:
        """Return the day; raises ValidationError for one that cannot be."""
        return _checked_day(self.cleaned_data["at"])


class ExportForm(forms.Form):
    """What to export."""

    since = forms.DateField(label="First day", widget=UnfoldAdminDateWidget())
    until = forms.DateField(label="Last day", widget=UnfoldAdminDateWidget())
    format = forms.TypedChoiceField(choices=ExportFormat.choices, coerce=ExportFormat, widget=UnfoldAdminSelectWidget())
    mode = forms.TypedChoiceField(choices=Mode.choices, coerce=Mode, widget=UnfoldAdminSelectWidget())
    asset = AssetFormField(required=False, widget=UnfoldAdminTextInputWidget(), help_text="Empty: all")
    by_customer = forms.BooleanField(label="An account for each customer", required=False, widget=UnfoldBooleanWidget())
    with_venues = forms.BooleanField(
        label="With the mirrors of customers' venues", required=False, widget=UnfoldBooleanWidget()
    )

    def clean_since(self) -> date | None:
        """Return the day."""
        return _checked_day(self.cleaned_data["since"])

    def clean_until(self) -> date | None:
        """Return the day."""
        return _checked_day(self.cleaned_data["until"])

    def wanted(self) -> Wanted:
        """Return what belongs into the file."""
        given = self.cleaned_data
        books = (*OWN_BOOKS, Book.VENUE) if given["with_venues"] else OWN_BOOKS
        return Wanted(given["mode"], books, given["asset"], given["by_customer"])


class NameForm(forms.Form):
    """Under which name and code a kind of account stands."""

    kind = forms.TypedChoiceField(choices=AccountKind.choices, coerce=AccountKind, widget=UnfoldAdminSelectWidget())
    name = forms.CharField(max_length=120, widget=UnfoldAdminTextInputWidget())
    code = forms.CharField(max_length=10, widget=UnfoldAdminTextInputWidget())
    reason = forms.CharField(max_length=500, widget=UnfoldAdminTextInputWidget())


def trial_balance_view(desk: Any, request: HttpRequest) -> HttpResponse:
    """Show debits, credits and balances by book, mode, asset and kind, of all that counts by a day (both modes)."""
    if not desk.has_view_permission(request):
        raise Http404
    form = AsOfForm(request.GET or None)
    day = form.cleaned_data["at"] if form.is_bound and form.is_valid() else None
    at = None if day is None else _start(day) + timedelta(days=1) - timedelta(microseconds=1)
    context = {
        **desk.admin_site.each_context(request),
        "title": "Trial balance",
        "form": form,
        "tables": tables_of(trial_balance(at=at)),
        "moment": "now" if day is None else f"at the end of {day:%-d %B %Y}",
        "closed_until": closed_until(),
    }
    return TemplateResponse(request, "admin/ledger/trial_balance.html", context)


def tables_of(rows: Sequence[TrialRow]) -> list[Table]:
    """Return the rows as tables, one for each book, mode and asset, with its sums."""
    tables = []
    for (book, mode, asset), group in groupby(rows, key=lambda row: (row.book, row.mode, row.asset)):
        lines = list(group)
        debit, credit = total(row.debit for row in lines), total(row.credit for row in lines)
        tables.append(
            Table(
                title=f"{Book(book).label}, {Mode(mode).label.lower()}, {asset}",
                lines=[
                    Line(
                        AccountKind(row.kind).label, row.accounts, _shown(row.debit), _shown(row.credit),
                        _shown(row.balance),
                    )
                    for row in lines
                ],
                debit=_shown(debit),
                credit=_shown(credit),
                difference=_shown(total((debit, credit.copy_negate()))),
                is_even=debit == credit,
            )
        )  # fmt: skip
    return tables


def export_view(desk: Any, request: HttpRequest) -> HttpResponseBase:
    """Show the form; a POST sends the file, or names an account. Only for who exports."""
    actor = Actor.of(request.user)
    if not allows(actor, EXPORT):
        raise Http404
    may_name = allows(actor, MAP)
    forms_of: dict[str, forms.Form] = {"export": ExportForm(initial=_last_month()), "name": NameForm()}
    if request.method == "POST":
        which = "name" if may_name and request.POST.get("do") == "name" else "export"
        form = forms_of[which] = (NameForm if which == "name" else ExportForm)(request.POST)
        done = _attempt(actor, which, form) if form.is_valid() else None
        if done is not None:
            return done
    context = {
        **desk.admin_site.each_context(request),
        "title": "Export for accounting",
        "export": forms_of["export"],
        "name": forms_of["name"] if may_name else None,
        "names": list_names(),
        "closed_until": closed_until(),
    }
    return TemplateResponse(request, "admin/ledger/export.html", context)


def _attempt(actor: Actor, which: str, form: Any) -> HttpResponseBase | None:
    """Return the reply to a valid form; None when it was refused and the form says why."""
    try:
        if which == "name":
            operations.name_account(actor=actor, **form.cleaned_data)
            return HttpResponseRedirect(reverse("admin:ledger_export"))
        made = operations.export_journals(
            actor=actor,
            since=_start(form.cleaned_data["since"]),
            until=min(_start(form.cleaned_data["until"]) + timedelta(days=1), now()),
            format=form.cleaned_data["format"],
            wanted=form.wanted(),
        )
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.text)
        return None
    return _download(made)


def _download(made: Export) -> StreamingHttpResponse:
    kind = "text/csv" if made.name.endswith(".csv") else "text/plain"
    headers = {"Content-Disposition": f'attachment; filename="{made.name}"', "Cache-Control": "private, no-store"}
    return StreamingHttpResponse(
        _stream(current_schema(), made), content_type=f"{kind}; charset=utf-8", headers=headers
    )


async def _stream(schema: str, made: Export) -> AsyncIterator[bytes]:
    """Yield the file chunk by chunk; each is read in a thread that enters the tenant anew."""
    yield (await in_tenant_thread(schema, made.first_chunk)()).encode()
    while (chunk := await in_tenant_thread(schema, made.next_chunk)()) is not None:
        yield chunk.encode()


def _last_month() -> dict[str, Any]:
    last = now().date().replace(day=1) - timedelta(days=1)
    return {"since": last.replace(day=1), "until": last}


def _checked_day(day: date | None) -> date | None:
    if day is not None and not 2000 <= day.year <= 2199:
        raise forms.ValidationError("Write a day between 2000 and 2199.")
    return day


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _shown(amount: Decimal) -> str:
    return f"{plain(amount):,f}"
