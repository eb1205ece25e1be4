"""`manage.py stream_market_data`: keep candles and quotes of a venue. Any number may run; one leads."""

import asyncio
import os
import random
import signal
import socket
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.core.ids import uuid7
from apps.trading.market_data.feed.leader import FeedOptions
from apps.trading.market_data.feed.process import FeedProcess


class Command(BaseCommand):
    """Runs the feed until SIGTERM or Ctrl-C."""

    help = "Follow a venue's market data: store closed candles, publish prices, wake bots."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what tests and operators may want to change."""
        parser.add_argument("--venue", default="sandbox")
        parser.add_argument("--silence-seconds", type=float, default=10.0)
        parser.add_argument("--lease-seconds", type=float, default=10.0)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run."""
        feed = FeedProcess(
            owner=f"{socket.gethostname()[:40]}:{os.getpid()}:{str(uuid7())[-12:]}",
            rng=random.SystemRandom(),
            options=FeedOptions(venue=options["venue"], silence_seconds=options["silence_seconds"]),
            lease_seconds=options["lease_seconds"],
        )
        asyncio.run(_serve(feed))


async def _serve(feed: FeedProcess) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await feed.run(stop)
