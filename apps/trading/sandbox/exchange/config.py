"""Settings of one sandbox exchange process."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class MarketMode(Enum):
    """How recorded candles are placed in time."""

    REPLAY = "replay"  # recorded times, moved through at `speed`
    MIRROR = "mirror"  # no recording: another exchange's books and trades as they happen
    NOW = "now"  # shifted by whole bars so that the last closed bar closes now; speed 1


@dataclass(frozen=True, kw_only=True)
class ExchangeConfig:
    """All a sandbox exchange needs; ports may be 0 (the kernel picks, see `listening.json` in `state_dir`)."""

    host: str = "127.0.0.1"
    port: int
    control_port: int
    control_token: str
    state_dir: Path
    candles_dir: Path  # recorded candles, or recorded trades with or without order books
    mode: MarketMode = MarketMode.REPLAY
    speed: float = 60.0  # market seconds per wall second, replay only
    start: int | None = None  # market time in ms of the first position; None = HISTORY_BARS in, at most half way
    seed: int = 1  # shapes the synthetic order book
    loop: bool = True  # begin again at the end of the recording; market time keeps running forward
    weight_per_minute: int = 6_000  # request weight of one address; 0 = not limited
    orders_per_10_seconds: int = 100  # unfilled orders of one account; 0 = not limited
    orders_per_day: int = 200_000  # unfilled orders of one account; 0 = not limited
    mirror: str = ""  # ccxt's name of the exchange to follow
    mirror_settings: Path | None = None  # JSON for that ccxt class's constructor
    stale_seconds: float = 10.0  # a followed book older than this fills nothing
    latency_ms: int = 0  # a trading request takes effect so much later; mirror mode's paper latency
