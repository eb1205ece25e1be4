"""Real candles, versions of strategies and requests, made for tests."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from apps.core.actors import Actor
from apps.core.clock import to_ms
from apps.trading.backtests.operations import BacktestRequest
from apps.trading.instruments.operations import seed_instruments
from apps.trading.market_data.operations import import_candles
from apps.trading.strategies.operations import create_strategy
from apps.trading.strategies.queries import get_example, get_numbered_version

RECORDED_UNTIL = datetime(2024, 4, 1, tzinfo=UTC)


def store_real_candles(*symbols: str) -> None:
    """Store the bundled candles up to the end of March 2024."""
    seed_instruments()
    for symbol in symbols:
        path = settings.CANDLES_DIR / f"{symbol}_5m_2024.npz"
        import_candles(actor=Actor.system("tests"), path=path, end_ms=to_ms(RECORDED_UNTIL))


def make_version(owner: Any, key: str = "moving_average_cross", **changed: Any) -> Any:
    """Return version 1 of a new strategy like one of the gallery."""
    document = {**get_example(key).document.model_dump(mode="json"), **changed}
    made = create_strategy(actor=Actor.of(owner), owner_id=owner.pk, document=document)
    return get_numbered_version(made.pk, owner.pk)


def request_for(version: Any, **changed: Any) -> BacktestRequest:
    """Return a request over February and March 2024."""
    given = {
        "version_id": version.pk,
        "symbol": "BTCUSDT",
        "start": datetime(2024, 2, 1, tzinfo=UTC),
        "end": RECORDED_UNTIL,
        "cash": Decimal("10000"),
        "taker_fee": Decimal("0.001"),
        "slippage_bps": Decimal("2"),
    }
    return BacktestRequest(**{**given, **changed})
