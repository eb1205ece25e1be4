"""Changing a setting."""

from django.db import IntegrityError, transaction

from apps.core.actors import Actor
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.platform.configurations.errors import BadValue, VersionChanged
from apps.platform.configurations.models import SettingVersion
from apps.platform.configurations.queries import forget_values, spec_of

MANAGE_SETTINGS = declare("configurations.manage", "Change settings and feature flags")


@operation("configurations.set_value", permission=MANAGE_SETTINGS, audited=("name", "value", "expected_version"))
def set_value(*, actor: Actor, name: str, value: int, expected_version: int, reason: str) -> SettingVersion:
    """Give a setting a new value and return the version made.

    `expected_version` is the version the caller saw (0: never changed). Raises UnknownSetting, BadValue,
    VersionChanged.
    """
    spec = spec_of(name)
    if isinstance(value, bool) or not spec.lowest <= value <= spec.highest:
        raise BadValue(field="value", name=name, expected=f"a whole number from {spec.lowest} to {spec.highest}")
    newest = SettingVersion.objects.filter(name=name).order_by("-version").first()
    if (newest.version if newest else 0) != expected_version:
        raise VersionChanged(name=name)
    try:
        with transaction.atomic():
            row = SettingVersion.objects.create(name=name, version=expected_version + 1, value=value, set_by=actor.id)
    except IntegrityError:
        raise VersionChanged(name=name) from None
    transaction.on_commit(forget_values)
    return row
