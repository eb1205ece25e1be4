"""Instruments at the trading desk: everybody there reads them, the platform's operators change them on the console."""

from typing import Any, ClassVar

from django import forms
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.core.actors import Actor
from apps.core.desk import Desk, DeskAdmin, OperationAction, desk_admin
from apps.trading.instruments import operations
from apps.trading.instruments.choices import AssetClass, InstrumentStatus
from apps.trading.instruments.models import Alert, Instrument, InstrumentAlias, Watchlist
from apps.trading.instruments.operations.permissions import MANAGE
from kernel.instruments import HOURS

Given = dict[str, Any]
Text = UnfoldAdminTextInputWidget


class Step(forms.DecimalField):
    """A step or limit."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=38, decimal_places=18, widget=UnfoldAdminDecimalFieldWidget(), **options)


class StatusForm(forms.Form):
    """What its market says."""

    status = forms.ChoiceField(choices=InstrumentStatus.choices, widget=UnfoldAdminSelectWidget())


class GridForm(forms.Form):
    """Steps, limits and hours."""

    name = forms.CharField(max_length=120, required=False, widget=Text())
    tick = Step()
    lot = Step()
    min_notional = Step(initial=0)
    hours = forms.ChoiceField(
        choices=[(row.code, row.title) for row in HOURS.values()], widget=UnfoldAdminSelectWidget()
    )


class NewForm(GridForm):
    """A new instrument."""

    symbol = forms.CharField(max_length=32, widget=Text())
    base = forms.CharField(max_length=16, widget=Text())
    quote = forms.CharField(max_length=16, widget=Text())
    asset_class = forms.ChoiceField(choices=AssetClass.choices, widget=UnfoldAdminSelectWidget())
    market = forms.CharField(max_length=24, required=False, widget=Text())
    field_order: tuple[str, ...] = ("symbol", "base", "quote", "name", "asset_class", "market")


class AliasForm(forms.Form):
    """Another name; the source is a venue or data provider, empty for everywhere."""

    alias = forms.CharField(max_length=40, widget=Text())
    source = forms.CharField(max_length=32, required=False, widget=Text())


def _add(actor: Actor, _row: None, given: Given) -> Any:
    given.pop("reason", "")
    return operations.add_instrument(actor=actor, instrument=operations.NewInstrument(**given))


def _change(actor: Actor, row: Instrument, given: Given) -> Any:
    reason = given.pop("reason", "")
    return operations.change_instrument(actor=actor, symbol=row.symbol, changes=given, reason=reason)


def _alias(actor: Actor, row: Instrument, given: Given) -> Any:
    return operations.add_alias(actor=actor, symbol=row.symbol, **given)


class _Listed(DeskAdmin):
    desk = Desk.TRADING
    list_display: ClassVar = ("symbol", "name", "asset_class", "market", "tick", "lot", "hours", "status")
    list_filter: ClassVar = ("asset_class", "status", "hours")
    search_fields: ClassVar = ("symbol", "name", "aliases__alias")
    ordering: ClassVar = ("symbol",)


@desk_admin(Instrument)
class InstrumentAdmin(_Listed):
    """Instruments with grid, limits and hours."""


@desk_admin(Instrument, site="console")
class InstrumentConsole(_Listed):
    """Instruments, to be listed, changed and renamed."""

    table_operations = (OperationAction("add", "List an instrument", MANAGE, _add, form=NewForm),)
    operations = (
        OperationAction("status", "Change the status", MANAGE, _change, form=StatusForm),
        OperationAction("grid", "Change name, grid and hours", MANAGE, _change, form=GridForm),
        OperationAction("alias", "Add another name", MANAGE, _alias, form=AliasForm),
    )


@desk_admin(InstrumentAlias, site="console")
class InstrumentAliasConsole(DeskAdmin):
    """Other names of instruments."""

    desk = Desk.TRADING
    list_display: ClassVar = ("alias", "source", "instrument")
    list_filter: ClassVar = ("source",)
    search_fields: ClassVar = ("alias",)
    operations = (
        OperationAction(
            "remove",
            "Remove this name",
            MANAGE,
            lambda actor, row, given: operations.remove_alias(actor=actor, alias_id=row.pk, **given),
            is_dangerous=True,
        ),
    )


@desk_admin(Watchlist)
class WatchlistAdmin(DeskAdmin):
    """Watchlists of customers."""

    desk = Desk.TRADING
    list_display: ClassVar = ("name", "owner", "position")


@desk_admin(Alert)
class AlertAdmin(DeskAdmin):
    """Alerts of customers."""

    desk = Desk.TRADING
    list_display: ClassVar = ("name", "owner", "symbol", "state", "fired_count", "last_fired_at")
    list_filter: ClassVar = ("state", "symbol")
