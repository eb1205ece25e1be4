"""A feed in a process of its own that writes down every candle it dispatches."""

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from config.runtime.processes import with_compiled_cache

ROOT = Path(__file__).resolve().parents[2]


def start_feed(
    environment: dict[str, str], log: Path, *, owner: str = "feed", **settings: float
) -> "subprocess.Popen[bytes]":
    """Start a feed on the database and exchange of `environment`; it appends what it dispatches to `log`.

    `settings`: silence and lease in seconds (2, 3), and into how many parts the streams are shared (1).
    """
    # ccxt takes many seconds to compile: every process but the first reads what that one compiled.
    kept = with_compiled_cache(environment) | {"OUTCRY_PROCESS": "feed"}
    given = ["--log", str(log), "--owner", owner]
    for name, value in ({"silence": 2.0, "lease": 3.0, "parts": 1} | settings).items():
        given += [f"--{name}", str(value)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.factories.feed_process", *given],
        cwd=ROOT,
        env=kept,
        stdin=subprocess.DEVNULL,
    )


def dispatched(log: Path) -> list[tuple[str, int]]:
    """Return (stream, open time) of each dispatched candle, in order; a line cut by a kill is not counted."""
    if not log.exists():
        return []
    text = log.read_text()
    lines = text[: text.rfind("\n") + 1].split()
    return [(stream, int(ts)) for stream, _, ts in (line.partition("@") for line in lines)]


def main() -> None:
    """Run the product's feed with one more dispatcher."""
    import django

    django.setup()
    from apps.trading.market_data.feed.leader import FeedOptions
    from apps.trading.market_data.feed.process import FeedProcess, lead_all
    from apps.trading.market_data.feed.share import Share
    from apps.trading.market_data.gateways.venue_stream import load_library
    from apps.trading.market_data.operations import on_candle_closed
    from kernel.events.market import CandleClosed

    parser = argparse.ArgumentParser()
    parser.add_argument("--log", required=True)
    parser.add_argument("--owner", required=True)
    parser.add_argument("--silence", type=float, required=True)
    parser.add_argument("--lease", type=float, required=True)
    parser.add_argument("--parts", type=int, required=True)
    given = parser.parse_args()
    descriptor = os.open(given.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(candle: CandleClosed) -> None:
        os.write(descriptor, f"{candle.stream}@{candle.ts}\n".encode())

    on_candle_closed(write)
    load_library()
    os.write(descriptor, f"ready.{given.owner}@0\n".encode())
    share = Share(given.owner, given.parts, given.lease)
    feeds = [
        FeedProcess(
            owner=given.owner,
            rng=random.Random(given.owner),
            options=FeedOptions(
                silence_seconds=given.silence, retry_dispatch_seconds=0.5, part=part, parts=given.parts
            ),
            lease_seconds=given.lease,
            standby_seconds=0.2,
            longest_delay_seconds=1.0,
            share=share,
        )
        for part in range(given.parts)
    ]

    async def lead() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await lead_all(share, feeds, stop)

    asyncio.run(lead())


if __name__ == "__main__":
    main()
