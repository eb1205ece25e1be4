"""Configurations: typed settings and feature flags of a tenant, with versions."""

from django.apps import AppConfig


class ConfigurationsConfig(AppConfig):
    """App `configurations`."""

    name = "apps.platform.configurations"
    label = "configurations"

    def ready(self) -> None:
        """Make the permission known; keep the history append-only for the application role too."""
        from apps.core.schemas.grants import declare_append_only
        from apps.platform.configurations import operations  # noqa: F401 - declares it

        declare_append_only("configurations_settingversion")
