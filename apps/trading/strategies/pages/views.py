"""The strategy pages. Reading is in `reading`, writing is operations; each POST ends in a redirect."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.platform.authentication.access import customer_required
from apps.trading.strategies import operations, queries
from apps.trading.strategies.errors import NothingChanged, VersionMissing
from apps.trading.strategies.models import StrategyVersion
from apps.trading.strategies.pages import reading
from apps.trading.strategies.pages.forms import DocumentForm, same_meaning
from apps.trading.strategies.pages.shown import StrategyFormPage
from apps.trading.strategies.wording import sentence
from kernel.strategy import StrategyDocument, parse_document

EMPTY = {
    "name": "New strategy",
    "timeframe": "1h",
    "entry": {
        "kind": "crosses_above",
        "left": {"kind": "price", "field": "close"},
        "right": {"kind": "indicator", "name": "SMA", "params": {"period": 20}},
    },
    "exit": {
        "kind": "crosses_below",
        "left": {"kind": "price", "field": "close"},
        "right": {"kind": "indicator", "name": "SMA", "params": {"period": 20}},
    },
    "sizing": {"kind": "percent_equity", "percent": "50"},
}


def _owner(request: HttpRequest) -> UUID:
    request.nav_active = "strategies"  # type: ignore[attr-defined]  # read by the frame
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # customer_required lets only people in
    return owner_id


def _number(text: str, default: int | None = None) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 and int(text) > 0 else default


@customer_required
@require_GET
def strategies(request: HttpRequest) -> HttpResponse:
    """Show the list."""
    archived = request.GET.get("archived") == "1"
    page = reading.strategies_page(_owner(request), archived=archived, page=_number(request.GET.get("page", "")) or 1)
    return render(request, "trading/strategies/list.html", {"page": page})


@customer_required
@require_http_methods(["GET", "POST"])
def gallery(request: HttpRequest) -> HttpResponse:
    """Show the ready strategies; POST `key` takes one over as one's own."""
    owner_id = _owner(request)
    if request.method == "POST":
        key = request.POST.get("key", "")
        made = operations.clone_example(actor=Actor.of(request.user), owner_id=owner_id, key=key)
        messages.success(request, f"“{made.name}” is yours now. Change it as you like.")
        return redirect("strategies-detail", made.pk)
    return render(request, "trading/strategies/gallery.html", {"page": reading.gallery_page()})


@customer_required
@require_GET
def strategy(request: HttpRequest, strategy_id: UUID) -> HttpResponse:
    """Show a strategy, `?version=` at an earlier version."""
    text = request.GET.get("version")
    number = None if text is None else _number(text)
    if text is not None and number is None:
        raise VersionMissing
    page = reading.strategy_page(_owner(request), strategy_id, number)
    return render(request, "trading/strategies/detail.html", {"page": page})


@customer_required
@require_GET
def diff(request: HttpRequest, strategy_id: UUID) -> HttpResponse:
    """Show what differs between version `?from=` and version `?to=`."""
    before, after = _number(request.GET.get("from", "")), _number(request.GET.get("to", ""))
    if before is None or after is None:
        raise VersionMissing
    page = reading.diff_page(_owner(request), strategy_id, before, after)
    return render(request, "trading/strategies/diff.html", {"page": page})


