"""The back office: desks, read-only tables, and buttons that run operations. Nothing is edited in a form."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.core.permissions import allows, declare, may
from apps.core.second_factor import ExactThing, prove


class Desk(StrEnum):
    """A group of work that one kind of staff does."""

    FINANCE = "finance"
    """Money in and out, ledger, approvals of both."""
    CRM = "crm"
    """Leads, customers, campaigns."""
    SUPPORT = "support"
    """Tickets and chats."""
    MMN = "mmn"
    """The binary network."""
    TRADING = "trading"
    """Connections, orders, bots, market data."""
    COMPLIANCE = "compliance"
    """Limits, evidence, audit."""
    PLATFORM = "platform"
    """Accounts, roles, settings; on the console: tenants."""


TITLES = {
    Desk.FINANCE: "Finance",
    Desk.CRM: "CRM",
    Desk.SUPPORT: "Support",
    Desk.MMN: "MMN",
    Desk.TRADING: "Trading",
    Desk.COMPLIANCE: "Compliance",
    Desk.PLATFORM: "Platform",
}
PERMISSIONS = {desk: declare(f"desk.{desk.value}", f"See the {TITLES[desk]} desk") for desk in Desk}


@dataclass(frozen=True)
class Queue:
    """A list of open work on a desk: its title, how many wait, where to see them."""

    desk: Desk
    title: str
    count: Callable[[], int]
    url: Callable[[], str]


@dataclass(frozen=True)
class Alarm:
    """Something on a desk that somebody has to look at now: a sentence and where to look."""

    text: str
    url: str


@dataclass(frozen=True)
class DeskPage:
    """A page of a desk beside its tables; shown to who has the permission."""

    desk: Desk
    title: str
    url_name: str
    permission: str


@dataclass(frozen=True)
class DeskView:
    """A desk as its home shows it."""

    title: str
    queues: list[dict[str, Any]]
    lists: list[dict[str, str]] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)


@dataclass(frozen=True)
class OperationAction:
    """A button on a row: asks for a reason (and the fields of `form`), then runs an operation.

    As one of a table's `table_operations` it stands above the table, and `run` gets None for the row. With `confirms`
    it also asks for a fresh code of the second factor, good for exactly the thing that `confirms` names, once.
    """

    name: str
    label: str
    permission: str
    run: Callable[[Actor, Any, dict[str, Any]], Any]
    form: type[forms.Form] | None = None
    available: Callable[[Any], bool] = lambda _row: True
    is_dangerous: bool = False
    confirms: Callable[[Any], ExactThing] | None = None


_registered: list[tuple[type[models.Model], type["DeskAdmin"], str]] = []
_queues: list[Queue] = []
_alarms: list[tuple[Desk, Callable[[], Alarm | None]]] = []
_pages: list[DeskPage] = []


def desk_admin(
    model: type[models.Model], *, site: str = "back_office"
) -> Callable[[type["DeskAdmin"]], type["DeskAdmin"]]:
    """Register an admin class for a model on `back_office` (tenant) or `console` (platform)."""

    def register(cls: type["DeskAdmin"]) -> type["DeskAdmin"]:
        _registered.append((model, cls, site))
        return cls

    return register


def add_queue(queue: Queue) -> None:
    """Show a list of open work on a desk's home."""
    _queues.append(queue)


def add_alarm(desk: Desk, look: Callable[[], Alarm | None]) -> None:
    """Show what `look` finds at the top of a desk, for as long as it finds it."""
    _alarms.append((desk, look))


def add_desk_page(page: DeskPage) -> None:
    """Show a page among the tables of its desk in the back office."""
    _pages.append(page)


