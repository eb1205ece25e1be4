"""The instruments of all venues; customers' watchlists and alerts on them."""

from apps.trading.instruments.models.alerts import Alert
from apps.trading.instruments.models.master import Instrument, InstrumentAlias
from apps.trading.instruments.models.watchlists import Watchlist, WatchlistItem

__all__ = ["Alert", "Instrument", "InstrumentAlias", "Watchlist", "WatchlistItem"]
