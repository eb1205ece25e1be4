"""Instruments: what can be traded, what customers watch of it, and what they want to be told."""

from django.apps import AppConfig


class InstrumentsConfig(AppConfig):
    """App `instruments`."""

    name = "apps.trading.instruments"
    label = "instruments"

    def ready(self) -> None:
        """Register handlers, tasks, lasting work and the first rows; show the entries of the rail."""
        from apps.core import work
        from apps.core.shell import NavItem, add_nav
        from apps.trading.instruments import handlers, queries, seeds, tasks  # noqa: F401 - register themselves
        from apps.trading.instruments.choices import WORK

        work.register(WORK, queries.exists_watching_alert)
        add_nav(NavItem(key="watchlists", label="Watchlists", icon="eye", url_name="watchlists", order=22))
        add_nav(NavItem(key="alerts", label="Alerts", icon="bell", url_name="alerts", order=24))
