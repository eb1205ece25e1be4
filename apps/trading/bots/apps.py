"""Bots: strategies that trade, in short steps that survive anything."""

from django.apps import AppConfig


class BotsConfig(AppConfig):
    """App `bots`."""

    name = "apps.trading.bots"
    label = "bots"

    def ready(self) -> None:
        """Register handlers, tasks, topics and the dispatcher of candles, and answer what lower apps ask upwards."""
        from apps.core import work
        from apps.core.schemas.grants import declare_append_only
        from apps.core.shell import NavItem, add_nav, fill
        from apps.trading.bots import handlers, live, operations, queries, tasks  # noqa: F401 - register themselves
        from apps.trading.bots.choices import WORK
        from apps.trading.bots.directory import Directory
        from apps.trading.bots.grouping import by_bot, by_strategy
        from apps.trading.market_data.operations import on_candle_closed
        from apps.trading.orders.operations import count_active_bots
        from apps.trading.orders.queries import name_bots
        from apps.trading.positions.queries import register_grouping
        from apps.trading.risk.operations import register_bots
        from apps.trading.strategies.queries import show_bots

        for table in ("bots_botconfig", "bots_botlog", "bots_botequity"):
            declare_append_only(table)
        live.register()
        work.register(WORK, queries.exists_active_bot)
        on_candle_closed(operations.dispatch_candle)
        show_bots(queries.count_by_strategy)
        name_bots(queries.list_names)
        register_bots(Directory())
        register_grouping("bot", by_bot)
        register_grouping("strategy", by_strategy)
        count_active_bots(lambda connection_id: queries.list_active_bots(connection_id=connection_id).count())
        fill("running_bots", lambda user: queries.count_running(user.pk))
        add_nav(NavItem(key="home", label="Home", icon="home", url_name="home", order=0, on_phone=True))
        add_nav(NavItem(key="bots", label="Bots", icon="bots", url_name="bots-list", order=40, on_phone=True))
