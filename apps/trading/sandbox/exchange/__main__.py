"""`python -m apps.trading.sandbox.exchange`: the exchange alone, for tests and bot authors.

The control token comes from the environment (SANDBOX_CONTROL_TOKEN): arguments are visible to every process.
"""

import argparse
import logging
import os
import sys
from pathlib import Path

from apps.trading.sandbox.exchange.config import ExchangeConfig, MarketMode
from apps.trading.sandbox.exchange.server import run

BUNDLED_CANDLES = Path(__file__).resolve().parents[2] / "instruments" / "bundled"


def main() -> int:
    """Parse the arguments and serve."""
    parser = argparse.ArgumentParser(prog="sandbox-exchange")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--control-port", type=int, required=True)
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--candles-dir", type=Path, default=BUNDLED_CANDLES)
    parser.add_argument("--mode", type=MarketMode, choices=list(MarketMode), default=MarketMode.REPLAY)
    parser.add_argument("--speed", type=float, default=60.0)
    parser.add_argument("--start", type=int, default=None, help="market time in Unix milliseconds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-loop", dest="loop", action="store_false")
    parser.add_argument("--weight-per-minute", type=int, default=6_000, help="request weight of one address; 0: any")
    parser.add_argument("--orders-per-10-seconds", type=int, default=100, help="unfilled orders of an account; 0: any")
    parser.add_argument("--orders-per-day", type=int, default=200_000, help="unfilled orders of an account; 0: any")
    parser.add_argument("--mirror", default="", help="ccxt's name of an exchange to follow (mode mirror)")
    parser.add_argument("--mirror-settings", type=Path, default=None, help="JSON for the ccxt class's constructor")
    parser.add_argument(
        "--stale-seconds", type=float, default=10.0, help="a followed book older than this fills nothing"
    )
    parser.add_argument("--latency-ms", type=int, default=0, help="trading requests take effect so much later")
    options = parser.parse_args()
    if (options.mode is MarketMode.MIRROR) is not bool(options.mirror):
        parser.error("--mode mirror and --mirror go together")
    token = os.environ.get("SANDBOX_CONTROL_TOKEN", "")
    if not token:
        parser.error("the environment variable SANDBOX_CONTROL_TOKEN is required")
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    return run(ExchangeConfig(control_token=token, **vars(options)))


if __name__ == "__main__":
    sys.exit(main())
