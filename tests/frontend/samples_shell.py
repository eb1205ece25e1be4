"""The frame of the sample pages."""

from typing import Any

from tests.frontend.view_data import BoundField, FormField, NavItem, PaletteGroup, PaletteItem, Shell, Widget

NAV = [
    NavItem("home", "Home", "/", "home"),
    NavItem("markets", "Markets", "/markets/", "markets"),
    NavItem("strategies", "Strategies", "/strategies/", "strategies"),
    NavItem("backtests", "Back-tests", "/backtests/", "backtest"),
    NavItem("bots", "Bots", "/bots/", "bots"),
    NavItem("orders", "Orders", "/orders/", "orders"),
    NavItem("connections", "Exchanges", "/connections/", "connections"),
]
NAV_END = [NavItem("account", "Account", "/account/", "settings")]


def shell(active: str, **changes: Any) -> Shell:
    palette = [
        PaletteGroup(
            "Markets",
            [
                PaletteItem("BTC/USDT", "/markets/BTCUSDT/", "trade", "104,063.2"),
                PaletteItem("ETH/USDT", "/markets/ETHUSDT/", "trade", "2,510.46"),
            ],
        ),
        PaletteGroup("Bots", [PaletteItem("ETH channel", "/bots/2/", "bots", "Paper")]),
        PaletteGroup(
            "Do",
            [PaletteItem("New bot", "/bots/new/", "plus"), PaletteItem("New back-test", "/backtests/new/", "backtest")],
        ),
        PaletteGroup("Pages", [PaletteItem(item.label, item.url, item.icon) for item in NAV]),
    ]
    phone = [NAV[0], NAV[1], NAV[4], NAV[5]]
    if changes.get("mode") == "live":
        changes.setdefault("mode_text", "Orders use real money")
        changes.setdefault("mode_account", "Main account · Binance, Kraken")
    return Shell("Nordlys", active, NAV, NAV_END, phone, palette, **changes)


def text_field(name: str, label: str, **given: Any) -> BoundField:
    """A sample field; `kind` is the widget's input type, `choices` belong to a select."""
    kind = given.pop("kind", "text")
    required = given.pop("required", True)
    choices = given.pop("choices", [])
    return BoundField(name, label, FormField(Widget(kind), required, choices), **given)
