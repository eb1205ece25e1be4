"""The frame and the forms of the samples; the shapes of the components themselves are apps.core.view."""

import dataclasses
from dataclasses import dataclass

from apps.core.view import Figure, State


@dataclass(frozen=True)
class NavItem:
    key: str
    label: str
    url: str
    icon: str


@dataclass(frozen=True)
class PaletteItem:
    label: str
    url: str
    icon: str
    note: str = ""


@dataclass(frozen=True)
class PaletteGroup:
    label: str
    items: list[PaletteItem]


@dataclass(frozen=True)
class ShellUrls:
    home: str = "/"
    inbox: str = "/inbox/"
    account: str = "/account/"
    logout: str = "/logout/"
    mode: str = "/mode/"
    stop_all: str = "/bots/stop-all/"


@dataclass(frozen=True)
class Shell:
    tenant_name: str
    active: str
    nav: list[NavItem]
    nav_end: list[NavItem]
    phone_nav: list[NavItem]
    palette: list[PaletteGroup]
    mode: str = "paper"
    mode_text: str = "Live prices, simulated fills. No real money moves."
    mode_account: str = "Paper account · 50,000.00 USDT at start"
    stopped_text: str = ""
    unread: int = 3
    user_label: str = "Maya Keller"
    user_initials: str = "MK"
    running_bots: int = 5
    stop_all_key: str = "018f-stop-all"
    urls: ShellUrls = dataclasses.field(default_factory=ShellUrls)


@dataclass(frozen=True)
class Widget:
    input_type: str
    attrs: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class FormField:
    widget: Widget
    required: bool = True
    choices: list[tuple[str, str]] = dataclasses.field(default_factory=list)


@dataclass(frozen=True)
class BoundField:
    """The part of django.forms.BoundField the field partial reads."""

    html_name: str
    label: str
    field: FormField
    value: str | bool | None = None
    help_text: str = ""
    errors: list[str] = dataclasses.field(default_factory=list)
    auto_id: str = "id_%s"

    @property
    def id_for_label(self) -> str:
        return self.auto_id % self.html_name


@dataclass(frozen=True)
class BotRow:
    id: str
    name: str
    url: str
    mode: str
    symbol: str
    state: State
    today: Figure
    since_start: Figure
    against_holding: Figure | None
    spark_points: str
