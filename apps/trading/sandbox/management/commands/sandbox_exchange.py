"""`manage.py sandbox_exchange`: the exchange of recorded markets, as this installation is configured."""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.trading.sandbox.queries import replay_start_ms


class Command(BaseCommand):
    """Runs the sandbox exchange until SIGTERM or Ctrl-C."""

    help = "Run the sandbox exchange: recorded candles, virtual funds, the Binance Spot protocol."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the mode and the speed; addresses, token and state come from the settings."""
        parser.add_argument("--mode", choices=["replay", "now", "mirror"], default="replay")
        parser.add_argument("--mirror", default="", help="ccxt's name of the exchange to follow in mode mirror")
        parser.add_argument(
            "--mirror-settings", type=Path, default=None, help="JSON for the constructor of that ccxt class"
        )
        parser.add_argument("--latency-ms", type=int, default=0, help="trading requests take effect so much later")
        parser.add_argument(
            "--candles-dir", type=Path, default=None, help="recorded candles, or trades and order books (CANDLES_DIR)"
        )
        parser.add_argument("--start", type=int, default=None, help="market time to begin at, Unix ms (SANDBOX_START)")
        parser.add_argument("--speed", type=float, default=None, help="market seconds per second (replay)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Serve."""
        from apps.trading.sandbox.exchange.config import ExchangeConfig, MarketMode
        from apps.trading.sandbox.exchange.server import run

        if (options["mode"] == "mirror") is not bool(options["mirror"]):
            raise CommandError("--mode mirror and --mirror go together")
        serving, control = urlsplit(settings.SANDBOX_URL), urlsplit(settings.SANDBOX_CONTROL_URL)
        speed = settings.SANDBOX_SPEED if options["speed"] is None else options["speed"]
        status = run(
            ExchangeConfig(
                host=serving.hostname or "127.0.0.1",
                port=serving.port or 0,
                control_port=control.port or 0,
                control_token=settings.SANDBOX_CONTROL_TOKEN,
                state_dir=Path(settings.STATE_DIR) / ("sandbox-mirror" if options["mirror"] else "sandbox"),
                mirror=options["mirror"],
                mirror_settings=options["mirror_settings"],
                latency_ms=options["latency_ms"],
                candles_dir=options["candles_dir"] or Path(settings.CANDLES_DIR),
                mode=MarketMode(options["mode"]),
                speed=speed,
                start=replay_start_ms() if options["start"] is None else options["start"],
                # This installation's own engine trades for every tenant from one address: no limit unless one is set.
                weight_per_minute=getattr(settings, "SANDBOX_WEIGHT_PER_MINUTE", 0),
                orders_per_10_seconds=getattr(settings, "SANDBOX_ORDERS_PER_10_SECONDS", 0),
                orders_per_day=getattr(settings, "SANDBOX_ORDERS_PER_DAY", 0),
            )
        )
        sys.exit(status)
