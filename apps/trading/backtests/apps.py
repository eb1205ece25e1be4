"""Back-tests: a strategy over recorded candles, with costs, kept for good."""

from django.apps import AppConfig


class BacktestsConfig(AppConfig):
    """App `backtests`."""

    name = "apps.trading.backtests"
    label = "backtests"

    def ready(self) -> None:
        """Add the entry of the rail, and tell the strategy pages where results come from."""
        from apps.core.shell import NavItem, add_nav
        from apps.trading.backtests import handlers, tasks  # noqa: F401 - handlers register themselves
        from apps.trading.backtests.pages import rows
        from apps.trading.strategies.queries import show_backtests

        add_nav(NavItem("backtests", "Back-tests", "backtest", "backtests-list", 45))
        show_backtests(results=rows.results_of, rows=rows.rows_of_strategy)
        tasks.register()
