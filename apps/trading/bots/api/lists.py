"""What a bot did: orders, log, signals, equity."""

from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.callers import owner_of
from apps.trading.bots import queries
from apps.trading.bots.api.serializers import EquitySerializer, LogSerializer, SignalSerializer
from apps.trading.bots.models import Bot, BotEquity


class _OfBot(ListAPIView[Any]):
    """Rows of one bot of the caller."""

    def bot(self) -> Bot:
        """Return the caller's bot, or raise BotMissing."""
        bot_id: UUID = self.kwargs["bot_id"]
        return queries.get_bot(bot_id, owner_id=owner_of(self.request))

    def rows(self, bot: Bot) -> QuerySet[Model]:
        """Return the rows."""
        raise TypeError("each list names its rows")

    def get_queryset(self) -> QuerySet[Model]:
        """Return the rows of the caller's bot."""
        if getattr(self, "swagger_fake_view", False):
            return BotEquity.objects.none()
        return self.rows(self.bot())


class BotLogList(_OfBot):
    """The log."""

    serializer_class = LogSerializer

    def rows(self, bot: Bot) -> Any:
        """Return lines, newest first."""
        return queries.list_log(bot.pk)

    @extend_schema(operation_id="list_bot_log", tags=["bots"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the lines of a bot's log, newest first."""
        return super().get(request, *args, **kwargs)


class BotSignalList(_OfBot):
    """The decisions."""

    serializer_class = SignalSerializer

    def rows(self, bot: Bot) -> Any:
        """Return decisions, newest first."""
        return queries.list_signals(bot.pk)

    @extend_schema(operation_id="list_bot_signals", tags=["bots"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the candles a bot decided on, newest first."""
        return super().get(request, *args, **kwargs)


class BotEquityList(_OfBot):
    """The equity."""

    serializer_class = EquitySerializer

    def rows(self, bot: Bot) -> Any:
        """Return points, newest first."""
        return queries.list_equity(bot.pk)

    @extend_schema(operation_id="list_bot_equity", tags=["bots"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a bot's equity by candle, newest first."""
        return super().get(request, *args, **kwargs)
