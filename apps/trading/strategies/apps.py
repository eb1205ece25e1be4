"""Strategies: rules that a customer writes, in versions that never change."""

from django.apps import AppConfig

from apps.core.shell import NavItem, add_nav


class StrategiesConfig(AppConfig):
    """App `strategies`."""

    name = "apps.trading.strategies"
    label = "strategies"

    def ready(self) -> None:
        """Show the entry of the rail; register the seed step."""
        from apps.trading.strategies import seeds  # noqa: F401 - registers itself

        add_nav(NavItem("strategies", "Strategies", "strategies", "strategies-list", 40))