class ReasonForm(forms.Form):
    """Why: every button asks."""

    reason = forms.CharField(max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


class CodeForm(forms.Form):
    """A fresh code: buttons that confirm something ask for it too."""

    code = forms.CharField(
        max_length=20,
        label="Code of your second factor",
        help_text="From your authenticator app, or a recovery code. It confirms exactly this, once.",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class DeskAdmin(ModelAdmin):  # type: ignore[misc]  # the theme ships no types
    """A table that staff of a desk read. What changes a row is an OperationAction."""

    desk: ClassVar[Desk]
    operations: ClassVar[tuple[OperationAction, ...]] = ()
    table_operations: ClassVar[tuple[OperationAction, ...]] = ()
    change_form_template = "admin/desk_change_form.html"
    change_list_template = "admin/desk_change_list.html"
    list_per_page = 50
    show_full_result_count = False
    list_disable_select_all = True
    actions = None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether a role of the person sees this desk."""
        return may(request, PERMISSIONS[self.desk])

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return whether the desk is shown at all."""
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows are made by operations."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are changed by operations."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are not deleted here."""
        return False

    def get_urls(self) -> list[Any]:
        """Add one address for each operation of a row, and one for each operation of the table."""
        prefix = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path(
                "<path:object_id>/do/<slug:operation>/",
                self.admin_site.admin_view(self.operation_view),
                name=f"{prefix}_operation",
            ),
            path(
                "do/<slug:operation>/",
                self.admin_site.admin_view(self.table_operation_view),
                name=f"{prefix}_table_operation",
            ),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the table with the buttons that the person's role allows."""
        buttons = self._table_buttons(request)
        return super().changelist_view(request, {**(extra_context or {}), "desk_operations": buttons})  # type: ignore[no-any-return]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show a row with the buttons that its state and the person's role allow."""
        row = self.get_object(request, object_id)
        buttons = self._buttons(request, row) if row is not None else []
        return super().change_view(  # type: ignore[no-any-return]
            request, object_id, form_url, {**(extra_context or {}), "desk_operations": buttons}
        )

    def operation_view(self, request: HttpRequest, object_id: str, operation: str) -> HttpResponse:
        """Ask for the reason, run the operation on the row, say what came of it."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return self._operate(request, self._allowed(request, self.operations, operation), row, self._row_url(row))

    def table_operation_view(self, request: HttpRequest, operation: str) -> HttpResponse:
        """Ask for the reason, run the operation, say what came of it."""
        action = self._allowed(request, self.table_operations, operation)
        return self._operate(request, action, None, self._list_url())

    def _allowed(self, request: HttpRequest, actions: tuple[OperationAction, ...], name: str) -> OperationAction:
        found = [item for item in actions if item.name == name]
        if not found or not self.has_view_permission(request):
            raise Http404
        if not allows(Actor.of(request.user), found[0].permission):
            raise Http404
        return found[0]

    def _operate(self, request: HttpRequest, action: OperationAction, row: Any, back_url: str) -> HttpResponse:
        form = _form_of(action, request if request.method == "POST" else None)
        thing = action.confirms(row) if action.confirms is not None else None
        if request.method == "POST" and form.is_valid():
            try:
                if thing is not None:
                    prove(request, thing, form.cleaned_data.pop("code"))
                action.run(Actor.of(request.user), row, form.cleaned_data)
            except DomainError as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, refusal.text)
            else:
                messages.success(request, f"{action.label}: done.")
                return HttpResponseRedirect(back_url)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": action.label,
            "row": row,
            "form": form,
            "action": action,
            "thing": thing,
            "back_url": back_url,
        }
        return TemplateResponse(request, "admin/operation.html", context)

    def _buttons(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_operation"
        return [
            {"label": item.label, "url": reverse(name, args=[row.pk, item.name]), "is_dangerous": item.is_dangerous}
            for item in self.operations
            if item.available(row) and may(request, item.permission)
        ]

    def _table_buttons(self, request: HttpRequest) -> list[dict[str, Any]]:
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_table_operation"
        return [
            {"label": item.label, "url": reverse(name, args=[item.name]), "is_dangerous": item.is_dangerous}
            for item in self.table_operations
            if may(request, item.permission)
        ]

    def _list_url(self) -> str:
        return reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def _row_url(self, row: Any) -> str:
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change"
        return reverse(name, args=[row.pk])


class LedgerAdmin(DeskAdmin):
    """A table whose rows nobody changes, not even by an operation."""

    operations: ClassVar[tuple[OperationAction, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.operations or cls.table_operations:
            raise TypeError(f"{cls.__name__} is append-only and has no operations")


class DeskSite(UnfoldAdminSite):  # type: ignore[misc]  # the theme ships no types
    """An admin site whose home is desks: open work first, tables behind it."""

    registry_name: ClassVar[str]
    index_template = "admin/desks.html"
    enable_nav_sidebar = True

    def get_urls(self) -> list[Any]:
        """Return the addresses without Django's way from a row to its public page: no row here has one."""
        return [entry for entry in super().get_urls() if getattr(entry, "name", "") != "view_on_site"]

    def take_registered(self) -> None:
        """Register what the apps declared for this site."""
        for model, cls, site in _registered:
            if site == self.registry_name and not self.is_registered(model):
                self.register(model, cls)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the desks that the person's roles open."""
        return super().index(request, {**(extra_context or {}), "desks": self.desks(request)})  # type: ignore[no-any-return]

    def desks(self, request: HttpRequest) -> list[DeskView]:
        """Return the desks with their open work and tables, as the person may see them."""
        return [
            DeskView(TITLES[desk], self._queues_of(desk), self.links_of(desk, request), self._alarms_of(desk))
            for desk in self.open_desks(request)
        ]

    def open_desks(self, request: HttpRequest) -> list[Desk]:
        """Return the desks that have something on this site and that a role of the person opens."""
        if not request.user.is_authenticated:
            return []
        used = {getattr(admin, "desk", None) for admin in self._registry.values()}
        if self.registry_name == "back_office":
            used |= {queue.desk for queue in _queues}
        return [desk for desk in Desk if desk in used and may(request, PERMISSIONS[desk])]

    def links_of(self, desk: Desk, request: HttpRequest) -> list[dict[str, str]]:
        """Return title and address of a desk's pages and tables, as far as the person may see them."""
        return [*self._pages_of(desk, request), *self._lists_of(desk)]

    def _alarms_of(self, desk: Desk) -> list[Alarm]:
        if self.registry_name != "back_office":
            return []
        return [found for place, look in _alarms if place is desk and (found := look()) is not None]

    def _pages_of(self, desk: Desk, request: HttpRequest) -> list[dict[str, str]]:
        if self.registry_name != "back_office":
            return []
        return [
            {"title": page.title, "url": reverse(page.url_name)}
            for page in _pages
            if page.desk is desk and may(request, page.permission)
        ]

    def _queues_of(self, desk: Desk) -> list[dict[str, Any]]:
        if self.registry_name != "back_office":
            return []
        return [
            {"title": queue.title, "count": queue.count(), "url": queue.url()}
            for queue in _queues
            if queue.desk is desk
        ]

    def _lists_of(self, desk: Desk) -> list[dict[str, str]]:
        return [
            {
                "title": _plural(model),
                "url": reverse(f"{self.name}:{model._meta.app_label}_{model._meta.model_name}_changelist"),
            }
            for model, admin in sorted(self._registry.items(), key=lambda pair: str(pair[0]._meta.verbose_name_plural))
            if getattr(admin, "desk", None) is desk
        ]


def _plural(model: type[models.Model]) -> str:
    """Return the words for many rows ("Strategies"); Django only adds an s."""
    words = str(model._meta.verbose_name_plural).capitalize()
    return f"{words[:-2]}ies" if words.endswith("ys") and words[-3:-2] not in "aeiou" else words


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the staff rail: one group per desk, its tables as entries (a setting of the theme points here)."""
    site = _site_of(request)
    if site is None:
        return []
    links = {TITLES[desk]: site.links_of(desk, request) for desk in site.open_desks(request)}
    return [
        {
            "title": title,
            "separator": True,
            "items": [{"title": item["title"], "icon": "table_rows", "link": item["url"]} for item in items],
        }
        for title, items in links.items()
        if items
    ]


_sites: list[DeskSite] = []


def _site_of(request: HttpRequest) -> "DeskSite | None":
    registry = "console" if request.path.startswith("/platform/") else "back_office"
    return next((site for site in _sites if site.registry_name == registry), None)


def remember_site(site: DeskSite) -> DeskSite:
    """Make a site known to the staff rail."""
    _sites.append(site)
    return site


def _form_of(action: OperationAction, request: HttpRequest | None) -> forms.Form:
    """Return the fields of an operation, filled with what was sent, files included."""
    given = () if request is None else (request.POST, request.FILES)
    parts = (action.form, CodeForm if action.confirms is not None else None, ReasonForm)
    return type("ReasonedForm", tuple(part for part in parts if part is not None), {})(*given)  # type: ignore[no-any-return]


assert issubclass(DeskSite, AdminSite)
