"""What the frame around every customer page shows. Apps add their entries when the product starts."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from apps.core.ids import uuid7

PAPER_TEXT = "Recorded prices, simulated fills. No real money moves."
LIVE_TEXT = "Real money: what you do here moves it"
PHONE_ENTRIES = 4


@functools.cache
def _address_of(url_name: str) -> str:
    """Return a tenant's page; it stands in each page many times and never moves."""
    return reverse(url_name, urlconf=settings.ROOT_URLCONF)


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the rail: key, words, icon, name of its URL, place in the order; whether a phone's bar has it."""

    key: str
    label: str
    icon: str
    url_name: str
    order: int
    at_end: bool = False
    on_phone: bool = False

    @property
    def url(self) -> str:
        """Return the address of the entry."""
        return _address_of(self.url_name)


@dataclass(frozen=True, slots=True)
class PaletteItem:
    """A line of the palette: words, address, icon, note."""

    label: str
    url: str
    icon: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class PaletteGroup:
    """Lines of the palette under one heading."""

    label: str
    items: list[PaletteItem]


@dataclass(frozen=True, slots=True)
class ShellUrls:
    """Addresses the frame links to; an empty one hides its control."""

    home: str = ""
    inbox: str = ""
    account: str = ""
    logout: str = ""
    mode: str = ""
    stop_all: str = ""
    notices: str = ""


@dataclass(frozen=True, slots=True)
class Shell:
    """The frame: tenant, navigation, mode, unread notifications, who is signed in."""

    tenant_name: str
    active: str
    nav: list[NavItem] = field(default_factory=list)
    nav_end: list[NavItem] = field(default_factory=list)
    phone_nav: list[NavItem] = field(default_factory=list)
    palette: list[PaletteGroup] = field(default_factory=list)
    mode: str = "paper"
    mode_text: str = PAPER_TEXT
    mode_account: str = ""
    stopped_text: str = ""
    unread: int = 0
    user_label: str = ""
    user_initials: str = ""
    running_bots: int = 0
    stop_all_key: str = ""
    is_staff: bool = False
    urls: ShellUrls = field(default_factory=ShellUrls)


_nav: dict[str, NavItem] = {}
_figures: dict[str, Callable[[Any], Any]] = {}
_palette: list[Callable[[Any], PaletteGroup]] = []
URL_NAMES = {
    "home": "home",
    "inbox": "notifications-inbox",
    "account": "authentication-security",
    "logout": "authentication-logout",
    "stop_all": "bots-stop-all",
}


def add_nav(item: NavItem) -> None:
    """Add an entry to the rail."""
    _nav[item.key] = item


def fill(figure: str, function: Callable[[Any], Any]) -> None:
    """Say how a figure of the frame ("unread", "mode_account", "running_bots") is found for a user."""
    _figures[figure] = function


def add_palette(function: Callable[[Any], PaletteGroup]) -> None:
    """Add a group to the palette (Ctrl-K) that is made for each user."""
    _palette.append(function)


def context(request: HttpRequest) -> dict[str, Any]:
    """Return `shell` for the templates; pages choose the active entry by `request.nav_active`.

    A page about real money says `request.shell_mode = "live"`; the frame says paper otherwise.
    """
    tenant = getattr(request, "tenant", None)
    user = getattr(request, "user", None)
    name = tenant.name if tenant else "Outcry"
    if tenant is None or user is None or not user.is_authenticated:
        return {"shell": Shell(tenant_name=name, active="")}
    entries = sorted(_nav.values(), key=lambda item: item.order)
    main = [item for item in entries if not item.at_end]
    label = user.get_full_name()
    is_live = getattr(request, "shell_mode", "paper") == "live"
    return {
        "shell": Shell(
            tenant_name=name,
            mode="live" if is_live else "paper",
            mode_text=LIVE_TEXT if is_live else PAPER_TEXT,
            active=getattr(request, "nav_active", ""),
            nav=main,
            nav_end=[item for item in entries if item.at_end],
            phone_nav=[item for item in main if item.on_phone][:PHONE_ENTRIES],
            palette=_palette_of(user, entries),
            mode_account="" if is_live else _figure("mode_account", user, ""),
            unread=_figure("unread", user, 0),
            user_label=label,
            user_initials=_initials(label),
            running_bots=_figure("running_bots", user, 0),
            stop_all_key=uuid7().hex,
            is_staff=user.is_staff,
            urls=ShellUrls(**{key: _address(url_name) for key, url_name in URL_NAMES.items()}),
        )
    }


def _palette_of(user: Any, entries: list[NavItem]) -> list[PaletteGroup]:
    pages = PaletteGroup("Pages", [PaletteItem(item.label, item.url, item.icon) for item in entries])
    return [*(make(user) for make in _palette), pages]


def _address(url_name: str) -> str:
    try:
        return _address_of(url_name)
    except NoReverseMatch:
        return ""


def _figure(name: str, user: Any, default: Any) -> Any:
    function = _figures.get(name)
    return function(user) if function is not None else default


def _initials(name: str) -> str:
    words = [word for word in name.replace(".", " ").split() if word]
    return "".join(word[0] for word in words[:2]).upper()
