"""What can be refused about settings."""

from apps.core.errors import Conflict, Invalid


class UnknownSetting(Invalid):
    """No such setting is declared."""

    code = "configurations.unknown_setting"
    message = "There is no setting “{name}”."


class BadValue(Invalid):
    """The value has another type or lies outside the range."""

    code = "configurations.bad_value"
    message = "“{name}” takes {expected}."


class VersionChanged(Conflict):
    """Somebody else changed the setting meanwhile."""

    code = "configurations.version_changed"
    message = "“{name}” was changed meanwhile. Reload and try again."
