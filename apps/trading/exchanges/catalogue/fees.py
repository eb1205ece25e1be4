"""What exchanges publish as the taker fee of their first tier, as the adapter library knows it."""

import json
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

FEES_FILE = Path(__file__).parent / "taker_fees.json"


def declared_taker_fees() -> dict[str, str]:
    """Return the taker fee of every exchange that the library names one of, as a share (the library is loaded here)."""
    import ccxt

    found = {}
    for name in sorted(ccxt.exchanges):
        fee = _taker(getattr(ccxt, name)())
        if isinstance(fee, str | int | float):
            found[name] = f"{Decimal(str(fee)):f}"
    return found


def base_taker_fee(ccxt_id: str) -> Decimal | None:
    """Return the taker fee of an exchange's first tier (0.001 = 0.1 %), or None where it is not known."""
    text = _known().get(ccxt_id)
    return None if text is None else Decimal(text)


def _taker(client: Any) -> object:
    return client.fees.get("trading", {}).get("taker")


@lru_cache(maxsize=1)
def _known() -> dict[str, str]:
    found: dict[str, str] = json.loads(FEES_FILE.read_text())
    return found
