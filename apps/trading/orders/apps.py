"""Orders: intents, sending, settling, fills, reconciliation."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """App `orders`."""

    name = "apps.trading.orders"
    label = "orders"

    def ready(self) -> None:
        """Guard the fills, make the topic known, add the entry of the rail, fill the panels of the symbol page."""
        from apps.core import work
        from apps.core.schemas.grants import declare_append_only
        from apps.core.shell import NavItem, add_nav
        from apps.trading.exchanges.queries import register_orders_at_venue
        from apps.trading.market_data.operations import fill_own_fees, fill_symbol_page
        from apps.trading.orders import (  # noqa: F401 - some register themselves
            handlers,
            live,
            paid_fees,
            panels,
            proofs,
            queries,
            seeds,
            tasks,
        )
        from apps.trading.orders.algos import setup as algos_setup
        from apps.trading.orders.at_venue import list_at_venue
        from apps.trading.orders.choices import HELD_WORK, WORK
        from apps.trading.orders.commissions import handlers as commission_handlers  # noqa: F401 - registers itself
        from apps.trading.orders.operations import first_seen_at, follow_executions, guard_mode
        from apps.trading.orders.pages.ticket import tickets
        from apps.trading.orders.routing import setup as routing_setup
        from apps.trading.positions.operations import ask_first_seen, listen
        from apps.trading.positions.operations import guard_mode as guard_position_mode

        algos_setup.register()
        routing_setup.register()
        commission_tables = ("commissionrate", "commissionpromotion", "commissionvolume", "ordercommission")
        for name in ("fill", "stafftrade", *commission_tables):
            declare_append_only(f"orders_{name}")
        live.register()
        register_orders_at_venue(list_at_venue)
        listen(follow_executions)
        ask_first_seen(first_seen_at)
        guard_position_mode(guard_mode)
        work.register(WORK, queries.exists_order_to_check)
        work.register(HELD_WORK, queries.exists_held_order)
        add_nav(NavItem(key="orders", label="Orders", icon="orders", url_name="orders-list", order=50))
        fill_own_fees(paid_fees.taker_fees)
        fill_symbol_page("orders", panels.orders)
        fill_symbol_page("positions", panels.positions)
        fill_symbol_page("marks", panels.marks)
        fill_symbol_page("lines", panels.lines)
        fill_symbol_page("tickets", tickets)
