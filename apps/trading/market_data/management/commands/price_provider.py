"""`manage.py price_provider [--history SYMBOL …] [--stream SYMBOL …]`: candles and prices of stocks and forex."""

import json
import time
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.actors import Actor
from apps.core.clock import now_ms, to_ms
from apps.core.context import PUBLIC, in_schema
from apps.core.errors import DomainError, Unavailable
from apps.trading.market_data.operations.providing import follow_prices, take_history
from apps.trading.market_data.providers import get_provider, list_providers

LONGEST_PAUSE = 60


class Command(BaseCommand):
    """Shows the providers and their quota; takes history; follows a stream until stopped."""

    help = "Show price providers and what they were asked; --history takes candles, --stream follows prices."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do."""
        parser.add_argument("--provider", default="", help="its name; the one of OUTCRY_PRICE_PROVIDER otherwise")
        parser.add_argument("--history", nargs="+", default=[], metavar="SYMBOL")
        parser.add_argument("--interval", default="1d")
        parser.add_argument("--start", default="2024-01-01", help="day (UTC), for example 2024-01-01")
        parser.add_argument("--end", default="", help="day (UTC), the present moment otherwise")
        parser.add_argument("--stream", nargs="+", default=[], metavar="SYMBOL")
        parser.add_argument("--json", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do what was asked for, or show the providers."""
        try:
            with in_schema(PUBLIC):
                if options["history"]:
                    self._history(options)
                elif options["stream"]:
                    self._stream(options)
                else:
                    self._show(options)
        except (DomainError, ValueError) as refusal:
            raise CommandError(str(refusal)) from refusal

    def _history(self, options: dict[str, Any]) -> None:
        provider = get_provider(options["provider"])
        end = _day(options["end"]) if options["end"] else now_ms()
        for symbol in options["history"]:
            report = take_history(
                actor=Actor.system("price_provider"), provider=provider, symbol=symbol,
                interval=options["interval"], start_ms=_day(options["start"]), end_ms=end,
            )  # fmt: skip
            self.stdout.write(f"{symbol} {options['interval']}: {report.candles:,} candles, {report.requests} requests")

    def _stream(self, options: dict[str, Any]) -> None:
        provider, pause = get_provider(options["provider"]), 1
        while True:
            began = time.monotonic()
            with suppress(Unavailable):
                follow_prices(provider=provider, symbols=options["stream"])
            pause = 1 if time.monotonic() - began > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)
            time.sleep(pause)

    def _show(self, options: dict[str, Any]) -> None:
        for row in list_providers():
            if options["json"]:
                self.stdout.write(json.dumps(asdict(row)))
                continue
            used = "" if row.quota is None else f"  {row.quota.day_used} of {row.quota.day_limit} requests today"
            mark = "*" if row.is_chosen else " "
            self.stdout.write(f"{mark} {row.title}: {'ready' if row.is_ready else row.note}{used}")


def _day(text: str) -> int:
    return to_ms(datetime.fromisoformat(text).replace(tzinfo=UTC))