@customer_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Build a strategy: from nothing, from one of the gallery (`?example=`) or from an own version (`?copy=`)."""
    owner_id = _owner(request)
    if request.method == "GET":
        return _show(request, DocumentForm.of(_template(request, owner_id)), None)
    form, document = _typed(request, "")
    if document is not None:
        try:
            made = operations.create_strategy(actor=Actor.of(request.user), owner_id=owner_id, document=document)
        except DomainError as refusal:
            form = _refused(form, refusal)
        else:
            messages.success(request, f"“{made.name}” is saved as version 1.")
            return _saved(request, queries.get_numbered_version(made.pk, owner_id))
    return _show(request, form, None)


def _template(request: HttpRequest, owner_id: UUID) -> StrategyDocument:
    if "example" in request.GET:
        return queries.get_example(request.GET["example"]).document
    if "copy" in request.GET:
        try:
            version_id = UUID(request.GET["copy"])
        except ValueError:
            raise VersionMissing from None
        return queries.get_version(version_id, owner_id=owner_id)
    return parse_document(EMPTY)


@customer_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, strategy_id: UUID) -> HttpResponse:
    """Make the next version; the page carries the number of the version that it started from."""
    owner_id = _owner(request)
    newest = queries.get_numbered_version(strategy_id, owner_id)
    current = newest.parsed()
    if request.method == "GET":
        return _show(request, DocumentForm.of(current), newest)
    form, document = _typed(request, current.timeframe)
    if document is None:
        return _show(request, form, newest)
    # Opening and saving a page that writes defaults down is not a change.
    chosen = current if same_meaning(document, current) else document
    expected = _number(request.POST.get("expected", "")) or newest.number
    try:
        saved = operations.revise_strategy(
            actor=Actor.of(request.user), owner_id=owner_id, strategy_id=strategy_id, document=chosen, expected=expected
        )
    except NothingChanged as refusal:
        messages.info(request, refusal.text)
        return _saved(request, newest)
    except DomainError as refusal:
        return _show(request, _refused(form, refusal), newest, expected=expected)
    messages.success(request, f"Version {saved.number} is saved.")
    return _saved(request, saved)


def _typed(request: HttpRequest, present: str) -> tuple[DocumentForm, StrategyDocument | None]:
    """The page as typed, and its rules when they are asked for and right."""
    post = {key: str(request.POST[key]) for key in request.POST}
    form = DocumentForm.read(post, present)
    changed = form.after(post.get("action", ""))
    if changed is not None:
        return changed, None
    document, checked = form.document()
    return checked, document


def _refused(form: DocumentForm, refusal: DomainError) -> DocumentForm:
    return DocumentForm(form.fields, form.entry, form.exit, (*form.errors, refusal.text))


def _saved(request: HttpRequest, version: StrategyVersion) -> HttpResponse:
    if request.POST.get("action") == "save-and-test":
        return redirect(reading.backtest_url(version.pk))
    return redirect("strategies-detail", version.strategy_id)


def _show(
    request: HttpRequest, form: DocumentForm, newest: StrategyVersion | None, *, expected: int | None = None
) -> HttpResponse:
    errors = form.sentences() if request.method == "POST" else ()
    detail = reverse("strategies-detail", args=[newest.strategy_id]) if newest is not None else ""
    page = StrategyFormPage(
        heading="New strategy" if newest is None else f"Edit {newest.strategy.name}",
        parent_url=detail or reverse("strategies-list"),
        save_label="Save" if newest is None else f"Save version {newest.number + 1}",
        errors=errors,
        action_url=f"{detail}edit/" if detail else reverse("strategies-new"),
        expected=(expected or newest.number) if newest is not None else 0,
        form=form.fields,
        entry=form.entry,
        exit=form.exit,
        preview="" if request.method == "POST" or newest is None else sentence(newest.parsed()),
    )
    return render(request, "trading/strategies/form.html", {"page": page}, status=422 if errors else 200)


@customer_required
@require_POST
def archive(request: HttpRequest, strategy_id: UUID) -> HttpResponse:
    """Put a strategy away."""
    row = operations.archive_strategy(actor=Actor.of(request.user), owner_id=_owner(request), strategy_id=strategy_id)
    messages.success(request, f"“{row.name}” is archived.")
    return redirect("strategies-list")


@customer_required
@require_POST
def restore(request: HttpRequest, strategy_id: UUID) -> HttpResponse:
    """Take a strategy back into use."""
    row = operations.restore_strategy(actor=Actor.of(request.user), owner_id=_owner(request), strategy_id=strategy_id)
    messages.success(request, f"“{row.name}” is in use again.")
    return redirect("strategies-detail", row.pk)
