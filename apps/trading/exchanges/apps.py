"""Exchanges: venues, the customers' connections to them, and the port through which orders leave the house."""

from django.apps import AppConfig


class ExchangesConfig(AppConfig):
    """App `exchanges`."""

    name = "apps.trading.exchanges"
    label = "exchanges"

    def ready(self) -> None:
        """Add the entry of the rail."""
        from apps.core.shell import NavItem, add_nav
        from apps.trading.exchanges import tasks  # noqa: F401 - registers the task

        add_nav(NavItem(key="connections", label="Exchanges", icon="connections", url_name="exchanges", order=60))
