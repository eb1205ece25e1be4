"""/journal/: what a person wrote about trades, positions and days."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.errors import DomainError
from apps.core.ids import parse_uuid
from apps.core.view import Choice
from apps.platform.authentication.access import customer_required
from apps.trading.portfolios import journal, operations
from apps.trading.portfolios.calendar import today_in, zone_of
from apps.trading.portfolios.choices import ImageKind, JournalAbout
from apps.trading.portfolios.errors import PictureRefused
from apps.trading.portfolios.models import JournalEntry

MOST_ROWS = 100
SAFE = "default-src 'none'; style-src 'none'; sandbox"


class NoteForm(forms.Form):
    """A note; tags are words with commas or spaces between."""

    title = forms.CharField(max_length=120, label="Title")
    text = forms.CharField(max_length=20_000, required=False, label="Note")
    tags = forms.CharField(max_length=400, required=False, label="Tags", help_text="Words with commas between.")
    day = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date"}))

    def note(self) -> operations.Note:
        """Return what to write."""
        found = self.cleaned_data
        tags = found["tags"].replace(",", " ").split()
        return operations.Note(title=found["title"], text=found["text"], tags=tags, day=found["day"])


class SearchForm(forms.Form):
    """What to look for."""

    search = forms.CharField(max_length=100, required=False, label="Search")
    tag = forms.CharField(max_length=30, required=False)
    about = forms.ChoiceField(choices=[("", "Everything"), *JournalAbout.choices], required=False, label="About")
    symbol = forms.RegexField(r"\A[A-Z0-9]{0,32}\Z", required=False, label="Market")
    since = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a note."""

    id: str
    url: str
    label: str


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A note in the list."""

    id: str
    url: str
    title: str
    text: str
    day: str
    about: str
    about_url: str
    symbol: str
    tags: Sequence[str]
    pictures: Sequence[Picture]


@dataclass(frozen=True, slots=True)
class JournalPage:
    """The journal, or one note with `entry`."""

    note: str
    entries: Sequence[EntryRow]
    tags: Sequence[Choice]
    search_form: Any
    form: Any
    about_text: str
    about: str
    about_id: str
    errors: Sequence[str]
    url: str
    entry: EntryRow | None = None


@customer_required
@require_http_methods(["GET", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """Show the notes that fit; POST writes one (about `about`, `about_id`)."""
    owner_id = _owner(request)
    today = today_in(zone_of(owner_id), now())
    if request.method == "GET":
        return _show(request, NoteForm(initial={"day": today}))
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _show(request, form, status=422)
    about, about_id = _about(request.POST)
    try:
        made = operations.write_note(
            actor=Actor.of(request.user), owner_id=owner_id, about=about, about_id=about_id, note=form.note()
        )
    except DomainError as refusal:
        return _show(request, form, errors=[refusal.text], status=refusal.http_status)
    messages.success(request, "The note is kept. Add pictures to it here.")
    return redirect("journal-entry", made.pk)


@customer_required
@require_http_methods(["GET", "POST"])
def entry(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Show a note; POST changes it, adds or removes a picture, or removes it."""
    owner_id = _owner(request)
    row = journal.get_entry(entry_id, owner_id)
    form = NoteForm(initial={"title": row.title, "text": row.text, "tags": ", ".join(row.tags), "day": row.day})
    if request.method == "GET":
        return _show(request, form, row=row)
    action = request.POST.get("action", "")
    if action == "change":
        form = NoteForm(request.POST)
        if not form.is_valid():
            return _show(request, form, row=row, status=422)
    try:
        gone = _change(request, row, form, action)
    except DomainError as refusal:
        return _show(request, form, row=row, errors=[refusal.text], status=refusal.http_status)
    return redirect("journal") if gone else redirect("journal-entry", row.pk)


@customer_required
@require_GET
def image(request: HttpRequest, image_id: UUID) -> HttpResponseBase:
    """Send the bytes of a picture to its owner, as what they are."""
    row = journal.get_image(image_id, _owner(request))
    answer = FileResponse(journal.open_image(row), content_type=ImageKind(row.kind).label)
    answer["Content-Security-Policy"] = SAFE
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, max-age=86400"
    return answer


def _change(request: HttpRequest, row: JournalEntry, form: NoteForm, action: str) -> bool:
    whose: dict[str, Any] = {"actor": Actor.of(request.user), "owner_id": row.owner_id}
    if action == "change":
        operations.change_note(**whose, entry_id=row.pk, note=form.note())
    elif action == "picture":
        sent = request.FILES.get("picture")
        if sent is None:
            raise PictureRefused(field="picture", why="choose a file")
        if sent.size is None or sent.size > operations.MOST_BYTES:
            raise PictureRefused(field="picture", why="it is larger than 5 MB")
        label = request.POST.get("label", "")
        operations.add_picture(**whose, entry_id=row.pk, content=sent.read(), label=label)
    elif action == "remove-picture":
        key = parse_uuid(request.POST.get("image_id", ""))
        if key is not None:
            operations.remove_picture(**whose, image_id=key)
    elif action == "remove":
        operations.remove_note(**whose, entry_id=row.pk)
        return True
    return False


def _owner(request: HttpRequest) -> UUID:
    request.nav_active = "journal"  # type: ignore[attr-defined]  # read by the shell
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # customer_required lets only people in
    return owner_id


def _about(given: Any) -> tuple[str, UUID | None]:
    about, key = given.get("about", ""), parse_uuid(given.get("about_id", ""))
    known = about in (JournalAbout.ORDER, JournalAbout.POSITION) and key is not None
    return (about, key) if known else (JournalAbout.DAY, None)


def _show(
    request: HttpRequest,
    form: NoteForm,
    *,
    row: JournalEntry | None = None,
    errors: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    owner_id = _owner(request)
    search = SearchForm(request.GET or None, auto_id="search_%s")
    found = search.cleaned_data if search.is_bound and search.is_valid() else {}
    wanted = journal.JournalFilter(**{name: value for name, value in found.items() if value})
    rows = [] if row is not None else list(journal.list_entries(owner_id, wanted)[:MOST_ROWS])
    about, about_id = _about(request.POST if request.method == "POST" else request.GET)
    url = reverse("journal")
    page = JournalPage(
        note=f"{len(rows)} note{'s' if len(rows) != 1 else ''}" if rows else "",
        entries=[_row(one) for one in rows],
        tags=[Choice(f"#{tag}", f"{url}?tag={tag}", tag == wanted.tag) for tag in journal.list_tags(owner_id)[:30]],
        search_form=search,
        form=form,
        about_text=f"About the {JournalAbout(about).label.lower()} you came from" if about_id else "",
        about=about,
        about_id=str(about_id or ""),
        errors=errors or [],
        url=url if row is None else reverse("journal-entry", args=[row.pk]),
        entry=None if row is None else _row(row),
    )
    return render(request, "trading/portfolios/journal.html", {"page": page}, status=status)


def _row(row: JournalEntry) -> EntryRow:
    return EntryRow(
        id=str(row.pk),
        url=reverse("journal-entry", args=[row.pk]),
        title=row.title,
        text=row.text,
        day=f"{row.day:%-d %b %Y}",
        about=row.get_about_display(),
        about_url=reverse("orders-detail", args=[row.about_id]) if row.about == JournalAbout.ORDER else "",
        symbol=row.symbol,
        tags=row.tags,
        pictures=[
            Picture(str(one.pk), reverse("journal-image", args=[one.pk]), one.label or f"Picture of “{row.title}”")
            for one in row.images.all()
        ],
    )
