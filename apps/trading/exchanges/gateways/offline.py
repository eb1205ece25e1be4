"""An exchange's markets without the network: answers that we keep, given to the adapter library's own parser."""

import json
from pathlib import Path
from typing import Any

from apps.trading.exchanges.catalogue.venues import get_exchange
from apps.trading.exchanges.choices import Capability
from apps.trading.exchanges.errors import MarketsNotKept

KEPT = Path(__file__).parent.parent / "catalogue" / "metadata"
TYPES: dict[str, Any] = {
    "binance": ["spot", "linear"],
    "bybit": {"types": ["spot", "linear", "inverse"]},
    "okx": {"types": ["spot", "swap"]},
    "gate": {"types": ["spot", "swap"]},
    "htx": {"types": {"spot": True, "linear": True, "inverse": False}},
    "kucoin": {"types": ["spot", "swap"]},
}
"""Which families of markets are kept, in the form each exchange's options take."""


class OfflineClient:
    """A client of one exchange whose every request is answered from kept answers. Amounts are texts."""

    def __init__(self, ccxt_id: str) -> None:
        import ccxt

        self.exchange = get_exchange(ccxt_id)
        kept = KEPT / f"{ccxt_id}.json"
        if not kept.exists():
            raise MarketsNotKept(exchange=self.exchange.name)
        self._answers: list[dict[str, Any]] = json.loads(kept.read_text())
        options: dict[str, Any] = {"fetchCurrencies": False, "adjustForTimeDifference": False}
        if ccxt_id in TYPES:
            kinds = TYPES[ccxt_id]
            options["fetchMarkets"] = {"types": kinds} if isinstance(kinds, list) else kinds
        self.client: Any = getattr(ccxt, ccxt_id)({"number": str, "enableRateLimit": False, "options": options})
        self.client.has = {**self.client.has, "fetchCurrencies": False}
        self.client.fetch = self._answer

    def load_markets(self) -> dict[str, Any]:
        """Return the markets by unified symbol, as the library's parser makes them of the kept answers."""
        found: dict[str, Any] = self.client.load_markets()
        return found

    def require(self, capability: Capability) -> None:
        """Raise CapabilityMissing unless the exchange declares it."""
        self.exchange.require(capability)

    def _answer(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        for kept in self._answers:
            if kept["match"] in url:
                return json.loads(json.dumps(kept["body"]), parse_float=str, parse_int=_whole)
        raise MarketsNotKept(exchange=self.exchange.name, what=url.partition("?")[0])


def _whole(text: str) -> int:
    return int(text)
