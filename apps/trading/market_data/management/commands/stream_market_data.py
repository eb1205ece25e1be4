"""`manage.py stream_market_data`: keep the market data of venues. Any number may run; one leads each group."""

import asyncio
import os
import random
import signal
import socket
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.core.ids import uuid7
from apps.trading.market_data.feed.leader import FeedOptions
from apps.trading.market_data.feed.process import FeedProcess, lead_all
from apps.trading.market_data.feed.share import Share


class Command(BaseCommand):
    """Runs the feed until SIGTERM or Ctrl-C."""

    help = "Follow a venue's market data: store closed candles, publish prices, wake bots."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what tests and operators may want to change."""
        parser.add_argument("--venue", action="append", help="may be given several times; the first is the home venue")
        parser.add_argument("--parts", type=int, default=1, help="groups of symbols a venue, for processes to share")
        parser.add_argument("--silence-seconds", type=float, default=10.0)
        parser.add_argument("--lease-seconds", type=float, default=6.0)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run."""
        owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{str(uuid7())[-12:]}"
        venues, rng = options["venue"] or ["sandbox"], random.SystemRandom()
        share = Share(owner, len(venues) * options["parts"], options["lease_seconds"])
        feeds = [
            FeedProcess(
                owner=owner,
                rng=rng,
                options=FeedOptions(
                    venue=venue,
                    is_home=place == 0,
                    part=part,
                    parts=options["parts"],
                    silence_seconds=options["silence_seconds"],
                ),
                lease_seconds=options["lease_seconds"],
                share=share,
            )
            for place, venue in enumerate(venues)
            for part in range(options["parts"])
        ]
        asyncio.run(_serve(share, feeds))


async def _serve(share: Share, feeds: list[FeedProcess]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await lead_all(share, feeds, stop)
