"""Exchanges: venues, the customers' connections to them, and the port through which orders leave the house."""

from django.apps import AppConfig


class ExchangesConfig(AppConfig):
    """App `exchanges`."""

    name = "apps.trading.exchanges"
    label = "exchanges"

    def ready(self) -> None:
        """Add the entry of the rail; register tasks, timers and topics."""
        from apps.core.schemas.grants import declare_append_only
        from apps.core.shell import NavItem, add_nav
        from apps.trading.exchanges import handlers, tasks  # noqa: F401 - they register themselves

        declare_append_only("exchanges_keyactivity")
        declare_append_only("exchanges_venuestatechange")

        add_nav(NavItem(key="connections", label="Exchanges", icon="connections", url_name="exchanges", order=60))
