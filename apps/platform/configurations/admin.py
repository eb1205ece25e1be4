"""Settings at the platform desk: the history, and the button that adds to it."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from apps.core.actors import Actor
from apps.core.desk import Desk, DeskAdmin, OperationAction, desk_admin
from apps.platform.configurations.models import SettingVersion
from apps.platform.configurations.operations import MANAGE_SETTINGS, set_value


class ValueForm(forms.Form):
    """The new value."""

    value = forms.IntegerField(widget=UnfoldAdminIntegerFieldWidget())


def _set(actor: Actor, row: SettingVersion, data: dict[str, Any]) -> None:
    set_value(actor=actor, name=row.name, value=data["value"], expected_version=row.version, reason=data["reason"])


@desk_admin(SettingVersion)
class SettingVersionAdmin(DeskAdmin):
    """What was set, by whom, when."""

    desk = Desk.PLATFORM
    list_display = ("name", "version", "value", "set_by", "created_at")
    list_filter = ("name",)
    ordering = ("name", "-version")
    operations = (OperationAction("set", "Set another value", MANAGE_SETTINGS, _set, form=ValueForm),)
