"""Positions: books, netting, FIFO lots, realised and unrealised results."""

from django.apps import AppConfig


class PositionsConfig(AppConfig):
    """App `positions`."""

    name = "apps.trading.positions"
    label = "positions"

    def ready(self) -> None:
        """Make the tables of entries append-only for the application role, and the topic known."""
        from apps.core import work
        from apps.core.schemas.grants import declare_append_only
        from apps.core.shell import NavItem, add_nav
        from apps.trading.positions import handlers, live, proofs, queries, tasks  # noqa: F401 - they register themselves
        from apps.trading.positions.choices import WORK

        for table in ("positions_positionentry", "positions_positioncorrection", "positions_fundingpayment"):
            declare_append_only(table)
        live.register()
        work.register(WORK, queries.exists_contracts)
        add_nav(NavItem(key="positions", label="Positions", icon="scale", url_name="positions", order=48))
