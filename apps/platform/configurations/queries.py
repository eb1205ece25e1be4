"""Reading settings. Values are kept for a few seconds in each process."""

import threading
from dataclasses import dataclass

from apps.core.clock import monotonic
from apps.core.context import current_schema
from apps.platform.configurations.choices import SPECS, SettingSpec
from apps.platform.configurations.errors import UnknownSetting
from apps.platform.configurations.models import SettingVersion

KEEP_SECONDS = 5.0
_kept: dict[tuple[str, str], tuple[float, int]] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class SettingView:
    """A setting as staff see it."""

    spec: SettingSpec
    value: int
    version: int


def get_value(name: str) -> int:
    """Return the value in force in this schema (at most 5 s old). Raises UnknownSetting."""
    spec = spec_of(name)
    key = (current_schema(), name)
    kept = _kept.get(key)
    if kept is not None and kept[0] > monotonic():
        return kept[1]
    newest = SettingVersion.objects.filter(name=name).order_by("-version").first()
    value = newest.value if newest is not None else spec.default
    with _lock:
        if len(_kept) > 50_000:
            _kept.clear()
        _kept[key] = (monotonic() + KEEP_SECONDS, value)
    return value


def is_enabled(flag: str) -> bool:
    """Return whether a flag is on in this schema. Raises UnknownSetting."""
    return get_value(flag) == 1


def list_settings() -> list[SettingView]:
    """Return all settings with their values and versions (0: never changed)."""
    newest = {row.name: row for row in SettingVersion.objects.order_by("name", "version")}
    return [
        SettingView(
            spec, newest[name].value if name in newest else spec.default, newest[name].version if name in newest else 0
        )
        for name, spec in SPECS.items()
    ]


def spec_of(name: str) -> SettingSpec:
    """Return the declaration of a setting, or raise UnknownSetting."""
    if name not in SPECS:
        raise UnknownSetting(field="name", name=name)
    return SPECS[name]


def forget_values() -> None:
    """Drop what this process remembers."""
    _kept.clear()
