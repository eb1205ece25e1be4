"""Risk: limits, kill switches, claims of orders, measures of portfolios."""

from django.apps import AppConfig


class RiskConfig(AppConfig):
    """App `risk`."""

    name = "apps.trading.risk"
    label = "risk"

    def ready(self) -> None:
        """Guard the measures, make the topic known, register handlers and tasks."""
        from apps.core.schemas.grants import declare_append_only
        from apps.core.shell import NavItem, add_nav
        from apps.trading.risk import handlers, live, operations, tasks  # noqa: F401 - some register themselves

        declare_append_only("risk_riskmeasure")
        live.register()
        add_nav(NavItem(key="risk", label="Risk", icon="shield", url_name="risk", order=55))
