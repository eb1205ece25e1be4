"""Venues (public), what belongs to a customer (connections, keys, balances), and how the venues are (public)."""

from apps.trading.exchanges.models.connections import Connection, ConnectionBalance, KeyActivity, Venue
from apps.trading.exchanges.models.health import VenueMaintenance, VenueMarkets, VenueState, VenueStateChange

__all__ = [
    "Connection",
    "ConnectionBalance",
    "KeyActivity",
    "Venue",
    "VenueMaintenance",
    "VenueMarkets",
    "VenueState",
    "VenueStateChange",
]
