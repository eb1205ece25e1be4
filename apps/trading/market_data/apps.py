"""Market data: candles, quotes, and the feed that keeps them."""

from django.apps import AppConfig


class MarketDataConfig(AppConfig):
    """App `market_data`."""

    name = "apps.trading.market_data"
    label = "market_data"

    def ready(self) -> None:
        """Guard the chunks, make the live topics known, add the entry of the rail, register first rows and prices."""
        from apps.core.schemas.grants import declare_append_only
        from apps.core.shell import NavItem, add_nav
        from apps.finance.wallets.operations import register_price_source
        from apps.trading.instruments.operations import fill_closed_days, fill_market_facts
        from apps.trading.market_data import seeds, tasks  # seeds registers its steps
        from apps.trading.market_data.alert_facts import look_at_alerts, market_facts
        from apps.trading.market_data.operations import on_candle_closed
        from apps.trading.market_data.prices import CandlePrices
        from apps.trading.market_data.queries import closed_days
        from apps.trading.market_data.topics import register_topics

        assert seeds
        tasks.register()
        declare_append_only("market_data_candlechunk")
        declare_append_only("market_data_adjustmentversion")
        register_topics()
        fill_market_facts(market_facts)
        fill_closed_days(closed_days)
        on_candle_closed(look_at_alerts)
        register_price_source("market_data.candles", CandlePrices(), priority=10)
        add_nav(NavItem(key="markets", label="Markets", icon="markets", url_name="markets", order=20, on_phone=True))
