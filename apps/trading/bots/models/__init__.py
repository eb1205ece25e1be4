"""Tables of bots."""

from apps.trading.bots.models.bots import Bot, BotConfig
from apps.trading.bots.models.history import BotEquity, BotLog, BotSignal

__all__ = ["Bot", "BotConfig", "BotEquity", "BotLog", "BotSignal"]
