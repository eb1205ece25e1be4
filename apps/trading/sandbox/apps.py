"""Sandbox: the exchange of recorded markets that paper trading trades on, and who has which account there."""

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    """App `sandbox`."""

    name = "apps.trading.sandbox"
    label = "sandbox"

    def ready(self) -> None:
        """Say how the venue is reached; register handlers, timers and first rows."""
        from apps.trading.exchanges.operations import register_venue
        from apps.trading.sandbox import handlers, seeds, tasks  # noqa: F401 - they register themselves
        from apps.trading.sandbox.operations import request_paper_account
        from apps.trading.sandbox.queries import ccxt_settings

        register_venue("sandbox", ccxt_settings, request_paper_account)
