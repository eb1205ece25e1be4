"""Wallets: what customers hold with the house, and what can be done with it."""

from django.apps import AppConfig


class WalletsConfig(AppConfig):
    """App `wallets`."""

    name = "apps.finance.wallets"
    label = "wallets"

    def ready(self) -> None:
        """Connect the app to the mechanisms of core."""
        from apps.core.shell import NavItem, add_nav
        from apps.finance.wallets.starting import start_funding
        from apps.finance.wallets.starting_earning import start_earning

        start_funding()
        start_earning()
        add_nav(NavItem(key="wallet", label="Wallet", icon="wallet", url_name="wallet", order=55, on_phone=True))
