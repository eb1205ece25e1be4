"""Portfolios: named sets of books with value, performance, journal, calendar, rebalancing and alerts."""

from django.apps import AppConfig


class PortfoliosConfig(AppConfig):
    """App `portfolios`."""

    name = "apps.trading.portfolios"
    label = "portfolios"

    def ready(self) -> None:
        """Register tasks and lasting work; make flows append-only; show the entries of the rail."""
        from apps.core import work
        from apps.core.schemas.grants import declare_append_only
        from apps.core.shell import NavItem, add_nav
        from apps.trading.portfolios import handlers, queries, rebalancing, tasks  # noqa: F401 - some register themselves
        from apps.trading.portfolios.choices import REBALANCING, SAMPLING
        from apps.trading.positions.queries import register_grouping

        declare_append_only("portfolios_cashflow")
        register_grouping("portfolio", queries.group_books)
        work.register(SAMPLING, queries.exists_sampled)
        work.register(REBALANCING, rebalancing.exists_running)
        add_nav(NavItem(key="portfolios", label="Portfolios", icon="wallet", url_name="portfolios", order=46))
        add_nav(NavItem(key="journal", label="Journal", icon="edit", url_name="journal", order=47))
        add_nav(NavItem(key="calendar", label="Calendar", icon="reports", url_name="calendar", order=48))
